"""The semantic half: a FAISS index over embeddings of each track's description.

Beside each vector stands the hash of the text it was made from, so that a rebuild embeds only
what is new or changed.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.inference import SentenceModel
from app.vectors import VectorIndex

DEPTH = 100
_HASH_BYTES = 16


@dataclass(frozen=True)
class MeaningIndex:
    """Vectors of tracks by bigint id, and the hashes of their texts, shape=(n,) of 16 bytes."""

    vectors: VectorIndex
    hashes: NDArray[np.void]

    @classmethod
    def load(cls, folder: Path) -> "MeaningIndex":
        """Map what `save` wrote. Raises RuntimeError, OSError or ValueError when it is broken."""
        vectors = VectorIndex.load(folder, "meaning")
        hashes = np.load(folder / "meaning.hashes.npy")
        if len(hashes) != len(vectors):
            raise ValueError(f"{len(hashes)} text hashes for {len(vectors)} vectors")
        return cls(vectors, hashes)

    def save(self, folder: Path) -> None:
        """Write `meaning.*` into `folder`."""
        self.vectors.save(folder, "meaning")
        np.save(folder / "meaning.hashes.npy", self.hashes)

    def cosines(self, query: NDArray[np.float32], also: Sequence[int] = ()) -> dict[int, float]:
        """Cosine to `query`, shape=(d,), of the nearest tracks and of those in `also`, by id."""
        ids, scores = self.vectors.search(query, DEPTH)
        found = dict(zip(ids.tolist(), scores.tolist(), strict=True))
        rest = np.array([id_ for id_ in also if id_ not in found], dtype=np.int64)
        if len(rest):
            scores = self.vectors.vectors(rest) @ query
            found.update(zip(rest.tolist(), scores.tolist(), strict=True))
        return found


def build_meaning(
    ids: NDArray[np.int64],
    texts: Sequence[str],
    model: SentenceModel,
    previous: MeaningIndex | None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[MeaningIndex, int]:
    """Embed `texts` (of the tracks `ids`), taking from `previous` what has not changed; blocks.

    Equal texts are embedded once. `previous` must come from the same model. Returns the index
    and the number of texts that were embedded; `progress` gets done and total of those.
    """
    hashes = [_hash(text) for text in texts]
    known: dict[bytes, int] = {}
    if previous is not None:
        keys = (row.tobytes() for row in previous.hashes)
        known = dict(zip(keys, previous.vectors.ids.tolist(), strict=True))
    fresh = {key: text for key, text in zip(hashes, texts, strict=True) if key not in known}
    embedded = model.encode(list(fresh.values()), lambda done: progress(done, len(fresh)))
    row_of = {key: row for row, key in enumerate(fresh)}
    vectors = np.zeros((len(texts), model.dimension), dtype=np.float32)
    reused = [(row, known[key]) for row, key in enumerate(hashes) if key in known]
    if reused and previous is not None:
        rows, old_ids = np.array(reused, dtype=np.int64).T
        vectors[rows] = previous.vectors.vectors(old_ids)
    for row, key in enumerate(hashes):
        if key in row_of:
            vectors[row] = embedded[row_of[key]]
    index = VectorIndex.build(ids, vectors)
    return MeaningIndex(index, np.array(hashes, dtype=f"V{_HASH_BYTES}")), len(fresh)


def _hash(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=_HASH_BYTES).digest()
