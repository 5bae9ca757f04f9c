"""`segue train [DOMAIN]`: learn from what the database holds."""

from enum import Enum
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.runtime import console, print_result, run_with_database

if TYPE_CHECKING:
    from app.database import Database
    from app.recommendation import TrainReport
    from app.search import SearchReport
    from app.settings import Settings


class Trainable(Enum):
    """Domains that learn."""

    RECOMMENDATION = "recommendation"
    SEARCH = "search"


def train(
    domain: Annotated[
        Trainable | None, typer.Argument(help="What to train; everything when left out.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the reports as JSON.")] = False,
) -> None:
    """Train models and build indexes; a running server takes them over within a second.

    Example: `segue train recommendation`
    """
    chosen = list(Trainable) if domain is None else [domain]

    async def work(
        settings: "Settings", database: "Database"
    ) -> "dict[str, TrainReport | SearchReport]":
        from app.recommendation import train_recommendation
        from app.search import train_search

        reports: dict[str, TrainReport | SearchReport] = {}
        for one in chosen:

            def progress(message: str, name: str = one.value) -> None:
                console.print(f"[dim]{name}: {message}[/dim]", highlight=False)

            train_it = train_recommendation if one is Trainable.RECOMMENDATION else train_search
            reports[one.value] = await train_it(settings, database, progress)
        return reports

    reports = run_with_database(work)
    if as_json:
        import orjson

        print_result(orjson.dumps({name: r.as_json() for name, r in reports.items()}).decode())
        return
    for report in reports.values():
        for line in report.lines():
            print_result(line)
