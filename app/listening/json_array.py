"""The entries of one large JSON array, without holding the array in memory."""

import codecs
import json
import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

MAX_ENTRY = 1_000_000  # characters
_CHUNK = 1 << 18
_NEXT_ENTRY = re.compile(r"\}\s*,\s*(?=\{)")
_BETWEEN = re.compile(r"[\s,]*")


class Entry(NamedTuple):
    """An entry with its place from 1: its value, or the reason why it cannot be read."""

    place: int
    value: object
    reason: str = ""


class _Text:
    """Decoded text of a stream with a position; bytes that are not UTF-8 become surrogates."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._decode = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape").decode
        self.text = ""
        self.position = 0
        self.ended = False

    def grow(self) -> None:
        data = self._stream.read(_CHUNK)
        self.ended = not data
        self.text = self.text[self.position :] + self._decode(data, final=self.ended)
        self.position = 0

    def left(self) -> int:
        return len(self.text) - self.position

    def pass_over(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self.position)
        self.position = match.end() if match else self.position


def array_entries(stream: BinaryIO) -> Iterator[Entry]:
    """The entries of the array in `stream`, in order.

    One that is malformed or longer than MAX_ENTRY characters gives a reason, and reading goes on
    with the next object after it. So does an array that ends in the middle.
    """
    source = _Text(stream)
    source.grow()
    source.pass_over(re.compile(r"\s*\[?"))
    decoder = json.JSONDecoder()
    index = 0
    while True:
        source.pass_over(_BETWEEN)
        if source.left() == 0:
            if source.ended:
                yield Entry(index + 1, None, "the file ends in the middle: its ] is missing")
                return
            source.grow()
            continue
        if source.text[source.position] == "]":
            return
        try:
            value, end = decoder.raw_decode(source.text, source.position)
        except (ValueError, RecursionError):
            if not source.ended and source.left() < MAX_ENTRY:
                source.grow()
                continue
            index += 1
            whole = source.left()
            found = _go_to_next(source)
            if not found:
                yield Entry(index, None, "the file ends in the middle of an entry")
                return
            yield Entry(
                index,
                None,
                "the entry is longer than 1,000,000 characters"
                if found > min(whole, MAX_ENTRY)
                else "the entry is not valid JSON",
            )
            continue
        if end == len(source.text) and not source.ended:
            source.grow()  # a number may go on in the next chunk
            continue
        index += 1
        source.position = end
        yield Entry(index, value)


def _go_to_next(source: _Text) -> int:
    """Move behind the malformed entry; the characters passed, or 0 at the end of the file."""
    passed = 0
    source.position += 1
    while True:
        match = _NEXT_ENTRY.search(source.text, source.position)
        if match:
            passed += match.end() - source.position
            source.position = match.end()
            return max(passed, 1)
        if source.ended:
            return 0
        passed += max(source.left() - 100, 0)
        source.position = max(len(source.text) - 100, source.position)
        source.grow()
