"""A small catalog with known sound, stored for real."""

from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np
import pytest

from app.database import Database

GENRES = ("rock", "jazz", "ambient")
AddTracks = Callable[..., Awaitable[list[int]]]


@pytest.fixture
def add_tracks(database: Database) -> AddTracks:
    """Store `count` tracks by `artists` artists; returns their ids."""

    async def add(count: int, artists: int = 12, seed: int = 0, **columns: Any) -> list[int]:
        generator = np.random.default_rng(seed)
        async with database.transaction() as connection:
            for name in GENRES:
                await connection.execute(
                    "INSERT INTO genres (key, name, folded) VALUES ($1, $2, $1) "
                    "ON CONFLICT DO NOTHING",
                    name,
                    name.title(),
                )
            artist_ids = [
                await connection.fetchval(
                    "INSERT INTO artists (key, name, folded) VALUES ($1, $2, $3) RETURNING id",
                    f"a{seed}-{number}",
                    f"Artist {seed}-{number}",
                    f"artist {seed} {number}",
                )
                for number in range(artists)
            ]
            genre_ids = [row["id"] for row in await connection.fetch("SELECT id FROM genres")]
            ids = []
            for number in range(count):
                duration = int(generator.integers(150_000, 330_000))
                track_id = await connection.fetchval(
                    "INSERT INTO tracks (key, title, folded, duration_ms, popularity, missing) "
                    "VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
                    f"t{seed}-{number}",
                    f"Song {seed}-{number}",
                    f"song {seed} {number}",
                    columns.get("duration_ms", duration),
                    float(generator.uniform(0, 100)),
                    columns.get("missing", False),
                )
                await connection.execute(
                    "INSERT INTO track_artists (track_id, position, artist_id) VALUES ($1, 0, $2)",
                    track_id,
                    artist_ids[number % artists],
                )
                await connection.execute(
                    "INSERT INTO track_genres (track_id, genre_id) VALUES ($1, $2)",
                    track_id,
                    genre_ids[number % len(genre_ids)],
                )
                if columns.get("analyzed", True):
                    await connection.execute(
                        "INSERT INTO audio_features (track_id, source, version, tempo, key, mode, "
                        "loudness, energy, danceability, valence, acousticness) "
                        "VALUES ($1, 'import', '1', $2, $3, $4, $5, $6, $7, $8, $9)",
                        track_id,
                        float(generator.uniform(60, 180)),
                        int(generator.integers(-1, 12)),
                        int(generator.integers(0, 2)),
                        float(generator.uniform(-25, -4)),
                        *(float(value) for value in generator.uniform(0, 1, 4)),
                    )
                ids.append(track_id)
        return ids

    return add


@pytest.fixture
async def listen(database: Database) -> Callable[[list[int]], Awaitable[int]]:
    """Make a user who listened to tracks once each; returns their id."""

    async def add(track_ids: list[int]) -> int:
        async with database.transaction() as connection:
            user_id: int = await connection.fetchval(
                "INSERT INTO users (key) VALUES ('ann') RETURNING id"
            )
            await connection.executemany(
                "INSERT INTO listens (user_id, track_id, listened_at, ms_played) "
                "VALUES ($1, $2, now(), 200000)",
                [(user_id, track_id) for track_id in track_ids],
            )
        return user_id

    return add
