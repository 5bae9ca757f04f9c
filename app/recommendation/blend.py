"""Weights of the parts, by coordinate search on NDCG@10 over held-out plays."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from app.recommendation.metrics import hits_of, ndcg_of, top_items
from app.recommendation.parts import PARTS, weight_vector

Floats = NDArray[np.float32]

_STEPS = (0.0, 0.1, 0.2, 0.4, 0.7, 1.0, 1.5)
_SWEEPS = 2
_FOLDS = 5
_LEAST_GAIN = 0.001  # of NDCG: smaller ones are chance, and each part costs time


@dataclass(frozen=True)
class FittedBlend:
    """The weights to ship. `blend` and `best_part_score` are NDCG@10 on cases not fitted on."""

    weights: dict[str, float]
    blend: float
    best_part: str
    best_part_score: float

    @property
    def ships(self) -> str:
        """`blend`, or the name of the part that is shipped because the blend does not beat it."""
        return "blend" if self.blend > self.best_part_score else self.best_part


@dataclass(frozen=True)
class Judged:
    """Scores of the parts over cases, with what may be listed and what is right.

    `cube` has shape=(len(PARTS), cases, tracks), `allowed` and `relevant` shape=(cases, tracks).
    """

    cube: Floats
    allowed: NDArray[np.bool_]
    relevant: sparse.csr_matrix

    def ndcg(self, weights: Mapping[str, float]) -> NDArray[np.float64]:
        """NDCG@10 of each case that has something relevant."""
        scores = np.tensordot(weight_vector(weights), self.cube, axes=1)
        ranked = top_items(scores, self.allowed)
        sizes = np.diff(self.relevant.indptr)
        hits = hits_of(ranked, self.relevant)
        return ndcg_of(hits[sizes > 0], sizes[sizes > 0])

    def rows(self, rows: NDArray[np.int64]) -> "Judged":
        """The same for some of the cases."""
        return Judged(self.cube[:, rows], self.allowed[rows], self.relevant[rows])


def fit_blend(
    judged: Judged, group: NDArray[np.int64], trained: list[str], least_cases: int = 20
) -> FittedBlend | None:
    """Search weights for `trained` parts; None where fewer than `least_cases` can be judged.

    Whether the blend beats its best part is judged by cross-fitting: weights are searched on four
    fifths of the listeners (`group`, shape=(cases,)) and scored on the rest, five times. The
    weights shipped are then searched on all.
    """
    judgeable = np.flatnonzero(np.diff(judged.relevant.indptr) > 0)
    if len(judgeable) < least_cases:
        return None
    judged, group = judged.rows(judgeable), group[judgeable]
    alone = {part: float(judged.ndcg({part: 1.0}).mean()) for part in trained}
    best_part = max(trained, key=lambda part: alone[part])
    crossed: list[NDArray[np.float64]] = []
    folds = _folds(group)
    for fold in range(_FOLDS):
        fitted_on, scored_on = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        if len(fitted_on) and len(scored_on):
            weights = search_weights(judged.rows(fitted_on), trained)
            crossed.append(judged.rows(scored_on).ndcg(weights))
    blend = float(np.concatenate(crossed).mean()) if len(crossed) == _FOLDS else 0.0
    weights = {best_part: 1.0}
    if blend > alone[best_part]:
        weights = search_weights(judged, trained)
    return FittedBlend(weights, blend, best_part, alone[best_part])


def search_weights(judged: Judged, trained: list[str]) -> dict[str, float]:
    """Coordinate search from the best single part; a change must gain .001."""
    alone = {part: float(judged.ndcg({part: 1.0}).mean()) for part in trained}
    start = max(trained, key=lambda part: alone[part])
    weights = dict.fromkeys(PARTS, 0.0) | {start: 1.0}
    best = alone[start]
    for _ in range(_SWEEPS):
        before = best
        for part in sorted(trained, key=lambda name: -alone[name]):
            for step in _STEPS:
                tried = weights | {part: step}
                if step == weights[part] or not any(tried.values()):
                    continue
                score = float(judged.ndcg(tried).mean())
                if score > best + _LEAST_GAIN:
                    best, weights = score, tried
        if best == before:
            break
    return {part: weight for part, weight in weights.items() if weight > 0}


def _folds(group: NDArray[np.int64]) -> NDArray[np.int64]:
    """A fixed random fold of each distinct group, shape=(cases,)."""
    distinct = np.unique(group)
    drawn = np.random.default_rng(11).permutation(len(distinct)) % _FOLDS
    return np.asarray(drawn[np.searchsorted(distinct, group)])
