"""Whether the demo is in the catalog, and taking it out again; its keys begin with `demo-`."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # rendering processes import this package and need no database
    from app.database import Database

_REMOVE = (
    "DELETE FROM tracks WHERE key LIKE 'demo-%'",
    "DELETE FROM users WHERE key LIKE 'demo-%'",
    "DELETE FROM albums a WHERE NOT EXISTS (SELECT FROM tracks t WHERE t.album_id = a.id)",
    "DELETE FROM artists a"
    " WHERE NOT EXISTS (SELECT FROM track_artists t WHERE t.artist_id = a.id)"
    " AND NOT EXISTS (SELECT FROM albums b WHERE b.artist_id = a.id)",
    "DELETE FROM genres g WHERE NOT EXISTS (SELECT FROM track_genres t WHERE t.genre_id = g.id)",
)


async def catalog_is_empty(database: "Database") -> bool:
    """Whether there is no track at all."""
    empty: bool = await database.fetch_value("SELECT NOT EXISTS (SELECT FROM tracks)")
    return empty


async def has_demo(database: "Database") -> bool:
    """Whether tracks of the demo are in the catalog."""
    found: bool = await database.fetch_value(
        "SELECT EXISTS (SELECT FROM tracks WHERE key LIKE 'demo-%')"
    )
    return found


async def remove_demo(database: "Database") -> int:
    """Delete the demo's tracks, listeners and what only they used; the number of tracks."""
    async with database.transaction() as connection:
        status, *_ = [await connection.execute(statement) for statement in _REMOVE]
    return int(status.split()[-1])
