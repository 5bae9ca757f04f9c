"""iALS: matrix factorization of implicit feedback (Hu, Koren and Volinsky 2008), with fold-in.

Confidence is c = 1 + alpha * strength, where strength is the damped, decayed number of plays.
Regularization is large (Rendle et al. 2022, "Revisiting the Performance of iALS on Item
Recommendation Benchmarks"): the library's default of .01 overfits badly.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import cho_factor, cho_solve
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # has no types

_ONE_THREAD_BELOW = 200_000  # entries: less is over before threads have met


@dataclass(frozen=True)
class AlsParameters:
    """What is tuned: number of factors, regularization, and the weight of a play."""

    factors: int = 64
    regularization: float = 60.0
    alpha: float = 20.0
    iterations: int = 15


def fit(
    strengths: sparse.csr_matrix, parameters: AlsParameters, seed: int = 20
) -> NDArray[np.float32]:
    """Item factors, shape=(items, factors) float32, of `strengths`, shape=(users, items).

    Deterministic for a given matrix, parameters and seed.
    """
    from implicit.cpu.als import AlternatingLeastSquares  # noqa: PLC0415  (training only)

    confidences = strengths.astype(np.float32).copy()
    confidences.data = 1 + parameters.alpha * confidences.data
    # The library runs its own threads; BLAS threads inside them only get in the way.
    with threadpool_limits(1, "blas"):
        model = AlternatingLeastSquares(
            factors=parameters.factors,
            regularization=parameters.regularization,
            alpha=1.0,
            iterations=parameters.iterations,
            random_state=seed,
            num_threads=1 if strengths.nnz < _ONE_THREAD_BELOW else 0,
        )
        model.fit(confidences, show_progress=False)
    return np.ascontiguousarray(model.item_factors, dtype=np.float32)


class FoldIn:
    """Factors of a listener from what they played, without training: one small solve."""

    def __init__(self, item_factors: NDArray[np.float32], parameters: AlsParameters) -> None:
        self.item_factors = item_factors
        self.parameters = parameters
        self._alpha = parameters.alpha
        factors = item_factors.shape[1]
        gram = item_factors.T @ item_factors
        self._base = gram + parameters.regularization * np.eye(factors, dtype=np.float32)

    def user_factors(
        self, items: NDArray[np.int64], strengths: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """The least-squares factors, shape=(factors,), given distinct `items` and strengths."""
        rows = self.item_factors[items]
        confidence = 1 + self._alpha * strengths
        left = self._left(rows, confidence)
        return _solved(left, rows.T @ confidence)

    def contributions(
        self,
        items: NDArray[np.int64],
        strengths: NDArray[np.float32],
        targets: NDArray[np.int64],
    ) -> NDArray[np.float32]:
        """What each of `items` adds to the score of each of `targets`, shape=(items, targets).

        Columns sum to the scores. Section 5 of Hu, Koren and Volinsky 2008.
        """
        rows = self.item_factors[items]
        confidence = 1 + self._alpha * strengths
        weighted = _solved(self._left(rows, confidence), self.item_factors[targets].T)
        return np.asarray((rows @ weighted) * confidence[:, None], dtype=np.float32)

    def _left(
        self, rows: NDArray[np.float32], confidence: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        return np.asarray(self._base + (rows.T * (confidence - 1)) @ rows, dtype=np.float32)


def _solved(left: NDArray[np.float32], right: NDArray[np.float32]) -> NDArray[np.float32]:
    """`left` is positive definite: its regularized diagonal sees to that."""
    return np.asarray(cho_solve(cho_factor(left, overwrite_a=True), right), dtype=np.float32)
