"""Nearest neighbors by cosine similarity.

Up to 100,000 vectors are searched exactly (IndexFlatIP); above, by HNSW over 8-bit scalar
quantization (Malkov and Yashunin 2018), about 656 bytes a 384-d vector. A search among few
allowed ids scans those exactly, since graph search loses recall with selective filters.
"""

from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

_EXACT_UP_TO = 100_000
_SCAN_BELOW_SHARE = 0.05


class VectorIndex:
    """An immutable index: built once, saved, mapped read-only into every process."""

    def __init__(self, index: "faiss.Index", ids: NDArray[np.int64]) -> None:
        self._index = index
        self.ids = ids
        self._position = {int(id_): position for position, id_ in enumerate(ids)}

    @classmethod
    def build(cls, ids: NDArray[np.int64], vectors: NDArray[np.float32]) -> "VectorIndex":
        """Index `vectors`, shape=(n, d) float32, under `ids`, shape=(n,) int64, each once.

        Vectors are normalized to length 1 (zero vectors stay zero and are similar to nothing).
        Raises ValueError for shapes that do not match, repeated ids, or a NaN or infinity.
        """
        if vectors.ndim != 2 or len(ids) != len(vectors):
            raise ValueError(f"{len(ids)} ids do not match vectors of shape {vectors.shape}")
        if len(np.unique(ids)) != len(ids):
            raise ValueError("an id is given twice")
        if not np.isfinite(vectors).all():
            raise ValueError("a vector holds a NaN or an infinity")
        dimension = vectors.shape[1]
        if len(ids) <= _EXACT_UP_TO:
            index = faiss.IndexFlatIP(dimension)
        else:
            index = faiss.IndexHNSWSQ(
                dimension, faiss.ScalarQuantizer.QT_8bit, 32, faiss.METRIC_INNER_PRODUCT
            )
            index.hnsw.efConstruction = 80
            index.hnsw.efSearch = 128
        rows = normalized(vectors)
        if len(ids):
            index.train(rows)
            index.add(rows)
        return cls(index, np.ascontiguousarray(ids, dtype=np.int64))

    def save(self, folder: Path, name: str) -> None:
        """Write `NAME.faiss` and `NAME.ids.npy` into `folder`."""
        faiss.write_index(self._index, str(folder / f"{name}.faiss"))
        np.save(folder / f"{name}.ids.npy", self.ids)

    @classmethod
    def load(cls, folder: Path, name: str) -> "VectorIndex":
        """Map what `save` wrote. Raises RuntimeError or OSError for missing or broken files."""
        index = faiss.read_index(str(folder / f"{name}.faiss"), faiss.IO_FLAG_MMAP_IFC)
        ids = np.load(folder / f"{name}.ids.npy")
        if index.ntotal != len(ids):
            raise RuntimeError(f"{name}.faiss has {index.ntotal} vectors for {len(ids)} ids")
        return cls(index, ids)

    def __len__(self) -> int:
        return len(self.ids)

    def __contains__(self, id_: int) -> bool:
        return id_ in self._position

    @property
    def dimension(self) -> int:
        """Length of each vector."""
        return int(self._index.d)

    def vector(self, id_: int) -> NDArray[np.float32] | None:
        """The stored vector of `id_`, shape=(d,), or None."""
        position = self._position.get(id_)
        if position is None:
            return None
        return np.asarray(self._index.reconstruct(position), dtype=np.float32)

    def vectors(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """The stored vectors of `ids`, shape=(n, d); zeros for an id that is not there."""
        found = np.zeros((len(ids), self.dimension), dtype=np.float32)
        for row, id_ in enumerate(ids):
            position = self._position.get(int(id_))
            if position is not None:
                found[row] = self._index.reconstruct(position)
        return found

    def search(
        self,
        query: NDArray[np.float32],
        count: int,
        allowed: NDArray[np.int64] | None = None,
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The `count` nearest ids to `query`, shape=(d,), best first, with cosines -1..1.

        `allowed` limits the answer to these ids. Fewer come back when there are no more.
        """
        if len(self) == 0 or count <= 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        row = normalized(np.asarray(query, dtype=np.float32)[None, :])
        if allowed is None:
            scores, positions = self._index.search(row, min(count, len(self)))
        else:
            at = [self._position[int(i)] for i in allowed if int(i) in self._position]
            if not at:
                return np.empty(0, np.int64), np.empty(0, np.float32)
            if len(at) < _SCAN_BELOW_SHARE * len(self):
                return self._scan(row[0], np.asarray(at, dtype=np.int64), count)
            selector = faiss.IDSelectorBatch(np.asarray(at, dtype=np.int64))
            parameters = (
                faiss.SearchParametersHNSW(sel=selector, efSearch=256)
                if isinstance(self._index, faiss.IndexHNSW)
                else faiss.SearchParameters(sel=selector)
            )
            scores, positions = self._index.search(row, min(count, len(at)), params=parameters)
        found = positions[0] >= 0
        return self.ids[positions[0][found]], scores[0][found]

    def _scan(
        self, query: NDArray[np.float32], positions: NDArray[np.int64], count: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        rows = np.stack([self._index.reconstruct(int(position)) for position in positions])
        scores = rows @ query
        best = np.argsort(-scores, kind="stable")[:count]
        return self.ids[positions[best]], scores[best].astype(np.float32)


def normalized(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows scaled to length 1, float32 and contiguous; zero rows stay zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled = vectors / np.where(lengths > 0, lengths, 1)
    return np.ascontiguousarray(scaled, dtype=np.float32)
