"""Put a synthetic world into a real database, as an import would have."""

from datetime import UTC, datetime

import numpy as np

from app.database import Database
from tests.recommendation.synthetic import World


async def store(db: Database, world: World) -> None:
    """Tracks keep the ids of the world; listener N has the key `listener N` and the id N."""
    tracks = world.tracks
    async with db.transaction() as connection:
        artists = sorted(set(tracks.artist_ids.tolist()))
        await connection.executemany(
            "INSERT INTO artists (id, key, name, folded) OVERRIDING SYSTEM VALUE "
            "VALUES ($1, $2, $3, $3)",
            [(id_, f"artist {id_}", f"artist {id_}") for id_ in artists],
        )
        genres = sorted(set(tracks.genre_ids.tolist()))
        await connection.executemany(
            "INSERT INTO genres (id, key, name, folded) OVERRIDING SYSTEM VALUE "
            "VALUES ($1, $2, $2, $2)",
            [(id_, f"style {id_ - 1}") for id_ in genres],
        )
        ids = tracks.ids.tolist()
        await connection.executemany(
            "INSERT INTO tracks (id, key, title, folded) OVERRIDING SYSTEM VALUE "
            "VALUES ($1, $2, $2, $2)",
            [(id_, f"track {id_}") for id_ in ids],
        )
        await connection.executemany(
            "INSERT INTO track_artists (track_id, position, artist_id) VALUES ($1, 0, $2)",
            list(zip(ids, tracks.artist_ids.tolist(), strict=True)),
        )
        await connection.executemany(
            "INSERT INTO track_genres (track_id, genre_id) VALUES ($1, $2)",
            list(zip(ids, tracks.genre_ids.tolist(), strict=True)),
        )
        await connection.executemany(
            "INSERT INTO track_embeddings (track_id, model, vector) VALUES ($1, $2, $3)",
            [
                (id_, "msd-musicnn-1", np.ascontiguousarray(row, "<f4").tobytes())
                for id_, row in zip(ids, tracks.vectors, strict=True)
            ],
        )
        await connection.executemany(
            "INSERT INTO users (id, key) OVERRIDING SYSTEM VALUE VALUES ($1, $2)",
            [(int(id_), f"listener {id_}") for id_ in world.plays.users],
        )
        # What a test adds later gets ids behind those given here.
        for table in ("artists", "genres", "tracks", "users"):
            await connection.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), 1000000)"
            )
    plays = world.plays
    await play(
        db,
        [
            (int(user), int(tracks.ids[item]), int(time))
            for user, item, time in zip(plays.user, plays.item, plays.time, strict=True)
        ],
    )


async def play(db: Database, listens: list[tuple[int, int, int]], *, skipped: bool = False) -> None:
    """Add plays (user id, track id, Unix seconds): whole ones, or skipped after 5 s."""
    records = [
        (user, track, datetime.fromtimestamp(time, UTC), 5_000 if skipped else 180_000, skipped)
        for user, track, time in listens
    ]
    async with db.transaction() as connection:
        await connection.execute(
            "CREATE TEMP TABLE fresh (user_id bigint, track_id bigint, listened_at timestamptz, "
            "ms_played int, skipped bool) ON COMMIT DROP"
        )
        await connection.copy_records_to_table("fresh", records=records)
        await connection.execute(
            "INSERT INTO listens (user_id, track_id, listened_at, ms_played, skipped) "
            "SELECT * FROM fresh ON CONFLICT DO NOTHING"
        )
