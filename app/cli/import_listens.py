"""`segue import listens FILE`: a listening history of ListenBrainz or Spotify, or plain CSV."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.progress import progress_bar
from app.cli.runtime import console, print_result, run_with_database

if TYPE_CHECKING:
    from app.catalog import ImportReport
    from app.database import Database
    from app.settings import Settings


def import_listens(
    file: Annotated[
        Path,
        typer.Argument(
            help="A ListenBrainz export (zip or .jsonl), Spotify's extended streaming history "
            "(zip or JSON), or CSV: user,track_id or user,artist,track, then listened_at."
        ),
    ],
    user: Annotated[
        str | None,
        typer.Option(help="Whose export it is; by default the name in it, else `me`."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
) -> None:
    """Import a listening history; the same file again adds nothing.

    Example: `segue import listens my_spotify_data.zip --user ann`
    """

    async def work(settings: "Settings", database: "Database") -> "ImportReport":
        from app.jobs import exclusive
        from app.listening import import_listens as import_history

        async with exclusive(database, console.print):
            with progress_bar("importing, bytes") as progress:
                return await import_history(database, file, progress, user)

    report = run_with_database(work)
    if as_json:
        import orjson

        print_result(orjson.dumps(report.as_json()).decode())
    else:
        for line in report.lines():
            print_result(line)
