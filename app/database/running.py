"""Get from settings to a usable database: start or join the embedded server, migrate, connect."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

from app.database.migration import migrate
from app.database.pool import Database
from app.database.server import EmbeddedServer
from app.settings import Settings


@contextmanager
def running_server(
    settings: Settings, log: Callable[[str], None] = lambda message: None
) -> Iterator[str]:
    """The URL of the configured server, or of the embedded one, kept running meanwhile.

    Call it from the main thread. Raises `app.errors.Unavailable` when it cannot be started.
    """
    if settings.database_url is not None:
        yield settings.database_url
        return
    server = EmbeddedServer(settings.home, log)
    server.start()
    try:
        yield server.url
    finally:
        server.stop()


@asynccontextmanager
async def connected(url: str, settings: Settings) -> AsyncIterator[Database]:
    """A pool on a migrated database, without a statement timeout: for commands, not requests."""
    await migrate(url)
    database = await Database.connect(url, pool_size=settings.database_pool)
    try:
        yield database
    finally:
        await database.close()
