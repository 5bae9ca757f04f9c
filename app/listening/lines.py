"""Lines of a byte stream, with a limit on how long one may be."""

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

MAX_LINE = 1_000_000  # bytes; a listen of ListenBrainz has 10,240 at most
_BOM = b"\xef\xbb\xbf"


class Line(NamedTuple):
    """A line with its number from 1; `data` is None for one that is longer than allowed."""

    number: int
    data: bytes | None


def bounded_lines(stream: BinaryIO) -> Iterator[Line]:
    """The lines of `stream` without their ends; of one over MAX_LINE bytes only the number.

    Lines end with LF or CRLF. A UTF-8 byte order mark at the start is dropped.
    """
    number = 0
    while True:
        data = stream.readline(MAX_LINE + 1)
        if not data:
            return
        number += 1
        if len(data) > MAX_LINE and not data.endswith(b"\n"):
            _pass_over(stream)
            yield Line(number, None)
            continue
        if number == 1:
            data = data.removeprefix(_BOM)
        yield Line(number, data.rstrip(b"\r\n"))


def _pass_over(stream: BinaryIO) -> None:
    while True:
        rest = stream.readline(MAX_LINE)
        if not rest or rest.endswith(b"\n"):
            return
