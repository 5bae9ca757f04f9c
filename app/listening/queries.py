"""What is asked about listeners and their listens: rows and pages, and counts as arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from app.database import Database

COUNTED = "NOT (skipped AND coalesce(ms_played, 0) < 30000)"
"""SQL: whether a play counts as a listen. One that was skipped within 30 s does not."""

# No play starts outside of these.
EARLIEST = datetime(1000, 1, 1, tzinfo=UTC)
LATEST = datetime(9000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class UserRow:
    """A listener."""

    id: int
    key: str
    country: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ListenRow:
    """One play; `listened_at` is its start, UTC. `counted`: whether it counts as a listen."""

    id: int
    user_id: int
    track_id: int
    listened_at: datetime
    ms_played: int | None
    skipped: bool
    counted: bool
    device: str | None
    country: str | None
    context: dict[str, object] | None
    sources: list[str]


@dataclass(frozen=True, slots=True)
class ListenRange:
    """A page of plays, newest first: strictly after and before these (listened_at, id).

    The last ones, oldest first, when `backward`.
    """

    limit: int
    after: tuple[datetime, int] = (LATEST, 2**63 - 1)
    before: tuple[datetime, int] = (EARLIEST, 0)
    backward: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """Plays of one listener, newest first; arrays of shape (n,).

    `track_id` int64, `time` int64 (Unix seconds of the start), `ms_played` int32 (-1: not known),
    `skipped` bool: skipped within 30 s, which does not count as a listen.
    """

    track_id: npt.NDArray[np.int64]
    time: npt.NDArray[np.int64]
    ms_played: npt.NDArray[np.int32]
    skipped: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class PlayCounts:
    """Of each track with listens: `plays` and `listeners`, int64; arrays of shape (n,)."""

    track_id: npt.NDArray[np.int64]
    plays: npt.NDArray[np.int64]
    listeners: npt.NDArray[np.int64]


_USER = "id, key, country, created_at"
_LISTEN = (
    f"id, user_id, track_id, listened_at, ms_played, skipped, {COUNTED} AS counted, device, "
    "country, context, sources"
)


async def user_id_by_key(db: Database, key: str) -> int | None:
    """The id of the user with this key, or None."""
    found: int | None = await db.fetch_value("SELECT id FROM users WHERE key = $1", key)
    return found


async def users_by_key(db: Database, keys: Sequence[str]) -> dict[str, UserRow]:
    """The users with these keys, those that exist, by key."""
    rows = await db.fetch(f"SELECT {_USER} FROM users WHERE key = ANY($1)", list(keys))
    return {row["key"]: UserRow(*row) for row in rows}


async def users_page(
    db: Database,
    limit: int,
    *,
    after: int | None = None,
    before: int | None = None,
    backward: bool = False,
) -> list[UserRow]:
    """At most `limit` users by id, between the ids `after` and `before`; the last ones when
    `backward`, in falling order."""
    rows = await db.fetch(
        f"SELECT {_USER} FROM users WHERE id > $1 AND id < $2 "
        f"ORDER BY id {'DESC' if backward else 'ASC'} LIMIT $3",
        after if after is not None else 0,
        before if before is not None else 2**63 - 1,
        limit,
    )
    return [UserRow(*row) for row in rows]


async def listens_of_users(
    db: Database, user_ids: Sequence[int], page: ListenRange
) -> dict[int, list[ListenRow]]:
    """The same page of each user's plays: newest first, or from the oldest on when backward."""
    order = "listened_at, id" if page.backward else "listened_at DESC, id DESC"
    rows = await db.fetch(
        "SELECT l.* FROM unnest($1::bigint[]) AS u (user_id) CROSS JOIN LATERAL ("
        f"  SELECT {_LISTEN} FROM listens WHERE user_id = u.user_id "
        "   AND (listened_at, id) < ($2, $3) AND (listened_at, id) > ($4, $5) "
        f"  ORDER BY {order} LIMIT $6) AS l",
        list(user_ids),
        *page.after,
        *page.before,
        page.limit,
    )
    pages: dict[int, list[ListenRow]] = {}
    for row in rows:
        pages.setdefault(row["user_id"], []).append(ListenRow(*row))
    return pages


async def listens_page(db: Database, user_id: int, page: ListenRange) -> list[ListenRow]:
    """One page of a user's plays."""
    return (await listens_of_users(db, [user_id], page)).get(user_id, [])


async def listens_by_id(db: Database, ids: Sequence[int]) -> dict[int, ListenRow]:
    """The plays with these ids, those that exist, by id."""
    rows = await db.fetch(f"SELECT {_LISTEN} FROM listens WHERE id = ANY($1)", list(ids))
    return {row["id"]: ListenRow(*row) for row in rows}


async def history(db: Database, user_id: int, limit: int) -> History:
    """The newest `limit` plays of a user."""
    rows = await db.fetch(
        "SELECT track_id, floor(extract(epoch FROM listened_at))::bigint, "
        f"coalesce(ms_played, -1), NOT ({COUNTED}) FROM listens WHERE user_id = $1 "
        "ORDER BY listened_at DESC, id DESC LIMIT $2",
        user_id,
        limit,
    )
    columns = list(zip(*rows, strict=True)) if rows else [(), (), (), ()]
    return History(
        np.array(columns[0], np.int64),
        np.array(columns[1], np.int64),
        np.array(columns[2], np.int32),
        np.array(columns[3], np.bool_),
    )


async def newest_listen(db: Database) -> datetime | None:
    """When the newest play started; None without plays. Decay counts from here, not from today."""
    newest: datetime | None = await db.fetch_value("SELECT max(listened_at) FROM listens")
    return newest


async def play_counts(db: Database) -> PlayCounts:
    """How often each track was listened to, and by how many; tracks nobody played are left out."""
    rows = await db.fetch(
        "SELECT track_id, count(*), count(DISTINCT user_id) FROM listens "
        f"WHERE {COUNTED} GROUP BY track_id ORDER BY track_id"
    )
    table = np.array([tuple(row) for row in rows], np.int64).reshape(len(rows), 3)
    return PlayCounts(table[:, 0].copy(), table[:, 1].copy(), table[:, 2].copy())
