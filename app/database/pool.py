"""The one way to Postgres: an asyncpg pool that returns plain rows and honest errors."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import asyncpg
import orjson

from app.errors import Overloaded, Unavailable

Connection: TypeAlias = Any  # asyncpg.Connection behind its pool proxy; asyncpg has no types
Row: TypeAlias = Any  # asyncpg.Record: row["column"], tuple(row)

_LOST = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what a statement on a dying connection may raise
)
_ACQUIRE_TIMEOUT_S = 2.0


async def _set_up(connection: Connection) -> None:
    # jsonb travels in binary form, so that COPY works with it as well: version byte 1, then text.
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda value: b"\x01" + orjson.dumps(value),
        decoder=lambda data: orjson.loads(data[1:]),
        format="binary",
    )


class Database:
    """A bounded pool of connections.

    `fetch`, `fetch_one` and `fetch_value` run one read in autocommit; `transaction()` gives a
    connection inside a transaction for writes; `acquire()` one without. All raise
    `app.errors.Unavailable` when Postgres cannot be reached and `app.errors.Overloaded` when
    every connection stays busy.
    """

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    @classmethod
    async def connect(
        cls, url: str, *, pool_size: int = 10, statement_timeout_ms: int = 0
    ) -> "Database":
        """Open a pool of at most `pool_size` connections; statement_timeout_ms 0 means none."""
        try:
            pool = await asyncpg.create_pool(
                url,
                min_size=1,
                max_size=pool_size,
                init=_set_up,
                server_settings={
                    "application_name": "segue",
                    "statement_timeout": str(statement_timeout_ms),
                    "timezone": "UTC",
                },
            )
        except (*_LOST, asyncpg.PostgresError) as error:
            raise Unavailable(f"The database cannot be reached: {error}") from error
        return cls(pool)

    async def close(self) -> None:
        """Wait a moment for running statements, then close every connection."""
        try:
            await asyncio.wait_for(self._pool.close(), timeout=5)
        except TimeoutError:
            self._pool.terminate()

    async def fetch(self, sql: str, *arguments: object) -> list[Row]:
        """All rows of one read."""
        try:
            async with self.acquire() as connection:
                return list(await connection.fetch(sql, *arguments))
        except Unavailable:
            # A pooled connection may have died while idle: one fresh try, reads only.
            async with self.acquire() as connection:
                return list(await connection.fetch(sql, *arguments))

    async def fetch_one(self, sql: str, *arguments: object) -> Row | None:
        """The first row of one read, or None."""
        rows = await self.fetch(sql, *arguments)
        return rows[0] if rows else None

    async def fetch_value(self, sql: str, *arguments: object) -> Any:
        """The first column of the first row of one read, or None."""
        row = await self.fetch_one(sql, *arguments)
        return row[0] if row is not None else None

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Connection]:
        """A connection in autocommit."""
        try:
            connection = await self._pool.acquire(timeout=_ACQUIRE_TIMEOUT_S)
        except TimeoutError as error:
            raise Overloaded("Every database connection is busy; try again shortly.") from error
        except asyncpg.TooManyConnectionsError as error:
            raise Overloaded("The database accepts no more connections.") from error
        except _LOST as error:
            raise Unavailable("The database cannot be reached; try again shortly.") from error
        try:
            yield connection
        except _LOST as error:
            raise Unavailable("The connection to the database was lost; try again.") from error
        except asyncpg.QueryCanceledError as error:
            raise Overloaded("The database took too long to answer.") from error
        finally:
            await self._release(connection)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A connection inside a transaction: committed at the end, rolled back on an error."""
        async with self.acquire() as connection, connection.transaction():
            yield connection

    async def _release(self, connection: Connection) -> None:
        try:
            await self._pool.release(connection, timeout=5)
        except (*_LOST, asyncpg.PostgresError, TimeoutError):
            connection.terminate()
