"""A listener's taste at a moment: what they played, weighed by how often and how lately."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.recommendation.plays import DAY_S, Plays, decay

_RECENT_PLAYS = 5.0  # the newest plays weigh extra; half as much after this many more
_SKIP_MEMORY_DAYS = 14
_HISTORY_ITEMS = 400  # distinct tracks that shape a taste: the strongest ones


@dataclass(frozen=True)
class Taste:
    """Distinct `items` (positions of tracks) and their `strengths`, both shape=(k,).

    `known` are the positions of all tracks they have listened to, `last_played` (same shape) when
    last, in Unix seconds; `skipped` are tracks skipped lately and not listened to since.
    `recent_plays` counts listens of the last 28 days, `idle_days` is the time since the last one.
    """

    items: NDArray[np.int64]
    strengths: NDArray[np.float32]
    known: NDArray[np.int64]
    last_played: NDArray[np.int64]
    skipped: NDArray[np.int64]
    recent_plays: int
    idle_days: float

    @property
    def empty(self) -> bool:
        """Whether nothing was ever listened to."""
        return len(self.items) == 0


def taste_of(plays: Plays, now: int, half_life_days: float, boost: float) -> Taste:
    """The taste of one listener from their `plays`, oldest first, at `now` (Unix seconds).

    Each listen weighs its decay by age, plus `boost` times a decay by how many listens came after
    it: so that the last few plays count at once, however long the history.
    """
    listens = plays.where(plays.counted)
    skipped = _skipped_lately(plays, listens, now)
    if not len(listens):
        none = np.empty(0, np.int64)
        return Taste(none, np.empty(0, np.float32), none, none, skipped, 0, 365.0)
    age = np.maximum(now - listens.time, 0)
    weight = decay(age, half_life_days) if listens.timed else np.ones(len(listens))
    if listens.timed and boost > 0:
        places = np.arange(len(listens))[::-1]
        weight = weight + boost * 0.5 ** (places / _RECENT_PLAYS)
    known, inverse = np.unique(listens.item, return_inverse=True)
    total = np.log1p(np.bincount(inverse, weights=weight)).astype(np.float32)
    last = np.zeros(len(known), dtype=np.int64)
    np.maximum.at(last, inverse, listens.time)
    strongest = np.sort(np.argsort(-total, kind="stable")[:_HISTORY_ITEMS])
    return Taste(
        items=known[strongest],
        strengths=total[strongest],
        known=known,
        last_played=last,
        skipped=skipped,
        recent_plays=int((age <= 28 * DAY_S).sum()) if listens.timed else len(listens),
        idle_days=float(age.min() / DAY_S) if listens.timed else 0.0,
    )


def _skipped_lately(plays: Plays, listens: Plays, now: int) -> NDArray[np.int64]:
    recent = ~plays.counted & (plays.time >= now - _SKIP_MEMORY_DAYS * DAY_S)
    skips = plays.where(recent)
    if not len(skips):
        return np.empty(0, np.int64)
    last_skip: dict[int, int] = dict(zip(skips.item.tolist(), skips.time.tolist(), strict=True))
    last_listen = dict(zip(listens.item.tolist(), listens.time.tolist(), strict=True))
    kept = [item for item, time in last_skip.items() if last_listen.get(item, 0) < time]
    return np.asarray(sorted(kept), dtype=np.int64)
