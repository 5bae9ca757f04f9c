"""Half a year of listening by simulated people, play by play; the model is in docs/demo.md.

All users advance together: round k makes the k-th play of everyone who has one, so that a play can
depend on all that the same person played before (favorites, fatigue) and still be vectorized.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.demo.catalog import DemoPiece
from app.demo.habits import CONTEXT_WISHES, DEVICE_SHARES, DEVICES, Sessions, plan_sessions
from app.demo.randomness import generator
from app.demo.tastes import (
    Features,
    Matrix,
    draw_changes,
    draw_popularity,
    draw_tastes,
    features_of,
)

FIRST_DAY = 1_767_225_600  # 2026-01-01T00:00:00Z
DAYS = 181  # to the end of 2026-06-30
SESSIONS_A_DAY, MEAN_SESSION = 0.27, 8.0
SKIP_LIMIT_MS = 30_000
COUNTRIES = (
    ("US", -6.0, 0.26), ("GB", 0.0, 0.12), ("DE", 1.0, 0.14), ("FR", 1.0, 0.08), ("SE", 1.0, 0.05),
    ("BR", -3.0, 0.1), ("MX", -6.0, 0.05), ("IN", 5.5, 0.08), ("JP", 9.0, 0.07), ("AU", 10.0, 0.05),
)  # fmt: skip
NEVER = np.float32(-1e9)


@dataclass(frozen=True)
class Listener:
    """A simulated person: id, country (ISO 3166), and hours that local time is ahead of UTC."""

    id: str
    country: str
    utc_offset_hours: float


@dataclass(frozen=True)
class Simulation:
    """Plays sorted by time, and the truth behind them.

    user, piece, device, context: indices, shape (plays,); into `app.demo.DEVICES` and
    `app.demo.CONTEXTS`. time: start of the play, Unix seconds UTC. skipped: stopped under 30 s.
    taste_start, taste_end: log-preferences, float32 (users, pieces). change: share of the way from
    the one to the other, float32 (users, days from FIRST_DAY). popularity: what everyone's choices
    have in common, log, (pieces,). sensitivity: weight of context in a user's choice, (users,).
    """

    listeners: list[Listener]
    piece_ids: list[str]
    user: npt.NDArray[np.int32]
    piece: npt.NDArray[np.int32]
    time: npt.NDArray[np.int64]
    ms_played: npt.NDArray[np.int32]
    skipped: npt.NDArray[np.bool_]
    device: npt.NDArray[np.int8]
    context: npt.NDArray[np.int8]
    taste_start: Matrix
    taste_end: Matrix
    change: Matrix
    popularity: npt.NDArray[np.float64]
    sensitivity: npt.NDArray[np.float64]
    context_appeal: Matrix

    def taste(self, day: int) -> Matrix:
        """True tastes on a day (0 = FIRST_DAY), float32 (users, pieces): the oracle."""
        moved = self.change[:, day : day + 1]
        return self.taste_start + moved * (self.taste_end - self.taste_start)

    def taste_in_context(self, day: int, context: int) -> Matrix:
        """True tastes on a day in a context (index into CONTEXTS), float32 (users, pieces)."""
        appeal = self.sensitivity[:, None] * self.context_appeal[context][None, :]
        return np.asarray(self.taste(day) + appeal, dtype=np.float32)


class Habitat:
    """The state of the simulation: everyone's tastes, clocks, and play counts."""

    def __init__(
        self, pieces: Sequence[DemoPiece], seed: int, listeners: int, habits: bool
    ) -> None:
        rng = generator(seed, "listeners", listeners)
        self.features: Features = features_of(pieces)
        self.duration_ms = np.array([round(p.duration_s * 1000) for p in pieces])
        shares = np.array([share for _, _, share in COUNTRIES])
        self.country = rng.choice(len(COUNTRIES), listeners, p=shares / shares.sum())
        self.offset_h = np.array([COUNTRIES[c][1] for c in self.country])
        self.start, self.end = draw_tastes(rng, self.features, self.country)
        self.change = draw_changes(rng, listeners, DAYS)
        self.popularity = draw_popularity(rng, self.features)
        self.sensitivity = rng.gamma(6, 1 / 6, listeners) if habits else np.zeros(listeners)
        self.appeal = (CONTEXT_WISHES @ self.features.values.T).astype(np.float32)
        self.loyalty = rng.beta(3, 6, listeners)  # share of plays that come from the favorites
        self.curiosity = rng.beta(1.5, 9, listeners)  # share that ignores one's own taste
        self.patience = rng.normal(0, 0.5, listeners)
        self.sessions = self._plan_sessions(rng, listeners, habits)
        self.rng = generator(seed, "plays", listeners, int(habits))
        self.counts = np.zeros(self.start.shape, np.float32)
        self.last = np.full(self.start.shape, -1e12)

    def _plan_sessions(self, rng: np.random.Generator, users: int, habits: bool) -> Sessions:
        spread = 0.9
        rate = SESSIONS_A_DAY * rng.lognormal(-(spread**2) / 2, spread, users).clip(0.1, 6)
        days = np.arange(DAYS)
        joins = np.where(rng.random(users) < 0.2, rng.integers(1, DAYS - 14, users), 0)
        leaves = np.where(rng.random(users) < 0.1, rng.integers(40, DAYS, users), DAYS)
        active = (days >= joins[:, None]) & (days < np.maximum(leaves, joins + 10)[:, None])
        offset_s = (self.offset_h * 3600).astype(np.int64)
        return plan_sessions(
            rng,
            rate=rate,
            active=active,
            offset_s=offset_s,
            first_day=FIRST_DAY,
            mean_length=MEAN_SESSION,
            habits=habits,
        )

    def wishes(
        self, who: npt.NDArray[np.int64], day: npt.NDArray[np.int64], context: npt.NDArray[np.int64]
    ) -> Matrix:
        """What each of `who` likes now, by taste and context, float32 (len(who), pieces)."""
        moved = self.change[who, day][:, None]
        taste = self.start[who] + moved * (self.end[who] - self.start[who])
        weight = self.sensitivity[who].astype(np.float32)[:, None]
        return np.asarray(taste + weight * self.appeal[context], dtype=np.float32)

    def choose(
        self,
        who: npt.NDArray[np.int64],
        now: npt.NDArray[np.int64],
        wishes: Matrix,
        before: npt.NDArray[np.int64],
    ) -> npt.NDArray[np.int64]:
        """The next piece of each of `who`; `before` is what they heard last in this session, or -1.

        A play is a favorite again (frequency times recency, Anderson and Schooler 1991), more of
        the artist that is playing, anything popular, or taste times popularity.
        """
        rng, counts = self.rng, self.counts[who]
        age_days = ((now[:, None] - self.last[who]) / 86_400).astype(np.float32)
        drawn = rng.random(len(who))[:, None]
        scores = wishes + self.popularity.astype(np.float32)
        curious = drawn > 1 - self.curiosity[who][:, None]
        scores = np.where(curious, np.float32(1.2) * self.popularity.astype(np.float32), scores)
        favorites = (
            np.log(np.maximum(counts, 1e-3)) - np.log1p(age_days) + np.float32(0.35) * wishes
        )
        favorites = np.where(counts > 0, favorites, NEVER)
        loyal = (drawn < self.loyalty[who][:, None]) & (counts.sum(axis=1, keepdims=True) >= 5)
        scores = np.where(loyal, favorites, scores)
        same = self.features.artist[None, :] == self.features.artist[before][:, None]
        follows = (
            (rng.random(len(who))[:, None] < 0.18) & (before >= 0)[:, None] & ~curious & ~loyal
        )
        scores = np.where(follows & ~same, scores - 6, scores)
        scores = np.where(age_days < 0.1, scores - 12, scores)  # nobody hears it twice in two hours
        waits = rng.standard_exponential(scores.shape, dtype=np.float32)
        noise = -np.log(np.maximum(waits, np.float32(1e-30)))  # Gumbel: argmax draws from softmax
        return np.asarray(np.argmax(scores + noise, axis=1))


