"""`segue import catalog`: a plain catalog file into the database, by COPY, idempotently."""

import asyncio
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from app.catalog.linking import link_files
from app.catalog.plain_file import PlainFile
from app.catalog.plain_rows import CatalogRow
from app.catalog.report import ImportReport, Progress, no_progress
from app.catalog.staging import store_rows
from app.database import Database

_BATCH = 10_000


async def import_catalog(
    db: Database, file: Path, progress: Progress = no_progress
) -> ImportReport:
    """Import a plain catalog file (CSV or JSON Lines, told apart by its content).

    A row whose id is known updates what it states and leaves the rest; the same file twice adds
    and changes nothing. Batches are committed as they are read, so an import that was interrupted
    is finished by running it again. A row's `path` (relative to the file's folder) links an audio
    file. `progress` counts bytes. Raises BadInput for a file that is no catalog; wrong rows are
    skipped and reported.
    """
    report = ImportReport()

    def skipped(line: int, reason: str, detail: str) -> None:
        report.skip(reason, line, detail)

    source = await asyncio.to_thread(PlainFile, file, skipped, report.note)
    rows = iter(source)
    seen: dict[str, tuple[int, int]] = {}
    reading = asyncio.create_task(asyncio.to_thread(_take, rows))
    try:
        while batch := await reading:
            done = source.done
            # The next batch is read while this one is stored: Postgres works beside Python.
            reading = asyncio.create_task(asyncio.to_thread(_take, rows))
            fresh = _without_collisions(batch, seen, report)
            stored = await store_rows(db, fresh)
            report.added += stored.added
            report.updated += stored.updated
            report.already_there += len(fresh) - stored.added - stored.updated
            await _link_files(db, fresh, file.parent, report)
            progress(done, source.size)
    finally:
        await asyncio.wait([reading])
        source.close()
    report.read = source.read
    report.problems.sort()
    return report


def _take(rows: Iterator[CatalogRow]) -> list[CatalogRow]:
    return list(islice(rows, _BATCH))


def _without_collisions(
    batch: list[CatalogRow], seen: dict[str, tuple[int, int]], report: ImportReport
) -> list[CatalogRow]:
    """The rows whose id is new in this file; `seen` maps an id to its (line, content)."""
    fresh = []
    for row in batch:
        content = hash((row.title, *row.artists, row.album, row.path, row.duration_ms, row.isrc))
        line, first = seen.setdefault(row.key, (row.line, content))
        if line == row.line:
            fresh.append(row)
        elif first == content:
            report.already_there += 1
        else:
            report.skip(
                "the id is another row's", row.line, f"the id {row.key!r} is line {line}'s already"
            )
    return fresh


async def _link_files(
    db: Database, rows: list[CatalogRow], folder: Path, report: ImportReport
) -> None:
    named = [(row, folder / row.path) for row in rows if row.path]
    if named:
        for line, problem in await link_files(db, [(r.line, r.key, p) for r, p in named]):
            report.note(line, problem)
