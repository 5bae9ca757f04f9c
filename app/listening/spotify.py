"""Spotify's extended streaming history: JSON arrays of plays, each stamped with its end."""

from collections.abc import Mapping
from typing import BinaryIO

from app.listening.json_array import array_entries
from app.listening.plays import (
    BadRow,
    Play,
    Rows,
    Skip,
    TrackReference,
    checked_start,
    checked_text,
    parse_ms,
    parse_start,
    required_text,
)

_SKIPS = frozenset(("fwdbtn", "backbtn"))  # what ended a play, where `skipped` is null


def read_spotify(stream: BinaryIO) -> Rows:
    """The plays of one file of the history; what is no play of a track gives a Skip.

    `ts` is the end of a play, so it started `ms_played` earlier. Plays in incognito mode are
    dropped: their listener asked not to be remembered.
    """
    for index, value, reason in array_entries(stream):
        if reason:
            yield Skip(index, reason)
            continue
        try:
            yield _play(index, value)
        except BadRow as error:
            yield Skip(index, str(error))


def _play(index: int, entry: object) -> Play:
    if not isinstance(entry, Mapping):
        raise BadRow("the entry is not a JSON object")
    if "endTime" in entry and "ts" not in entry:
        raise BadRow("the short history has no ends of plays; ask Spotify for the extended one")
    if entry.get("incognito_mode"):
        raise BadRow("played in incognito mode")
    title = checked_text(entry.get("master_metadata_track_name"), "track name")
    if title is None:
        raise BadRow("not a track: a podcast, an audiobook or a video")
    ms_played = parse_ms(entry.get("ms_played"))
    skipped = entry.get("skipped")
    if skipped is None:
        skipped = entry.get("reason_end") in _SKIPS
    end = parse_start(required_text(entry.get("ts"), "ts"))
    country = checked_text(entry.get("conn_country"), "conn_country")
    return Play(
        index,
        None,
        TrackReference(
            spotify_id=checked_text(entry.get("spotify_track_uri"), "spotify_track_uri"),
            artist=required_text(entry.get("master_metadata_album_artist_name"), "artist name"),
            title=title,
            album=checked_text(entry.get("master_metadata_album_album_name"), "album name"),
        ),
        checked_start(end - (ms_played or 0) * 1000),
        ms_played,
        bool(skipped),
        checked_text(entry.get("platform"), "platform"),
        None if country == "ZZ" else country,
    )
