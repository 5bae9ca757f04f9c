"""`segue scan DIR`: a music folder into the catalog, tags first, then the sound."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.progress import progress_bar
from app.cli.runtime import console, print_result, run_with_database

if TYPE_CHECKING:
    from app.audio import AnalysisReport
    from app.catalog import ScanReport
    from app.database import Database
    from app.settings import Settings


def scan(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder of audio files; read, never written.")
    ],
    *,
    cores: Annotated[
        int | None, typer.Option(min=1, help="Processes that analyze; default: one a core.")
    ] = None,
    hours: Annotated[
        float | None,
        typer.Option(min=0, help="Stop analyzing after so long; the next scan goes on."),
    ] = None,
    pause: Annotated[
        float, typer.Option(min=0, help="Seconds each process rests after a file.")
    ] = 0.0,
    no_analysis: Annotated[
        bool, typer.Option("--no-analysis", help="Read tags only; the sound can follow later.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
) -> None:
    """Read the tags of new and changed audio files, then analyze their sound, most played first.

    The catalog has the tracks as soon as their tags are read. Run it again after adding, moving or
    retagging files, or after an interruption: it goes on from there.

    Example: `segue scan ~/Music --cores 2 --hours 8`
    """

    async def work(
        settings: "Settings", database: "Database"
    ) -> "tuple[ScanReport, AnalysisReport | None]":
        from app.catalog import scan_folder
        from app.jobs import exclusive

        async with exclusive(database, console.print):
            with progress_bar("reading tags, files") as progress:
                scanned = await scan_folder(database, folder, progress)
            if not as_json:
                print_result("\n".join(scanned.lines()))
            if no_analysis:
                return scanned, None
            from app.audio import analyze_pending

            with progress_bar("analyzing, files") as progress:
                analyzed = await analyze_pending(
                    database,
                    settings,
                    cores=cores,
                    limit_hours=hours,
                    pause=pause,
                    progress=progress,
                )
            return scanned, analyzed

    scanned, analyzed = run_with_database(work)
    if as_json:
        import orjson

        told = {"scan": scanned.as_json(), "analysis": analyzed}
        print_result(orjson.dumps(told).decode())
    elif analyzed is not None:
        print_result("\n".join(analyzed.lines()))
