"""Import a listening history: read it once, resolve its names, merge it in committed batches."""

import asyncio
from itertools import islice
from pathlib import Path
from typing import TypeAlias

from app.catalog import ImportReport, Progress, no_progress
from app.database import Connection, Database
from app.listening.history_file import History, opened_history
from app.listening.merging import make_arriving, merge_arriving
from app.listening.plays import Skip, TrackReference, user_key
from app.listening.resolution import resolve
from app.listening.staging import (
    INCOMING,
    Batch,
    drop_staging,
    fill_arriving,
    make_staging,
    stage_plays,
    stage_tracks,
    stage_users,
)

_READ_AT_ONCE = 20_000
DEFAULT_USER = "me"

_Record: TypeAlias = tuple[object, ...]


async def import_listens(
    db: Database,
    file: Path,
    progress: Progress = no_progress,
    user: str | None = None,
    *,
    batch_size: int = 50_000,
) -> ImportReport:
    """Import the history in `file`: a ListenBrainz or Spotify export, or plain CSV.

    `user` is whose export it is: by default who the file says, else "me"; a CSV's column `user`
    stands above it. `progress` hears of bytes: half of each is reading, half is storing. In the
    report `updated` are plays that another source had told already: one listen, two sources.

    Nothing is stored until the file was read to its end; then each batch of about `batch_size`
    plays is committed, and the same call after an interruption ends as if there had been none.
    Raises BadInput when the file as a whole is not a history, Unavailable when the database is
    lost.
    """
    reader = _Reader(user_key(user) if user else None)
    report = reader.report
    with opened_history(file) as history:
        source, size = history.source, max(history.size, 1)
        async with db.acquire() as connection:
            await make_staging(connection)
            await _read(connection, history, reader, progress)
            await stage_tracks(connection, await resolve(db, list(reader.tracks)), report)
            await stage_users(connection, list(reader.users))
            batches = await stage_plays(connection, report, batch_size)
            await make_arriving(connection)
            await _merge(connection, source, batches, report, progress, size=size)
            await drop_staging(connection)
            if report.added:
                await connection.execute("ANALYZE listens")
    progress(size, size)
    return report


async def _read(
    connection: Connection, history: History, reader: "_Reader", progress: Progress
) -> None:
    while records := await asyncio.to_thread(reader.take, history):
        await connection.copy_records_to_table("incoming", records=records, columns=INCOMING)
        progress(history.done() // 2, history.size)


async def _merge(
    connection: Connection,
    source: str,
    batches: list[Batch],
    report: ImportReport,
    progress: Progress,
    *,
    size: int,
) -> None:
    plays = sum(batch.plays for batch in batches)
    done = 0
    for batch in batches:
        async with connection.transaction():
            await fill_arriving(connection, batch)
            outcome = await merge_arriving(connection, source)
        report.added += outcome.added
        report.updated += len(outcome.merged)
        report.already_there += len(outcome.known)
        done += batch.plays
        progress(size // 2 + size * done // (2 * plays), size)


class _Reader:
    """Turns rows into records to copy; knows each user and each track reference by a number."""

    def __init__(self, user: str | None) -> None:
        self.report = ImportReport()
        self.users: dict[str, int] = {}
        self.tracks: dict[TrackReference, int] = {}
        self._user = user

    def take(self, history: History) -> list[_Record]:
        """Records of the next rows; empty when the history has ended."""
        users, tracks, report = self.users, self.tracks, self.report
        owner = self._user or history.owner or DEFAULT_USER
        one_person = history.source != "csv" and self._user is not None
        records: list[_Record] = []
        while not records:
            before = report.read
            for row in islice(history.rows, _READ_AT_ONCE):
                report.read += 1
                if isinstance(row, Skip):
                    where = f"{row.reason} ({row.detail})" if row.detail else row.reason
                    report.skip(row.reason, row.line, where)
                    continue
                line, user, track, *rest = row
                key = user if user is not None and not one_person else owner
                records.append(
                    (
                        report.read,
                        line,
                        users.setdefault(key, len(users)),
                        tracks.setdefault(track, len(tracks)),
                        *rest,
                    )
                )
            if report.read == before:
                break
        return records
