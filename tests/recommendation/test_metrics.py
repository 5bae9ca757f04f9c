"""Ranking metrics against values worked out by hand, and against their own definitions."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from app.recommendation.metrics import evaluate_ranking, top_items


def test_a_list_worked_out_by_hand() -> None:
    """Hits at places 2 and 4 of three relevant items: every figure follows from its definition."""
    relevant = sparse.csr_matrix(np.array([[0, 1, 0, 1, 0, 1.0]]))
    ranked = np.array([[0, 1, 2, 3, 4, -1, -1, -1, -1, -1]])
    found = evaluate_ranking(ranked, relevant)
    gain = 1 / math.log2(3) + 1 / math.log2(5)
    ideal = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    assert found.recall == pytest.approx(2 / 3)
    assert found.precision == pytest.approx(0.2)
    assert found.mrr == pytest.approx(0.5)
    assert found.ndcg == pytest.approx(gain / ideal)
    assert found.coverage == pytest.approx(5 / 6)


def test_recall_is_not_cut_off_at_the_length_of_the_list() -> None:
    """With 20 relevant items, ten hits are half of them: libraries that say 1 measure another."""
    relevant = sparse.csr_matrix(np.ones((1, 20)))
    found = evaluate_ranking(np.arange(10)[None, :], relevant)
    assert found.recall == 0.5
    assert found.precision == found.ndcg == 1


def test_cases_without_anything_relevant_do_not_count() -> None:
    relevant = sparse.csr_matrix(np.array([[0, 0.0], [1, 0]]))
    found = evaluate_ranking(np.array([[1, 0], [0, 1]]), relevant, cutoff=2)
    assert found.cases == 1
    assert found.mrr == 1


@given(
    st.lists(st.floats(-5, 5, width=32), min_size=1, max_size=30),
    st.integers(1, 12),
    st.data(),
)
def test_top_items_are_the_best_allowed_ones_in_order(
    values: list[float], count: int, data: st.DataObject
) -> None:
    """The same as a full sort that leaves out what is not allowed, for any ties and masks."""
    mask = data.draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values)))
    ranked = top_items(np.array([values], np.float32), np.array([mask]), count)[0]
    listed = ranked[ranked >= 0]
    allowed = np.flatnonzero(mask)
    scores = np.array(values, np.float32)
    expected = np.sort(scores[allowed])[::-1][:count]
    assert scores[listed].tolist() == expected.tolist()
    assert set(listed.tolist()) <= set(allowed.tolist())
    assert len(set(listed.tolist())) == len(listed)
