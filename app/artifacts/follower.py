"""Keep the champion of one artifact loaded in a serving process, and swap it atomically."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import structlog

from app.artifacts.store import Artifact, ArtifactStore

Model = TypeVar("Model")

log = structlog.get_logger()


class Follower(Generic[Model]):
    """Holds `load(champion)` in `current`, and replaces it when the alias moves.

    `load` runs on the event loop: it should send heavy work to a thread. An artifact that does
    not load (missing, cut short) is logged and named in `problem`; what was loaded before stays.
    """

    def __init__(
        self,
        store: ArtifactStore,
        name: str,
        load: Callable[[Artifact], Awaitable[Model]],
    ) -> None:
        self.name = name
        self.current: Model | None = None
        self.artifact: Artifact | None = None
        self.problem: str | None = None
        self._store = store
        self._load = load
        self._failed_version: int | None = None

    async def refresh(self) -> bool:
        """Load the champion if it is another one than the one held; whether it was swapped."""
        version = await self._store.champion_version(self.name)
        held = self.artifact.version if self.artifact is not None else None
        if version is None or version in (held, self._failed_version):
            return False
        artifact = await self._store.champion(self.name)
        if artifact is None:
            return False
        try:
            model = await self._load(artifact)
        except Exception as error:
            self._failed_version = artifact.version
            self.problem = f"version {artifact.version} of {self.name} does not load: {error}"
            log.exception("artifact does not load", name=self.name, version=artifact.version)
            return False
        self.current, self.artifact, self.problem = model, artifact, None
        log.info("artifact loaded", name=self.name, version=artifact.version)
        return True

    async def follow(self, interval_s: float = 1.0) -> None:
        """Refresh for ever; a database that is away is waited for."""
        while True:
            try:
                await self.refresh()
            except Exception as error:
                # Whatever is wrong with the database now, a later question may be answered.
                log.warning("cannot ask for a new version", name=self.name, reason=str(error))
            await asyncio.sleep(interval_s)
