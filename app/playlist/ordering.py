"""Order tracks into the smoothest path: greedy starts, then 2-opt and Or-opt.

The order of a playlist as a traveling-salesman path follows Pohle, Pampalk and Widmer (2005,
"Generating similarity-based playlists using traveling salesman algorithms"); the moves are those
of Croes (1958, reversal of a stretch) and Or (1976, moving a stretch of at most three). A track by
the artist of the one before it costs more than any order could save, so that no artist comes twice
in a row where that can be avoided.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Order = NDArray[np.intp]

_STARTS = 3
_LONGEST_STRETCH = 3
_GAIN = 1e-9
_MOVES_PER_TRACK = 4  # far above what short lists need; bounds the time of day-long ones
_CELLS = 10_000_000  # bound on matrix cells looked at in one search


def order_tracks(cost: Floats, artists: NDArray[np.int64]) -> Order:
    """The order, as indices (k,), of a path of low total cost.

    `cost` (k, k) is symmetric, 0..1; `artists` (k,) are artist ids, negative where not known.
    """
    count = len(cost)
    if count < 3:
        return np.arange(count)
    same = (artists[:, None] == artists[None, :]) & (artists[:, None] >= 0)
    full = cost + count * same
    np.fill_diagonal(full, 0)
    paths = [greedy_path(full, start) for start in range(min(count, 64))]
    paths.sort(key=lambda path: path_cost(full, path))
    best = min(
        (improve(full, path) for path in paths[:_STARTS]), key=lambda path: path_cost(full, path)
    )
    if path_cost(full, best) >= count:  # an artist twice in a row: start from an order without
        spread = improve(full, spread_artists(artists))
        best = min(best, spread, key=lambda path: path_cost(full, path))
    return best


def path_cost(cost: Floats, path: Order) -> float:
    """Sum of costs along the path."""
    return float(cost[path[:-1], path[1:]].sum())


def greedy_path(cost: Floats, start: int) -> Order:
    """From `start` always to the cheapest track that is left."""
    count = len(cost)
    path = np.empty(count, dtype=np.intp)
    left = np.ones(count, dtype=bool)
    at = start
    for step in range(count):
        path[step] = at
        left[at] = False
        if step + 1 < count:
            at = int(np.argmin(np.where(left, cost[at], np.inf)))
    return path


def improve(cost: Floats, path: Order) -> Order:
    """Apply the best 2-opt or Or-opt move until none lowers the cost (or its bound is reached)."""
    count = len(path)
    # A free depot before and after the path turns it into a tour.
    tour_cost = np.zeros((count + 1, count + 1))
    tour_cost[:count, :count] = cost
    tour = np.concatenate(([count], path))
    moves = min(_MOVES_PER_TRACK * count, _CELLS // (4 * count * count) + 1)
    for _ in range(moves):
        change, better = _best_reversal(tour_cost, tour)
        for stretch in range(1, min(_LONGEST_STRETCH, count - 1) + 1):
            other, candidate = _best_shift(tour_cost, tour, stretch)
            if other < change:
                change, better = other, candidate
        if change > -_GAIN:
            break
        tour = better
    return tour[1:]


def spread_artists(artists: NDArray[np.int64]) -> Order:
    """An order with no artist twice in a row, if there is one.

    The tracks, those of the most frequent artists first, fill the even places, then the odd ones.
    """
    count = len(artists)
    groups: dict[int, list[int]] = {}
    for index, artist in enumerate(artists.tolist()):
        groups.setdefault(artist if artist >= 0 else -1 - index, []).append(index)
    ranked = sorted(groups.values(), key=len, reverse=True)
    places = [*range(0, count, 2), *range(1, count, 2)]
    order = np.empty(count, dtype=np.intp)
    order[places] = [index for group in ranked for index in group]
    return order


def _best_reversal(cost: Floats, tour: Order) -> tuple[float, Order]:
    """Cheapest reversal of tour[i..j], 1 <= i < j: its change of cost, and the tour after it."""
    following = np.roll(tour, -1)
    edges = cost[tour, following]
    size = len(tour)
    # Edges (i-1, i) and (j, j+1) become (i-1, j) and (i, j+1).
    before, inside = tour[:-1], tour[1:]
    change = (
        cost[np.ix_(before, inside)]
        + cost[np.ix_(inside, following[1:])]
        - edges[:-1, None]
        - edges[None, 1:]
    )
    change[np.tri(size - 1, dtype=bool)] = np.inf
    first, last = np.unravel_index(int(np.argmin(change)), change.shape)
    better = tour.copy()
    better[first + 1 : last + 2] = tour[first + 1 : last + 2][::-1]
    return float(change[first, last]), better


def _best_shift(cost: Floats, tour: Order, stretch: int) -> tuple[float, Order]:
    """Cheapest move of `stretch` tracks in a row, either way round, to between two others."""
    size = len(tour)
    following = np.roll(tour, -1)
    starts = np.arange(1, size - stretch + 1)
    heads, tails = tour[starts], tour[starts + stretch - 1]
    left, right = tour[starts - 1], following[starts + stretch - 1]
    saved = cost[left, heads] + cost[tails, right] - cost[left, right]
    edges = cost[tour, following]
    forward = cost[np.ix_(heads, tour)] + cost[np.ix_(tails, following)]
    backward = cost[np.ix_(tails, tour)] + cost[np.ix_(heads, following)]
    change = np.minimum(forward, backward) - edges[None, :] - saved[:, None]
    gaps = np.arange(size)[None, :]
    inside = (gaps >= starts[:, None] - 1) & (gaps <= starts[:, None] + stretch - 1)
    change[inside] = np.inf
    row, gap = np.unravel_index(int(np.argmin(change)), change.shape)
    start = int(starts[row])
    moved = tour[start : start + stretch]
    if backward[row, gap] < forward[row, gap]:
        moved = moved[::-1]
    rest = np.delete(tour, slice(start, start + stretch))
    place = int(gap) + 1 if gap < start else int(gap) + 1 - stretch
    return float(change[row, gap]), np.insert(rest, place, moved)
