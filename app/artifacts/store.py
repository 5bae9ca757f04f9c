"""Write an artifact as one folder, register it, and move the alias that servers follow."""

import os
import shutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import asyncpg
import structlog

from app.database import Database, Row

_COLUMNS = "v.name, v.version, v.parameters, v.metrics, v.created_at"
_CHAMPION = f"""
    SELECT {_COLUMNS} FROM artifact_aliases a
    JOIN artifact_versions v USING (name, version)
    WHERE a.name = $1 AND a.alias = 'champion'
"""
_KEPT_VERSIONS = 3

log = structlog.get_logger()


@dataclass(frozen=True)
class Artifact:
    """One trained version: its files are in `path`."""

    name: str
    version: int
    path: Path
    parameters: Mapping[str, object]
    metrics: Mapping[str, object]
    created_at: datetime


class ArtifactStore:
    """The artifacts of one installation; `folder` is `settings.artifacts_dir`."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._folder = folder

    async def champion(self, name: str) -> Artifact | None:
        """The version that the alias `champion` of `name` points to; None before training."""
        row = await self._database.fetch_one(_CHAMPION, name)
        return self._artifact(row) if row is not None else None

    async def champion_version(self, name: str) -> int | None:
        """Only the number of the champion: cheap enough to ask every second."""
        version: int | None = await self._database.fetch_value(
            "SELECT version FROM artifact_aliases WHERE name = $1 AND alias = 'champion'", name
        )
        return version

    async def publish(
        self,
        name: str,
        write: Callable[[Path], Awaitable[None]],
        *,
        parameters: Mapping[str, object],
        metrics: Mapping[str, object],
        promote: bool,
    ) -> Artifact:
        """Let `write` fill a fresh folder, register it as the next version, maybe promote it.

        The folder gets its final name only when complete, and the row is written after that: a
        killed training leaves no version behind. Old versions but the last three are deleted.
        """
        unfinished = self._folder / name / f"unfinished-{os.getpid()}"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        try:
            await write(unfinished)
            artifact = await self._register(name, unfinished, parameters, metrics, promote)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
        await self._delete_old(name)
        log.info("artifact published", name=name, version=artifact.version, promoted=promote)
        return artifact

    async def _register(
        self,
        name: str,
        folder: Path,
        parameters: Mapping[str, object],
        metrics: Mapping[str, object],
        promote: bool,
    ) -> Artifact:
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        async with self._database.transaction() as connection:
            await connection.execute(
                "SELECT pg_advisory_xact_lock(hashtext('artifact ' || $1))", name
            )
            version = await self._next_version(connection, name)
            await connection.execute(
                "INSERT INTO artifact_versions (name, version, parameters, metrics, size_bytes) "
                "VALUES ($1, $2, $3, $4, $5)",
                name,
                version,
                dict(parameters),
                dict(metrics),
                size,
            )
            folder.rename(self._folder / name / str(version))
            if promote:
                await self._point_champion(connection, name, version)
            row = await connection.fetchrow(
                f"SELECT {_COLUMNS} FROM artifact_versions v WHERE name = $1 AND version = $2",
                name,
                version,
            )
        return self._artifact(row)

    async def _next_version(self, connection: asyncpg.Connection, name: str) -> int:
        registered: int = await connection.fetchval(
            "SELECT coalesce(max(version), 0) FROM artifact_versions WHERE name = $1", name
        )
        # A folder may be ahead of the table after a crash between the rename and the commit.
        folders = [int(d.name) for d in (self._folder / name).iterdir() if d.name.isdigit()]
        return max([registered, *folders]) + 1

    async def _point_champion(
        self, connection: asyncpg.Connection, name: str, version: int
    ) -> None:
        await connection.execute(
            "INSERT INTO artifact_aliases (name, alias, version) VALUES ($1, 'champion', $2) "
            "ON CONFLICT (name, alias) DO UPDATE SET version = $2, changed_at = now()",
            name,
            version,
        )

    async def _delete_old(self, name: str) -> None:
        rows = await self._database.fetch(
            "DELETE FROM artifact_versions v WHERE name = $1 "
            "AND version <= (SELECT max(version) FROM artifact_versions WHERE name = $1) - $2 "
            "AND NOT EXISTS (SELECT FROM artifact_aliases a "
            "                WHERE a.name = v.name AND a.version = v.version) RETURNING version",
            name,
            _KEPT_VERSIONS,
        )
        for row in rows:
            shutil.rmtree(self._folder / name / str(row["version"]), ignore_errors=True)

    def _artifact(self, row: Row) -> Artifact:
        return Artifact(
            name=row["name"],
            version=row["version"],
            path=self._folder / row["name"] / str(row["version"]),
            parameters=row["parameters"],
            metrics=row["metrics"],
            created_at=row["created_at"],
        )
