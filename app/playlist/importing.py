"""`segue import playlists`: playlist files into the database, idempotently."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from app.catalog import (
    ImportReport,
    Matcher,
    Progress,
    WantedTrack,
    add_unmatched,
    no_progress,
    track_ids_by_key,
)
from app.database import Database
from app.playlist.entries import Entry, ReadPlaylist, Unreadable
from app.playlist.library_paths import LibraryPaths
from app.playlist.reading import read_playlists
from app.playlist.stored import PlaylistToStore, store_playlists, stored_keys

_BATCH_ENTRIES = 10_000
_UNKNOWN_ID = "no track of the catalog has this id"
_UNNAMED = "not in the catalog, and the entry does not name artist and title"
_EMPTY = "the playlist has no usable entry"
_ID_TAKEN = "the id is that of another playlist in this file"


@dataclass
class PlaylistImportReport(ImportReport):
    """Counts of an import; the numbers of `ImportReport` are entries, these are playlists."""

    playlists: Counter[str] = field(default_factory=Counter)
    """added, updated, already there, skipped."""

    def lines(self) -> list[str]:
        """The report as lines of text to print."""
        lists = ", ".join(
            f"{self.playlists[what]:,} {what}"
            for what in ("added", "updated", "already there", "skipped")
        )
        first, *rest = super().lines()
        return [f"{self.playlists.total():,} playlists: {lists}", f"entries: {first}", *rest]

    def as_json(self) -> dict[str, object]:
        """The report for a program."""
        return {**super().as_json(), "playlists": dict(self.playlists)}


async def import_playlists(
    db: Database, file: Path, progress: Progress = no_progress
) -> PlaylistImportReport:
    """Import every playlist of a JSPF, XSPF, M3U, M3U8 or JSON Lines file.

    An entry is found by id, by file path, then as `app.catalog.Matcher` finds tracks; one that is
    not in the catalog becomes an entry of it without audio, if it names artist and title. A
    playlist is known by its own id or identifier, else by what it says: the same file twice adds
    nothing, and a changed one updates the playlist with its id. `progress` counts entries. Raises
    BadInput for a file that cannot be read or is in no known format.
    """
    report = PlaylistImportReport()
    source = read_playlists(file)
    first = await asyncio.to_thread(_next_batch, source)
    resolver = await _Resolver.load(db, file.absolute().parent, report)
    seen: dict[str, tuple[int, str]] = {}
    batch = first
    while batch:
        fresh = [one for one in batch if _is_fresh(one, seen, report)]
        await _store(db, [one for one in fresh if isinstance(one, ReadPlaylist)], resolver, report)
        progress(report.read, None)
        batch = await asyncio.to_thread(_next_batch, source)
    return report


def _next_batch(
    source: Iterator[ReadPlaylist | Unreadable],
) -> list[ReadPlaylist | Unreadable]:
    batch: list[ReadPlaylist | Unreadable] = []
    entries = 0
    while entries < _BATCH_ENTRIES and (found := next(source, None)) is not None:
        batch.append(found)
        entries += len(found.entries) + 1 if isinstance(found, ReadPlaylist) else 1
    return batch


def _is_fresh(
    one: ReadPlaylist | Unreadable, seen: dict[str, tuple[int, str]], report: PlaylistImportReport
) -> bool:
    """Count what was read; whether it is a playlist that the file did not give before.

    `seen` maps the keys so far to (line, content).
    """
    if isinstance(one, Unreadable):
        report.playlists["skipped"] += 1
        report.read += 1
        report.skip(one.reason, one.line)
        return False
    report.read += len(one.entries) + len(one.problems)
    for place, reason in one.problems:
        report.skip(reason, place)
    line, content = seen.setdefault(one.key, (one.line, one.content))
    if line == one.line:
        return True
    if content == one.content:
        report.playlists["already there"] += 1
        report.already_there += len(one.entries)
    else:
        report.playlists["skipped"] += 1
        report.skipped[_ID_TAKEN] += len(one.entries)
        report.note(one.line, f"the id {one.key!r} is that of line {line}")
    return False


async def _store(
    db: Database,
    lists: Sequence[ReadPlaylist],
    resolver: "_Resolver",
    report: PlaylistImportReport,
) -> None:
    # What is known by its content needs no second look.
    known = await stored_keys(db, [one.key for one in lists if one.identifier is None])
    todo = []
    for one in lists:
        if one.key in known:
            report.playlists["already there"] += 1
            report.already_there += len(one.entries)
        else:
            todo.append(one)
    resolved = await resolver.resolve([entry for one in todo for entry in one.entries])
    found = iter(resolved)
    ready = []
    for one in todo:
        track_ids = tuple(track for track in islice(found, len(one.entries)) if track is not None)
        if track_ids:
            ready.append(
                PlaylistToStore(
                    key=one.key,
                    title=one.title,
                    description=one.description,
                    source=f"import:{one.source}",
                    created_at=one.created_at,
                    track_ids=track_ids,
                )
            )
        else:
            report.playlists["skipped"] += 1
            report.note(one.line, _EMPTY)
    outcome = await store_playlists(db, ready)
    for stored in ready:
        _count(outcome[stored.key], len(stored.track_ids), report)


def _count(outcome: str, entries: int, report: PlaylistImportReport) -> None:
    if outcome == "added":
        report.playlists["added"] += 1
        report.added += entries
    elif outcome == "updated":
        report.playlists["updated"] += 1
        report.updated += entries
    else:
        report.playlists["already there"] += 1
        report.already_there += entries


@dataclass
class _Resolver:
    """Finds the tracks of entries, and makes those that are not there."""

    db: Database
    folder: Path
    report: PlaylistImportReport
    matcher: Matcher
    paths: LibraryPaths

    @classmethod
    async def load(cls, db: Database, folder: Path, report: PlaylistImportReport) -> "_Resolver":
        return cls(db, folder, report, await Matcher.load(db), await LibraryPaths.load(db))

    async def resolve(self, entries: Sequence[Entry]) -> list[int | None]:
        """The track id of each entry; None for one that was counted as skipped."""
        keys = await track_ids_by_key(self.db, [one.key for one in entries if one.key])
        tracks = await asyncio.to_thread(self._find, entries, keys)
        for start in range(0, len(entries), _BATCH_ENTRIES):
            span = range(start, min(start + _BATCH_ENTRIES, len(entries)))
            new = [
                place
                for place in span
                if tracks[place] is None and entries[place].title and entries[place].artist
            ]
            ids = await add_unmatched(
                self.db, [_wanted(entries[place]) for place in new], self.matcher
            )
            self.report.matched["new"] += len(new)
            for place, track_id in zip(new, ids, strict=True):
                tracks[place] = track_id
        for entry, track in zip(entries, tracks, strict=True):
            if track is None:
                self.report.skip(_UNKNOWN_ID if _only_id(entry) else _UNNAMED, entry.place)
        return tracks

    def _find(self, entries: Sequence[Entry], keys: dict[str, int]) -> list[int | None]:
        tracks: list[int | None] = []
        rest = []
        for place, entry in enumerate(entries):
            found = keys.get(entry.key) if entry.key else None
            how = "id"
            if found is None and entry.path:
                found, how = self.paths.find(entry.path, self.folder), "path"
            tracks.append(found)
            if found is None:
                rest.append(place)
            else:
                self.report.matched[how] += 1
        matches = self.matcher.match([_wanted(entries[place]) for place in rest])
        for place, match in zip(rest, matches, strict=True):
            tracks[place] = match.track_id
            if match.track_id is not None:
                self.report.matched[match.how] += 1
        return tracks


def _wanted(entry: Entry) -> WantedTrack:
    return WantedTrack(
        artist=entry.artist or "",
        title=entry.title or "",
        album=entry.album,
        mbid=entry.mbid,
        isrc=entry.isrc,
        spotify_id=entry.spotify_id,
        duration_ms=entry.duration_ms,
    )


def _only_id(entry: Entry) -> bool:
    return entry.key is not None and not (entry.title or entry.artist)
