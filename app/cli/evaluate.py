"""`segue evaluate DOMAIN`: how good the answers are, measured."""

from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.runtime import console, fail, print_result, run_with_database

if TYPE_CHECKING:
    from app.database import Database
    from app.recommendation import Evaluation
    from app.settings import Settings


def evaluate(
    domain: Annotated[str, typer.Argument(help="What to judge: recommendation.")],
    data: Annotated[
        Path | None,
        typer.Option(help="Folder of research data (lastfm2k, mpd_sample) to judge on instead."),
    ] = None,
    json: Annotated[Path | None, typer.Option(help="Write the figures to this file too.")] = None,
    factors: Annotated[
        int | None, typer.Option(min=2, help="Number of iALS factors on research data.")
    ] = None,
) -> None:
    """Judge a domain on the newest listens of the database, or on research data.

    Example: `segue evaluate recommendation --json figures.json`
    """
    if domain not in _EVALUATIONS:
        raise fail(f"{domain!r} cannot be evaluated; what can: {', '.join(_EVALUATIONS)}.")
    evaluation = _EVALUATIONS[domain](data, factors)
    if json is not None:
        import orjson

        json.write_bytes(orjson.dumps(evaluation.as_json(), option=orjson.OPT_INDENT_2))
    for note in evaluation.notes:
        console.print(note)
    if evaluation.rows:
        _print_table(evaluation)


def _recommendation(data: Path | None, factors: int | None) -> "Evaluation":
    if data is not None:
        return _on_research_data(data, factors)

    async def work(settings: "Settings", database: "Database") -> "Evaluation":
        from app.recommendation import evaluate_listens

        return await evaluate_listens(database, _say)

    return run_with_database(work)


def _on_research_data(data: Path, factors: int | None) -> "Evaluation":
    import asyncio

    from app.errors import SegueError
    from app.recommendation import evaluate_research

    try:
        return asyncio.run(evaluate_research(data, _say, factors))
    except SegueError as error:
        raise fail(str(error)) from error


_EVALUATIONS = {"recommendation": _recommendation}


def _say(message: str) -> None:
    console.print(f"[dim]{message}[/dim]", highlight=False)


def _print_table(evaluation: "Evaluation") -> None:
    from rich.console import Console
    from rich.table import Table

    rows: list[Mapping[str, object]] = [row.as_json() for row in evaluation.rows]
    table = Table(*rows[0], box=None)
    for row in rows:
        table.add_row(
            *(f"{value:.4f}" if isinstance(value, float) else str(value) for value in row.values())
        )
    out = Console(width=140, record=True, file=StringIO())
    out.print(table)
    print_result(out.export_text())
