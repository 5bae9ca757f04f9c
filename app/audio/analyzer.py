"""The service behind `audioAnalysis`: fetch, then analyze in a worker process, within limits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from app.audio.analysis import AudioAnalysis, check_analysis_type
from app.audio.fetching import Source, fetched
from app.audio.isolation import analysis_pool, analyze_isolated
from app.audio.pool import WorkerDied
from app.audio.queries import file_of_track
from app.database import Database
from app.errors import BadInput, DeadlineExceeded, Overloaded
from app.settings import Settings

_MOST_WORKERS = 2
_WAITING_PER_WORKER = 8
_TRACK_PREFIX = "track_"


class Analyzer:
    """Analyzes one source at a time for each of its workers; made in the server's lifespan.

    `capacity` is the most analyses that may run and wait together.
    """

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self._database = database
        self._pool = analysis_pool(_MOST_WORKERS)
        self.capacity = self._pool.size * (1 + _WAITING_PER_WORKER)
        self._under_way = 0
        self._warming: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to start a worker; returns at once."""
        self._warming = asyncio.create_task(self._warm())

    async def _warm(self) -> None:
        with suppress(WorkerDied):  # the first call then says so
            await self._pool.warm()

    async def close(self) -> None:
        """End every worker; analyses under way fail."""
        if self._warming is not None:
            self._warming.cancel()
            with suppress(asyncio.CancelledError):
                await self._warming
        await self._pool.close()

    async def analyze(self, source: str, analysis_type: str = "basic") -> AudioAnalysis:
        """Analysis of `source`: an http(s) or file URL, a path in a library folder, or a track id.

        Raises BadInput (with the GraphQL argument at fault), Overloaded when too many analyses
        wait, and DeadlineExceeded after `settings.audio_timeout_s` seconds in all.
        """
        check_analysis_type(analysis_type)
        if self._under_way >= self.capacity:
            raise Overloaded("Too many audio analyses are waiting; try again shortly.")
        self._under_way += 1
        try:
            async with asyncio.timeout(self._settings.audio_timeout_s), self._file(source) as file:
                return await analyze_isolated(
                    self._pool,
                    file.path,
                    self._settings,
                    analysis_type=analysis_type,
                    name=file.name,
                )
        except BadInput as error:
            raise BadInput(str(error), error.argument or "audioUrl") from error
        except TimeoutError as error:
            limit = self._settings.audio_timeout_s
            raise DeadlineExceeded(f"The analysis took longer than {limit:g} s.") from error
        finally:
            self._under_way -= 1

    @asynccontextmanager
    async def _file(self, source: str) -> AsyncIterator[Source]:
        if source.startswith(_TRACK_PREFIX):
            key = source.removeprefix(_TRACK_PREFIX).replace(
                "\0", ""
            )  # no text in Postgres has one
            path = await file_of_track(self._database, key)
            if path is None:
                raise BadInput("There is no such track, or no audio file of it.", "audioUrl")
            yield Source(path, "The file of this track")
            return
        async with fetched(source, self._settings) as file:
            yield file
