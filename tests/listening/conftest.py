"""A small catalog, and histories written as files."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.catalog import WantedTrack, add_unmatched
from app.database import Database

TRACKS = 20


@pytest.fixture
async def tracks(database: Database) -> list[int]:
    """Ids of the tracks `t0`, `t1`, ...: "Song 0" by "Artist 0", ... each 200 s long."""
    ids = await add_unmatched(
        database,
        [
            WantedTrack(f"Artist {index}", f"Song {index}", duration_ms=200_000)
            for index in range(TRACKS)
        ],
    )
    async with database.acquire() as connection:
        await connection.executemany(
            "UPDATE tracks SET key = $2 WHERE id = $1",
            [(track_id, f"t{index}") for index, track_id in enumerate(ids)],
        )
    return ids


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    """Write a file into the test's folder."""

    def write_file(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_file
