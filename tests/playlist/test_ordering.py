"""The order of a list, compared with the true optimum."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.playlist.ordering import greedy_path, improve, order_tracks, path_cost, spread_artists
from app.playlist.transitions import Sounds, transition_scores


def held_karp(cost: np.ndarray) -> float:
    """Cost of the best open path, by Held and Karp's dynamic program (1962)."""
    count = len(cost)
    best = np.full((1 << count, count), np.inf)
    for last in range(count):
        best[1 << last, last] = 0
    for subset in range(1, 1 << count):
        for last in range(count):
            if subset >> last & 1 and subset != 1 << last:
                rest = subset & ~(1 << last)
                best[subset, last] = (best[rest] + cost[:, last]).min()
    return float(best[-1].min())


def random_costs(generator: np.random.Generator, count: int) -> np.ndarray:
    sounds = Sounds(
        tempo=generator.uniform(60, 180, count),
        key=generator.integers(0, 12, count).astype(float),
        mode=generator.integers(0, 2, count).astype(float),
        energy=generator.uniform(0, 1, count),
        loudness=generator.uniform(-20, -4, count),
    )
    return 1 - transition_scores(sounds).score


def test_orders_are_within_two_percent_of_the_optimum() -> None:
    """Thirty random lists of 4 to 10 tracks against Held-Karp; greedy alone is far worse."""
    generator = np.random.default_rng(7)
    gaps, greedy_gaps = [], []
    for _ in range(30):
        count = int(generator.integers(4, 11))
        cost = random_costs(generator, count)
        optimum = held_karp(cost)
        order = order_tracks(cost, np.arange(count))
        gaps.append(path_cost(cost, order) / optimum - 1)
        greedy_gaps.append(path_cost(cost, greedy_path(cost, 0)) / optimum - 1)
    assert np.mean(gaps) < 0.02
    assert max(gaps) < 0.10
    assert np.mean(greedy_gaps) > 5 * np.mean(gaps)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_short_lists_stay_as_they_are(count: int) -> None:
    """Nothing to order, nothing to break."""
    assert order_tracks(np.zeros((count, count)), np.arange(count)).tolist() == list(range(count))


@settings(deadline=None, max_examples=60)
@given(
    artists=st.lists(st.integers(0, 4), min_size=3, max_size=14),
    seed=st.integers(0, 2**32 - 1),
)
def test_no_artist_twice_in_a_row_where_avoidable(artists: list[int], seed: int) -> None:
    """As few repeats as any order has: none while no artist holds more than half the list."""
    ids = np.array(artists, dtype=np.int64)
    cost = random_costs(np.random.default_rng(seed), len(ids))
    order = order_tracks(cost, ids)
    assert sorted(order.tolist()) == list(range(len(ids)))
    repeats = sum(a == b for a, b in pairwise(ids[order].tolist()))
    most = int(np.bincount(ids).max())
    assert repeats == max(0, most - 1 - (len(ids) - most))


@settings(deadline=None, max_examples=60)
@given(count=st.integers(3, 12), seed=st.integers(0, 2**32 - 1))
def test_improving_never_loses_a_track_or_raises_the_cost(count: int, seed: int) -> None:
    """The moves permute, and each lowers the cost by what it says."""
    generator = np.random.default_rng(seed)
    cost = random_costs(generator, count)
    start = generator.permutation(count)
    better = improve(cost, start)
    assert sorted(better.tolist()) == list(range(count))
    assert path_cost(cost, better) <= path_cost(cost, start) + 1e-9


def test_spreading_artists_leaves_unknown_ones_alone() -> None:
    """Tracks without an artist are not one artist's."""
    order = spread_artists(np.array([-1, -1, -1, 5, 5]))
    assert sorted(order.tolist()) == [0, 1, 2, 3, 4]
    assert all({a, b} != {3, 4} for a, b in pairwise(order.tolist()))
