"""What the name of an untagged file says: "Artist - Title", "03 Title", folders as albums."""

import re
from typing import NamedTuple

_TRACK_NUMBER = re.compile(r"^(?:(\d)-)?(\d{1,3})(?:\s*[-.)_]\s*|\s+)(?=\S)")
_DASH = re.compile(r"\s+[-–—]\s+")
_DISC = re.compile(r"(?i)^(?:cd|dis[ck]|disque)\s*\.?\s*(\d+)$")
_YEAR = re.compile(r"^\(?(\d{4})\)?\s*[-–—]?\s+(?=\S)|\s*[(\[]\d{4}[)\]]$")


class PathName(NamedTuple):
    """Names guessed from a path; None where it says nothing."""

    title: str
    artist: str | None
    album: str | None
    track_number: int | None
    disc_number: int | None


def name_from_path(path: bytes, root: bytes) -> PathName:
    """Guess names from the file's name and its folders below `root`.

    `Artist/Album/03 Title`, `Artist - Album/03 Title`, `03 - Artist - Title` and
    `Artist - Title` are understood; folders "CD 2" name a disc.
    """
    parts = [_text(part) for part in path.removeprefix(root).split(b"/") if part]
    stem = _text(path.rsplit(b"/", 1)[-1].rsplit(b".", 1)[0])
    folders = parts[:-1]
    disc: int | None = None
    if folders and (found := _DISC.match(folders[-1])) is not None:
        disc = int(found.group(1))
        folders.pop()
    album = _YEAR.sub("", folders[-1]) if folders else None
    artist = folders[-2] if len(folders) > 1 else None
    if album is not None and len(split := _DASH.split(album, maxsplit=1)) == 2:
        artist, album = split

    number: int | None = None
    if (found := _TRACK_NUMBER.match(stem)) is not None:
        number = int(found.group(2))
        disc = int(found.group(1)) if found.group(1) else disc
        stem = stem[found.end() :]
    names = _DASH.split(stem, maxsplit=1)
    if len(names) == 2 and all(names):
        artist, stem = names
    return PathName(stem, artist or None, album or None, number, disc)


def _text(part: bytes) -> str:
    try:
        text = part.decode("utf-8")
    except UnicodeDecodeError:
        text = part.decode("cp1252", "replace")
    text = text if " " in text else text.replace("_", " ")
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
