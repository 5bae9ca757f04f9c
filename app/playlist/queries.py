"""What the playlist domain reads of the catalog and of listeners."""

from collections.abc import Sequence

from app.database import Database, Row
from app.listening import COUNTED

_WATCHED = ["tracks", "track_artists", "track_genres", "track_tags", "audio_features"]


async def catalog_changes(database: Database) -> int:
    """A number that differs after any change of what playlists are made from.

    Postgres counts changed rows by table as it goes (pg_stat), some seconds late, so that asking
    costs the same for a thousand tracks and for millions.
    """
    changes = await database.fetch_value(
        "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint "
        "FROM pg_stat_user_tables "
        "WHERE relname = ANY($1) AND schemaname = current_schema()",
        _WATCHED,
    )
    return int(changes)


async def playable_tracks(database: Database, after: int, limit: int) -> list[Row]:
    """The next `limit` tracks by id that are not missing, with all that selection looks at.

    Columns: id, duration_ms (null: not known), popularity, recording (equal for copies of one
    recording: first artist and folded title), artist_id of the first credit, genres (ids), tags.
    """
    return await database.fetch(
        "SELECT t.id, coalesce(t.duration_ms, f.duration_ms) AS duration_ms, t.popularity, "
        "       hashtextextended(t.folded, coalesce(c.artist_id, -t.id)) AS recording, "
        "       c.artist_id, "
        "       ARRAY(SELECT g.genre_id FROM track_genres g WHERE g.track_id = t.id) AS genres, "
        "       ARRAY(SELECT w.tag FROM track_tags w WHERE w.track_id = t.id) AS tags "
        "FROM tracks t LEFT JOIN audio_features f ON f.track_id = t.id "
        "LEFT JOIN LATERAL (SELECT artist_id FROM track_artists WHERE track_id = t.id "
        "                   ORDER BY position LIMIT 1) c ON true "
        "WHERE NOT t.missing AND t.id > $1 ORDER BY t.id LIMIT $2",
        after,
        limit,
    )


async def genre_names(database: Database) -> dict[int, str]:
    """Every genre's name by its id, in lower case."""
    rows = await database.fetch("SELECT id, lower(name) AS name FROM genres")
    return {row["id"]: row["name"] for row in rows}


async def known_tracks(database: Database, user_id: int) -> list[int]:
    """Ids of the tracks that the user has listened to."""
    rows = await database.fetch(
        f"SELECT DISTINCT track_id FROM listens WHERE user_id = $1 AND {COUNTED}", user_id
    )
    return [row["track_id"] for row in rows]


async def audio_paths(database: Database) -> list[tuple[bytes, int]]:
    """Path and track id of every audio file that belongs to a track."""
    rows = await database.fetch(
        "SELECT path, track_id FROM audio_files WHERE track_id IS NOT NULL ORDER BY missing, id"
    )
    return [(row["path"], row["track_id"]) for row in rows]


async def listed_rows(database: Database, track_ids: Sequence[int]) -> dict[int, Row]:
    """What a playlist file says of each track: names, ids, and a path of a file that is there."""
    rows = await database.fetch(
        "SELECT t.id, t.key, t.title, t.isrc, t.mbid, b.title AS album, "
        "       coalesce(t.duration_ms, f.duration_ms) AS duration_ms, "
        "       (SELECT string_agg(a.name, ', ' ORDER BY c.position) FROM track_artists c "
        "        JOIN artists a ON a.id = c.artist_id WHERE c.track_id = t.id) AS artist, "
        "       (SELECT path FROM audio_files WHERE track_id = t.id AND NOT missing "
        "        ORDER BY id LIMIT 1) AS path "
        "FROM tracks t LEFT JOIN albums b ON b.id = t.album_id "
        "LEFT JOIN audio_features f ON f.track_id = t.id WHERE t.id = ANY($1)",
        list(track_ids),
    )
    return {row["id"]: row for row in rows}
