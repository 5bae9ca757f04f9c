"""Choose tracks so that a wanted share of them is known to the listener."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.playlist.selection import (
    TOLERANCE_MS,
    Candidates,
    Indices,
    choose_tracks,
    fair_share,
    miss,
)


def choose_with_share(
    candidates: Candidates, target_ms: int, known: NDArray[np.bool_], ratio: float
) -> Indices:
    """Rows of the chosen tracks; known ones make `ratio` (0..1) of the time, new ones the rest.

    `known` has shape (n,). The length comes first: where both kinds cannot make it in that
    proportion, what is left is filled with either.
    """
    if len(candidates) == 0:
        return choose_tracks(candidates, target_ms)
    filling = _Filling(candidates, target_ms)
    kinds = sorted([(ratio, known), (1 - ratio, ~known)], key=lambda kind: kind[0])
    (minor_share, minor), (_, major) = kinds
    rows = filling.fill(np.empty(0, dtype=np.intp), minor, round(minor_share * target_ms))
    for kind in (major, minor):
        rows = filling.fill(rows, kind, target_ms)
    if filling.miss(rows) <= TOLERANCE_MS:
        return rows
    either = choose_tracks(candidates, target_ms)
    return rows if len(rows) and filling.miss(rows) <= filling.miss(either) else either


@dataclass(frozen=True)
class _Filling:
    candidates: Candidates
    target_ms: int

    def miss(self, rows: Indices) -> int:
        """How far `rows` are from the whole length, in ms."""
        return miss(self.candidates, rows, self.target_ms)

    def fill(self, rows: Indices, kind: NDArray[np.bool_], until_ms: int) -> Indices:
        """`rows` and as many of a kind as bring them to a length; artists keep their share."""
        left_ms = until_ms - int(self.candidates.duration_ms[rows].sum())
        free = np.flatnonzero(kind & ~np.isin(self.candidates.artist, self._full(rows)))
        free = free[~np.isin(free, rows)]
        if left_ms <= TOLERANCE_MS or len(free) == 0:
            return rows
        more = free[choose_tracks(self.candidates.take(free), left_ms)]
        longer = np.sort(np.concatenate((rows, more)))
        return longer if miss(self.candidates, longer, until_ms) < left_ms else rows

    def _full(self, rows: Indices) -> NDArray[np.int64]:
        """Artists who have their share already."""
        artists, counts = np.unique(self.candidates.artist[rows], return_counts=True)
        share = fair_share(self.candidates, self.target_ms)
        return np.asarray(artists[(counts >= share) & (artists >= 0)])
