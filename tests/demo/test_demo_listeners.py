"""The simulated listeners: the properties of real histories that recommenders are judged on."""

import numpy as np
import pytest

from app.demo import CONTEXTS, FIRST_DAY, DemoPiece, Simulation, plan_catalog, simulate_listeners


@pytest.fixture(scope="module")
def pieces() -> list[DemoPiece]:
    return plan_catalog()


@pytest.fixture(scope="module")
def simulation(pieces: list[DemoPiece]) -> Simulation:
    return simulate_listeners(pieces)


def test_half_a_year_of_500_listeners(simulation: Simulation) -> None:
    """Protects the size of the demo's history, and that time is fixed rather than today's."""
    assert 150_000 < len(simulation.user) < 250_000
    assert set(simulation.user) == set(range(500))
    assert (np.diff(simulation.time) >= 0).all()
    assert simulation.time[0] >= FIRST_DAY
    end = np.datetime64("2026-07-01").astype("datetime64[s]").astype(int)
    assert end - 86_400 < simulation.time[-1] < end


def test_it_is_deterministic(pieces: list[DemoPiece], simulation: Simulation) -> None:
    """Protects the figures in the docs from changing between runs."""
    again = simulate_listeners(pieces)
    np.testing.assert_array_equal(again.time, simulation.time)
    np.testing.assert_array_equal(again.piece, simulation.piece)
    other = simulate_listeners(pieces, seed=8)
    assert len(other.piece) != len(simulation.piece) or (other.piece != simulation.piece).any()


def test_nobody_plays_two_pieces_at_once(simulation: Simulation) -> None:
    """Protects sessions: a person's next play starts after the one before it was left."""
    order = np.lexsort((simulation.time, simulation.user))
    user, start = simulation.user[order], simulation.time[order]
    stop = start + simulation.ms_played[order] // 1000
    same = user[1:] == user[:-1]
    assert (start[1:][same] >= stop[:-1][same]).all()


def test_popularity_and_activity_are_heavy_tailed(simulation: Simulation) -> None:
    """Protects long tails: popularity must be a real baseline, some users nearly new."""
    plays = np.sort(np.bincount(simulation.piece, minlength=216))[::-1]
    assert plays[:21].sum() > 0.3 * plays.sum()
    assert plays[-1] > 0
    listens = np.sort(np.bincount(simulation.user, minlength=500))[::-1]
    assert listens[:50].sum() > 0.3 * listens.sum()
    assert listens[-50:].max() < 60


def test_skips_are_short_and_tell_of_taste(simulation: Simulation) -> None:
    """Protects the only negative signal: skipped pieces are liked less than finished ones."""
    assert 0.08 < simulation.skipped.mean() < 0.25
    np.testing.assert_array_equal(simulation.skipped, simulation.ms_played < 30_000)
    taste = simulation.taste(90)[simulation.user, simulation.piece]
    assert taste[simulation.skipped].mean() < taste[~simulation.skipped].mean() - 0.5


def test_people_come_back_to_their_favorites(simulation: Simulation) -> None:
    """Protects repeats: most plays are of pieces heard before, and yet new ones keep coming."""
    pairs = simulation.user.astype(np.int64) * 1000 + simulation.piece
    repeated = 1 - len(np.unique(pairs)) / len(pairs)
    assert 0.5 < repeated < 0.9


def test_habits_shape_hours_and_energy(pieces: list[DemoPiece], simulation: Simulation) -> None:
    """Protects the switch: habits make workouts energetic and nights calm."""
    energy = np.array([p.energy for p in pieces])
    played = energy[simulation.piece]

    def mean_in(context: str) -> float:
        return float(played[simulation.context == CONTEXTS.index(context)].mean())

    assert mean_in("workout") > mean_in("leisure") + 0.08 > mean_in("night") + 0.12
    plain = simulate_listeners(pieces, habits=False)
    for world, even in ((simulation, False), (plain, True)):
        offset = np.array([x.utc_offset_hours for x in world.listeners])[world.user]
        hour = ((world.time / 3600 + offset) % 24).astype(int)
        share = np.bincount(hour, minlength=24) / len(hour)
        assert (share.max() < 1.5 * share.min()) == even
    assert set(plain.context) == {CONTEXTS.index("leisure")}
    assert not plain.sensitivity.any()


def test_tastes_drift_and_some_turn_suddenly(simulation: Simulation) -> None:
    """Protects changes of taste: every change is known, and plays follow it."""
    change = simulation.change
    assert change.shape == (500, 181)
    assert (np.diff(change, axis=1) >= 0).all()
    sudden = np.flatnonzero(np.diff(change, axis=1).max(axis=1) > 0.5)
    assert 30 < len(sudden) < 100
    late = np.isin(simulation.user, sudden) & (simulation.time > FIRST_DAY + 150 * 86_400)
    user, piece = simulation.user[late], simulation.piece[late]
    assert (
        simulation.taste_end[user, piece].mean() > simulation.taste_start[user, piece].mean() + 0.5
    )


def test_true_taste_predicts_better_than_popularity(simulation: Simulation) -> None:
    """Protects the oracle: the taste handed out for evaluation is the one that made the plays."""
    late = (simulation.time > FIRST_DAY + 151 * 86_400) & ~simulation.skipped
    user, piece = simulation.user[late], simulation.piece[late]
    known = simulation.taste(165) + simulation.popularity
    rank = (known[user] > known[user, piece][:, None]).sum(axis=1)
    popular = (simulation.popularity[None, :] > simulation.popularity[piece][:, None]).sum(axis=1)
    assert (rank < 10).mean() > 1.4 * (popular < 10).mean()
