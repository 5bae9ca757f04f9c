"""`segue import catalog FILE`: a plain catalog, CSV or JSON Lines."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.progress import progress_bar
from app.cli.runtime import console, print_result, run_with_database

if TYPE_CHECKING:
    from app.catalog import ImportReport
    from app.database import Database
    from app.settings import Settings


def import_catalog(
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV with a header, or a JSON object a line. Columns: id,title,artist, and "
            "optionally album,album_artist,genres,tags,release_date,duration_ms,isrc,mbid,"
            "spotify_id,popularity,explicit,path and Spotify's audio features by their names. "
            "Lists are separated by | in CSV, and are arrays in JSON."
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
) -> None:
    """Import tracks; the same file again adds nothing, a changed row updates its track.

    Example: `segue import catalog tracks.csv`
    """

    async def work(settings: "Settings", database: "Database") -> "ImportReport":
        from app.catalog import import_catalog as import_file
        from app.jobs import exclusive

        async with exclusive(database, console.print):
            with progress_bar("importing, bytes") as progress:
                return await import_file(database, file, progress)

    report = run_with_database(work)
    if as_json:
        import orjson

        print_result(orjson.dumps(report.as_json()).decode())
    else:
        for line in report.lines():
            print_result(line)
