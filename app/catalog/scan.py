"""`segue scan`: a folder of audio files into the catalog, by their tags; analysis comes after."""

import asyncio
import os
import stat
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from app.catalog.audio_files import KnownFile, known_files, mark_missing, store_files
from app.catalog.audio_tags import ReadFile, read_file
from app.catalog.report import Progress, no_progress
from app.database import Database
from app.errors import BadInput

_READ = frozenset(b".mp3 .flac .ogg .oga .opus .m4a .m4b .mp4 .aac .wav .wave".split())
_NOT_SUPPORTED = frozenset(b".wma .ape .wv .mpc .aif .aiff .dsf .dff .tta .mka .m4p .ra".split())
_BATCH = 200  # files, filled up to the end of a folder
_LARGEST_BATCH = 2000


@dataclass
class ScanReport:
    """Counts of one scan; all numbers are files.

    found = unchanged + added + attached + known + failed.
    """

    found: int = 0
    unchanged: int = 0
    added: int = 0
    """With a new track."""
    attached: int = 0
    """Given to a track that the catalog had without a file."""
    known: int = 0
    """New or changed files whose sound was known: moved, retagged or copied."""
    returned: int = 0
    """Unchanged files that had been missing."""
    missing: int = 0
    """Newly gone."""
    failed: list[tuple[str, str]] = field(default_factory=list)
    """(path, why) of files that hold no usable sound, and of folders that cannot be read."""
    not_supported: Counter[str] = field(default_factory=Counter)
    """Audio files of formats that are not read, by extension; not in `found`."""

    def lines(self) -> list[str]:
        """The report as lines of text to print."""
        shown = [
            f"{self.found:,} audio files: {self.added:,} new, {self.attached:,} found their track "
            f"in the catalog, {self.known:,} moved, retagged or copied, {self.unchanged:,} "
            f"unchanged, {len(self.failed):,} failed"
        ]
        if self.missing or self.returned:
            shown.append(f"{self.missing:,} are gone now, {self.returned:,} are back")
        for extension, count in self.not_supported.most_common():
            shown.append(f"not read: {count:,} files {extension}, a format that is not supported")
        return shown + [f"{path}: {why}" for path, why in self.failed[:20]]

    def as_json(self) -> dict[str, object]:
        """The report for a program."""
        return {
            "found": self.found,
            "added": self.added,
            "attached": self.attached,
            "known": self.known,
            "unchanged": self.unchanged,
            "returned": self.returned,
            "missing": self.missing,
            "failed": [{"path": path, "problem": why} for path, why in self.failed],
            "notSupported": dict(self.not_supported),
        }


async def scan_folder(db: Database, folder: Path, progress: Progress = no_progress) -> ScanReport:
    """Bring the catalog in line with the audio files below `folder`.

    Reads tags and hashes the sound of files that are new or whose size or time changed, commits
    every 200 files or so (an interrupted scan goes on from there), and marks as missing what is
    gone; nothing is deleted. Hidden files and folders are left out; links are followed, once.
    `progress` counts files to read. Raises BadInput when `folder` is no folder that can be read.
    """
    root = os.fsencode(folder.absolute()).rstrip(b"/") + b"/"
    if not await asyncio.to_thread(os.path.isdir, root):
        raise BadInput(f"{folder} is not a folder")
    report = ScanReport()
    walk = _Walk(root, report)
    await asyncio.to_thread(walk.run)
    if root in walk.unreadable:
        raise BadInput(f"{folder} cannot be read: {walk.unreadable[root]}")
    known = await known_files(db, root)
    changed = [
        path for path, (size, time) in walk.files.items() if _changed(known, path, size, time)
    ]
    back = [
        path for path in walk.files.keys() - set(changed) if known[path].missing
    ]  # fmt: skip
    gone = [
        path
        for path, file in known.items()
        if path not in walk.files and not file.missing and not walk.unknown(path)
    ]
    report.found = len(walk.files)
    report.unchanged = report.found - len(changed)
    report.returned, report.missing = len(back), len(gone)
    await mark_missing(db, back, False)
    await _read_and_store(db, sorted(changed), root, report, progress)
    await mark_missing(db, gone, True)
    return report


