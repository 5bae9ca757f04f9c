"""Ranking metrics at a cut-off, over the full ranking of all items (no sampled negatives).

Conventions: a case is one listener at one moment; `ranked` holds item positions, best first, -1
where a list is shorter than the cut-off; `relevant` says per case which items are right.

Metrics: recall is hits / number of relevant items (not truncated at the cut-off), precision is
hits / cut-off, NDCG has binary gains and the ideal list of min(cut-off, relevant) hits
(Jarvelin and Kekalainen 2002), MRR is the reciprocal rank of the first hit inside the cut-off,
coverage is the share of the catalog that appears in any list.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

CUTOFF = 10


@dataclass(frozen=True)
class RankingMetrics:
    """Means over the cases that have at least one relevant item; all in 0..1 but `cases`."""

    cases: int
    recall: float
    precision: float
    ndcg: float
    mrr: float
    coverage: float

    def as_json(self) -> dict[str, float | int]:
        """Rounded to five places, for storage and printing."""
        return {
            "cases": self.cases,
            "recall@10": round(self.recall, 5),
            "precision@10": round(self.precision, 5),
            "ndcg@10": round(self.ndcg, 5),
            "mrr@10": round(self.mrr, 5),
            "coverage@10": round(self.coverage, 5),
        }


def top_items(
    scores: NDArray[np.float32], allowed: NDArray[np.bool_], count: int = CUTOFF
) -> NDArray[np.int64]:
    """The `count` best allowed items of each row, best first; -1 where there are no more.

    `scores` and `allowed` have shape=(cases, items); ties go to the lower position.
    """
    masked = np.where(allowed, scores, -np.inf)
    width = min(count, masked.shape[1])
    # Sorting is stable and complete only among the candidates: cheaper than a full sort.
    part = np.sort(np.argpartition(-masked, width - 1, axis=1)[:, :width], axis=1)
    values = np.take_along_axis(masked, part, axis=1)
    order = np.argsort(-values, axis=1, kind="stable")
    ranked = np.take_along_axis(part, order, axis=1).astype(np.int64)
    ranked[np.isneginf(np.take_along_axis(values, order, axis=1))] = -1
    if width < count:
        padding = np.full((len(ranked), count - width), -1, dtype=np.int64)
        ranked = np.concatenate([ranked, padding], axis=1)
    return ranked


def hits_of(ranked: NDArray[np.int64], relevant: sparse.csr_matrix) -> NDArray[np.bool_]:
    """Which of the ranked items are relevant, shape=(cases, cut-off)."""
    rows = np.repeat(np.arange(len(ranked)), ranked.shape[1])
    columns = np.maximum(ranked, 0).ravel()
    found = np.asarray(relevant[rows, columns]).reshape(ranked.shape) > 0
    return found & (ranked >= 0)


def evaluate_ranking(
    ranked: NDArray[np.int64], relevant: sparse.csr_matrix, cutoff: int = CUTOFF
) -> RankingMetrics:
    """Metrics of `ranked`, shape=(cases, cut-off), against `relevant`, shape=(cases, items)."""
    sizes = np.diff(relevant.indptr)
    counted = sizes > 0
    cases = int(counted.sum())
    if cases == 0:
        return RankingMetrics(0, 0.0, 0.0, 0.0, 0.0, 0.0)
    hits = hits_of(ranked[:, :cutoff], relevant)[counted]
    sizes = sizes[counted]
    recommended = np.unique(ranked[counted, :cutoff])
    covered = int((recommended >= 0).sum())
    return RankingMetrics(
        cases=cases,
        recall=float((hits.sum(axis=1) / sizes).mean()),
        precision=float(hits.sum(axis=1).mean() / cutoff),
        ndcg=float(ndcg_of(hits, sizes, cutoff).mean()),
        mrr=float(_reciprocal_ranks(hits).mean()),
        coverage=covered / relevant.shape[1],
    )


def ndcg_of(
    hits: NDArray[np.bool_], sizes: NDArray[np.int64], cutoff: int = CUTOFF
) -> NDArray[np.float64]:
    """NDCG per case, from hits of shape=(cases, cut-off) and the number of relevant items."""
    discounts = 1 / np.log2(np.arange(2, cutoff + 2))
    ideal = np.concatenate([[0.0], np.cumsum(discounts)])[np.minimum(sizes, cutoff)]
    gains = hits[:, :cutoff] @ discounts[: hits.shape[1]]
    return np.asarray(gains / np.maximum(ideal, 1e-12))


def _reciprocal_ranks(hits: NDArray[np.bool_]) -> NDArray[np.float64]:
    first = np.argmax(hits, axis=1)
    return np.where(hits.any(axis=1), 1 / (first + 1), 0.0)
