"""Drive the real application in this process, through HTTP's own messages."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from app.database import Database
from app.main import create_app
from app.settings import Settings


@asynccontextmanager
async def served(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a started application, which is stopped afterwards."""
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            yield client


async def ask(client: httpx.AsyncClient, query: str, /, **variables: Any) -> Any:
    """The data of a GraphQL answer that has no errors."""
    response = await client.post("/graphql", json={"query": query, "variables": variables})
    body = response.json()
    assert "errors" not in body, body
    return body["data"]


async def add_catalog(database: Database, tracks: int = 150) -> None:
    """A catalog of 5 artists, 10 albums, 3 genres; track n is `track_n`, by artists n and n + 1.

    Track n lies on album n % 10 as number n // 10 + 1; every seventh has no album.
    """
    numbers = range(1, tracks + 1)
    async with database.transaction() as connection:
        await connection.executemany(
            "INSERT INTO artists (key, name, folded, mbid) VALUES ($1, $2, lower($2), $3)",
            [(f"a{n}", f"Artist {n}", f"mbid-a{n}") for n in range(5)],
        )
        await connection.executemany(
            "INSERT INTO albums (key, title, folded, artist_id, release_date) VALUES "
            "($1, $2, lower($2), (SELECT id FROM artists WHERE key = $3), '1997-05')",
            [(f"b{n}", f"Album {n}", f"a{n % 5}") for n in range(10)],
        )
        await connection.executemany(
            "INSERT INTO genres (key, name, folded) VALUES ($1, $2, lower($2))",
            [("rock", "Rock"), ("jazz", "Jazz"), ("electronic", "Electronic")],
        )
        await connection.executemany(
            "INSERT INTO tracks (key, title, folded, album_id, track_number, duration_ms, isrc, "
            "popularity) VALUES ($1, $2, lower($2), (SELECT id FROM albums WHERE key = $3), $4, "
            "$5, $6, $7)",
            [
                (
                    str(n),
                    f"Title {n}",
                    None if n % 7 == 0 else f"b{n % 10}",
                    n // 10 + 1,
                    180_000 + n,
                    f"XX000{n:07d}",
                    n % 101,
                )
                for n in numbers
            ],
        )
        await connection.executemany(
            "INSERT INTO track_artists (track_id, position, artist_id) VALUES "
            "((SELECT id FROM tracks WHERE key = $1), $2, (SELECT id FROM artists WHERE key = $3))",
            [(str(n), i, f"a{(n + i) % 5}") for n in numbers for i in range(2)],
        )
        await connection.executemany(
            "INSERT INTO track_genres (track_id, genre_id) VALUES "
            "((SELECT id FROM tracks WHERE key = $1), (SELECT id FROM genres WHERE key = $2))",
            [(str(n), ["rock", "jazz", "electronic"][n % 3]) for n in numbers],
        )
        await connection.executemany(
            "INSERT INTO track_tags (track_id, tag) VALUES "
            "((SELECT id FROM tracks WHERE key = $1), $2)",
            [(str(n), tag) for n in numbers for tag in ("loud", "fast")[: n % 3]],
        )
