"""A factor-structured world: tastes in a few dimensions decide who plays what.

Each track lies near one of several styles, each listener loves one or two, and plays follow a
softmax over affinity and a long-tailed popularity; most plays repeat what was played before, as
in real histories. The truth (styles, tastes) is returned, so that tests can judge by it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.recommendation.plays import DAY_S, Plays
from app.recommendation.tracks import Tracks

START = 1_700_000_000


@dataclass(frozen=True)
class World:
    tracks: Tracks
    plays: Plays
    style: NDArray[np.int64]  # of each track
    affinity: NDArray[np.float64]  # listeners x styles

    def likeness(self, style: int, items: NDArray[np.int64]) -> float:
        """Share of `items` (positions) that are of `style`."""
        return float((self.style[items] == style).mean())


def make_world(
    *,
    listeners: int = 80,
    tracks: int = 120,
    styles: int = 6,
    days: int = 120,
    plays_each: int = 120,
    seed: int = 1,
) -> World:
    """A deterministic world; track ids are 1000, 1001, …, listener ids 1, 2, …."""
    rng = np.random.default_rng(seed)
    style = np.arange(tracks) % styles
    appeal = rng.normal(0, 0.8, tracks)
    vectors = np.eye(styles)[style] + rng.normal(0, 0.25, (tracks, styles))
    affinity = rng.normal(0, 0.3, (listeners, styles))
    favorites = rng.integers(0, styles, (listeners, 2))
    for row, (first, second) in enumerate(favorites):
        affinity[row, first] += 4
        affinity[row, second] += 2
    user, item, time = [], [], []
    for row in range(listeners):
        logits = affinity[row, style] + appeal
        chance = np.exp(logits - logits.max())
        chance /= chance.sum()
        explored: list[int] = []
        moments = np.sort(rng.integers(0, days * DAY_S, plays_each))
        for moment in moments:
            if explored and rng.random() < 0.5:
                chosen = explored[int(rng.integers(len(explored)))]
            else:
                chosen = int(rng.choice(tracks, p=chance))
                explored.append(chosen)
            user.append(row + 1)
            item.append(chosen)
            time.append(START + int(moment))
    artist = style * 100 + (np.arange(tracks) // styles) % 4 + 1
    catalog = Tracks(
        ids=np.arange(1000, 1000 + tracks, dtype=np.int64),
        artist_ids=artist.astype(np.int64),
        genre_ids=style + 1,
        popularity=np.zeros(tracks, dtype=np.float32),
        vectors=vectors.astype(np.float32),
        vectors_from=["sound embeddings"],
        features=np.empty((tracks, 0), dtype=np.float32),
        words=[[f"style {number}"] for number in style],
    )
    plays = Plays.from_arrays(np.array(user), np.array(item), np.array(time))
    return World(catalog, plays, style, affinity)
