"""Tell the formats of playlist files apart, by ending and content, and read them."""

from collections.abc import Callable, Iterator
from pathlib import Path

from app.errors import BadInput
from app.playlist.entries import LONGEST_FILE, ReadPlaylist, Unreadable
from app.playlist.json_lines import read_json_lines
from app.playlist.jspf import read_jspf
from app.playlist.m3u import read_m3u
from app.playlist.xspf import read_xspf

_READERS: dict[str, Callable[[bytes, str], ReadPlaylist]] = {
    ".jspf": read_jspf,
    ".xspf": read_xspf,
    ".m3u": read_m3u,
    ".m3u8": read_m3u,
}
_JSON_LINES = (".jsonl", ".ndjson")
_MARKS = {b"PK\x03\x04": "a zip archive", b"\x1f\x8b": "compressed by gzip"}


def read_playlists(path: Path) -> Iterator[ReadPlaylist | Unreadable]:
    """Every playlist of a file, or why a line of it holds none.

    Raises BadInput for a file that cannot be read, is empty, too large to be read whole (over
    256 MiB unless JSON Lines), or in none of the formats.
    """
    try:
        with path.open("rb") as file:
            head = file.read(4096)
            ending = _format(path, head)
            file.seek(0)
            if ending in _JSON_LINES:
                yield from read_json_lines(file)
                return
            data = file.read(LONGEST_FILE + 1)
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}") from error
    if len(data) > LONGEST_FILE:
        raise BadInput(f"{path} is larger than {LONGEST_FILE // 2**20} MiB, too large a playlist")
    yield _READERS[ending](data, path.stem)


def _format(path: Path, head: bytes) -> str:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start:
        raise BadInput(f"{path} is empty")
    for mark, what in _MARKS.items():
        if head.startswith(mark):
            raise BadInput(f"{path} is {what}; unpack it first")
    ending = path.suffix.lower()
    if ending in _READERS or ending in _JSON_LINES:
        return ending
    if start.startswith(b"#EXTM3U"):
        return ".m3u8"
    if start.startswith(b"<"):
        return ".xspf"
    if start.startswith(b"{"):
        return ".jspf" if start[1:].lstrip().startswith(b'"playlist"') else ".jsonl"
    raise BadInput(
        f"{path} is no playlist that Segue reads: JSPF, XSPF, M3U, M3U8, or JSON Lines of "
        '{"title": …, "tracks": […]}'
    )
