"""Read a plain catalog file, CSV or JSON Lines, row by row, however broken it is."""

import csv
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import orjson

from app.catalog.plain_rows import COLUMNS, FEATURES, REQUIRED, CatalogRow, row_of
from app.errors import BadInput

Noted: TypeAlias = Callable[[int, str], None]
Skipped: TypeAlias = Callable[[int, str, str], None]
_LONGEST_LINE = 1_000_000  # bytes
_FOREIGN = {
    b"\xff\xfe": "UTF-16 text; save it as UTF-8",
    b"\xfe\xff": "UTF-16 text; save it as UTF-8",
    b"PK\x03\x04": "a zip archive; unpack it first",
    b"\x1f\x8b": "compressed by gzip; unpack it first",
}


class PlainFile:
    """An open catalog file; iterating yields its good rows.

    `skipped(line, reason, detail)` is told of every row that is not usable, `noted(line, remark)`
    of what else a person should know. `read` counts the rows met so far, `done` is the bytes read.
    Raises BadInput at once for a file that is not a catalog at all.
    """

    def __init__(self, path: Path, skipped: Skipped, noted: Noted) -> None:
        self._skipped = skipped
        self._noted = noted
        self._unknown: set[str] = set()
        self._line = 0
        self.read = 0
        self.done = 0
        try:
            self._file: BinaryIO = path.open("rb")
        except OSError as error:
            raise BadInput(f"{path} cannot be read: {error.strerror}") from error
        self.size = path.stat().st_size
        self._rows = self._choose(path)

    def __iter__(self) -> Iterator[CatalogRow]:
        return self._rows

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _choose(self, path: Path) -> Iterator[CatalogRow]:
        head = self._file.read(4096)
        self._file.seek(3 if head.startswith(b"\xef\xbb\xbf") else 0)
        for magic, what in _FOREIGN.items():
            if head.startswith(magic):
                raise BadInput(f"{path} is {what}")
        start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
        if not start:
            raise BadInput(f"{path} is empty")
        if start == b"[":
            raise BadInput(f"{path} is one JSON array; a catalog has one JSON object a line")
        return self._json_rows() if start == b"{" else self._csv_rows(path)

    def _lines(self) -> Iterator[str]:
        while line := self._file.readline(_LONGEST_LINE + 1):
            self._line += 1
            self.done += len(line)
            if len(line) > _LONGEST_LINE:
                while line and not line.endswith(b"\n"):
                    line = self._file.readline(_LONGEST_LINE)
                    self.done += len(line)
                self._lose(f"the line is longer than {_LONGEST_LINE:,} bytes")
                continue
            try:
                yield line.decode("utf-8")
            except UnicodeDecodeError as error:
                self._lose(
                    "the line is not UTF-8",
                    f"the line is not UTF-8 (byte 0x{line[error.start]:02X} at {error.start + 1}); "
                    "save the file as UTF-8",
                )

    def _reject(self, reason: str, detail: str | None = None) -> None:
        self._skipped(self._line, reason, detail or reason)

    def _lose(self, reason: str, detail: str | None = None) -> None:
        self.read += 1  # a line that never becomes a row is a row read
        self._reject(reason, detail)

    def _json_rows(self) -> Iterator[CatalogRow]:
        for text in self._lines():
            if not text.strip():
                continue
            self.read += 1
            try:
                cells = orjson.loads(text)
            except orjson.JSONDecodeError:
                self._reject("the line is not valid JSON")
                continue
            if not isinstance(cells, dict):
                self._reject("the line is not a JSON object")
                continue
            yield from self._row(self._line, cells)

    def _csv_rows(self, path: Path) -> Iterator[CatalogRow]:
        header_line = next(self._lines(), "")
        delimiter = max(",;\t", key=header_line.count)
        header = [
            name.strip().lower() for name in next(csv.reader([header_line], delimiter=delimiter))
        ]
        missing = [name for name in REQUIRED if name not in header]
        if missing:
            raise BadInput(
                f"{path} has no column {' and no column '.join(missing)}; a catalog needs the "
                f"columns id, title, artist (found: {', '.join(header)[:200]})"
            )
        return self._csv_body(header, delimiter)

    def _csv_body(self, header: list[str], delimiter: str) -> Iterator[CatalogRow]:
        reader = csv.reader(self._lines(), delimiter=delimiter, strict=True)
        while True:
            start = self._line + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                self.read += 1
                reason = "the row cannot be split into columns"
                self._skipped(start, reason, f"{reason}: {error}")
                continue
            if not cells:
                continue
            self.read += 1
            if len(cells) != len(header):
                self._skipped(
                    self._line,
                    "the row has not as many columns as the header",
                    f"the row has {len(cells)} columns, the header has {len(header)}",
                )
                continue
            yield from self._row(self._line, dict(zip(header, cells, strict=True)))

    def _row(self, line: int, cells: Mapping[str, Any]) -> Iterator[CatalogRow]:
        unknown = cells.keys() - COLUMNS.keys() - FEATURES.keys() - self._unknown
        for name in sorted(unknown):
            self._unknown.add(name)
            self._noted(line, f"the column {name!r} is not known and is not read")
        try:
            yield row_of(line, cells)
        except BadInput as error:
            reason = f"wrong {error.argument}" if error.argument else str(error)
            self._skipped(line, reason, str(error))
