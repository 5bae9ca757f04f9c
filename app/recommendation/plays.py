"""What was played by whom: the training data as arrays, its split in time, and sessions."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

SESSION_GAP_S = 30 * 60
LONG_PLAY_MS = 30_000
DAY_S = 86_400


@dataclass(frozen=True)
class Plays:
    """Plays in order of listener, then time; one row a play, all arrays of shape=(plays,).

    `user` are listener ids int64; `item` positions of tracks in the model int64; `time` Unix
    seconds int64; `counted` whether it is a listen (not skipped); `long` whether it is a listen of
    30 s or more (one of unknown length counts). `timed` is False for stored playlists that stand
    in for listeners: their times are positions and mean nothing else.
    """

    user: NDArray[np.int64]
    item: NDArray[np.int64]
    time: NDArray[np.int64]
    counted: NDArray[np.bool_]
    long: NDArray[np.bool_]
    timed: bool = True

    @classmethod
    def from_arrays(
        cls,
        user: NDArray[np.int64],
        item: NDArray[np.int64],
        time: NDArray[np.int64],
        ms_played: NDArray[np.integer[Any]] | None = None,
        skipped: NDArray[np.bool_] | None = None,
        *,
        timed: bool = True,
    ) -> "Plays":
        """Sort and classify plays; `ms_played` holds -1 where it is not known."""
        counted = np.ones(len(user), bool) if skipped is None else ~np.asarray(skipped, bool)
        length = np.full(len(user), -1) if ms_played is None else np.asarray(ms_played)
        long = counted & ((length < 0) | (length >= LONG_PLAY_MS))
        order = np.lexsort((item, time, user))
        return cls(
            np.asarray(user, np.int64)[order],
            np.asarray(item, np.int64)[order],
            np.asarray(time, np.int64)[order],
            counted[order],
            long[order],
            timed,
        )

    def __len__(self) -> int:
        return len(self.user)

    @property
    def now(self) -> int:
        """The newest play, Unix seconds: what "later" and decay count from; 0 without plays."""
        return int(self.time.max()) if len(self) else 0

    @property
    def users(self) -> NDArray[np.int64]:
        """Distinct listeners, ascending."""
        return np.unique(self.user)

    def where(self, mask: NDArray[np.bool_]) -> "Plays":
        """The plays that `mask` keeps."""
        return Plays(
            self.user[mask],
            self.item[mask],
            self.time[mask],
            self.counted[mask],
            self.long[mask],
            self.timed,
        )

    def before(self, moment: int) -> "Plays":
        """Plays that started before `moment`, Unix seconds."""
        return self.where(self.time < moment)

    def by_user(self) -> Iterator[tuple[int, "Plays"]]:
        """Each listener with their own plays, oldest first."""
        bounds = np.flatnonzero(np.diff(self.user)) + 1
        starts = np.concatenate([[0], bounds]).astype(int)
        for start, stop in zip(starts, [*bounds, len(self)], strict=True):
            if stop > start:
                rows = slice(start, stop)
                yield (
                    int(self.user[start]),
                    Plays(
                        self.user[rows],
                        self.item[rows],
                        self.time[rows],
                        self.counted[rows],
                        self.long[rows],
                        self.timed,
                    ),
                )

    def sessions(self) -> "Plays":
        """The same plays with each sitting as its own listener: cut at gaps of 30 minutes.

        A household has one to five listeners, too few to compare with each other; its sittings
        are many, and what is played together in one belongs together.
        """
        if not len(self):
            return self
        new_user = np.diff(self.user) != 0
        gap = np.diff(self.time) > SESSION_GAP_S
        session = np.concatenate([[0], np.cumsum(new_user | gap)])
        return Plays(session, self.item, self.time, self.counted, self.long, self.timed)

    def strengths(self, items: int, half_life_days: float) -> sparse.csr_matrix:
        """Damped, decayed counts of listens: log(1 + sum of decay), shape=(listeners, items).

        Rows follow `users`; plays that do not count add nothing.
        """
        rows = np.searchsorted(self.users, self.user)
        weight = decay(self.now - self.time, half_life_days) if self.timed else np.ones(len(self))
        kept = self.counted
        matrix = sparse.csr_matrix(
            (weight[kept], (rows[kept], self.item[kept])), shape=(len(self.users), items)
        )
        matrix.sum_duplicates()
        matrix.data = np.log1p(matrix.data).astype(np.float32)
        return matrix.astype(np.float32)


def decay(age_s: NDArray[np.int64], half_life_days: float) -> NDArray[np.float64]:
    """Weight of something `age_s` seconds old: half after each half-life, 1 at or before age 0."""
    return np.asarray(0.5 ** (np.maximum(age_s, 0) / (half_life_days * DAY_S)))
