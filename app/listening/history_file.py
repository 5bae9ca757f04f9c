"""A history file of any kind that Segue reads, recognized by what is in it."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, TypeAlias
from zipfile import ZipInfo

import orjson

from app.errors import BadInput
from app.listening.archive import Archive, opened_archive
from app.listening.listenbrainz import read_listenbrainz
from app.listening.plain_csv import COLUMNS, read_csv
from app.listening.plays import Rows, Skip, user_key
from app.listening.spotify import read_spotify

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_HEAD = 4096
_MAX_USER_JSON = 100_000
KNOWN = (
    "a ListenBrainz export (zip or .jsonl), Spotify's extended streaming history (zip or JSON), "
    f"or CSV with the columns {COLUMNS}"
)

Read: TypeAlias = Callable[[BinaryIO], Rows]


@dataclass(frozen=True)
class History:
    """An open history.

    `source` is its kind: listenbrainz, spotify or csv. `owner` is the user whose export it says
    it is. `size` is the number of bytes to read, `done()` how many of them were read.
    """

    source: str
    rows: Rows
    size: int
    done: Callable[[], int]
    owner: str | None = None


@contextmanager
def opened_history(path: Path) -> Iterator[History]:
    """The history in the file at `path`; raises BadInput when it is none."""
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
            if not head.strip():
                raise BadInput(f"{path} is empty; expected {KNOWN}.")
            if head.startswith(_ZIP):
                with opened_archive(path) as archive:
                    yield _archived(path, archive)
                return
            stream.seek(0)
            source, read = _recognized(path.name, head)
            size = os.fstat(stream.fileno()).st_size
            yield History(source, read(stream), size, stream.tell)
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror or error}.") from error


def _recognized(name: str, head: bytes) -> tuple[str, Read]:
    if head.startswith(_UTF16):
        raise BadInput(f"{name} is in UTF-16; save it as UTF-8.")
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"["):
        return "spotify", read_spotify
    if start.startswith(b"{"):
        return "listenbrainz", read_listenbrainz
    first_line = start.partition(b"\n")[0]
    if b"," not in first_line or b"\x00" in first_line:
        raise BadInput(f"{name} is not a listening history that Segue reads: expected {KNOWN}.")
    return "csv", read_csv


def _archived(path: Path, archive: Archive) -> History:
    lines = _listenbrainz_members(archive)
    if lines:
        rows = _rows(archive, lines, read_listenbrainz)
        return History(
            "listenbrainz", rows, archive.unpacked, lambda: archive.read, _owner(archive)
        )
    arrays = [one for one in archive.members if _is_spotify(PurePosixPath(one.filename).name)]
    if arrays:
        rows = _rows(archive, arrays, read_spotify)
        return History("spotify", rows, archive.unpacked, lambda: archive.read)
    raise BadInput(f"{path.name} holds no listening history that Segue reads: expected {KNOWN}.")


def _listenbrainz_members(archive: Archive) -> list[ZipInfo]:
    members = [one for one in archive.members if one.filename.lower().endswith(".jsonl")]
    listens = [one for one in members if "listens" in one.filename.lower()]
    return listens or [
        one
        for one in members
        if PurePosixPath(one.filename).name not in ("feedback.jsonl", "pinned_recording.jsonl")
    ]


def _is_spotify(name: str) -> bool:
    name = name.lower()
    return name.endswith(".json") and ("audio" in name or "endsong" in name or "video" in name)


def _rows(archive: Archive, members: list[ZipInfo], read: Read) -> Rows:
    for member in members:
        with archive.open(member) as stream:
            for row in read(stream):
                yield row._replace(detail=member.filename) if isinstance(row, Skip) else row


def _owner(archive: Archive) -> str | None:
    """The name that a ListenBrainz export gives its listener."""
    for member in archive.members:
        if member.filename == "user.json" and member.file_size <= _MAX_USER_JSON:
            with archive.open(member) as stream:
                try:
                    said = orjson.loads(stream.read())
                except orjson.JSONDecodeError:
                    return None
            name = said.get("username") if isinstance(said, dict) else None
            return user_key(name.strip()) if isinstance(name, str) and name.strip() else None
    return None
