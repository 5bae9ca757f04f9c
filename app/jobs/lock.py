"""One advisory lock for all work that trains models or changes indexes."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from app.database import Database

_LOCK = 7355609


@asynccontextmanager
async def exclusive(
    database: Database, on_wait: Callable[[str], None] = lambda message: None
) -> AsyncIterator[None]:
    """Hold the lock; waits while another process holds it, after telling `on_wait` once.

    The lock lives as long as its connection: a killed holder frees it.
    """
    async with database.acquire() as connection:
        if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK):
            on_wait("another Segue command is scanning, importing or training; waiting for it")
            await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        try:
            yield
        finally:
            if not connection.is_closed():
                await connection.execute("SELECT pg_advisory_unlock($1)", _LOCK)
