"""Alembic's environment: runs on the connection it is given, or on SEGUE_DATABASE_URL."""

import asyncio

from alembic import context
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

import app.artifacts.models
import app.audio.models
import app.auth
import app.catalog.models
import app.listening.models
import app.playlist.models  # noqa: F401  (imported for their tables)
from app.database.migration import sqlalchemy_url
from app.database.tables import Table
from app.settings import Settings


def run(connection: Connection) -> None:
    context.configure(
        connection=connection, target_metadata=Table.metadata, compare_server_default=False
    )
    with context.begin_transaction():
        context.run_migrations()


async def run_on_settings() -> None:
    url = Settings().database_url
    if url is None:
        raise SystemExit("Set SEGUE_DATABASE_URL to use alembic's own command line.")
    engine = create_async_engine(sqlalchemy_url(url), poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(run)
    await engine.dispose()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    asyncio.run(run_on_settings())
