"""Read JSON Lines: a playlist a line, `{"title": …, "tracks": [{…} or "track id", …]}`."""

from collections.abc import Iterator
from typing import BinaryIO

import orjson

from app.catalog import isrc_of, mbid_of, spotify_id_of
from app.playlist.entries import (
    Entry,
    ReadPlaylist,
    Unreadable,
    duration_of,
    says_something,
    text_of,
    time_of,
)
from app.playlist.jspf import UNUSABLE

LONGEST_LINE = 64 * 1024 * 1024  # bytes
_LONGEST_ID = 200


def read_json_lines(file: BinaryIO) -> Iterator[ReadPlaylist | Unreadable]:
    """Each line's playlist, or why it has none; blank lines are passed over."""
    line = 0
    while data := file.readline(LONGEST_LINE + 1):
        line += 1
        if len(data) > LONGEST_LINE:
            while data and not data.endswith(b"\n"):
                data = file.readline(LONGEST_LINE)
            yield Unreadable(line, f"the line is longer than {LONGEST_LINE:,} bytes")
        elif data.strip():
            yield _playlist(line, data.removeprefix(b"\xef\xbb\xbf"))


def _playlist(line: int, data: bytes) -> ReadPlaylist | Unreadable:
    try:
        row = orjson.loads(data)
    except orjson.JSONDecodeError:
        return Unreadable(line, "the line is not valid JSON")
    if not isinstance(row, dict):
        return Unreadable(line, "the line is not a JSON object")
    title, tracks = text_of(row.get("title")) or text_of(row.get("name")), row.get("tracks")
    if title is None:
        return Unreadable(line, "the playlist has no title")
    if not isinstance(tracks, list):
        return Unreadable(line, "the playlist has no list of tracks")
    identifier = text_of(row.get("id"))
    if identifier is not None:
        identifier = identifier.removeprefix("playlist_")
        if not identifier or len(identifier) > _LONGEST_ID:
            return Unreadable(line, f"the id is empty or longer than {_LONGEST_ID} characters")
    read = ReadPlaylist(
        source="jsonl",
        title=title,
        line=line,
        entries=[],
        description=text_of(row.get("description")),
        identifier=identifier,
        created_at=time_of(row.get("created_at")),
    )
    for track in tracks:
        entry = _entry(line, track)
        if entry is not None and says_something(entry):
            read.entries.append(entry)
        else:
            read.problems.append((line, UNUSABLE))
    return read


def _entry(line: int, track: object) -> Entry | None:
    if isinstance(track, str | int):
        key = text_of(track)
        return Entry(line, key=key.removeprefix("track_")) if key else None
    if not isinstance(track, dict):
        return None
    key = text_of(track.get("id"))
    return Entry(
        place=line,
        title=text_of(track.get("title")),
        artist=text_of(track.get("artist")),
        album=text_of(track.get("album")),
        mbid=mbid_of(text_of(track.get("mbid"))),
        isrc=isrc_of(text_of(track.get("isrc"))),
        spotify_id=spotify_id_of(text_of(track.get("spotify_id"))),
        key=key.removeprefix("track_") if key else None,
        path=text_of(track.get("path")),
        duration_ms=duration_of(track.get("duration_ms")),
    )
