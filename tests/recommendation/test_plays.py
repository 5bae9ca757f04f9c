"""Plays and tastes: what counts, how it fades, sittings, and windows in time."""

import numpy as np
import pytest

from app.recommendation.cases import make_cases, windows
from app.recommendation.plays import DAY_S, Plays
from app.recommendation.taste import taste_of
from tests.recommendation.synthetic import START, make_world


def plays_at(*events: tuple[int, int, float], skipped: tuple[int, ...] = ()) -> Plays:
    """Events are (listener, item, day)."""
    user, item, day = zip(*events, strict=True)
    flags = np.isin(np.arange(len(events)), skipped)
    time = START + np.round(np.array(day) * DAY_S).astype(np.int64)
    return Plays.from_arrays(np.array(user), np.array(item), time, None, flags)


def test_a_skip_is_no_listen_and_a_short_listen_is_not_long() -> None:
    plays = Plays.from_arrays(
        np.zeros(4, np.int64),
        np.arange(4),
        np.arange(4),
        np.array([5_000, 29_000, 30_000, -1]),
        np.array([True, False, False, False]),
    )
    assert plays.counted.tolist() == [False, True, True, True]
    assert plays.long.tolist() == [False, False, True, True]


def test_old_listens_weigh_half_after_a_half_life() -> None:
    plays = plays_at((1, 0, 0), (1, 1, 60))
    strengths = plays.strengths(2, half_life_days=60).toarray()[0]
    np.testing.assert_allclose(np.expm1(strengths), [0.5, 1], rtol=1e-5)


def test_sittings_are_cut_at_half_an_hour_and_between_listeners() -> None:
    minute = 1 / 1440
    plays = plays_at(
        (1, 0, 0), (1, 1, 29 * minute), (1, 2, 60 * minute), (2, 3, 60 * minute)
    ).sessions()
    assert plays.user.tolist() == [0, 0, 1, 2]


def test_the_last_few_plays_weigh_more_than_a_long_history_of_the_same_number() -> None:
    """Why three listens change an answer at once, however long the history is."""
    events = [(1, 0, day) for day in np.linspace(0, 50, 200)]
    events += [(1, 1, 50.1), (1, 1, 50.2), (1, 1, 50.3)]
    plays = plays_at(*events)
    with_boost = taste_of(plays, plays.now, 60, boost=4)
    without = taste_of(plays, plays.now, 60, boost=0)
    share = [taste.strengths[1] / taste.strengths.sum() for taste in (with_boost, without)]
    assert share[0] > share[1] * 1.2


def test_a_skipped_track_stays_away_until_it_is_listened_to_or_two_weeks_pass() -> None:
    plays = plays_at((1, 0, 0), (1, 5, 1), (1, 6, 2), (1, 6, 3), skipped=(1, 2))
    assert taste_of(plays, plays.now, 60, 0).skipped.tolist() == [5]
    assert taste_of(plays, plays.now + 20 * DAY_S, 60, 0).skipped.tolist() == []
    assert taste_of(plays, plays.now, 60, 0).known.tolist() == [0, 6]


@pytest.mark.parametrize(("days", "length"), [(400, 28), (100, 14), (20, 4)])
def test_windows_follow_each_other_and_end_with_the_newest_play(days: int, length: int) -> None:
    plays = plays_at(*[(1, 0, day) for day in np.linspace(0, days, 1000)])
    validation, test = windows(plays)
    assert validation.stop == test.start
    assert test.stop == plays.now + 1
    assert (test.stop - test.start) / DAY_S == pytest.approx(length, rel=0.05)


def test_cases_know_only_the_past() -> None:
    """The one mistake that makes every figure worthless: a look at the held-out plays."""
    world = make_world(listeners=60, tracks=40, styles=4, plays_each=80)
    _, test = windows(world.plays)
    cases = make_cases(world.plays, test, 40, 60, 2)
    assert len(cases) > 30
    for row, user in enumerate(cases.user):
        mine = world.plays.where(world.plays.user == user)
        past = set(mine.before(test.start).item.tolist())
        ahead = set(mine.where(mine.time >= test.start).item.tolist())
        assert set(np.flatnonzero(cases.known[row]).tolist()) == past
        assert set(cases.next_plays[row].indices.tolist()) == ahead
        assert set(cases.relevant("new")[row].indices.tolist()) == ahead - past
        assert set(cases.relevant("repeated")[row].indices.tolist()) == ahead & past


def test_few_listeners_are_asked_at_several_moments() -> None:
    world = make_world(listeners=3, tracks=40, styles=4, plays_each=300)
    _, test = windows(world.plays)
    cases = make_cases(world.plays, test, 40, 60, 2)
    assert len(cases) > 3 * 3
