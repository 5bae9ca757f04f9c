"""The one way plays get into the table `listens`: once each, however often they arrive.

A play is known by its source, user, track and start. The same play from another source (starts
closer than the track is long) is one listen with two sources; within one source two plays with
different starts stay two.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.database import Connection

UNKNOWN_LENGTH_MS = 240_000
_LONGEST_MS = 86_400_000

ARRIVING = (
    "number", "user_id", "track_id", "start", "ms_played", "skipped", "device", "country", "context"
)  # fmt: skip

_MAKE_ARRIVING = """
CREATE TEMP TABLE IF NOT EXISTS arriving (
    number bigint PRIMARY KEY, user_id bigint NOT NULL, track_id bigint NOT NULL,
    start timestamptz NOT NULL, ms_played integer, skipped boolean NOT NULL,
    device text, country text, context jsonb
) ON COMMIT DELETE ROWS
"""

# Two transactions that bring the same play must not both find it missing.
_LOCK_USERS = """
SELECT count(*) FROM (
    SELECT id FROM users WHERE id IN (SELECT user_id FROM arriving) ORDER BY id FOR NO KEY UPDATE
) AS locked
"""

# OFFSET 0 makes one probe of the index a play, whatever the planner thinks: other plans read all
# listens for each batch.
_FORGET_KNOWN = f"""
DELETE FROM arriving WHERE number IN (
    SELECT a.number FROM arriving a CROSS JOIN LATERAL (
        SELECT FROM listens l
        WHERE l.user_id = a.user_id AND l.track_id = a.track_id
          AND l.listened_at BETWEEN a.start - interval '{_LONGEST_MS} ms'
                                AND a.start + interval '{_LONGEST_MS} ms'
          AND l.source_starts[array_position(l.sources, $1)] = a.start
        OFFSET 0
    ) AS known
) RETURNING number
"""

_NEAR = f"""
SELECT a.number, n.id
FROM arriving a
JOIN tracks t ON t.id = a.track_id
CROSS JOIN LATERAL (
    SELECT least(coalesce(t.duration_ms, {UNKNOWN_LENGTH_MS}), {_LONGEST_MS})
           * interval '1 ms' AS length
) AS w
CROSS JOIN LATERAL (
    SELECT l.id, l.listened_at FROM listens l
    WHERE l.user_id = a.user_id AND l.track_id = a.track_id
      AND l.listened_at > a.start - w.length AND l.listened_at < a.start + w.length
      AND NOT $1 = ANY (l.sources)
    OFFSET 0
) AS n
ORDER BY abs(extract(epoch FROM n.listened_at - a.start)), a.start, n.listened_at, a.number
"""

_MERGE = """
WITH same AS (SELECT * FROM unnest($2::bigint[], $3::bigint[]) AS s (number, listen_id)),
gone AS (DELETE FROM arriving a USING same s WHERE a.number = s.number RETURNING a.*, s.listen_id)
UPDATE listens l SET
    sources = l.sources || $1::text,
    source_starts = l.source_starts || g.start,
    ms_played = coalesce(l.ms_played, g.ms_played),
    skipped = l.skipped OR g.skipped,
    device = coalesce(l.device, g.device),
    country = coalesce(l.country, g.country),
    context = coalesce(l.context, g.context)
FROM gone g WHERE l.id = g.listen_id
"""

_INSERT = """
INSERT INTO listens (user_id, track_id, listened_at, ms_played, skipped, device, country, context,
                     sources, source_starts)
SELECT user_id, track_id, start + $2 * interval '1 microsecond', ms_played, skipped, device,
       country, context, ARRAY[$1::text], ARRAY[start]
FROM arriving ORDER BY number
ON CONFLICT (user_id, track_id, listened_at) DO NOTHING
"""

_FORGET_INSERTED = """
DELETE FROM arriving a USING listens l
WHERE l.user_id = a.user_id AND l.track_id = a.track_id
  AND l.listened_at = a.start + $2 * interval '1 microsecond'
  AND l.source_starts[array_position(l.sources, $1)] = a.start
"""


@dataclass
class Merged:
    """What became of arriving plays: numbers of the known, of the merged; how many were added."""

    known: list[int] = field(default_factory=list)
    merged: list[int] = field(default_factory=list)
    added: int = 0


async def make_arriving(connection: Connection) -> None:
    """Make the temporary table `arriving`, unless this connection has it; empty at each commit."""
    await connection.execute("SET client_min_messages = warning")
    await connection.execute(_MAKE_ARRIVING)


async def merge_arriving(connection: Connection, source: str) -> Merged:
    """Merge the rows of `arriving`, all of one source, into `listens`; in a transaction.

    Of each user and track they must have different starts. The nearest starts find each other
    first, one to one, so the outcome does not depend on the order of rows.
    """
    await connection.execute(_LOCK_USERS)
    known = [row[0] for row in await connection.fetch(_FORGET_KNOWN, source)]
    merged = _pair(await connection.fetch(_NEAR, source))
    if merged:
        await connection.execute(_MERGE, source, list(merged), list(merged.values()))
    return Merged(known, list(merged), await _insert(connection, source))


def _pair(near: Sequence[tuple[int, int]]) -> dict[int, int]:
    """One listen for each play, and one play for each listen, from pairs with the nearest first."""
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for number, listen in near:
        if number not in pairs and listen not in taken:
            pairs[number] = listen
            taken.add(listen)
    return pairs


async def _insert(connection: Connection, source: str) -> int:
    """Insert what is left in `arriving`; the number of rows.

    A play can start exactly where a listen stands that took in another play of its source. Both
    are kept: the later one moves by microseconds, and `source_starts` has its true start.
    """
    left: int = await connection.fetchval("SELECT count(*) FROM arriving")
    added = 0
    shift = 0
    while added < left:
        status: str = await connection.execute(_INSERT, source, shift)
        added += int(status.rsplit(" ", 1)[1])
        if added < left:
            await connection.execute(_FORGET_INSERTED, source, shift)
        shift += 1
    return added
