"""A trained world, made once a run: each test gets a copy of its database and artifacts."""

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from app.database import Database
from app.recommendation import train_recommendation
from app.settings import Settings
from tests.conftest import database_url
from tests.recommendation.stored import store
from tests.recommendation.synthetic import World, make_world


@pytest.fixture(scope="session")
async def trained_once(
    server_url: str, template_database: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[World, str, Path]]:
    """The world, the name of a database that holds it, and the home of the model trained on it."""
    name = f"segue_trained_{os.getpid()}"
    home = tmp_path_factory.mktemp("trained")
    connection = await asyncpg.connect(server_url)
    await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template_database}")
    world = make_world(listeners=60, tracks=60, styles=4, plays_each=60)
    db = await Database.connect(database_url(server_url, name), pool_size=2)
    await store(db, world)
    await train_recommendation(Settings(home=home, auth="off", _env_file=None), db)
    await db.close()
    yield world, name, home
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


@pytest.fixture
async def trained_database(
    trained_once: tuple[World, str, Path], server_url: str
) -> AsyncIterator[Database]:
    """The trained world's database, for this test alone."""
    name = f"segue_test_{os.getpid()}_{os.urandom(4).hex()}"
    connection = await asyncpg.connect(server_url)
    await connection.execute(f"CREATE DATABASE {name} TEMPLATE {trained_once[1]}")
    db = await Database.connect(database_url(server_url, name), pool_size=8)
    yield db
    await db.close()
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


@pytest.fixture
def trained_settings(trained_once: tuple[World, str, Path], settings: Settings) -> Settings:
    """Settings whose home holds the trained world's model, for this test alone."""
    shutil.copytree(trained_once[2], settings.home)
    return settings


@pytest.fixture
def world(trained_once: tuple[World, str, Path]) -> World:
    """The trained world's truth."""
    return trained_once[0]
