"""One play as a history file tells it, and the limits that each of its values must keep.

Starts are integers: microseconds since 1970-01-01 UTC, which is what Postgres stores.
"""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, TypeAlias

EARLIEST_US = -2_208_988_800_000_000  # 1900-01-01 UTC
FUTURE_ALLOWED_US = 86_400_000_000  # a day: clocks and time zones are often wrong by hours
MAX_TEXT = 1_000  # characters of a name, title or id
MAX_MS = 2_147_483_647

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_UNIX = re.compile(r"-?\d{1,17}(\.\d+)?", re.ASCII)
_SURROGATE = re.compile("[\ud800-\udfff]")
_TRUE = frozenset(("true", "t", "yes", "y", "1"))
_FALSE = frozenset(("false", "f", "no", "n", "0", ""))


class BadRow(ValueError):
    """A row that cannot be kept; its text is the reason."""


class TrackReference(NamedTuple):
    """What a source says to name a track; equal references are resolved once."""

    key: str | None = None
    mbid: str | None = None
    isrc: str | None = None
    spotify_id: str | None = None
    artist: str | None = None
    title: str | None = None
    album: str | None = None


class Play(NamedTuple):
    """A play; `user` None is the person whose export it is, `start` in microseconds, UTC."""

    line: int
    user: str | None
    track: TrackReference
    start: int
    ms_played: int | None = None
    skipped: bool = False
    device: str | None = None
    country: str | None = None


class Skip(NamedTuple):
    """A row that is not kept: where it stands (line or index, from 1), why, and its details."""

    line: int
    reason: str
    detail: str = ""


Rows: TypeAlias = Iterator[Play | Skip]


def checked_start(start: int) -> int:
    """`start`, when it lies between 1900 and a day from now; else raises BadRow."""
    if start < EARLIEST_US:
        raise BadRow("listened_at is before 1900-01-01")
    if start > time.time() * 1e6 + FUTURE_ALLOWED_US:
        raise BadRow("listened_at is more than a day in the future")
    return start


def parse_start(text: str) -> int:
    """Microseconds since 1970 of an ISO 8601 date and time or of Unix seconds.

    Without a time zone UTC is meant. Raises BadRow when it is neither, or out of range.
    """
    text = text.strip()
    if _UNIX.fullmatch(text):
        whole, _, fraction = text.partition(".")
        if len(whole) > 11:  # beyond the year 5138; milliseconds of today have 13 digits
            raise BadRow("listened_at is too large for Unix seconds (milliseconds?)")
        micros = int((fraction + "000000")[:6])
        start = int(whole) * 1_000_000
        return checked_start(start - micros if text.startswith("-") else start + micros)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadRow("listened_at is neither ISO 8601 nor Unix seconds") from None
    return start_of(moment)


def start_of(moment: datetime) -> int:
    """Microseconds since 1970 of `moment`, UTC where it has no time zone; raises BadRow."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return checked_start((moment - _EPOCH) // _MICROSECOND)


def moment_of(start: int) -> datetime:
    """The UTC datetime of `start` microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=start)


def parse_ms(value: object) -> int | None:
    """Milliseconds, or None where nothing is said; raises BadRow below 0 and above 2^31 - 1."""
    if value is None or value == "":
        return None
    try:
        ms = int(value) if isinstance(value, (str, int)) else round(float(str(value)))
    except (ValueError, OverflowError):
        raise BadRow("ms_played is not a whole number") from None
    if not 0 <= ms <= MAX_MS:
        raise BadRow("ms_played is not between 0 and 2147483647")
    return ms


def parse_flag(text: str) -> bool:
    """A yes or no; empty is no. Raises BadRow."""
    word = text.strip().lower()
    if word in _FALSE:
        return False
    if word in _TRUE:
        return True
    raise BadRow("skipped is not true or false")


def checked_text(value: object, name: str) -> str | None:
    """Text stripped of outer spaces, None where empty or absent; raises BadRow.

    Postgres stores neither NUL characters nor halves of surrogate pairs.
    """
    if value is None:
        return None
    if not isinstance(value, str):
        raise BadRow(f"{name} is not text")
    text = value.strip()
    if len(text) > MAX_TEXT:
        raise BadRow(f"{name} is longer than {MAX_TEXT} characters")
    if not text.isprintable():
        if "\x00" in text:
            raise BadRow(f"{name} contains a NUL character")
        if _SURROGATE.search(text):
            raise BadRow("not valid UTF-8")
        text = " ".join(text.split())  # a line break or tab in a title is a typing accident
    return text or None


def required_text(value: object, name: str) -> str:
    """`checked_text` that raises BadRow where there is none."""
    text = checked_text(value, name)
    if text is None:
        raise BadRow(f"{name} is missing")
    return text


def user_key(text: str) -> str:
    """A user's key: the public id without its prefix."""
    return text.removeprefix("user_") or text


def track_key(text: str) -> str:
    """A track's key: the public id without its prefix."""
    return text.removeprefix("track_") or text