def _changed(known: dict[bytes, KnownFile], path: bytes, size: int, time: int) -> bool:
    file = known.get(path)
    return file is None or (file.size_bytes, file.modified_ns) != (size, time)


async def _read_and_store(
    db: Database, paths: list[bytes], root: bytes, report: ScanReport, progress: Progress
) -> None:
    progress(0, len(paths))
    with ThreadPoolExecutor(min(8, 2 * (os.cpu_count() or 1)), "tags") as pool:
        loop = asyncio.get_running_loop()
        done = 0
        for batch in _batches(paths):
            read = await asyncio.gather(
                *(loop.run_in_executor(pool, _read, path, root) for path in batch)
            )
            files = [file for file in read if file is not None]
            async with db.transaction() as connection:
                outcome = await store_files(connection, files)
            report.found -= len(batch) - len(files)
            report.added += len(outcome.added)
            report.attached += len(outcome.attached)
            report.known += len(outcome.known)
            report.failed += [(shown(file.path), file.error) for file in files if file.error]
            done += len(batch)
            progress(done, len(paths))


def _batches(paths: list[bytes]) -> Iterator[list[bytes]]:
    """Batches of whole folders, since the files of a folder tell what album it is."""
    batch: list[bytes] = []
    folder = b""
    for path in paths:
        here = path.rpartition(b"/")[0]
        if (len(batch) >= _BATCH and here != folder) or len(batch) >= _LARGEST_BATCH:
            yield batch
            batch = []
        batch.append(path)
        folder = here
    if batch:
        yield batch


def _read(path: bytes, root: bytes) -> ReadFile | None:
    try:
        return read_file(path, root)
    except OSError:  # it vanished between the walk and now; the next scan sees to it
        return None


class _Walk:
    """The audio files below a folder: `files` maps a path to its (size in bytes, mtime in ns)."""

    def __init__(self, root: bytes, report: ScanReport) -> None:
        self.files: dict[bytes, tuple[int, int]] = {}
        self.unreadable: dict[bytes, str] = {}
        self._root = root
        self._report = report
        self._entered: set[tuple[int, int]] = set()

    def run(self) -> None:
        """Walk; folders that cannot be read are reported and passed over."""
        waiting = [self._root]
        while waiting:
            folder = waiting.pop()
            try:
                status = Path(os.fsdecode(folder)).stat()
                if (status.st_dev, status.st_ino) not in self._entered:
                    self._entered.add((status.st_dev, status.st_ino))
                    waiting += self._enter(folder)
            except OSError as error:
                self.unreadable[folder] = error.strerror or str(error)
                self._report.failed.append((shown(folder), f"the folder {error.strerror}"))

    def unknown(self, path: bytes) -> bool:
        """Whether `path` lies in a folder that could not be read, so that it may still be there."""
        return any(path.startswith(folder) for folder in self.unreadable)

    def _enter(self, folder: bytes) -> Iterator[bytes]:
        with os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name, reverse=True):
                if entry.name.startswith(b"."):
                    continue
                try:
                    status = entry.stat()
                except OSError:  # a link that leads nowhere, or in a circle
                    continue
                if stat.S_ISDIR(status.st_mode):
                    yield entry.path + b"/"
                elif stat.S_ISREG(status.st_mode):
                    extension = b"." + entry.name.rpartition(b".")[2].lower()
                    if extension in _READ:
                        self.files[entry.path] = (status.st_size, status.st_mtime_ns)
                    elif extension in _NOT_SUPPORTED:
                        self._report.not_supported[extension.decode()] += 1


def shown(path: bytes) -> str:
    """A path to show to a person: what is no UTF-8 or not printable is escaped."""
    text = path.decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
