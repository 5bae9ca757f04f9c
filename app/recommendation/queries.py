"""Every SQL statement of the recommendation domain."""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from app.database import Database, Row
from app.listening import COUNTED

_TRACKS = """
    SELECT t.id,
           coalesce((SELECT a.artist_id FROM track_artists a
                     WHERE a.track_id = t.id ORDER BY a.position LIMIT 1), 0) AS artist_id,
           coalesce((SELECT g.genre_id FROM track_genres g
                     WHERE g.track_id = t.id ORDER BY g.position, g.genre_id LIMIT 1), 0)
               AS genre_id
    FROM tracks t ORDER BY t.id
"""
_WORDS = """
    SELECT track_id, array_agg(DISTINCT word) AS words FROM (
        SELECT g.track_id, lower(n.name) AS word FROM track_genres g
        JOIN genres n ON n.id = g.genre_id
        UNION ALL SELECT track_id, tag FROM track_tags
    ) AS said GROUP BY track_id
"""
# What a listener can be told without a model: each listener counts a track once a day, and a
# listen half as much after 30 days, counted from the newest.
_POPULAR_NOW = f"""
    WITH newest AS (SELECT max(listened_at) AS at FROM listens),
    played AS (
        SELECT track_id, sum(weight) AS plays FROM (
            SELECT DISTINCT l.user_id, l.track_id, date_trunc('day', l.listened_at),
                   power(0.5, extract(epoch FROM newest.at - date_trunc('day', l.listened_at))
                              / 2592000) AS weight
            FROM listens l, newest
            WHERE {COUNTED} AND l.listened_at > newest.at - interval '180 days'
        ) AS daily GROUP BY track_id
    ),
    listed AS (SELECT track_id, count(*) AS lists FROM playlist_tracks GROUP BY track_id)
    SELECT t.id, coalesce(p.plays, 0) AS plays,
           coalesce((SELECT a.artist_id FROM track_artists a
                     WHERE a.track_id = t.id ORDER BY a.position LIMIT 1), 0) AS artist_id,
           coalesce((SELECT g.genre_id FROM track_genres g
                     WHERE g.track_id = t.id ORDER BY g.position, g.genre_id LIMIT 1), 0)
               AS genre_id
    FROM tracks t
    LEFT JOIN played p ON p.track_id = t.id
    LEFT JOIN listed s ON s.track_id = t.id
    WHERE NOT t.missing AND t.id <> ALL($2::bigint[])
    ORDER BY coalesce(p.plays, 0) DESC, coalesce(s.lists, 0) DESC,
             coalesce(t.popularity, 0) DESC, t.id
    LIMIT $1
"""
_TITLES = """
    SELECT t.id, t.title, a.name AS artist
    FROM tracks t
    LEFT JOIN track_artists ta ON ta.track_id = t.id AND ta.position = (
        SELECT min(position) FROM track_artists WHERE track_id = t.id)
    LEFT JOIN artists a ON a.id = ta.artist_id
    WHERE t.id = ANY($1::bigint[])
"""
_PARTS_OF_DAY = f"""
    SELECT l.track_id,
           CASE WHEN h.hour < 5 OR h.hour >= 22 THEN 'night' WHEN h.hour < 12 THEN 'morning'
                WHEN h.hour < 18 THEN 'afternoon' ELSE 'evening' END AS word,
           count(*) FILTER (WHERE l.listened_at < to_timestamp($1)) AS before,
           count(*) FILTER (WHERE l.listened_at >= to_timestamp($1)) AS after
    FROM listens l JOIN users u ON u.id = l.user_id
    LEFT JOIN pg_timezone_names z ON z.name = u.time_zone
    CROSS JOIN LATERAL (
        SELECT extract(hour FROM l.listened_at AT TIME ZONE coalesce(z.name, 'UTC')) AS hour
    ) AS h
    WHERE {COUNTED} GROUP BY 1, 2
"""
_DEVICES = f"""
    SELECT track_id, lower(device) AS word,
           count(*) FILTER (WHERE listened_at < to_timestamp($1)) AS before,
           count(*) FILTER (WHERE listened_at >= to_timestamp($1)) AS after
    FROM listens WHERE {COUNTED} AND lower(device) = ANY($2::text[]) GROUP BY 1, 2
"""
_FINGERPRINT = """
    SELECT (SELECT count(*) FROM listens) AS listens,
           (SELECT coalesce(max(id), 0) FROM listens) AS newest_listen,
           (SELECT count(*) FROM tracks) AS tracks,
           (SELECT coalesce(max(id), 0) FROM tracks) AS newest_track,
           (SELECT count(*) FROM playlist_tracks) AS playlist_entries,
           (SELECT count(*) FROM track_embeddings) AS embeddings,
           (SELECT count(*) FROM audio_features) AS features,
           (SELECT coalesce(max(extract(epoch FROM analyzed_at)), 0)::float8
            FROM audio_features) AS newest_features,
           (SELECT count(*) FROM track_tags) + (SELECT count(*) FROM track_genres) AS words
"""


