"""How good a whole list is, in five numbers from 0 to 1; None where too little is known.

They are defined in docs/playlist.md. Coherence and diversity are pairwise over the list, as
intra-list similarity is (Ziegler et al. 2005, "Improving Recommendation Lists Through Topic
Diversification"); smoothness is of neighbors only.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.playlist.snapshot import PLACED, Indices, Snapshot, mean_difference


@dataclass(frozen=True, slots=True)
class Measures:
    """Measures of one list."""

    fit: float | None
    """Mean fit of its tracks to the wishes, weighted by length; None without a wish."""
    coherence: float | None
    """1: all tracks sound alike; 0: as different as tracks drawn from the catalog at random."""
    diversity: float | None
    """Mean difference of two tracks in artist and genres: 1 when no two share any."""
    smoothness: float | None
    """Mean score of the transitions."""
    familiarity: float | None
    """Share of the tracks that the user has listened to; None without a user."""


def coherence(snapshot: Snapshot, rows: Indices) -> float | None:
    """1 - (mean difference within the list) / (mean difference in the catalog), at least 0."""
    ratios = []
    for name in PLACED:
        place = snapshot.place(name)
        expected = snapshot.spread(name)
        within = mean_difference(place[rows])
        if expected is not None and within is not None and expected > 1e-6:
            ratios.append(within / expected)
    return float(np.clip(1 - np.mean(ratios), 0, 1)) if ratios else None


def diversity(artists: NDArray[np.int64], genres: Sequence[frozenset[int]]) -> float | None:
    """Mean over pairs of: another artist (0 or 1), and 1 - Jaccard of the genres where known."""
    count = len(artists)
    if count < 2:
        return None
    total = 0.0
    for one in range(count):
        for other in range(one):
            apart = float(artists[one] != artists[other] or artists[one] < 0)
            union = genres[one] | genres[other]
            if genres[one] and genres[other]:
                jaccard = len(genres[one] & genres[other]) / len(union)
                apart = (apart + 1 - jaccard) / 2
            total += apart
    return total / (count * (count - 1) / 2)
