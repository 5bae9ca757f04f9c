"""A whole history in temporary tables: read, resolved, and cut into batches to merge."""

from collections.abc import Sequence
from typing import NamedTuple

from app.catalog import ImportReport
from app.database import Connection
from app.listening.merging import ARRIVING
from app.listening.resolution import Resolved

INCOMING = (
    "number", "line", "user_ref", "track_ref", "start", "ms_played", "skipped", "device", "country"
)  # fmt: skip

_MAKE = """
DROP TABLE IF EXISTS incoming, incoming_users, incoming_tracks, plays;
CREATE TEMP TABLE incoming (
    number bigint NOT NULL, line bigint NOT NULL, user_ref integer NOT NULL,
    track_ref integer NOT NULL, start bigint NOT NULL, ms_played integer,
    skipped boolean NOT NULL, device text, country text
);
CREATE TEMP TABLE incoming_users (ref integer PRIMARY KEY, user_id bigint NOT NULL);
CREATE TEMP TABLE incoming_tracks (ref integer PRIMARY KEY, track_id bigint, how text NOT NULL);
"""

_USED_USERS = """
SELECT DISTINCT i.user_ref FROM incoming i
JOIN incoming_tracks t ON t.ref = i.track_ref WHERE t.track_id IS NOT NULL
"""

_MAKE_USERS = """
INSERT INTO users (key) SELECT unnest($1::text[]) ON CONFLICT (key) DO NOTHING
"""

# A batch never cuts the plays of one user and track apart, so each pair is merged in one go.
_MAKE_PLAYS = """
CREATE TEMP TABLE plays AS
SELECT p.*, (min(place) OVER (PARTITION BY user_id, track_id) - 1) / %d AS batch
FROM (
    SELECT i.line, i.number AS row_number, u.user_id, t.track_id,
           timestamptz 'epoch' + i.start * interval '1 microsecond' AS start,
           i.ms_played, i.skipped, i.device, i.country,
           row_number() OVER (ORDER BY u.user_id, t.track_id, i.start, i.number) AS place,
           row_number() OVER (
               PARTITION BY u.user_id, t.track_id, i.start ORDER BY i.number
           ) AS copy
    FROM incoming i
    JOIN incoming_users u ON u.ref = i.user_ref
    JOIN incoming_tracks t ON t.ref = i.track_ref
    WHERE t.track_id IS NOT NULL
) AS p
"""

_FILL_ARRIVING = f"""
INSERT INTO arriving ({", ".join(ARRIVING)})
SELECT place, user_id, track_id, start, ms_played, skipped, device, country, NULL
FROM plays WHERE batch = $1 AND copy = 1
"""


class Batch(NamedTuple):
    """A batch to merge and the number of its plays."""

    number: int
    plays: int


async def make_staging(connection: Connection) -> None:
    """Make the tables, empty."""
    await connection.execute(_MAKE)


async def drop_staging(connection: Connection) -> None:
    """Drop the tables, so that the connection can go back to its pool."""
    await connection.execute(
        "DROP TABLE IF EXISTS incoming, incoming_users, incoming_tracks, plays"
    )


async def stage_tracks(
    connection: Connection, tracks: Sequence[Resolved], report: ImportReport
) -> None:
    """Give the rows their tracks; counts in `report` what has none, and what was found how."""
    await connection.copy_records_to_table(
        "incoming_tracks",
        records=[(ref, *resolved) for ref, resolved in enumerate(tracks)],
        columns=["ref", "track_id", "how"],
    )
    counts = await connection.fetch(
        "SELECT t.how, t.track_id IS NULL AS missing, count(*) FROM incoming i "
        "JOIN incoming_tracks t ON t.ref = i.track_ref GROUP BY 1, 2"
    )
    for how, missing, count in counts:
        (report.skipped if missing else report.matched)[how] += count
    unknown = await connection.fetch(
        "SELECT i.line, t.how FROM incoming i JOIN incoming_tracks t ON t.ref = i.track_ref "
        "WHERE t.track_id IS NULL ORDER BY i.number LIMIT 20"
    )
    for line, how in unknown:
        report.note(line, how)


async def stage_users(connection: Connection, keys: Sequence[str]) -> None:
    """Give the rows their users; makes those that are new and have a play to keep."""
    refs = [row[0] for row in await connection.fetch(_USED_USERS)]
    used = [keys[ref] for ref in refs]
    await connection.execute(_MAKE_USERS, used)
    rows = await connection.fetch("SELECT key, id FROM users WHERE key = ANY($1)", used)
    ids = {row["key"]: row["id"] for row in rows}
    await connection.copy_records_to_table(
        "incoming_users",
        records=[(ref, ids[key]) for ref, key in zip(refs, used, strict=True)],
        columns=["ref", "user_id"],
    )


async def stage_plays(connection: Connection, report: ImportReport, size: int) -> list[Batch]:
    """Sort the rows into batches of about `size`; counts repeated rows in `report`."""
    await connection.execute("SET work_mem = '128MB'")
    await connection.execute(_MAKE_PLAYS % size)
    await connection.execute("RESET work_mem")
    await connection.execute("CREATE INDEX ON plays (batch)")
    await connection.execute("ANALYZE plays")
    repeated = await connection.fetch(
        "SELECT p.line, f.line FROM plays p JOIN plays f ON f.place = p.place - p.copy + 1 "
        "WHERE p.copy > 1 ORDER BY p.row_number LIMIT 20"
    )
    for line, first in repeated:
        report.note(line, f"the same play as in line {first}")
    count = await connection.fetchval("SELECT count(*) FROM plays WHERE copy > 1")
    if count:
        report.skipped["the same play as in an earlier row"] += count
    batches = await connection.fetch(
        "SELECT batch, count(*) FROM plays WHERE copy = 1 GROUP BY batch ORDER BY batch"
    )
    return [Batch(number, plays) for number, plays in batches]


async def fill_arriving(connection: Connection, batch: Batch) -> None:
    """Put the plays of one batch where `merge_arriving` expects them."""
    await connection.execute(_FILL_ARRIVING, batch.number)
