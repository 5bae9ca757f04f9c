"""Every document in examples/ is run: it answers, and a longer list needs no more statements."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest
import structlog
from graphql import parse, validate

from app.database import Connection, Database
from app.recommendation import train_recommendation
from app.search import train_search
from app.settings import Settings
from schema import schema
from tests.serving import ask, served

EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "examples").glob("*.graphql"))
PAGED = [file for file in EXAMPLES if "$first: Int" in file.read_text()]
STATEMENTS = {  # SQL statements of each document that pages through a list
    "browse_albums": 4,
    "browse_artists": 4,
    "browse_tracks": 7,
    "listens": 4,
    "playlists": 4,
    "recommendations": 9,
    "search": 5,
    "users": 3,
}
HERE: dict[str, Any] = {
    "userId": "user_1",
    "ids": ["track_1", "user_1", "genre_rock"],
    "text": "title",
    "input": {
        "userId": "user_1",
        "listens": [{"trackId": "track_1", "listenedAt": "2026-11-24T08:00:00Z"}],
    },
}


class CountingDatabase(Database):
    """The database, which keeps the statements that requests (not followers) run."""

    statements: ClassVar[list[str]] = []

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Connection]:
        """A connection whose statements are kept."""
        async with super().acquire() as connection:
            connection.add_query_logger(self._keep)
            try:
                yield connection
            finally:
                connection.remove_query_logger(self._keep)

    def _keep(self, query: Any) -> None:
        # asyncpg itself asks each new connection for types it has not met.
        own = "typeinfo" in query.query or "'jit'" in query.query
        if "request_id" in structlog.contextvars.get_contextvars() and not own:
            self.statements.append(query.query)


@pytest.fixture
async def lived_in(catalog: Database) -> Database:
    """A catalog with 150 tracks, 120 users who listened, 120 playlists and audio features."""
    numbers = range(1, 121)
    async with catalog.transaction() as connection:
        await connection.executemany(
            "INSERT INTO users (key) VALUES ($1)", [(str(n),) for n in numbers]
        )
        # User 1 has heard 20 tracks, so that 130 can be recommended, and some of them often.
        plays = [(1, n % 20 + 1) for n in range(120)]
        plays += [(n, (n * k) % 150 + 1) for n in numbers if n > 1 for k in range(1, 20)]
        await connection.executemany(
            "INSERT INTO listens (user_id, track_id, listened_at, ms_played, sources) VALUES "
            "((SELECT id FROM users WHERE key = $1), (SELECT id FROM tracks WHERE key = $2), "
            "timestamptz '2026-11-01' + $3 * interval '4 minutes', 180000, '{test}')",
            [(str(user), str(track), place) for place, (user, track) in enumerate(plays)],
        )
        await connection.executemany(
            "INSERT INTO playlists (key, title, source) VALUES ($1, 'Playlist ' || $1, 'test')",
            [(str(n),) for n in numbers],
        )
        await connection.executemany(
            "INSERT INTO playlist_tracks (playlist_id, position, track_id) VALUES "
            "((SELECT id FROM playlists WHERE key = $1), $2, "
            "(SELECT id FROM tracks WHERE key = $3))",
            [(str(n), place, str(n + place)) for n in numbers for place in range(4)],
        )
        for statement in (
            "INSERT INTO artists (key, name, folded) "
            "SELECT 'own' || n, 'Own ' || n, 'own' FROM generate_series(1, 120) n",
            "INSERT INTO albums (key, title, folded, artist_id) "
            "SELECT key, 'By ' || name, folded, id FROM artists WHERE folded = 'own'",
            "UPDATE tracks SET album_id = b.id FROM albums b WHERE b.key = 'own' || tracks.key",
            "INSERT INTO track_artists (track_id, position, artist_id) "
            "SELECT t.id, 2, a.id FROM tracks t JOIN artists a ON a.key = 'own' || t.key",
        ):
            await connection.execute(statement)
        await connection.execute(
            "INSERT INTO audio_features (track_id, source, version, tempo, energy, duration_ms) "
            "SELECT id, 'import', '1', 90 + id % 60, (id % 10) / 10.0, duration_ms FROM tracks"
        )
    return catalog


@pytest.fixture
async def untrained(
    lived_in: Database, served_settings: Settings
) -> AsyncIterator[httpx.AsyncClient]:
    """A server that has data, but no models and no index."""
    async with served(served_settings) as client:
        yield client


@pytest.fixture
async def trained(
    lived_in: Database, served_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    """A server that has all, and whose statements are counted."""
    await train_search(served_settings, lived_in)
    await train_recommendation(served_settings, lived_in)
    monkeypatch.setattr("app.http.server.Database", CountingDatabase)
    async with served(served_settings) as client:
        yield client


def variables_of(file: Path) -> dict[str, Any]:
    """The variables of this test's catalog that a document has; its own defaults for the rest."""
    text = file.read_text()
    return {name: value for name, value in HERE.items() if f"${name}:" in text}


async def statements_of(client: httpx.AsyncClient, file: Path, first: int) -> tuple[list[str], str]:
    """The statements that a document runs at this page size, and its answer as text."""
    await ask(client, "{ __typename }")
    CountingDatabase.statements.clear()
    data = await ask(client, file.read_text(), **variables_of(file), first=first)
    return list(CountingDatabase.statements), json.dumps(data)


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_an_example_is_valid(file: Path):
    """Clients are generated from these."""
    assert validate(schema._schema, parse(file.read_text())) == []


async def test_every_example_answers(untrained: httpx.AsyncClient):
    """Each document answers on data of any origin, also before anything is trained."""
    for file in EXAMPLES:
        if file.stem == "audio_analysis":
            continue  # needs a file: tests/audio and tests/end_to_end have some
        data = await ask(untrained, file.read_text(), **variables_of(file))
        assert all(value is not None for value in data.values()), (file.stem, data)


async def test_longer_lists_need_no_more_statements(trained: httpx.AsyncClient):
    """An edge of a list is loaded for all items at once: the count is equal at 5 and 100."""
    counts: dict[str, tuple[int, int]] = {}
    for file in PAGED:
        few, short = await statements_of(trained, file, 5)
        many, long = await statements_of(trained, file, 100)
        assert len(long) > 4 * len(short), file.stem
        counts[file.stem] = (len(few), len(many))
    assert counts == {name: (count, count) for name, count in STATEMENTS.items()}
