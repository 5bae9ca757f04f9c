"""Fixtures for every test: one real Postgres a run, one fresh database a test that asks for one."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from app.database import Database, EmbeddedServer, migrate
from app.settings import Settings

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """A running Postgres: SEGUE_TEST_DATABASE_URL, or an embedded one for this run alone."""
    given = os.environ.get("SEGUE_TEST_DATABASE_URL")
    if given is not None:
        yield given
        return
    home = Path(tempfile.mkdtemp(prefix="segue-tests-"))
    home.chmod(0o755)
    server = EmbeddedServer(home)
    server.start()
    yield server.url
    server.stop()
    shutil.rmtree(home, ignore_errors=True)
    shutil.rmtree(server.socket_dir, ignore_errors=True)


@pytest.fixture(scope="session")
async def template_database(server_url: str) -> str:
    """A migrated, empty database that each test's own is copied from."""
    connection = await asyncpg.connect(server_url)
    await connection.execute("DROP DATABASE IF EXISTS segue_template")
    await connection.execute("CREATE DATABASE segue_template")
    await connection.close()
    await migrate(database_url(server_url, "segue_template"))
    return "segue_template"


@pytest.fixture
async def empty_database_url(server_url: str, template_database: str) -> AsyncIterator[str]:
    """The URL of a fresh, migrated database, dropped after the test."""
    name = f"segue_test_{os.getpid()}_{os.urandom(4).hex()}"
    connection = await asyncpg.connect(server_url)
    await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template_database}")
    yield database_url(server_url, name)
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


@pytest.fixture
async def database(empty_database_url: str) -> AsyncIterator[Database]:
    """A pool on a fresh, migrated database."""
    pool = await Database.connect(empty_database_url, pool_size=8)
    yield pool
    await pool.close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of an installation of its own, in the test's folder, without authentication."""
    return Settings(home=tmp_path / "home", auth="off", _env_file=None)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of research data sets; tests that need it are skipped where it is missing."""
    folder = Path(os.environ.get("SEGUE_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"the research data sets are not at {folder} (set SEGUE_TEST_DATA)")
    return folder


def database_url(server_url: str, name: str) -> str:
    """The URL of database `name` on the server of `server_url`."""
    head, _, query = server_url.partition("?")
    base = head.rsplit("/", 1)[0]
    return f"{base}/{name}?{query}" if query else f"{base}/{name}"
