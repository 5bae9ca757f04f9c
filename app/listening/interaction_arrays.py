"""Every play there is, as arrays for training: a binary COPY read straight into numpy."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.database import Database
from app.listening.queries import COUNTED, History

_SQL = f"""
SELECT user_id, track_id, listened_at, coalesce(ms_played, -1), NOT ({COUNTED}) FROM listens
"""
# https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format": a header of 19 bytes, then
# tuples (the number of fields, then each field's length and value, big-endian), then a trailer.
_HEADER = 19
_TUPLE = np.dtype(
    [
        ("fields", ">i2"),
        ("user_length", ">i4"), ("user_id", ">i8"),
        ("track_length", ">i4"), ("track_id", ">i8"),
        ("start_length", ">i4"), ("start", ">i8"),
        ("ms_length", ">i4"), ("ms_played", ">i4"),
        ("skipped_length", ">i4"), ("skipped", "?"),
    ]
)  # fmt: skip
_BLOCK = 1 << 22  # bytes turned into arrays at once
_POSTGRES_EPOCH_S = 946_684_800  # 2000-01-01, from which Postgres counts microseconds


@dataclass(frozen=True, slots=True)
class Interactions(History):
    """Plays of all listeners, in no particular order, as in `History`; `user_id` int64."""

    user_id: npt.NDArray[np.int64]


async def interactions(db: Database) -> Interactions:
    """Every play there is, skipped ones too; 29 bytes a play in memory."""
    reader = _CopyReader()
    async with db.acquire() as connection:
        await connection.copy_from_query(_SQL, output=reader.feed, format="binary")
    return reader.finish()


class _CopyReader:
    """Turns the stream of a binary COPY into columns, block by block."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._start = _HEADER
        self._blocks: list[Interactions] = []

    async def feed(self, data: bytes) -> None:
        self._buffer += data
        if len(self._buffer) >= _BLOCK:
            self._convert()

    def finish(self) -> Interactions:
        self._convert()
        columns = ("track_id", "time", "ms_played", "skipped", "user_id")
        return Interactions(
            *(np.concatenate([getattr(block, name) for block in self._blocks]) for name in columns)
        )

    def _convert(self) -> None:
        count = (len(self._buffer) - self._start) // _TUPLE.itemsize
        rows = np.frombuffer(self._buffer, _TUPLE, count, self._start)
        self._blocks.append(
            Interactions(
                rows["track_id"].astype(np.int64),
                rows["start"].astype(np.int64) // 1_000_000 + _POSTGRES_EPOCH_S,
                rows["ms_played"].astype(np.int32),
                rows["skipped"].astype(np.bool_),
                rows["user_id"].astype(np.int64),
            )
        )
        end = self._start + count * _TUPLE.itemsize
        del rows  # frees the buffer to shrink
        del self._buffer[:end]
        self._start = 0
