"""When and on what each track is played more than others: lifts of parts of the day and devices."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

PARTS_OF_DAY = ("morning", "afternoon", "evening", "night")
DEVICES = ("headphones", "speaker", "phone", "computer", "car", "tv")
_SHRINKAGES = (20.0, 100.0, 500.0)  # plays of the usual mix added to every track
_LEAST_PLAYS = 500
_SURE = 3.0  # standard errors


@dataclass(frozen=True)
class Habits:
    """`lift`, shape=(words, tracks): log of how much likelier a track is at that word.

    `gain` is the mean log-likelihood, in nats a play, that the lifts learned before the held-out
    period gain on the plays in it; `learned` is False where that may be chance (below three
    standard errors), and then the lifts are not used.
    """

    words: Sequence[str]
    lift: Floats
    gain: float
    learned: bool


def learn_habits(
    words: Sequence[str],
    counts: Iterable[tuple[int, str, int, int]],
    size: int,
) -> Habits:
    """From counts (position of track, word, plays before, plays after the cut-off)."""
    before = np.zeros((len(words), size))
    after = np.zeros((len(words), size))
    for position, word, earlier, later in counts:
        if word in words and position >= 0:
            before[words.index(word), position] += earlier
            after[words.index(word), position] += later
    held_out = float(after.sum())

    def gain_of(shrinkage: float) -> float:
        return float((after * _lift(before, shrinkage)).sum() / max(held_out, 1))

    shrinkage = max(_SHRINKAGES, key=gain_of)
    gain = gain_of(shrinkage)
    surprise = (_lift(before, shrinkage) - gain) ** 2
    spread = float((after * surprise).sum() / max(held_out, 1)) ** 0.5
    enough = before.sum() >= _LEAST_PLAYS and held_out >= _LEAST_PLAYS / 10
    learned = bool(enough and gain > _SURE * spread / max(held_out, 1) ** 0.5)
    lift = _lift(before + after, shrinkage).astype(np.float32)
    return Habits(words, lift, gain, learned)


def _lift(counts: NDArray[np.float64], shrinkage: float) -> NDArray[np.float64]:
    """Log of P(word | track) / P(word), shrunk toward 0 for tracks with few plays."""
    total = counts.sum()
    if total == 0:
        return np.zeros_like(counts)
    usual = (counts.sum(axis=1, keepdims=True) + 1) / (total + len(counts))
    share = (counts + shrinkage * usual) / (counts.sum(axis=0, keepdims=True) + shrinkage)
    return np.asarray(np.log(share / usual))
