"""What a playlist file says, before anything is looked up in the catalog."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from app.catalog import isrc_of, mbid_of, spotify_id_of

LONGEST_FILE = 256 * 1024 * 1024  # bytes; a file that is read whole
_LONGEST_TEXT = 1_000  # characters of a title or name that are kept
_LONGEST_DURATION_MS = 2**31 - 1


class Entry(NamedTuple):
    """One entry of a list; `place` is its line, or its number from 1 where a file has no lines.

    `key` is the public id without its prefix, `path` a file path as written.
    """

    place: int
    title: str | None = None
    artist: str | None = None
    album: str | None = None
    mbid: str | None = None
    isrc: str | None = None
    spotify_id: str | None = None
    key: str | None = None
    path: str | None = None
    duration_ms: int | None = None


@dataclass(slots=True)
class ReadPlaylist:
    """One list as a file gives it; `source` is its format, `identifier` what it is known by."""

    source: str
    title: str
    line: int
    entries: list[Entry]
    description: str | None = None
    identifier: str | None = None
    created_at: datetime | None = None
    problems: list[tuple[int, str]] = field(default_factory=list)
    """(place, reason) of entries that say nothing usable."""

    @property
    def key(self) -> str:
        """The key it is stored under: its own id, else a hash of what it says."""
        if self.identifier is not None and self.source == "jsonl":
            return self.identifier
        if self.identifier is not None:
            return mbid_of(self.identifier) or _digest(self.identifier)
        return self.content

    @property
    def content(self) -> str:
        """A hash of what it says: title and entries."""
        said = [self.title, *("\x1e".join(map(str, entry[1:])) for entry in self.entries)]
        return _digest("\x1f".join(said))


class Unreadable(NamedTuple):
    """A line that holds no playlist."""

    line: int
    reason: str


def text_of(value: object) -> str | None:
    """A text as it can be stored: stripped, without NUL, cut at 1,000 characters; else None."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        return None
    return value.replace("\0", "").strip()[:_LONGEST_TEXT].rstrip() or None


def duration_of(value: object) -> int | None:
    """Milliseconds, if that is what `value` is."""
    try:
        number = float(value) if isinstance(value, int | float | str) else 0.0
    except ValueError:
        return None
    return round(number) if 0 < number <= _LONGEST_DURATION_MS else None


def time_of(value: object) -> datetime | None:
    """A time of ISO 8601 or Unix seconds, in UTC; None for anything else."""
    try:
        if isinstance(value, str):
            read = datetime.fromisoformat(value.strip())
            return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None


def identifiers_of(values: list[str]) -> dict[str, str | None]:
    """MusicBrainz, ISRC, Spotify and Segue ids among the identifiers and locations of an entry."""
    found: dict[str, str | None] = {"mbid": None, "isrc": None, "spotify_id": None, "key": None}
    for value in values:
        if value.startswith("segue:track_"):
            found["key"] = value.removeprefix("segue:track_")
        elif "musicbrainz.org/" in value and "/recording/" not in value:
            continue  # a release or an artist, not this recording
        elif not value.startswith("file:"):
            found["spotify_id"] = found["spotify_id"] or spotify_id_of(value)
            found["mbid"] = found["mbid"] or mbid_of(value)
            found["isrc"] = found["isrc"] or isrc_of(value.lower().removeprefix("urn:"))
    return found


def says_something(entry: Entry) -> bool:
    """Whether there is anything to find the track by."""
    return any((entry.title, entry.mbid, entry.isrc, entry.spotify_id, entry.key, entry.path))


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=10).hexdigest()
