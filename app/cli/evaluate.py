"""`segue evaluate DOMAIN`: how good the answers are, measured."""

from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.runtime import console, fail, load_settings, print_result, run_with_database

if TYPE_CHECKING:
    from app.database import Database
    from app.recommendation import Evaluation
    from app.settings import Settings


def evaluate(
    domain: Annotated[str, typer.Argument(help="What to judge: recommendation or search.")],
    data: Annotated[
        Path | None,
        typer.Option(
            help="Folder of research data (lastfm2k, mpd_sample; spotify_songs, scifact)."
        ),
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
    figures = _EVALUATIONS[domain](data, factors)
    if json is not None:
        import orjson

        json.write_bytes(orjson.dumps(figures, option=orjson.OPT_INDENT_2))


def _recommendation(data: Path | None, factors: int | None) -> object:
    evaluation = _on_listens() if data is None else _on_research_data(data, factors)
    for note in evaluation.notes:
        console.print(note)
    if evaluation.rows:
        _print_table(evaluation)
    return evaluation.as_json()


def _search(data: Path | None, factors: int | None) -> object:
    from app.errors import SegueError
    from app.search import evaluate_search

    if data is None:
        raise fail("Search is judged on research data: name its folder with --data.")
    try:
        evaluation = evaluate_search(load_settings(), data)
    except SegueError as error:
        raise fail(str(error)) from error
    for line in evaluation.lines():
        print_result(line)
    return evaluation.as_json()


def _on_listens() -> "Evaluation":

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


_EVALUATIONS = {"recommendation": _recommendation, "search": _search}


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
