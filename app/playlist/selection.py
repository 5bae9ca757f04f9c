"""Choose the tracks: the best fit whose lengths add up to what was asked.

A multiple-choice knapsack, solved exactly by dynamic programming (Kellerer, Pferschy and Pisinger,
"Knapsack Problems", 2004, chapter 11) over time in steps of half a second: maximize fit times
length, so that short tracks gain nothing by being many, with no artist above their share. Lists
much longer than an hour take their best tracks first and are solved exactly at the end only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Indices: TypeAlias = NDArray[np.intp]
Floats: TypeAlias = NDArray[np.float64]
Mask: TypeAlias = NDArray[np.bool_]
Counts: TypeAlias = NDArray[np.int8]

STEP_MS = 500
TOLERANCE_MS = 5_000
_TAIL_MS = 45 * 60_000  # what is filled exactly at the end of a long list
_LONG_MS = 90 * 60_000
_POOL = 150  # best tracks that the exact part chooses from
_CONSIDERED = 5_000  # best tracks that a list, of a day at most, is taken from
_MOST_OF_ONE = 4  # above it, an artist's best tracks are let in without counting them
_NEARNESS = 0.01  # what being 5 s off costs, in average fit
_IMPOSSIBLE = -np.inf


@dataclass(frozen=True, slots=True)
class Candidates:
    """Tracks to choose from, each array of shape (n,).

    `value` is how welcome a track is, 0..1; `duration_ms` its length, above 0; `artist` its first
    artist's id, negative where not known.
    """

    value: Floats
    duration_ms: NDArray[np.int64]
    artist: NDArray[np.int64]

    def __len__(self) -> int:
        """Number of tracks."""
        return len(self.value)

    def take(self, rows: Indices) -> "Candidates":
        """Those of `rows`."""
        return Candidates(self.value[rows], self.duration_ms[rows], self.artist[rows])


def choose_tracks(candidates: Candidates, target_ms: int) -> Indices:
    """Rows of the chosen tracks, distinct and sorted; empty only when there is nothing to choose.

    The lengths add up to within 5 s of the target where any choice from the best candidates does,
    else as near as they get. No artist has more than a fair share, unless the length cannot be
    met otherwise.
    """
    if int(candidates.duration_ms.sum()) <= target_ms + TOLERANCE_MS:
        return np.arange(len(candidates))
    share = fair_share(candidates, target_ms)
    best: Indices | None = None
    for cap in (share, 2 * share, 2 * len(candidates)):
        rows = _choose(candidates, target_ms, cap)
        if best is None or miss(candidates, rows, target_ms) < miss(candidates, best, target_ms):
            best = rows
        if miss(candidates, best, target_ms) <= TOLERANCE_MS:
            return best
    # Nearer than any list may be one track alone that is longer than the list.
    alone = np.array([np.abs(candidates.duration_ms - target_ms).argmin()])
    if best is None or miss(candidates, alone, target_ms) < miss(candidates, best, target_ms):
        best = alone
    return best


def miss(candidates: Candidates, rows: Indices, target_ms: int) -> int:
    """How far the tracks of `rows` are from the target together, in ms, never negative."""
    return abs(int(candidates.duration_ms[rows].sum()) - target_ms)


def fair_share(candidates: Candidates, target_ms: int) -> int:
    """The most tracks of one artist: an eighth of the list, more where there are few artists."""
    length = max(1.0, target_ms / float(np.median(candidates.duration_ms)))
    artists = len(np.unique(candidates.artist)) + int((candidates.artist < 0).sum())
    return max(1, int(np.ceil(length / 8)), int(np.ceil(1.5 * length / artists)))


def _choose(candidates: Candidates, target_ms: int, cap: int) -> Indices:
    order = _within_share(candidates, cap)
    head = order[:0]
    if target_ms > _LONG_MS:
        head, order = _take_head(candidates, order, target_ms - _TAIL_MS, cap)
    rest_ms = target_ms - int(candidates.duration_ms[head].sum())
    room = dict.fromkeys(candidates.artist[order].tolist(), cap)
    for artist in candidates.artist[head].tolist():
        if artist >= 0 and artist in room:
            room[artist] -= 1
    open_to = np.array([room[one] > 0 for one in candidates.artist[order].tolist()], dtype=bool)
    pool = _pool(candidates, order[open_to], rest_ms)
    fill = fill_exactly(candidates.take(pool), rest_ms, room)
    return np.sort(np.concatenate((head, pool[fill])))


def _within_share(candidates: Candidates, cap: int) -> Indices:
    """Rows by falling value; of each artist the best, with some to spare for hitting the length."""
    order = np.argsort(-candidates.value, kind="stable")
    artists = candidates.artist[order]
    place = _occurrence(artists)
    return np.asarray(order[(place < 2 * cap + 2) | (artists < 0)][:_CONSIDERED])


def _occurrence(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """How often each value came before, shape (n,)."""
    by_value = np.argsort(values, kind="stable")
    ordered = values[by_value]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    sizes = np.diff(np.r_[starts, len(values)])
    place = np.empty(len(values), dtype=np.int64)
    place[by_value] = np.arange(len(values)) - np.repeat(starts, sizes)
    return place


def _take_head(
    candidates: Candidates, order: Indices, until_ms: int, cap: int
) -> tuple[Indices, Indices]:
    """The best tracks up to `until_ms`, `cap` of an artist at most; and those that are left."""
    artists = candidates.artist[order]
    allowed = np.flatnonzero((_occurrence(artists) < cap) | (artists < 0))
    total = np.cumsum(candidates.duration_ms[order[allowed]])
    head = allowed[total <= until_ms]
    return order[head], np.delete(order, head)


def _pool(candidates: Candidates, order: Indices, target_ms: int) -> Indices:
    """The best of `order` to fill `target_ms` from; one longer than it only where all are."""
    fitting = order[candidates.duration_ms[order] <= target_ms + TOLERANCE_MS]
    if len(fitting) == 0:
        return np.asarray(order[np.argsort(candidates.duration_ms[order], kind="stable")[:1]])
    return fitting[:_POOL]


def fill_exactly(candidates: Candidates, target_ms: int, room: Mapping[int, int]) -> Indices:
    """Rows of the best choice by value whose length is within 5 s of the target, else the nearest.

    `room` is how many tracks of each artist may be chosen at most. At least one track is chosen
    where there is any.
    """
    steps = np.maximum(1, np.round(candidates.duration_ms / STEP_MS)).astype(np.int64)
    if len(steps) == 0:
        return np.empty(0, dtype=np.intp)
    goal = max(1, round(target_ms / STEP_MS))
    # A sum above the goal can be the nearest only while it is above by less than its last track.
    size = goal + max(int(steps.max()), 2 * TOLERANCE_MS // STEP_MS) + 1
    worth = candidates.value * candidates.duration_ms / max(target_ms, 1)
    table = _Table(size)
    groups: dict[int, list[int]] = {}
    for row, artist in enumerate(candidates.artist.tolist()):
        groups.setdefault(artist if artist >= 0 else -1 - row, []).append(row)
    for artist, rows in groups.items():
        most = room.get(artist, 1) if artist >= 0 else 1
        table.add_group(rows, steps, worth, most)
    return table.best(goal, target_ms, candidates)


class _Table:
    """The best value for each total length in steps, and how it came about."""

    def __init__(self, size: int) -> None:
        self.value = np.full(size, _IMPOSSIBLE)
        self.value[0] = 0
        # Each item: the row and its steps; per count of its group, where taking it was better.
        self._groups: list[tuple[list[tuple[int, int, list[Mask]]], Counts | None]] = []

    def add_group(
        self, rows: Sequence[int], steps: NDArray[np.int64], worth: Floats, most: int
    ) -> None:
        """Let up to `most` of `rows`, all of one artist and the best first, into the choice."""
        if most > _MOST_OF_ONE:
            rows = rows[:most]
        if most >= len(rows):
            taken = [
                (
                    row,
                    int(steps[row]),
                    [self._let_in(self.value, self.value, int(steps[row]), float(worth[row]))],
                )
                for row in rows
            ]
            self._groups.append((taken, None))
            return
        # layers[c]: the best with exactly c tracks of this artist.
        layers = [self.value, *(np.full(len(self.value), _IMPOSSIBLE) for _ in range(most))]
        taken = []
        for row in rows:
            step, gain = int(steps[row]), float(worth[row])
            masks = [
                self._let_in(layers[level], layers[level - 1], step, gain)
                for level in range(most, 0, -1)
            ]
            taken.append((row, step, masks[::-1]))
        stacked = np.stack(layers)
        self.value = stacked.max(axis=0)
        self._groups.append((taken, stacked.argmax(axis=0).astype(np.int8)))

    def best(self, goal: int, target_ms: int, candidates: Candidates) -> Indices:
        """Rows of the best sum within the tolerance, else of the nearest."""
        reached = np.flatnonzero(self.value > _IMPOSSIBLE)
        reached = reached[reached > 0]
        far = np.abs(reached - goal) * STEP_MS / TOLERANCE_MS
        close = far <= 2
        rank = self.value[reached] - _NEARNESS * far
        for total in reached[close][np.argsort(-rank[close], kind="stable")].tolist():
            rows = self._trace(total)
            if miss(candidates, rows, target_ms) <= TOLERANCE_MS:
                return rows
        choices = [self._trace(one) for one in reached[np.argsort(far, kind="stable")[:8]].tolist()]
        return min(choices, key=lambda rows: miss(candidates, rows, target_ms), default=reached[:0])

    def _let_in(self, into: Floats, source: Floats, step: int, gain: float) -> Mask:
        """Take the item where that is better: `into` at t from `source` at t - step."""
        moved = source[: max(0, len(source) - step)] + gain
        here = into[step:]
        better = np.asarray(moved > here)
        np.copyto(here, moved, where=better)
        return better

    def _trace(self, total: int) -> Indices:
        rows: list[int] = []
        for items, counts in reversed(self._groups):
            level = 1 if counts is None else int(counts[total])
            for row, step, masks in reversed(items):
                if level == 0:
                    break
                if total >= step and masks[level - 1][total - step]:
                    rows.append(row)
                    total -= step
                    level -= counts is not None
        return np.array(rows, dtype=np.intp)
