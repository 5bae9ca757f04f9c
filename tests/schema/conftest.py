"""A server on a catalog of a known shape."""

from collections.abc import AsyncIterator

import httpx
import pytest

from app.database import Database
from app.settings import Settings
from tests.serving import add_catalog, served


@pytest.fixture
async def catalog(database: Database) -> Database:
    """A database with the catalog of `serving.add_catalog`."""
    await add_catalog(database)
    return database


@pytest.fixture
def served_settings(settings: Settings, empty_database_url: str) -> Settings:
    """Settings of a server on the test's own database."""
    return settings.model_copy(update={"database_url": empty_database_url})


@pytest.fixture
async def client(catalog: Database, served_settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server on that catalog."""
    async with served(served_settings) as client:
        yield client
