"""Plain CSV: `user,track_id,…` or `user,artist,track,…`, and what Last.fm exporters write."""

import csv
from collections.abc import Iterator
from functools import lru_cache
from typing import BinaryIO, NamedTuple

from app.errors import BadInput
from app.listening.lines import Line, bounded_lines
from app.listening.plays import (
    BadRow,
    Play,
    Rows,
    Skip,
    TrackReference,
    checked_text,
    parse_flag,
    parse_ms,
    parse_start,
    required_text,
    track_key,
    user_key,
)

COLUMNS = (
    "user,track_id or user,artist,track; then listened_at (ISO 8601 or Unix seconds) and optionally"
    " album, ms_played, skipped, device, country, mbid, isrc, spotify_id"
)
_OTHER_NAMES = {"uts": "listened_at", "track_mbid": "mbid", "title": "track", "user_id": "user"}
_READ = (
    "user", "listened_at", "ms_played", "skipped", "device", "country",
    "track_id", "artist", "track", "album", "mbid", "isrc", "spotify_id",
)  # fmt: skip
_MAX_JOINED = 10  # lines that one quoted field may span


class _Layout(NamedTuple):
    """How many columns there are, and where those of _READ stand (-1: nowhere)."""

    width: int
    indexes: list[int]
    has_user: bool


def read_csv(stream: BinaryIO) -> Rows:
    """The plays of a CSV file, one by one; a bad row gives a Skip and the rest is kept.

    A file without a column `user` is one person's. Raises BadInput when the header lacks a
    column that is needed.
    """
    lines = bounded_lines(stream)
    layout = _layout(next(lines, Line(1, b"")))
    for number, fields in _records(lines):
        if isinstance(fields, str):
            yield Skip(number, fields)
            continue
        try:
            yield _play(number, fields, layout)
        except BadRow as error:
            yield Skip(number, str(error))


def _layout(header: Line) -> _Layout:
    try:
        names = next(csv.reader([(header.data or b"").decode()]), [])
    except (UnicodeDecodeError, csv.Error):
        names = []
    names = [name.strip().lower() for name in names]
    column: dict[str, int] = {}
    for index, name in enumerate(names):
        column.setdefault(_OTHER_NAMES.get(name, name), index)
    named = "track_id" in column or {"artist", "track"} <= column.keys()
    if not named or "listened_at" not in column:
        found = ",".join(names)[:200] or "nothing readable"
        raise BadInput(f"The first line must name the columns {COLUMNS}. It has: {found}.")
    return _Layout(len(names), [column.get(name, -1) for name in _READ], "user" in column)


def _records(lines: Iterator[Line]) -> Iterator[tuple[int, list[str] | str]]:
    """Rows as lists of fields, or the reason why one cannot be read.

    A quoted field may hold line breaks; a quote that is never closed costs its own line only, not
    the rest of the file.
    """
    waiting: list[Line] = []
    while True:
        line = waiting.pop(0) if waiting else next(lines, None)
        if line is None:
            return
        if line.data == b"":
            continue
        fields, open_quote = _split(line.data)
        if open_quote:
            start = line.data or b""
            while len(waiting) < _MAX_JOINED:
                following = next(lines, None)
                if following is None:
                    break
                waiting.append(following)
            fields = "a quote is not closed"
            for count, following in enumerate(waiting, 1):
                start += b"\n" + (following.data or b"")
                joined, still_open = _split(start)
                if not still_open:
                    # Two stray quotes on two lines would join two rows: then neither fits.
                    fields = joined
                    del waiting[:count]
                    break
        yield line.number, fields


def _split(data: bytes | None) -> tuple[list[str] | str, bool]:
    """Fields, or a reason; and whether the row ends inside quotes."""
    if data is None:
        return "the line is longer than 1,000,000 bytes", False
    if b"\x00" in data:
        return "the line contains a NUL byte", False
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return "not valid UTF-8", False
    try:
        return next(csv.reader((text,), strict=True), []), False
    except csv.Error as error:
        if "unexpected end" in str(error):
            return [], True
        return "the row is not valid CSV", False


def _play(number: int, fields: list[str], layout: _Layout) -> Play:
    if len(fields) != layout.width:
        raise BadRow(
            "the row has too few columns" if len(fields) < layout.width else "too many columns"
        )
    fields.append("")  # what a column that the file does not have is read from
    user, start, ms_played, skipped, device, country, *track = [
        fields[index] for index in layout.indexes
    ]
    return Play(
        number,
        user_key(required_text(user, "user")) if layout.has_user else None,
        _reference(tuple(track)),
        parse_start(start),
        parse_ms(ms_played.strip()) if ms_played else None,
        parse_flag(skipped) if skipped else False,
        checked_text(device, "device") if device else None,
        checked_text(country, "country") if country else None,
    )


@lru_cache(1 << 16)  # plays name the same tracks again and again
def _reference(fields: tuple[str, ...]) -> TrackReference:
    key, artist, title, album, mbid, isrc, spotify_id = fields
    found = checked_text(key, "track_id")
    reference = TrackReference(
        track_key(found) if found else None,
        checked_text(mbid, "mbid"),
        checked_text(isrc, "isrc"),
        checked_text(spotify_id, "spotify_id"),
        checked_text(artist, "artist"),
        checked_text(title, "track"),
        checked_text(album, "album"),
    )
    if not (reference.key or (reference.artist and reference.title)):
        raise BadRow("the row names no track: give track_id, or artist and track")
    return reference
