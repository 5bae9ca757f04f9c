"""`segue import playlists FILE`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.progress import progress_bar
from app.cli.runtime import console, print_result, run_with_database

if TYPE_CHECKING:
    from app.database import Database
    from app.playlist import PlaylistImportReport
    from app.settings import Settings


def import_playlists(
    file: Annotated[Path, typer.Argument(help="JSPF, XSPF, M3U, M3U8, or JSON Lines.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
) -> None:
    """Import playlists; the same file twice adds nothing.

    JSON Lines have a playlist a line: `{"title": …, "tracks": [{"title": …, "artist": …}, …]}`,
    where a track may also be its id, and may have album, isrc, mbid, spotify_id, path.

    Example: `segue import playlists favorites.m3u8`
    """
    import orjson

    from app import playlist
    from app.jobs import exclusive

    async def work(settings: "Settings", database: "Database") -> "PlaylistImportReport":
        with progress_bar("entries") as progress:
            async with exclusive(database, console.print):
                return await playlist.import_playlists(database, file, progress)

    report = run_with_database(work)
    if as_json:
        print_result(orjson.dumps(report.as_json()).decode())
    else:
        print_result("\n".join(report.lines()))
