"""Evaluation cases: a listener at a moment, what they knew then, and what they played next."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from app.recommendation.fitting import FEW_LISTENERS
from app.recommendation.parts import PARTS, Parts, weight_vector
from app.recommendation.plays import DAY_S, Plays
from app.recommendation.taste import Taste, taste_of

Floats = NDArray[np.float32]

_WEEK_S = 7 * DAY_S
_MOMENTS_FOR_FEW = 7
_MOST_CASES = 1_000
_MOST_CELLS = 10_000_000  # cases x tracks held in memory at a time


@dataclass(frozen=True)
class Window:
    """A period held out: fit on plays before `start`, judge on plays in [start, stop), Unix s."""

    start: int
    stop: int


@dataclass(frozen=True)
class Cases:
    """Cases by row. `known` and `barred` (skipped lately) are bool, shape=(cases, tracks).

    `next_plays` holds what was listened to in the window, `next_week` what was played for 30 s or
    more within 7 days of the moment; both sparse, shape=(cases, tracks).
    """

    user: NDArray[np.int64]
    tastes: list[Taste]
    known: NDArray[np.bool_]
    barred: NDArray[np.bool_]
    next_plays: sparse.csr_matrix
    next_week: sparse.csr_matrix

    def __len__(self) -> int:
        return len(self.user)

    def relevant(self, kind: str) -> sparse.csr_matrix:
        """What is right to recommend: `new` tracks, `repeated` ones, or `all` that was played."""
        if kind == "all":
            return self.next_plays
        mask = ~self.known if kind == "new" else self.known
        kept = sparse.csr_matrix(self.next_plays.multiply(mask))
        kept.eliminate_zeros()
        return kept

    def allowed(self, kind: str) -> NDArray[np.bool_]:
        """Which tracks may stand in a list of that kind, shape=(cases, tracks)."""
        if kind == "all":
            return ~self.barred
        return (~self.known & ~self.barred) if kind == "new" else self.known


def windows(plays: Plays) -> tuple[Window, Window]:
    """The validation window and, after it, the test window, which ends with the newest play.

    28 days each with 200 days of history, 14 with 60, else a fifth of the history.
    """
    stop = plays.now + 1
    oldest = int(np.quantile(plays.time, 0.01)) if len(plays) else stop
    span = stop - oldest
    if span >= 200 * DAY_S and plays.timed:
        length = 28 * DAY_S
    elif span >= 60 * DAY_S and plays.timed:
        length = 14 * DAY_S
    else:
        length = max(1, span // 5)
    test = Window(stop - length, stop)
    return Window(test.start - length, test.start), test


def make_cases(
    plays: Plays, window: Window, size: int, half_life_days: float, boost: float
) -> Cases:
    """Every listener who played before and in the window, at its start; a sample of many.

    With fewer than 50 listeners each is asked at 7 moments of the window, for the 7 days after.
    """
    few = len(plays.users) < FEW_LISTENERS and plays.timed
    length = window.stop - window.start
    moments = [window.start]
    if few:
        moments += [window.start + length * i // _MOMENTS_FOR_FEW for i in range(1, 7)]
    most = int(np.clip(_MOST_CELLS // max(size, 1), 100, _MOST_CASES))
    chosen = _sample(plays, window, most // len(moments))
    users: list[int] = []
    tastes: list[Taste] = []
    later: list[NDArray[np.int64]] = []
    week: list[NDArray[np.int64]] = []
    for user, mine in plays.by_user():
        if user not in chosen:
            continue
        for moment in moments:
            stop = min(window.stop, moment + _WEEK_S) if few else window.stop
            ahead = mine.where((mine.time >= moment) & (mine.time < stop))
            past = mine.before(moment)
            if not past.counted.any() or not ahead.counted.any():
                continue
            users.append(user)
            tastes.append(taste_of(past, moment, half_life_days, boost))
            later.append(np.unique(ahead.item[ahead.counted]))
            week.append(np.unique(ahead.item[ahead.long & (ahead.time < moment + _WEEK_S)]))
    return Cases(
        user=np.array(users, dtype=np.int64),
        tastes=tastes,
        known=_mask([taste.known for taste in tastes], size),
        barred=_mask([taste.skipped for taste in tastes], size),
        next_plays=_sparse(later, size),
        next_week=_sparse(week, size),
    )


def score_cube(parts: Parts, cases: Cases, kind: str) -> Floats:
    """Comparable scores of each part, shape=(len(PARTS), cases, tracks) float32."""
    cube = np.zeros((len(PARTS), len(cases), parts.size), dtype=np.float32)
    allowed = cases.allowed(kind)
    for row, taste in enumerate(cases.tastes):
        cube[:, row] = parts.scores(taste, allowed[row])
    return cube


def blended(cube: Floats, weights: "dict[str, float]") -> Floats:
    """The weighted sum of the parts, shape=(cases, tracks)."""
    return np.tensordot(weight_vector(weights), cube, axes=1)


def _sample(plays: Plays, window: Window, most: int) -> set[int]:
    inside = plays.counted & (plays.time >= window.start) & (plays.time < window.stop)
    active = np.unique(plays.user[inside])
    if len(active) > most:
        active = np.random.default_rng(7).choice(active, max(most, 1), replace=False)
    return {int(user) for user in active}


def _mask(rows: list[NDArray[np.int64]], size: int) -> NDArray[np.bool_]:
    mask = np.zeros((len(rows), size), dtype=bool)
    for row, columns in enumerate(rows):
        mask[row, columns] = True
    return mask


def _sparse(rows: list[NDArray[np.int64]], size: int) -> sparse.csr_matrix:
    pointers = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    columns = np.concatenate(rows) if rows else np.empty(0, np.int64)
    values = np.ones(len(columns), dtype=np.float32)
    return sparse.csr_matrix((values, columns, pointers), shape=(len(rows), size))