async def tracks(db: Database) -> tuple[NDArray[np.int64], ...]:
    """All tracks: id, first artist's id, first genre's id (0: none); in order of id."""
    rows = await db.fetch(_TRACKS)
    return (
        np.array([row["id"] for row in rows], dtype=np.int64),
        np.array([row["artist_id"] for row in rows], dtype=np.int64),
        np.array([row["genre_id"] for row in rows], dtype=np.int64),
    )


async def imported_popularity(db: Database) -> NDArray[np.float32]:
    """Popularity as imported, 0..100, 0 where unknown; in order of track id."""
    rows = await db.fetch("SELECT coalesce(popularity, 0) AS value FROM tracks ORDER BY id")
    return np.array([row["value"] for row in rows], dtype=np.float32)


async def words_of_tracks(db: Database) -> dict[int, list[str]]:
    """Lower-case genre names and tags of each track that has any."""
    return {row["track_id"]: row["words"] for row in await db.fetch(_WORDS)}


async def most_common_embedding(db: Database) -> str | None:
    """The embedding model that most tracks have a vector of; None without embeddings."""
    model: str | None = await db.fetch_value(
        "SELECT model FROM track_embeddings GROUP BY model ORDER BY count(*) DESC, model LIMIT 1"
    )
    return model


async def playlist_entries(db: Database) -> tuple[NDArray[np.int64], ...]:
    """Entries of stored playlists: playlist id, track id, position."""
    rows = await db.fetch("SELECT playlist_id, track_id, position FROM playlist_tracks")
    table = np.array([tuple(row) for row in rows], dtype=np.int64).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 2]


async def present(db: Database, track_ids: Collection[int]) -> set[int]:
    """Those of `track_ids` that the catalog still has and that are not missing."""
    rows = await db.fetch(
        "SELECT id FROM tracks WHERE id = ANY($1::bigint[]) AND NOT missing", list(track_ids)
    )
    return {row["id"] for row in rows}


async def heard(db: Database, user_id: int, track_ids: Collection[int]) -> set[int]:
    """Those of `track_ids` that the listener has ever listened to."""
    rows = await db.fetch(
        "SELECT DISTINCT track_id FROM listens "
        f"WHERE user_id = $1 AND track_id = ANY($2::bigint[]) AND {COUNTED}",
        user_id,
        list(track_ids),
    )
    return {row["track_id"] for row in rows}


async def popular_now(db: Database, limit: int, leave_out: Collection[int]) -> list[Row]:
    """The most played tracks (id, plays, artist_id, genre_id), best first, by SQL alone.

    Without listens the tracks that stand in most playlists come first, then those most popular
    by their import.
    """
    return await db.fetch(_POPULAR_NOW, limit, list(leave_out))


async def titles(db: Database, track_ids: Collection[int]) -> dict[int, tuple[str, str | None]]:
    """Title and first artist's name of each track."""
    if not track_ids:
        return {}
    rows = await db.fetch(_TITLES, list(track_ids))
    return {row["id"]: (row["title"], row["artist"]) for row in rows}


async def plays_by_part_of_day(db: Database, cutoff: int) -> list[Row]:
    """Listens per track and part of the listener's own day, before and after `cutoff` (Unix s)."""
    return await db.fetch(_PARTS_OF_DAY, float(cutoff))


async def plays_by_device(db: Database, cutoff: int, devices: Collection[str]) -> list[Row]:
    """Listens per track and device, before and after `cutoff` (Unix s)."""
    return await db.fetch(_DEVICES, float(cutoff), list(devices))


async def fingerprint(db: Database) -> dict[str, float]:
    """Counts and newest rows of all that training reads: equal means nothing new to learn."""
    row = await db.fetch_one(_FINGERPRINT)
    return {} if row is None else {key: float(value) for key, value in row.items()}
