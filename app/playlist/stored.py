"""Stored playlists: kept by an import, read in pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.database import Database

SMALLEST, LARGEST = -1, 2**63 - 1
_COLUMNS = (
    "p.id, p.key, p.title, p.description, p.created_at, "
    "(SELECT count(*) FROM playlist_tracks t WHERE t.playlist_id = p.id) AS track_count"
)
# A list without an owner is everybody's; an owned one is for its owner and those who may see all.
_VISIBLE = "(p.owner_id IS NULL OR $1::text IS NULL OR p.owner_id = {owner})".format(
    owner="(SELECT u.id FROM users u WHERE u.key = $1)"
)


@dataclass(frozen=True, slots=True)
class StoredPlaylist:
    """A stored playlist without its tracks."""

    id: int
    key: str
    title: str
    description: str | None
    created_at: datetime
    track_count: int


@dataclass(frozen=True, slots=True)
class PlaylistToStore:
    """A playlist with its tracks in order."""

    key: str
    title: str
    description: str | None
    source: str
    created_at: datetime | None
    track_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """A page: values strictly between `after` and `before`, the last `limit` when `backward`."""

    limit: int
    after: int = SMALLEST
    before: int = LARGEST
    backward: bool = False

    @property
    def direction(self) -> str:
        """SQL's word for the order in which rows are read."""
        return "DESC" if self.backward else "ASC"


async def playlists_by_key(
    database: Database, keys: Sequence[str], seen_by: str | None = None
) -> dict[str, StoredPlaylist]:
    """The playlists with these keys that `seen_by` (a user's key; None: anybody) may see."""
    rows = await database.fetch(
        f"SELECT {_COLUMNS} FROM playlists p WHERE {_VISIBLE} AND p.key = ANY($2)",
        seen_by,
        list(keys),
    )
    return {row["key"]: StoredPlaylist(*row) for row in rows}


async def playlist_page(
    database: Database, page: Span, seen_by: str | None = None
) -> list[StoredPlaylist]:
    """A page of playlists by id, in the order they were added."""
    rows = await database.fetch(
        f"SELECT {_COLUMNS} FROM playlists p WHERE {_VISIBLE} AND p.id > $2 AND p.id < $3 "
        f"ORDER BY p.id {page.direction} LIMIT $4",
        seen_by,
        page.after,
        page.before,
        page.limit,
    )
    return [StoredPlaylist(*row) for row in rows]


async def tracks_of_playlists(
    database: Database, playlist_ids: Sequence[int], page: Span
) -> dict[int, list[tuple[int, int]]]:
    """The same page of each playlist: (position from 0, track id)."""
    rows = await database.fetch(
        "SELECT p.id, t.position, t.track_id FROM unnest($1::bigint[]) AS p(id) "
        "CROSS JOIN LATERAL (SELECT position, track_id FROM playlist_tracks "
        "  WHERE playlist_id = p.id AND position > $2 AND position < $3 "
        f"  ORDER BY position {page.direction} LIMIT $4) t ORDER BY p.id, "
        f"t.position {page.direction}",
        list(playlist_ids),
        max(page.after, -1),
        min(page.before, 2**31 - 1),
        page.limit,
    )
    pages: dict[int, list[tuple[int, int]]] = {one: [] for one in playlist_ids}
    for row in rows:
        pages[row["id"]].append((row["position"], row["track_id"]))
    return pages


async def stored_keys(database: Database, keys: Sequence[str]) -> set[str]:
    """Those of the keys that are stored."""
    rows = await database.fetch("SELECT key FROM playlists WHERE key = ANY($1)", list(keys))
    return {row["key"] for row in rows}


async def store_playlists(
    database: Database, playlists: Sequence[PlaylistToStore]
) -> dict[str, str]:
    """Store playlists of distinct keys in one transaction: key to added, updated or same."""
    keys = [one.key for one in playlists]
    outcome: dict[str, str] = {}
    async with database.transaction() as connection:
        there = {
            row["key"]: (row["title"], row["description"], tuple(row["tracks"]))
            for row in await connection.fetch(
                "SELECT key, title, description, ARRAY(SELECT track_id FROM playlist_tracks t "
                "  WHERE t.playlist_id = p.id ORDER BY position) AS tracks "
                "FROM playlists p WHERE key = ANY($1) FOR UPDATE",
                keys,
            )
        }
        for one in playlists:
            known = there.get(one.key)
            same = known == (one.title, one.description, one.track_ids)
            outcome[one.key] = "added" if known is None else "same" if same else "updated"
        changed = [one for one in playlists if outcome[one.key] != "same"]
        ids = {
            row["key"]: row["id"]
            for row in await connection.fetch(
                "INSERT INTO playlists (key, title, description, source, created_at) "
                "SELECT key, title, description, source, coalesce(created_at, now()) "
                "FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[]) "
                "  AS new(key, title, description, source, created_at) "
                "ON CONFLICT (key) DO UPDATE SET title = excluded.title, "
                "  description = excluded.description RETURNING key, id",
                [one.key for one in changed],
                [one.title for one in changed],
                [one.description for one in changed],
                [one.source for one in changed],
                [one.created_at for one in changed],
            )
        }
        await connection.execute(
            "DELETE FROM playlist_tracks WHERE playlist_id = ANY($1)", list(ids.values())
        )
        await connection.copy_records_to_table(
            "playlist_tracks",
            columns=("playlist_id", "position", "track_id"),
            records=[
                (ids[one.key], position, track_id)
                for one in changed
                for position, track_id in enumerate(one.track_ids)
            ],
        )
    return outcome
