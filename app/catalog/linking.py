"""Audio files that a catalog file names in its `path` column."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from app.catalog.audio_files import store_files
from app.catalog.audio_tags import ReadFile, read_file
from app.database import Database


async def link_files(db: Database, named: Sequence[tuple[int, str, Path]]) -> list[tuple[int, str]]:
    """Give each track (line, key, path) its audio file; (line, problem) of those that fail.

    A file that is linked already and has not changed is not read again.
    """
    rows = await db.fetch(
        "SELECT f.path, f.size_bytes, f.modified_ns, t.key FROM audio_files f "
        "JOIN tracks t ON t.id = f.track_id WHERE f.path = ANY($1) AND NOT f.missing",
        [os.fsencode(path.absolute()) for _, _, path in named],
    )
    linked = {row[0]: tuple(row[1:]) for row in rows}
    read: list[ReadFile] = []
    key_of: dict[bytes, str] = {}
    problems: list[tuple[int, str]] = []
    for line, key, path in named:
        raw = os.fsencode(path.absolute())
        try:
            status = path.stat()
            if linked.get(raw) == (status.st_size, status.st_mtime_ns, key):
                continue
            file = await asyncio.to_thread(
                read_file, raw, os.fsencode(path.absolute().parent) + b"/"
            )
        except OSError as error:
            problems.append((line, f"the file {path} cannot be read: {error.strerror}"))
            continue
        if file.error:
            problems.append((line, f"{path}: {file.error}"))
        elif raw in key_of:
            problems.append((line, f"the file {path} is named by another row"))
        else:
            key_of[raw] = key
            read.append(file)
    async with db.transaction() as connection:
        ids = {
            row["key"]: row["id"]
            for row in await connection.fetch(
                "SELECT key, id FROM tracks WHERE key = ANY($1)", list(key_of.values())
            )
        }
        await store_files(connection, read, {raw: ids[key] for raw, key in key_of.items()})
    return problems
