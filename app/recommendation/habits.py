"""When and on what each track is played more than others: lifts of parts of the day and devices."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

PARTS_OF_DAY = ("morning", "afternoon", "evening", "night")
DEVICES = ("headphones", "speaker", "phone", "computer", "car", "tv")
_SHRINKAGE = 20.0  # plays of the usual mix added to every track
_LEAST_PLAYS = 500
_LEAST_GAIN = 0.002  # nats a play


@dataclass(frozen=True)
class Habits:
    """`lift`, shape=(words, tracks): log of how much likelier a track is at that word.

    `gain` is the mean log-likelihood, in nats a play, that the lifts learned before the held-out
    period gain on the plays in it; `learned` is False where that is next to nothing, and then the
    lifts are not used.
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
    lift, held_out = _lift(before), after.sum()
    gain = float((after * lift).sum() / held_out) if held_out else 0.0
    enough = before.sum() >= _LEAST_PLAYS and held_out >= _LEAST_PLAYS / 10
    return Habits(
        words, _lift(before + after).astype(np.float32), gain, bool(enough and gain > _LEAST_GAIN)
    )


def _lift(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log of P(word | track) / P(word), shrunk toward 0 for tracks with few plays."""
    total = counts.sum()
    if total == 0:
        return np.zeros_like(counts)
    usual = (counts.sum(axis=1, keepdims=True) + 1) / (total + len(counts))
    share = (counts + _SHRINKAGE * usual) / (counts.sum(axis=0, keepdims=True) + _SHRINKAGE)
    return np.asarray(np.log(share / usual))
