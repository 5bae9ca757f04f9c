"""Write a list as M3U8, XSPF or JSPF, in a form that `reading` takes back."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote_from_bytes
from xml.etree import ElementTree

import orjson

from app.database import Database
from app.errors import BadInput
from app.playlist import queries

_XSPF = "http://xspf.org/ns/0/"
# What XML 1.0 cannot hold, even escaped.
_NOT_XML = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF))


@dataclass(frozen=True, slots=True)
class ListedTrack:
    """A track as a playlist file names it.

    `path` is the absolute path of its audio file, None when there is none.
    """

    key: str
    title: str
    artist: str | None
    album: str | None = None
    duration_ms: int | None = None
    mbid: str | None = None
    isrc: str | None = None
    path: bytes | None = None


def write_playlist(file: Path, title: str, tracks: Sequence[ListedTrack]) -> None:
    """Write the list in the format of the file's ending; raises BadInput for another ending."""
    writer = _WRITERS.get(file.suffix.lower())
    if writer is None:
        raise BadInput(
            f"{file} has an ending that is not known; it is one of {', '.join(_WRITERS)}."
        )
    try:
        file.write_bytes(writer(title, tracks))
    except OSError as error:
        raise BadInput(f"{file} cannot be written: {error.strerror}") from error


async def listed_tracks(database: Database, track_ids: Sequence[int]) -> list[ListedTrack]:
    """What a file says of each track, in order; tracks that do not exist are left out."""
    rows = await queries.listed_rows(database, track_ids)
    return [
        ListedTrack(
            key=row["key"],
            title=row["title"],
            artist=row["artist"],
            album=row["album"],
            duration_ms=row["duration_ms"],
            mbid=row["mbid"],
            isrc=row["isrc"],
            path=row["path"],
        )
        for track_id in track_ids
        if (row := rows.get(track_id)) is not None
    ]


def as_m3u8(title: str, tracks: Sequence[ListedTrack]) -> bytes:
    """Extended M3U in UTF-8; a track without a file stands as `segue:track_<key>`."""
    lines = ["#EXTM3U", f"#PLAYLIST:{_one_line(title)}"]
    for track in tracks:
        seconds = -1 if track.duration_ms is None else round(track.duration_ms / 1000)
        name = f"{track.artist} - {track.title}" if track.artist else track.title
        lines.append(f"#EXTINF:{seconds},{_one_line(name)}")
        if track.album:
            lines.append(f"#EXTALB:{_one_line(track.album)}")
        lines.append(_m3u_location(track))
    return ("\n".join(lines) + "\n").encode("utf-8", "replace")


def as_xspf(title: str, tracks: Sequence[ListedTrack]) -> bytes:
    """XSPF version 1."""
    ElementTree.register_namespace("", _XSPF)
    root = ElementTree.Element(f"{{{_XSPF}}}playlist", version="1")
    _add(root, "title", title)
    listing = ElementTree.SubElement(root, f"{{{_XSPF}}}trackList")
    for track in tracks:
        element = ElementTree.SubElement(listing, f"{{{_XSPF}}}track")
        if track.path is not None:
            _add(element, "location", _file_uri(track.path))
        for identifier in _identifiers(track):
            _add(element, "identifier", identifier)
        _add(element, "title", track.title)
        _add(element, "creator", track.artist)
        _add(element, "album", track.album)
        _add(element, "duration", track.duration_ms)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))


def as_jspf(title: str, tracks: Sequence[ListedTrack]) -> bytes:
    """JSPF, with identifiers as lists."""
    listed = []
    for track in tracks:
        fields: dict[str, object] = {"title": track.title, "identifier": _identifiers(track)}
        fields |= {"creator": track.artist, "album": track.album, "duration": track.duration_ms}
        if track.path is not None:
            fields["location"] = [_file_uri(track.path)]
        listed.append({name: value for name, value in fields.items() if value is not None})
    document = {"playlist": {"title": title, "track": listed}}
    return orjson.dumps(document, option=orjson.OPT_INDENT_2)


def _identifiers(track: ListedTrack) -> list[str]:
    found = [f"segue:track_{track.key}"]
    if track.mbid:
        found.append(f"https://musicbrainz.org/recording/{track.mbid}")
    if track.isrc:
        found.append(f"isrc:{track.isrc}")
    return found


def _m3u_location(track: ListedTrack) -> str:
    if track.path is None:
        return f"segue:track_{track.key}"
    path = os.fsdecode(track.path)
    plain = path.isprintable() and not path.startswith("#") and path == path.strip()
    return path if plain else _file_uri(track.path)


def _file_uri(path: bytes) -> str:
    return "file://" + quote_from_bytes(path)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _add(parent: ElementTree.Element, name: str, value: object) -> None:
    if value is not None:
        child = ElementTree.SubElement(parent, f"{{{_XSPF}}}{name}")
        child.text = str(value).translate(_NOT_XML)


_WRITERS: dict[str, Callable[[str, Sequence[ListedTrack]], bytes]] = {
    ".m3u8": as_m3u8,
    ".m3u": as_m3u8,
    ".xspf": as_xspf,
    ".jspf": as_jspf,
}
