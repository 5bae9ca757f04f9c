"""The catalog as the recommender sees it: arrays by position of track."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from app.audio import embedding_matrix, feature_matrix
from app.database import Database
from app.recommendation import queries
from app.recommendation.content import content_vectors

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Tracks:
    """All tracks in order of id; every array has shape=(tracks, …).

    `ids` are keys of tracks; `artist_ids` and `genre_ids` those of the first artist and genre, 0
    for none; `popularity` is 0..100 as imported; `vectors` are content vectors made of
    `vectors_from`; `features` (with NaN) have the columns `feature_names`; `words` are lower-case
    genres and tags.
    """

    ids: NDArray[np.int64]
    artist_ids: NDArray[np.int64]
    genre_ids: NDArray[np.int64]
    popularity: Floats
    vectors: Floats
    vectors_from: list[str] = field(default_factory=list)
    features: Floats = field(default_factory=lambda: np.empty((0, 0), np.float32))
    feature_names: Sequence[str] = ()
    words: Sequence[Sequence[str]] = ()

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def artist(self) -> NDArray[np.int64]:
        """Position of the first artist among the distinct ones, -1 for none; shape=(tracks,)."""
        distinct = np.unique(self.artist_ids[self.artist_ids > 0])
        return np.where(self.artist_ids > 0, np.searchsorted(distinct, self.artist_ids), -1)

    def positions(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Positions of track ids, -1 for those that are not there."""
        return positions_of(self.ids, ids)


def positions_of(sorted_ids: NDArray[np.int64], ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each of `ids` stands in `sorted_ids` (ascending, distinct); -1 where it does not."""
    if not len(sorted_ids):
        return np.full(len(ids), -1, dtype=np.int64)
    at = np.minimum(np.searchsorted(sorted_ids, ids), len(sorted_ids) - 1)
    return np.where(sorted_ids[at] == ids, at, -1).astype(np.int64)


async def load_tracks(db: Database) -> Tracks:
    """Read the catalog with what is known about its sound and words."""
    ids, artist_ids, genre_ids = await queries.tracks(db)
    popularity = await queries.imported_popularity(db)
    said = await queries.words_of_tracks(db)
    words = [said.get(int(id_), []) for id_ in ids]
    feature_ids, matrix, names = await feature_matrix(db)
    at = positions_of(ids, feature_ids)
    features = np.full((len(ids), len(names)), np.nan, dtype=np.float32)
    features[at[at >= 0]] = matrix[at >= 0]
    known = np.flatnonzero(np.isfinite(features).any(axis=1))
    embeddings = await _embeddings(db, ids)
    vectors, made_of = content_vectors(
        len(ids),
        embeddings,
        (known, features[known], names) if len(known) else None,
        words,
    )
    return Tracks(
        ids, artist_ids, genre_ids, popularity, vectors, made_of, features, list(names), words
    )


async def _embeddings(
    db: Database, ids: NDArray[np.int64]
) -> tuple[NDArray[np.int64], Floats] | None:
    """Positions and vectors of the embedding that most tracks have, if at least half have one."""
    model = await queries.most_common_embedding(db)
    if model is None:
        return None
    found_ids, vectors = await embedding_matrix(db, model)
    at = positions_of(ids, found_ids)
    finite = np.isfinite(vectors).all(axis=1) & (at >= 0)
    if finite.sum() * 2 < len(ids):
        return None
    return at[finite], vectors[finite]
