"""Factorization: fold-in is the trained solution, and its explanation adds up."""

import numpy as np
from scipy import sparse

from app.recommendation.als import AlsParameters, FoldIn, fit

PARAMETERS = AlsParameters(factors=8, regularization=5.0, alpha=10.0)


def blocks(users: int = 60, items: int = 40) -> sparse.csr_matrix:
    """Two camps: even listeners play even items, odd ones odd items."""
    rng = np.random.default_rng(4)
    chance = np.where((np.arange(users)[:, None] + np.arange(items)[None, :]) % 2 == 0, 0.5, 0.02)
    return sparse.csr_matrix((rng.random((users, items)) < chance).astype(np.float32))


def test_fold_in_finds_the_camp_of_a_stranger() -> None:
    """After three plays of one camp, the best ten of the others are of that camp too."""
    fold_in = FoldIn(fit(blocks(), PARAMETERS), PARAMETERS)
    played = np.array([0, 2, 4])
    scores = fold_in.item_factors @ fold_in.user_factors(played, np.ones(3, np.float32))
    scores[played] = -np.inf
    assert (np.argsort(-scores)[:10] % 2 == 0).all()


def test_fold_in_equals_the_librarys_own_solution() -> None:
    """The numpy solve in serving must be what training would have given the same listener."""
    from implicit.cpu.als import AlternatingLeastSquares

    matrix = blocks()
    confidences = matrix.copy()
    confidences.data = 1 + PARAMETERS.alpha * confidences.data
    model = AlternatingLeastSquares(
        factors=8, regularization=5.0, alpha=1.0, random_state=20, use_cg=False
    )
    model.fit(confidences, show_progress=False)
    expected = model.recalculate_user(0, confidences[0])
    row = matrix[0]
    found = FoldIn(model.item_factors, PARAMETERS).user_factors(
        row.indices.astype(np.int64), row.data.astype(np.float32)
    )
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)


def test_contributions_sum_to_the_score() -> None:
    """Evidence named in reasons is a real decomposition of the score."""
    fold_in = FoldIn(fit(blocks(), PARAMETERS), PARAMETERS)
    played, strengths = np.array([1, 3, 8]), np.array([1, 0.5, 2], np.float32)
    scores = fold_in.item_factors @ fold_in.user_factors(played, strengths)
    targets = np.array([5, 10, 1])
    given = fold_in.contributions(played, strengths, targets)
    np.testing.assert_allclose(given.sum(axis=0), scores[targets], rtol=1e-3, atol=1e-4)


def test_fitting_twice_gives_the_same_factors() -> None:
    assert np.array_equal(fit(blocks(), PARAMETERS), fit(blocks(), PARAMETERS))
