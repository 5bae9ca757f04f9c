"""Members of a zip archive as streams that refuse to grow beyond what a history can be."""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader, RawIOBase
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from app.errors import BadInput

MAX_MEMBERS = 10_000
MAX_UNPACKED = 50_000_000_000  # bytes
MAX_RATIO = 100  # JSON of plays shrinks to a tenth or a twentieth
RATIO_COUNTS_FROM = 50_000_000  # bytes unpacked; small files may shrink as they like
_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class Archive:
    """A zip archive that was checked; `size` is its own size in bytes, `read` what was unpacked.

    Both what it declares and what really comes out is limited, because a declaration may lie.
    """

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self._name = path.name
        self._archive = archive
        self.size = path.stat().st_size
        self.read = 0
        members = archive.infolist()
        if len(members) > MAX_MEMBERS:
            raise BadInput(
                f"{self._name} holds {len(members):,} files; at most {MAX_MEMBERS:,} are allowed."
            )
        self._check(sum(member.file_size for member in members), "would unpack")
        self.members = [member for member in members if not member.is_dir()]
        self.unpacked = sum(member.file_size for member in self.members)

    def count(self, more: int) -> None:
        """Count `more` bytes that came out; raises BadInput when it is too much."""
        self.read += more
        self._check(self.read, "unpacks")

    @contextmanager
    def open(self, member: zipfile.ZipInfo) -> Iterator[BinaryIO]:
        """A member as a stream; raises BadInput where it is locked or packed in a rare way."""
        if member.flag_bits & _ENCRYPTED:
            raise BadInput(f"{member.filename} in {self._name} is encrypted; unpack it first.")
        if member.compress_type not in _METHODS:
            raise BadInput(
                f"{member.filename} in {self._name} is packed in a way other than deflate."
            )
        with self._archive.open(member) as stream:
            yield cast(BinaryIO, BufferedReader(_Counted(stream, self), 1 << 18))

    def _check(self, size: int, verb: str) -> None:
        if size > MAX_UNPACKED or (
            size > RATIO_COUNTS_FROM and size > MAX_RATIO * max(self.size, 1)
        ):
            raise BadInput(
                f"{self._name} {verb} to {size:,} bytes from {self.size:,}: more than "
                f"{MAX_RATIO} times its size or {MAX_UNPACKED:,} bytes is refused as a zip bomb."
            )


class _Counted(RawIOBase):
    """Counts what comes out of a member, into the limits of its archive."""

    def __init__(self, stream: IO[bytes], archive: Archive) -> None:
        self._stream = stream
        self._archive = archive

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(len(buffer))
        self._archive.count(len(data))
        buffer[: len(data)] = data
        return len(data)


@contextmanager
def opened_archive(path: Path) -> Iterator[Archive]:
    """The archive at `path`; raises BadInput when it is broken, cut short or a bomb."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield Archive(path, archive)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise BadInput(f"{path.name} is a damaged or incomplete zip archive: {error}.") from error
