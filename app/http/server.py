"""What runs beside requests: the pool of connections and the services, started when they can be."""

import asyncio
import time
from contextlib import AsyncExitStack, suppress

import structlog

from app.audio import Analyzer
from app.auth import ADMIN, Identity, identify
from app.database import Database
from app.errors import SegueError, Unavailable
from app.playlist import PlaylistGenerator
from app.recommendation import Recommender
from app.search import Searcher
from app.settings import Settings
from schema.context import Services

_RETRY_S = 1.0
_FIRST_START_S = 60.0

log = structlog.get_logger()


class Server:
    """Connects and starts services in the background, again and again until it works.

    So the process answers from its first moment on, with errors that say why while Postgres is
    away, and recovers by itself. After that, the pool reconnects by itself, too.
    """

    def __init__(self, settings: Settings, database_url: str) -> None:
        self.settings = settings
        self.services = Services()
        self.problem: str | None = "Segue is starting."
        self._url = database_url
        self._running = AsyncExitStack()
        self._task: asyncio.Task[None] | None = None
        self._tried = asyncio.Event()

    async def start(self) -> None:
        """Begin; returns when the services run, or when the first attempt has failed."""
        self._task = asyncio.create_task(self._keep_trying())
        with suppress(TimeoutError):
            await asyncio.wait_for(self._tried.wait(), _FIRST_START_S)

    async def stop(self) -> None:
        """Close the services in reverse order, the pool last."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        await self._running.aclose()

    async def identity(self, authorization: str | None) -> Identity:
        """Who is asking; raises Unauthenticated, or Unavailable while keys cannot be looked up."""
        if self.settings.auth == "off":
            return ADMIN
        return await identify(self.services.database, authorization)

    async def _keep_trying(self) -> None:
        while self.problem is not None:
            try:
                await self._try()
            except SegueError as error:
                self._failed(str(error))
            except Exception as error:
                log.exception("a service does not start")
                self._failed(f"a service does not start: {type(error).__name__}")
            self._tried.set()
            if self.problem is not None:
                await asyncio.sleep(_RETRY_S)

    async def _try(self) -> None:
        started = time.perf_counter()
        stack = AsyncExitStack()
        try:
            database = await _connect(self._url, self.settings)
            stack.push_async_callback(database.close)
            # Resolvers may use what needs the database alone while models still load.
            self.services = Services(database=database)
            self.services = await start_services(self.settings, database, stack)
        except BaseException:
            self.services = Services()
            await stack.aclose()
            raise
        self._running, self.problem = stack, None
        log.info("ready", took_s=round(time.perf_counter() - started, 1))

    def _failed(self, problem: str) -> None:
        if problem != self.problem:
            log.warning("not ready", reason=problem)
        self.problem = problem


async def _connect(url: str, settings: Settings) -> Database:
    try:
        async with asyncio.timeout(5):
            return await Database.connect(
                url,
                pool_size=settings.database_pool,
                statement_timeout_ms=settings.statement_timeout_ms,
            )
    except TimeoutError as error:
        raise Unavailable("The database cannot be reached: no answer within 5 s") from error


async def start_services(settings: Settings, database: Database, stack: AsyncExitStack) -> Services:
    """Start every service on `database`; `stack` closes them in reverse order."""
    analyzer = Analyzer(settings, database)
    recommender = Recommender(settings, database)
    playlists = PlaylistGenerator(database)
    searcher = Searcher(settings, database)
    for service in (analyzer, recommender, playlists, searcher):
        await service.start()
        stack.push_async_callback(service.close)
    return Services(
        database=database,
        recommender=recommender,
        playlists=playlists,
        searcher=searcher,
        analyzer=analyzer,
    )