def simulate_listeners(
    pieces: Sequence[DemoPiece], seed: int = 7, listeners: int = 500, habits: bool = True
) -> Simulation:
    """Listening from 2026-01-01 to 2026-06-30, about 200,000 plays of 500 people.

    habits: whether the hour and the weekday decide when people listen and what they choose then.
    """
    world = Habitat(pieces, seed, listeners, habits)
    sessions, rng = world.sessions, world.rng
    ends = np.searchsorted(sessions.user, np.arange(listeners), side="right")
    session = np.searchsorted(sessions.user, np.arange(listeners), side="left")
    left = np.zeros(listeners, np.int64)
    clock = np.zeros(listeners, np.int64)
    device = np.zeros(listeners, np.int64)
    before = np.full(listeners, -1)
    last_second = FIRST_DAY + DAYS * 86_400 - 1
    device_edges = DEVICE_SHARES.cumsum(axis=1)
    rounds: list[tuple[npt.NDArray[np.int64], ...]] = []
    session -= 1  # before the first
    who = np.flatnonzero(session + 1 < ends)
    while len(who):
        opening = who[left[who] == 0]
        session[opening] += 1
        opening = opening[session[opening] < ends[opening]]
        left[opening] = sessions.length[session[opening]]
        clock[opening] = np.maximum(clock[opening] + 60, sessions.start[session[opening]])
        before[opening] = -1
        edges = device_edges[sessions.context[session[opening]]]
        device[opening] = (rng.random(len(opening))[:, None] > edges).sum(axis=1).clip(0, 5)
        who = who[(session[who] < ends[who]) & (clock[who] <= last_second)]
        if not len(who):
            break
        now = clock[who]
        day = np.clip((now - FIRST_DAY) // 86_400, 0, DAYS - 1)
        context = sessions.context[session[who]]
        wishes = world.wishes(who, day, context)
        piece = world.choose(who, now, wishes, before[who])
        liking = wishes[np.arange(len(who)), piece] - wishes.mean(axis=1)
        fresh = np.where(world.counts[who, piece] > 0, -0.6, 0.3)
        logit = -0.55 - 0.75 * liking + fresh + world.patience[who]
        skipped = rng.random(len(who)) < 1 / (1 + np.exp(-logit))
        full = world.duration_ms[piece]
        part = np.where(rng.random(len(who)) < 0.1, rng.uniform(0.4, 1.0, len(who)), 1.0)
        heard = np.maximum(SKIP_LIMIT_MS + 1, full * part)
        heard = np.where(skipped, rng.uniform(1500, SKIP_LIMIT_MS - 1, len(who)), heard).astype(int)
        rounds.append((who, piece, now, heard, skipped, device[who], context))
        world.counts[who, piece] += np.where(skipped, 0.0, 1.0)
        world.last[who, piece] = now
        before[who] = np.where(skipped, -1, piece)
        clock[who] += heard // 1000 + 1 + rng.exponential(3, len(who)).astype(int)
        left[who] -= 1
    return _collect(world, pieces, rounds)


def _collect(
    world: Habitat, pieces: Sequence[DemoPiece], rounds: list[tuple[npt.NDArray[np.int64], ...]]
) -> Simulation:
    columns = [np.concatenate(column) for column in zip(*rounds, strict=True)]
    order = np.lexsort((columns[0], columns[2]))
    user, piece, time, heard, skipped, device, context = (column[order] for column in columns)
    people = [
        Listener(f"demo-{i + 1:03d}", COUNTRIES[c][0], float(world.offset_h[i]))
        for i, c in enumerate(world.country)
    ]
    return Simulation(
        listeners=people,
        piece_ids=[p.id for p in pieces],
        user=user.astype(np.int32),
        piece=piece.astype(np.int32),
        time=time.astype(np.int64),
        ms_played=heard.astype(np.int32),
        skipped=skipped.astype(np.bool_),
        device=device.astype(np.int8),
        context=context.astype(np.int8),
        taste_start=world.start,
        taste_end=world.end,
        change=world.change,
        popularity=world.popularity,
        sensitivity=world.sensitivity,
        context_appeal=world.appeal,
    )


def device_names(simulation: Simulation) -> list[str]:
    """The device of each play by its name."""
    return [DEVICES[d] for d in simulation.device]
