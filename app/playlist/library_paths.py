"""Find the track of a file path that another program wrote, perhaps on another machine."""

import os
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote_to_bytes

from app.database import Database
from app.playlist import queries


class LibraryPaths:
    """Audio files known to the catalog, by path and by the end of the path.

    A path from elsewhere ("D:\\Music\\Artist\\Song.mp3") is recognized by its file and folder
    names, whatever their case, when only one track of the catalog has both.
    """

    def __init__(self, files: Iterable[tuple[bytes, int]]) -> None:
        self._exact: dict[bytes, int] = {}
        self._ends: dict[tuple[str, ...], int | None] = {}
        for path, track_id in files:
            self._exact[path] = track_id
            end = _end(os.fsdecode(path))
            if end is not None:
                known = self._ends.setdefault(end, track_id)
                self._ends[end] = track_id if known == track_id else None

    @classmethod
    async def load(cls, database: Database) -> "LibraryPaths":
        """All audio files of the catalog."""
        return cls(await queries.audio_paths(database))

    def find(self, written: str, folder: Path) -> int | None:
        """The track of a path as written in a playlist that lies in `folder`."""
        path = written
        if written.lower().startswith("file:"):
            path = os.fsdecode(unquote_to_bytes(written[5:]))
            path = "/" + path.lstrip("/")
        absolute = os.path.normpath(folder.absolute() / path.replace("\0", ""))
        exact = self._exact.get(os.fsencode(absolute))
        if exact is not None:
            return exact
        end = _end(path)
        return None if end is None else self._ends.get(end)


def _end(path: str) -> tuple[str, ...] | None:
    """Folder and file name, folded in case; None for a path without a folder."""
    parts = [part for part in path.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    if len(parts) < 2:
        return None
    return tuple(unicodedata.normalize("NFC", part).casefold() for part in parts[-2:])
