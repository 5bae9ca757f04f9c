"""Bring a database to the newest schema, with alembic."""

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from app.errors import Unavailable

_ROOT = Path(__file__).resolve().parents[2]
_LOST = "The database cannot be reached, or was lost; try again."


def alembic_config(connection: Connection | None = None) -> Config:
    """Alembic's configuration; `connection` is what its environment runs on."""
    config = Config(_ROOT / "alembic.ini")
    config.set_main_option("script_location", str(_ROOT / "migrations"))
    config.attributes["connection"] = connection
    return config


def sqlalchemy_url(url: str) -> str:
    """The SQLAlchemy form of a PostgreSQL URL."""
    scheme, _, rest = url.partition("://")
    if scheme.partition("+")[0] not in ("postgresql", "postgres"):
        raise ValueError(f"not a PostgreSQL URL: it begins with {scheme}://")
    return f"postgresql+asyncpg://{rest}"


async def migrate(url: str, revision: str = "head") -> None:
    """Migrate the database at `url` to `revision`; a no-op when it is there already.

    Several processes may call this at once: alembic's work is done under an advisory lock.
    Raises `Unavailable` when the database cannot be reached, or is lost meanwhile.
    """
    engine = create_async_engine(sqlalchemy_url(url), poolclass=NullPool)
    try:
        async with asyncio.timeout(120), engine.begin() as connection:
            await connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7355608)")
            await connection.run_sync(_to_revision, revision)
    except OSError as error:
        raise Unavailable(_LOST) from error
    except DBAPIError as error:
        if error.connection_invalidated or "connection" in str(error.orig):
            raise Unavailable(_LOST) from error
        raise
    finally:
        await engine.dispose()


def _to_revision(connection: Connection, revision: str) -> None:
    config = alembic_config(connection)
    if revision == "base":
        command.downgrade(config, revision)
    else:
        command.upgrade(config, revision)
