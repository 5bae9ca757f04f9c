"""`segue demo`: build, import, analyze and train the demo catalog, or take it out again."""

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.progress import progress_bar
from app.cli.runtime import console, print_result, run_with_database

if TYPE_CHECKING:
    from app.database import Database
    from app.settings import Settings


def demo(
    if_empty: Annotated[
        bool, typer.Option("--if-empty", help="Do nothing when there is a catalog already.")
    ] = False,
    remove: Annotated[
        bool, typer.Option("--remove", help="Take the demo out of the catalog again.")
    ] = False,
) -> None:
    """Synthesize about six hours of music and half a year of 500 listeners' plays, and train.

    An interrupted build goes on where it stopped. Example: `segue demo`
    """
    if remove:
        print_result(run_with_database(_remove))
        return
    print_result(run_with_database(lambda *given: _build(*given, if_empty=if_empty)))


async def _remove(settings: "Settings", database: "Database") -> str:
    from app.demo import has_demo, remove_demo
    from app.jobs import exclusive

    if not await has_demo(database):
        return "no demo in the catalog"
    async with exclusive(database, console.print):
        count = await remove_demo(database)
    shutil.rmtree(settings.demo_dir, ignore_errors=True)
    return f"removed {count} demo tracks and their listeners; run `segue train` for what is left"


async def _build(settings: "Settings", database: "Database", *, if_empty: bool) -> str:
    from app.demo import catalog_is_empty
    from app.jobs import exclusive

    finished = settings.demo_dir / "finished"
    begun = settings.demo_dir.exists() and not finished.exists()
    if if_empty and not begun and not await catalog_is_empty(database):
        return "there is a catalog already"
    async with exclusive(database, console.print):
        await _write(settings.demo_dir)
        await _load(settings, database)
    await _train(settings, database)
    finished.touch()
    return "the demo is ready: ask for user_demo-001, or any other of its 500 listeners"


async def _write(folder: Path) -> None:
    import asyncio

    from app.demo import (
        plan_catalog,
        simulate_listeners,
        write_audio,
        write_catalog,
        write_listens,
        write_truth,
    )

    pieces = plan_catalog()
    folder.mkdir(parents=True, exist_ok=True)
    with progress_bar("rendering music") as report:
        await asyncio.to_thread(write_audio, pieces, folder / "music", os.cpu_count() or 1, report)
    await asyncio.to_thread(write_truth, pieces, folder / "truth.json")
    await asyncio.to_thread(write_catalog, pieces, folder / "music", folder / "catalog.jsonl")
    console.print("simulating listeners")
    simulation = await asyncio.to_thread(simulate_listeners, pieces)
    await asyncio.to_thread(write_listens, simulation, folder / "listens.csv")


async def _load(settings: "Settings", database: "Database") -> None:
    from app.audio import analyze_pending
    from app.catalog import import_catalog, scan_folder
    from app.listening import import_listens

    folder = settings.demo_dir
    with progress_bar("importing the catalog") as report:
        await import_catalog(database, folder / "catalog.jsonl", report)
    with progress_bar("reading tags") as report:
        await scan_folder(database, folder / "music", report)
    with progress_bar("importing listens") as report:
        await import_listens(database, folder / "listens.csv", progress=report)
    with progress_bar("analyzing audio") as report:
        await analyze_pending(database, settings, progress=report)


async def _train(settings: "Settings", database: "Database") -> None:
    from app.recommendation import train_recommendation
    from app.search import train_search

    await train_recommendation(settings, database, console.print)
    await train_search(settings, database, console.print)
