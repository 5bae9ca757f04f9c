"""Build the search index of everything in the catalog, and publish it."""

import asyncio
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

import numpy as np

from app.artifacts import Artifact, ArtifactStore
from app.catalog import fold_name, fold_title
from app.database import Database
from app.errors import Unavailable
from app.inference import SentenceModel, load_sentence_model
from app.jobs import exclusive
from app.listening import play_counts
from app.search import queries
from app.search.description import describe
from app.search.entries import Entry, SearchType, fold_text
from app.search.index import ARTIFACT, meaning_folder, names_folder, open_index, seal
from app.search.meaning import MeaningIndex, build_meaning
from app.search.names import NameIndex
from app.search.queries import NamedRow, TrackText
from app.settings import Settings

Progress = Callable[[str], None]


@dataclass(frozen=True)
class SearchReport:
    """What a build did; `embedded` counts the texts that had no vector yet."""

    version: int
    seconds: float
    entries: Mapping[str, int]
    embedded: int
    notes: Sequence[str] = field(default_factory=tuple)

    def lines(self) -> list[str]:
        """The report as lines of text to print."""
        counts = ", ".join(f"{count:,} {kind}s" for kind, count in self.entries.items())
        first = (
            f"search: version {self.version} of {counts or 'nothing'} in {self.seconds:.1f} s "
            f"({self.embedded:,} descriptions embedded)"
        )
        return [first, *(f"  {note}" for note in self.notes)]

    def as_json(self) -> dict[str, object]:
        """The report for a program."""
        return {
            "version": self.version,
            "seconds": self.seconds,
            "entries": dict(self.entries),
            "embedded": self.embedded,
            "notes": list(self.notes),
        }


async def train_search(
    settings: Settings, db: Database, progress: Progress = lambda message: None
) -> SearchReport:
    """Build both halves from what the database holds and publish them as artifact `search`.

    Holds the lock of `app.jobs.exclusive` meanwhile. Vectors of unchanged descriptions are taken
    from the last version. Without a sentence model the names alone are built, and a note says so.
    """
    began = perf_counter()
    async with exclusive(db, progress):
        progress("reading the catalog")
        tracks = [track async for page in queries.track_texts(db) for track in page]
        named = [
            row
            for kind in SearchType
            if kind is not SearchType.TRACK
            for row in await queries.named_rows(db, kind)
        ]
        popularity = _popularity(tracks, await _plays(db))
        store = ArtifactStore(db, settings.artifacts_dir)
        build = _Build(settings, tracks, named, popularity, progress)
        build.previous = await store.champion(ARTIFACT)

        async def write(folder: Path) -> None:
            await asyncio.to_thread(build.write, folder)

        counts = _counts(tracks, named)
        artifact = await store.publish(
            ARTIFACT, write, parameters={}, metrics={"entries": counts}, promote=True
        )
    return SearchReport(
        artifact.version, perf_counter() - began, counts, build.embedded, tuple(build.notes)
    )


@dataclass
class _Build:
    """One build; `write` runs in a thread."""

    settings: Settings
    tracks: list[TrackText]
    named: list[NamedRow]
    popularity: Mapping[tuple[SearchType, int], float]
    progress: Progress
    previous: Artifact | None = None
    embedded: int = 0
    notes: list[str] = field(default_factory=list)

    def write(self, folder: Path) -> None:
        names_folder(folder).mkdir()
        meaning_folder(folder).mkdir()
        total = len(self.tracks) + len(self.named)
        NameIndex.build(
            names_folder(folder),
            self._entries(),
            lambda done: self.progress(f"indexing names: {done:,} of {total:,}"),
        )
        model = self._write_meaning(folder)
        seal(folder, model, _last_ids(self.tracks, self.named))

    def _entries(self) -> Iterable[Entry]:
        yield from (
            track_entry(track, self._popular(SearchType.TRACK, track.id)) for track in self.tracks
        )
        yield from (named_entry(row, self._popular(row.kind, row.id)) for row in self.named)

    def _popular(self, kind: SearchType, id_: int) -> float:
        return self.popularity.get((kind, id_), 0.0)

    def _write_meaning(self, folder: Path) -> str | None:
        try:
            model = load_sentence_model(self.settings)
        except Unavailable as error:
            self.notes.append(f"search by meaning is left out: {error}")
            return None
        index, self.embedded = build_meaning(
            np.array([track.id for track in self.tracks], dtype=np.int64),
            describe(self.tracks) if self.tracks else [],
            model,
            self._previous_meaning(model),
            lambda done, total: self.progress(f"embedding descriptions: {done:,} of {total:,}"),
        )
        index.save(meaning_folder(folder))
        return model.name

    def _previous_meaning(self, model: SentenceModel) -> MeaningIndex | None:
        if self.previous is None:
            return None
        old = open_index(self.previous.path)
        return old.meaning if old.text_model == model.name else None


def track_entry(track: TrackText, popularity: float) -> Entry:
    """The entry of a track: found by its title, with or without its artists and guests."""
    words = [track.album or "", *track.genres, *track.tags]
    return Entry(
        kind=SearchType.TRACK,
        id=track.id,
        name=fold_text(track.title),
        credit=fold_text(" ".join(track.artists)),
        aliases=(fold_title(track.title),),
        words=fold_text(" ".join(words)),
        popularity=popularity,
    )


def named_entry(row: NamedRow, popularity: float = 0.0) -> Entry:
    """The entry of anything else; an artist is also found without their article."""
    aliases = (fold_name(row.name),) if row.kind is SearchType.ARTIST else ()
    if row.kind is SearchType.TRACK:
        aliases = (fold_title(row.name),)
    return Entry(
        kind=row.kind,
        id=row.id,
        name=fold_text(row.name),
        credit=fold_text(row.credit),
        aliases=aliases,
        popularity=popularity,
    )


async def _plays(db: Database) -> dict[int, int]:
    counts = await play_counts(db)
    return dict(zip(counts.track_id.tolist(), counts.plays.tolist(), strict=True))


def _popularity(
    tracks: Sequence[TrackText], plays: Mapping[int, int]
) -> dict[tuple[SearchType, int], float]:
    """0..1: the logarithm of the listens over the most played one's, or the imported popularity.

    Artists, albums and genres are as popular as their most popular track.
    """
    most = math.log1p(max(plays.values(), default=0)) or 1.0
    popularity: dict[tuple[SearchType, int], float] = {}
    for track in tracks:
        value = max(math.log1p(plays.get(track.id, 0)) / most, (track.popularity or 0.0) / 100)
        popularity[SearchType.TRACK, track.id] = value
        owners = [(SearchType.ARTIST, id_) for id_ in track.artist_ids]
        owners += [(SearchType.GENRE, id_) for id_ in track.genre_ids]
        if track.album_id is not None:
            owners.append((SearchType.ALBUM, track.album_id))
        for owner in owners:
            popularity[owner] = max(value, popularity.get(owner, 0.0))
    return popularity


def _counts(tracks: Sequence[TrackText], named: Sequence[NamedRow]) -> dict[str, int]:
    counts = {kind.value: 0 for kind in SearchType}
    counts[SearchType.TRACK.value] = len(tracks)
    for row in named:
        counts[row.kind.value] += 1
    return {kind: count for kind, count in counts.items() if count}


def _last_ids(tracks: Sequence[TrackText], named: Sequence[NamedRow]) -> dict[SearchType, int]:
    last = {SearchType.TRACK: tracks[-1].id} if tracks else {}
    for row in named:
        last[row.kind] = max(row.id, last.get(row.kind, 0))
    return last
