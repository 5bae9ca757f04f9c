"""A small catalog in a real Postgres, indexed once a test that asks for it."""

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import asyncpg
import pytest

from app.catalog import fold, fold_name, fold_title
from app.database import Database
from app.search import Searcher, train_search
from app.settings import Settings

TRACKS = [
    # key, title, artists, album, genres, tags, popularity
    ("yesterday", "Yesterday", ["The Beatles"], "Help!", ["pop"], ["melancholy", "acoustic"], 90),
    ("help", "Help!", ["The Beatles"], "Help!", ["rock"], ["upbeat"], 70),
    ("thunder", "Thunderstruck", ["AC/DC"], "The Razors Edge", ["hard rock"], ["loud"], 85),
    ("ace", "Ace of Spades", ["Motörhead"], "Ace of Spades", ["metal"], ["fast"], 75),
    ("gymno", "Gymnopédie No. 1", ["Erik Satie"], None, ["classical"], ["piano", "calm"], 60),
    ("hello1", "Hello", ["Adele"], "25", ["pop"], ["ballad"], 80),
    ("hello2", "Hello", ["Lionel Richie"], None, ["soul"], ["ballad"], 50),
    ("hello3", "Hello, Goodbye", ["The Beatles"], None, ["pop"], [], 99),
    ("bitter", "Bitter Sweet Symphony", ["The Verve"], "Urban Hymns", ["rock"], [], 65),
    ("crazy", "Crazy in Love (feat. JAY-Z)", ["Beyoncé", "JAY-Z"], None, ["r&b"], ["party"], 88),
    ("tokyo", "東京物語", ["山口百恵"], None, ["j-pop"], [], 20),
    ("shalom", "שלום עולם", ["הזמר"], None, ["folk"], [], 5),
    ("note", "🎵", ["!!!"], None, [], [], 1),
    ("gone", "Yesterday Once More", ["The Carpenters"], None, ["pop"], [], 100),
]


class Catalog:
    """Writes rows as an import would."""

    def __init__(self, db: Database) -> None:
        self.db = db

    async def artist(self, name: str) -> int:
        return await self.db.fetch_value(
            "INSERT INTO artists (key, name, folded) VALUES ($1, $2, $3) "
            "ON CONFLICT (key) DO UPDATE SET name = $2 RETURNING id",
            fold(name),
            name,
            fold_name(name),
        )

    async def album(self, title: str, artist_id: int) -> int:
        return await self.db.fetch_value(
            "INSERT INTO albums (key, title, folded, artist_id) VALUES ($1, $2, $3, $4) "
            "ON CONFLICT (key) DO UPDATE SET title = $2 RETURNING id",
            fold(title),
            title,
            fold_title(title),
            artist_id,
        )

    async def playlist(self, title: str) -> int:
        return await self.db.fetch_value(
            "INSERT INTO playlists (key, title, source) VALUES ($1, $2, 'test') RETURNING id",
            fold(title),
            title,
        )

    async def track(
        self,
        key: str,
        title: str,
        artists: list[str],
        *,
        album: str | None = None,
        genres: list[str] | None = None,
        tags: list[str] | None = None,
        popularity: float | None = None,
        missing: bool = False,
    ) -> int:
        artist_ids = [await self.artist(name) for name in artists]
        album_id = await self.album(album, artist_ids[0]) if album else None
        track_id = await self.db.fetch_value(
            "INSERT INTO tracks (key, title, folded, album_id, popularity, missing) "
            "VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
            key,
            title,
            fold_title(title),
            album_id,
            popularity,
            missing,
        )
        async with self.db.transaction() as connection:
            for position, artist_id in enumerate(artist_ids):
                await connection.execute(
                    "INSERT INTO track_artists VALUES ($1, $2, $3)", track_id, position, artist_id
                )
            for position, genre in enumerate(genres or []):
                genre_id = await connection.fetchval(
                    "INSERT INTO genres (key, name, folded) VALUES ($1, $2, $3) "
                    "ON CONFLICT (key) DO UPDATE SET name = $2 RETURNING id",
                    genre,
                    genre,
                    fold(genre),
                )
                await connection.execute(
                    "INSERT INTO track_genres (track_id, genre_id, position) VALUES ($1, $2, $3)",
                    track_id,
                    genre_id,
                    position,
                )
            for tag in tags or []:
                await connection.execute("INSERT INTO track_tags VALUES ($1, $2)", track_id, tag)
        return track_id


@pytest.fixture
async def catalog(database: Database) -> Catalog:
    """TRACKS, one of them missing, and a playlist."""
    return await filled(database)


@pytest.fixture(scope="module")
async def unchanging(
    server_url: str, template_database: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Database, Searcher]]:
    """The same catalog and a searcher on it, made once for the tests that change nothing."""
    name = f"segue_search_{os.getpid()}_{os.urandom(4).hex()}"
    admin = await asyncpg.connect(server_url)
    await admin.execute(f"CREATE DATABASE {name} TEMPLATE {template_database}")
    server, _, options = server_url.partition("?")
    url = f"{server.rsplit('/', 1)[0]}/{name}?{options}"
    database = await Database.connect(url, pool_size=8)
    settings = Settings(home=tmp_path_factory.mktemp("home"), auth="off", _env_file=None)
    await filled(database)
    await train_search(settings, database)
    searcher = Searcher(settings, database)
    await searcher.start()
    yield database, searcher
    await searcher.close()
    await database.close()
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()


async def filled(database: Database) -> Catalog:
    """Write TRACKS and a playlist into an empty database."""
    writer = Catalog(database)
    for key, title, artists, album, genres, tags, popularity in TRACKS:
        await writer.track(
            key,
            title,
            artists,
            album=album,
            genres=genres,
            tags=tags,
            popularity=popularity,
            missing=key == "gone",
        )
    await writer.playlist("Rainy Sunday")
    return writer


@pytest.fixture
async def make_searcher(
    database: Database, settings: Settings
) -> AsyncIterator[Callable[..., Awaitable[Searcher]]]:
    """Start searchers, with other settings where given, and close them afterwards."""
    made: list[Searcher] = []

    async def make(other: Settings = settings) -> Searcher:
        searcher = Searcher(other, database)
        await searcher.start()
        made.append(searcher)
        return searcher

    yield make
    for searcher in made:
        await searcher.close()


@pytest.fixture
async def searcher(
    catalog: Catalog,
    settings: Settings,
    make_searcher: Callable[..., Awaitable[Searcher]],
) -> Searcher:
    """A searcher on a freshly built index of `catalog`."""
    await train_search(settings, catalog.db)
    return await make_searcher()


@pytest.fixture
def remove_artifacts(settings: Settings) -> Callable[[], None]:
    """Delete everything that was trained, behind the database's back."""

    def remove() -> None:
        folder: Path = settings.artifacts_dir
        shutil.rmtree(folder)

    return remove
