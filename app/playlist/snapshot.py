"""The catalog as arrays, read once and shared by all requests until it changes."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from app.audio import ACTIVITIES, MOODS, feature_matrix, feature_place, mood_scores
from app.database import Database, Row
from app.playlist import queries
from app.playlist.transitions import Sounds

Floats: TypeAlias = NDArray[np.float32]
Ids: TypeAlias = NDArray[np.int64]
Indices: TypeAlias = NDArray[np.intp]
Element = TypeVar("Element")

PLACED = ("tempo", "energy", "valence", "danceability", "acousticness", "instrumentalness")
_BATCH = 5_000


@dataclass(frozen=True)
class Snapshot:
    """All tracks that are not missing, by rising id; row i of each array is one track.

    `duration_ms` is 0 where not known, `artist` -1, `popularity` (0..100) NaN; tracks with equal
    `recording` are copies of one recording; `features` (n, len(names)) as `app.audio.mood_scores`
    takes them; `words` are a track's tags and genre names, lower-case.
    """

    track_id: Ids
    duration_ms: Ids
    artist: Ids
    recording: Ids
    popularity: Floats
    features: Floats
    names: Sequence[str]
    genres: Sequence[frozenset[int]]
    words: Sequence[frozenset[str]]
    _moods: dict[str, Floats] = field(default_factory=dict, init=False, repr=False)
    _places: dict[str, Floats] = field(default_factory=dict, init=False, repr=False)
    _spreads: dict[str, float | None] = field(default_factory=dict, init=False, repr=False)
    _genre_rows: dict[int, Indices] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        rows: dict[int, list[int]] = {}
        for row, genres in enumerate(self.genres):
            for genre in genres:
                rows.setdefault(genre, []).append(row)
        self._genre_rows.update({one: np.array(many) for one, many in rows.items()})

    def __len__(self) -> int:
        """Number of tracks."""
        return len(self.track_id)

    def mood(self, mood: str) -> Floats:
        """How well each track suits a mood or activity, (n,), 0..1; computed once."""
        if mood not in self._moods:
            self._moods[mood] = mood_scores(self.features, self.names, mood, self.words)
        return self._moods[mood]

    def place(self, name: str) -> Floats:
        """Where each track stands in the catalog by a feature, (n,), 0..1, NaN where not known."""
        if name not in self._places:
            self._places[name] = feature_place(self.feature(name), name)
        return self._places[name]

    def feature(self, name: str) -> Floats:
        """The values of a feature, (n,), NaN where not known."""
        if name in self.names:
            return self.features[:, list(self.names).index(name)]
        return np.full(len(self), np.nan, dtype=np.float32)

    def spread(self, name: str) -> float | None:
        """Mean difference in `place` of two tracks of the catalog; computed once."""
        if name not in self._spreads:
            self._spreads[name] = mean_difference(self.place(name))
        return self._spreads[name]

    def of_genres(self, genre_ids: Sequence[int]) -> NDArray[np.bool_]:
        """Which tracks have any of the genres, (n,)."""
        found = np.zeros(len(self), dtype=bool)
        for genre in genre_ids:
            found[self._genre_rows.get(genre, [])] = True
        return found

    def rows_of(self, track_ids: Sequence[int]) -> Indices:
        """Rows of those of `track_ids` that are here."""
        wanted = np.array(sorted(track_ids), dtype=np.int64)
        return np.flatnonzero(np.isin(self.track_id, wanted, assume_unique=True))

    def sounds(self, rows: Indices) -> Sounds:
        """What transitions between the tracks of `rows` depend on."""

        def known(values: Floats) -> NDArray[np.float64]:
            return np.asarray(values[rows], dtype=np.float64)

        return Sounds(
            tempo=known(self.feature("tempo")),
            key=known(self.feature("key")),
            mode=known(self.feature("mode")),
            energy=known(self.place("energy")),
            loudness=known(self.feature("loudness")),
        )


def mean_difference(values: Floats) -> float | None:
    """Mean of |a - b| over all pairs of known values; None for fewer than two.

    Sorting gives it in n log n: the i-th smallest of n is added i times and subtracted n - 1 - i.
    """
    known = np.sort(values[np.isfinite(values)].astype(np.float64))
    count = len(known)
    if count < 2:
        return None
    times = 2 * np.arange(count) - (count - 1)
    return float((times * known).sum() / (count * (count - 1) / 2))


async def read_snapshot(database: Database) -> Snapshot:
    """Read the catalog, in batches that leave the event loop free between them."""
    names_by_id = await queries.genre_names(database)
    rows: list[Row] = []
    while True:
        batch = await queries.playable_tracks(database, rows[-1]["id"] if rows else -1, _BATCH)
        rows += batch
        if len(batch) < _BATCH:
            break
    ids, matrix, names = await feature_matrix(database)
    return await asyncio.to_thread(_prepared, rows, names_by_id, ids, matrix, names)


def build_snapshot(
    rows: Sequence[Row],
    genre_names: Mapping[int, str],
    feature_ids: Ids,
    matrix: Floats,
    names: Sequence[str],
) -> Snapshot:
    """Arrays from the rows of `queries.playable_tracks` and `app.audio.feature_matrix`."""
    track_id = np.array([row["id"] for row in rows], dtype=np.int64)
    genres = [frozenset(row["genres"]) for row in rows]
    words = [
        frozenset(row["tags"]) | {genre_names[one] for one in row["genres"] if one in genre_names}
        for row in rows
    ]
    return Snapshot(
        track_id=track_id,
        duration_ms=np.array([max(0, row["duration_ms"] or 0) for row in rows], dtype=np.int64),
        artist=np.array(
            [-1 if row["artist_id"] is None else row["artist_id"] for row in rows], dtype=np.int64
        ),
        recording=np.array([row["recording"] for row in rows], dtype=np.int64),
        popularity=np.array(
            [np.nan if row["popularity"] is None else row["popularity"] for row in rows],
            dtype=np.float32,
        ),
        features=_aligned(track_id, feature_ids, matrix),
        names=tuple(names),
        genres=_shared(genres),
        words=_shared(words),
    )


def _prepared(
    rows: Sequence[Row],
    genre_names: Mapping[int, str],
    feature_ids: Ids,
    matrix: Floats,
    names: Sequence[str],
) -> Snapshot:
    """A snapshot with all that requests would compute first: no request waits for it."""
    snapshot = build_snapshot(rows, genre_names, feature_ids, matrix, names)
    for mood in (*MOODS, *ACTIVITIES):
        snapshot.mood(mood)
    for name in PLACED:
        snapshot.spread(name)
    return snapshot


def _aligned(track_id: Ids, feature_ids: Ids, matrix: Floats) -> Floats:
    """Rows of `matrix` in the order of `track_id`, NaN for tracks without features."""
    aligned = np.full((len(track_id), matrix.shape[1]), np.nan, dtype=np.float32)
    order = np.argsort(feature_ids, kind="stable")
    ordered = feature_ids[order]
    place = np.searchsorted(ordered, track_id)
    place[place == len(ordered)] = 0
    found = ordered[place] == track_id if len(ordered) else np.zeros(len(track_id), dtype=bool)
    aligned[found] = matrix[order[place[found]]]
    return aligned


def _shared(sets: list[frozenset[Element]]) -> list[frozenset[Element]]:
    """The same, with equal sets as one object: most tracks share theirs with others."""
    known: dict[frozenset[Element], frozenset[Element]] = {}
    return [known.setdefault(one, one) for one in sets]
