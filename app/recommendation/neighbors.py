"""Item-to-item neighbors: ItemKNN over listeners, nearest sounds, and EASE for comparison.

Neighbor lists are cut to the best `k` at training time, so that an answer costs a few thousand
additions whatever the size of the catalog, and every score names the played track it comes from.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

_BLOCK = 1024
_Similarity = Callable[[int, int], NDArray[np.float32]]


@dataclass(frozen=True)
class Neighbors:
    """The `k` most similar items of each: `items` int32 (-1 none), `similarity` float32 0..1."""

    items: NDArray[np.int32]
    similarity: NDArray[np.float32]

    def scores(
        self, played: NDArray[np.int64], strengths: NDArray[np.float32], size: int
    ) -> NDArray[np.float32]:
        """Sum of similarity times strength over what was played, shape=(size,) float32."""
        near = self.items[played]
        values = self.similarity[played] * strengths[:, None]
        found = near >= 0
        total = np.bincount(near[found], weights=values[found], minlength=size)
        return total.astype(np.float32)

    def contributions(
        self,
        played: NDArray[np.int64],
        strengths: NDArray[np.float32],
        targets: NDArray[np.int64],
    ) -> NDArray[np.float32]:
        """What each played item adds to the score of each target, shape=(played, targets)."""
        hit = self.items[played][:, :, None] == targets
        near = (hit * self.similarity[played][:, :, None]).sum(axis=1)
        return np.asarray(near * strengths[:, None], dtype=np.float32)


def cooccurrence_neighbors(
    strengths: sparse.csr_matrix, k: int = 50, shrinkage: float = 10.0
) -> Neighbors:
    """ItemKNN: cosine of item columns of `strengths`, shape=(users, items), with shrinkage.

    Shrinkage (Bell and Koren 2007) keeps a chance meeting of two rare tracks from counting as
    perfect likeness.
    """
    columns = sparse.csc_matrix(strengths, dtype=np.float32)
    lengths = np.sqrt(np.asarray(columns.multiply(columns).sum(axis=0)).ravel())
    transposed = columns.T.tocsr()

    def similarity(start: int, stop: int) -> NDArray[np.float32]:
        dots = np.asarray((transposed[start:stop] @ columns).todense(), dtype=np.float32)
        scale = lengths[start:stop, None] * lengths[None, :] + shrinkage
        return np.asarray(dots / scale, dtype=np.float32)

    return _nearest(columns.shape[1], k, similarity)


def vector_neighbors(vectors: NDArray[np.float32], k: int = 50) -> Neighbors:
    """Nearest by cosine among `vectors`, shape=(items, d); a zero vector has no neighbors.

    An exact search in blocks of matrix products: FAISS's index takes one query at a time here.
    """
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    rows = (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    return _nearest(len(rows), k, lambda start, stop: rows[start:stop] @ rows.T)


def _nearest(size: int, k: int, similarity: _Similarity) -> Neighbors:
    width = max(1, min(k, size - 1))
    items = np.full((size, width), -1, dtype=np.int32)
    values = np.zeros((size, width), dtype=np.float32)
    for start in range(0, size, _BLOCK):
        stop = min(start + _BLOCK, size)
        block = similarity(start, stop)
        block[np.arange(stop - start), np.arange(start, stop)] = -1
        best = np.argpartition(-block, width - 1, axis=1)[:, :width]
        found = np.take_along_axis(block, best, axis=1)
        order = np.argsort(-found, axis=1, kind="stable")
        best = np.take_along_axis(best, order, axis=1)
        found = np.take_along_axis(found, order, axis=1)
        items[start:stop] = np.where(found > 0, best, -1)
        values[start:stop] = np.maximum(found, 0)
    return Neighbors(items, values)


def fit_ease(interactions: sparse.csr_matrix, regularization: float) -> NDArray[np.float32]:
    """EASE (Steck 2019): item weights, shape=(items, items), with a zero diagonal.

    Needs the inverse of an items x items matrix: for comparisons on small catalogs only.
    """
    matrix = sparse.csr_matrix(interactions, dtype=np.float32)
    gram = np.asarray((matrix.T @ matrix).todense(), dtype=np.float32)
    gram[np.diag_indices_from(gram)] += regularization
    inverse = np.linalg.inv(gram)
    weights = inverse / -np.diag(inverse)[None, :]
    np.fill_diagonal(weights, 0)
    return np.asarray(weights, dtype=np.float32)
