"""ListenBrainz: one listen a line as JSON, as its export writes it and its API submits it.

Format: docs/users/json.rst and listenbrainz/background/export.py of metabrainz/listenbrainz-server.
"""

from collections.abc import Mapping
from typing import BinaryIO

import orjson

from app.listening.lines import bounded_lines
from app.listening.plays import (
    BadRow,
    Play,
    Rows,
    Skip,
    TrackReference,
    checked_text,
    parse_ms,
    parse_start,
    required_text,
    user_key,
)


def read_listenbrainz(stream: BinaryIO) -> Rows:
    """The plays of a .jsonl file, one by one; a bad line gives a Skip and the rest is kept.

    A play is unknown to have been skipped: ListenBrainz takes only what was listened to.
    """
    for number, data in bounded_lines(stream):
        if data is None:
            yield Skip(number, "the line is longer than 1,000,000 bytes")
        elif data.strip():
            try:
                yield _play(number, data)
            except BadRow as error:
                yield Skip(number, str(error))


def _play(number: int, data: bytes) -> Play:
    listen = _mapping(_decoded(data), "the line")
    metadata = _mapping(listen.get("track_metadata"), "track_metadata")
    extra = _mapping(metadata.get("additional_info") or {}, "additional_info")
    mapped = _mapping(metadata.get("mbid_mapping") or {}, "mbid_mapping")
    listened_at = listen.get("listened_at")
    if isinstance(listened_at, bool) or not isinstance(listened_at, (int, float, str)):
        raise BadRow("listened_at is missing")
    user = checked_text(listen.get("user_name"), "user_name")
    return Play(
        number,
        user_key(user) if user else None,
        TrackReference(
            None,
            checked_text(extra.get("recording_mbid") or mapped.get("recording_mbid"), "mbid"),
            checked_text(extra.get("isrc"), "isrc"),
            checked_text(extra.get("spotify_id"), "spotify_id"),
            required_text(metadata.get("artist_name"), "artist_name"),
            required_text(metadata.get("track_name"), "track_name"),
            checked_text(metadata.get("release_name"), "release_name"),
        ),
        parse_start(str(listened_at)),
        _ms_played(extra),
        device=checked_text(extra.get("media_player"), "media_player"),
    )


def _decoded(data: bytes) -> object:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        pass
    if b"\x00" in data:
        raise BadRow("the line contains a NUL byte")
    try:
        data.decode()
    except UnicodeDecodeError:
        raise BadRow("not valid UTF-8") from None
    raise BadRow("the line is not valid JSON")


def _mapping(value: object, name: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise BadRow(f"{name} is {'missing' if value is None else 'not a JSON object'}")
    return value


def _ms_played(extra: Mapping[str, object]) -> int | None:
    if extra.get("ms_played") is not None:
        return parse_ms(extra["ms_played"])
    seconds = extra.get("duration_played")
    if isinstance(seconds, (int, float)) and not isinstance(seconds, bool):
        return parse_ms(round(seconds * 1000))
    return None
