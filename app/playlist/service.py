"""The generator that a server or a command holds: a snapshot kept fresh, and lists made from it."""

import asyncio
import time

import structlog

from app.catalog import match_genres
from app.database import Database
from app.errors import SegueError
from app.playlist import queries
from app.playlist.generation import generate
from app.playlist.request import PlaylistRequest, check_request
from app.playlist.result import GeneratedPlaylist
from app.playlist.snapshot import Snapshot, read_snapshot

_log = structlog.get_logger(__name__)

CHECK_EVERY_S = 5.0
_LOAD_SHARE = 20  # reading takes at most a twentieth of the time while the catalog keeps changing


class PlaylistGenerator:
    """Makes playlists. `await start()` before use, `await close()` at the end.

    Requests use the snapshot that is there: at most every 5 s one of them starts a check, and if
    the catalog changed a new snapshot, in the background.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._snapshot: Snapshot | None = None
        self._changes = -1
        self._checked = 0.0
        self._load_s = 0.0
        self._lock = asyncio.Lock()
        self._refreshing: asyncio.Task[None] | None = None
        self.problem: str | None = "the catalog has not been read yet"

    async def start(self) -> None:
        """Read the catalog; a failure is kept in `problem`, and the first request tries again."""
        try:
            await self.refresh()
        except SegueError as error:
            self.problem = str(error)

    async def close(self) -> None:
        """Stop reading."""
        if self._refreshing is not None:
            self._refreshing.cancel()
            await asyncio.gather(self._refreshing, return_exceptions=True)

    async def generate(self, request: PlaylistRequest) -> GeneratedPlaylist:
        """The list for a request.

        Raises BadInput for a value that is not allowed or a genre that does not exist; a wish that
        cannot be met is told in the list's notes.
        """
        check_request(request)
        genre_ids = None
        if request.genres:
            matched = await match_genres(self._database, request.genres)
            genre_ids = [genre_id for genre_id, _ in matched]
        known_ids = None
        if request.user_id is not None:
            known_ids = await queries.known_tracks(self._database, request.user_id)
        snapshot = await self._current()
        return await asyncio.to_thread(generate, snapshot, request, genre_ids, known_ids)

    async def refresh(self, *, always: bool = False) -> None:
        """Read the catalog if it changed (or `always`); raises what the database raises."""
        async with self._lock:
            self._checked = time.monotonic()
            changes = await queries.catalog_changes(self._database)
            if self._snapshot is not None and changes == self._changes and not always:
                return
            started = time.monotonic()
            self._snapshot = await read_snapshot(self._database)
            self._load_s = time.monotonic() - started
            self._changes = changes
            self.problem = None

    async def _current(self) -> Snapshot:
        if self._snapshot is None:
            await self.refresh()
        assert self._snapshot is not None
        idle = self._refreshing is None or self._refreshing.done()
        due = self._checked + max(CHECK_EVERY_S, _LOAD_SHARE * self._load_s)
        if idle and time.monotonic() >= due:
            self._checked = time.monotonic()
            self._refreshing = asyncio.create_task(self._refresh_quietly())
        return self._snapshot

    async def _refresh_quietly(self) -> None:
        """Refresh beside requests: they keep the old snapshot while the database is away."""
        try:
            await self.refresh()
        except SegueError as error:
            _log.warning("playlist snapshot not refreshed", reason=str(error))
