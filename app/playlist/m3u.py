"""Read M3U and M3U8: paths, a line each, with what #EXTINF and its relatives say of them."""

import re
from pathlib import PurePosixPath, PureWindowsPath

from app.playlist.entries import Entry, ReadPlaylist, duration_of, identifiers_of, text_of
from app.playlist.jspf import is_path

_EXTINF = re.compile(r'#EXTINF:\s*(-?[\d.]+)((?:\s+[\w-]+="[^"]*")*)\s*(?:,(.*))?$', re.IGNORECASE)
_LINE_END = re.compile(r"\r\n|\n|\r")


def read_m3u(data: bytes, name: str) -> ReadPlaylist:
    """The list in `data`: UTF-8, or else Windows-1252, in which older players write .m3u."""
    read = ReadPlaylist(source="m3u", title=name, line=1, entries=[])
    said: dict[str, str | None] = {}
    for line, raw in enumerate(_LINE_END.split(_decoded(data)), start=1):
        text = raw.strip().replace("\0", "")
        if text.startswith("#"):
            _directive(text, said, read)
        elif text:
            read.entries.append(_entry(line, text, said))
            said = {}
    return read


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _directive(text: str, said: dict[str, str | None], read: ReadPlaylist) -> None:
    directive, _, value = text.partition(":")
    if found := _EXTINF.match(text):
        artist, dash, title = (found[3] or "").partition(" - ")
        said.update(artist=artist if dash else None, title=title if dash else artist)
        said["seconds"] = found[1]
    elif directive.upper() == "#PLAYLIST":
        read.title = text_of(value) or read.title
    elif directive.upper() == "#EXTALB":
        said["album"] = value
    elif directive.upper() == "#EXTART":
        said["credit"] = value


def _entry(line: int, location: str, said: dict[str, str | None]) -> Entry:
    path = location if is_path(location) else None
    artist = text_of(said.get("artist") or said.get("credit"))
    title = text_of(said.get("title"))
    if path and not (artist and title):
        artist, title = _names_of_file(path, artist, title)
    return Entry(
        place=line,
        title=title,
        artist=artist,
        album=text_of(said.get("album")),
        path=path,
        duration_ms=_milliseconds(said.get("seconds")),
        **identifiers_of([location]),
    )


def _names_of_file(
    path: str, artist: str | None, title: str | None
) -> tuple[str | None, str | None]:
    """Artist and title from "Artist - Title.mp3", where #EXTINF does not tell both."""
    pure = PureWindowsPath(path) if "\\" in path else PurePosixPath(path)
    before, dash, after = pure.stem.partition(" - ")
    if not dash or before.strip().isdigit():  # "01 - Title.mp3" tells no artist
        return artist, title
    return artist or text_of(before), title or text_of(after)


def _milliseconds(seconds: str | None) -> int | None:
    """-1 and 0 stand for a length that is not known."""
    found = seconds is not None and re.fullmatch(r"\d+(\.\d+)?", seconds) is not None
    return duration_of(float(seconds) * 1000) if found and seconds else None
