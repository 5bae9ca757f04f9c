"""Neighbors: exact, cut to k, and EASE as its paper defines it."""

import numpy as np
from scipy import sparse

from app.recommendation.neighbors import cooccurrence_neighbors, fit_ease, vector_neighbors


def test_vector_neighbors_are_the_exact_nearest_by_cosine() -> None:
    vectors = np.random.default_rng(2).normal(size=(1500, 12)).astype(np.float32)
    found = vector_neighbors(vectors, k=5)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    for item in (0, 700, 1499):
        cosines = unit @ unit[item]
        cosines[item] = -1
        expected = np.argsort(-cosines)[:5]
        assert found.items[item].tolist() == expected.tolist()
        np.testing.assert_allclose(found.similarity[item], cosines[expected], rtol=1e-5)


def test_a_track_of_which_nothing_is_known_has_no_neighbors() -> None:
    """A zero vector is near to nothing, also in a catalog where all others are the same."""
    found = vector_neighbors(np.array([[0, 0], [1, 1], [1, 1]], np.float32), k=2)
    assert (found.items[0] == -1).all()
    assert found.items[1].tolist() == [2, -1]


def test_a_single_track_has_no_neighbors() -> None:
    found = vector_neighbors(np.ones((1, 3), np.float32))
    assert (found.items == -1).all()


def test_items_played_together_are_neighbors_and_chance_counts_little() -> None:
    """Shrinkage: forty shared listeners beat a single one who played two rare tracks."""
    matrix = np.zeros((41, 4), np.float32)
    matrix[:40, :2] = 1
    matrix[40, 2:] = 1
    found = cooccurrence_neighbors(sparse.csr_matrix(matrix), k=1)
    assert found.items[0, 0] == 1
    assert found.similarity[0, 0] > 5 * found.similarity[2, 0] > 0


def test_scores_and_contributions_agree() -> None:
    vectors = np.random.default_rng(3).normal(size=(30, 6)).astype(np.float32)
    near = vector_neighbors(vectors, k=8)
    played, strengths = np.array([1, 2, 5]), np.array([1, 2, 0.5], np.float32)
    scores = near.scores(played, strengths, 30)
    given = near.contributions(played, strengths, np.arange(30))
    np.testing.assert_allclose(given.sum(axis=0), scores, rtol=1e-5, atol=1e-6)


def test_ease_is_the_closed_form_of_its_paper() -> None:
    """Zero diagonal, and stationary: the gradient of the loss vanishes off the diagonal."""
    matrix = (np.random.default_rng(5).random((50, 8)) < 0.4).astype(np.float32)
    weights = fit_ease(sparse.csr_matrix(matrix), 10.0)
    assert (np.diag(weights) == 0).all()
    gradient = matrix.T @ (matrix @ weights - matrix) + 10 * weights
    np.fill_diagonal(gradient, 0)
    np.testing.assert_allclose(gradient, 0, atol=1e-3)
