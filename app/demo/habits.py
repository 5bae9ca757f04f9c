"""When and where people listen: contexts of the day and week, sessions, and devices.

Contexts follow the local clock. Countries have fixed offsets from UTC; daylight saving is left out.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

CONTEXTS = ("commute", "work", "workout", "leisure", "evening", "party", "night")
COMMUTE, WORK, WORKOUT, LEISURE, EVENING, PARTY, NIGHT = range(7)

FEATURES = ("energy", "tempo", "valence", "danceability", "acousticness")
# What each context adds to the appeal of a feature, which is centered and scaled to -1..1.
CONTEXT_WISHES: Floats = np.array(
    [
        [0.3, 0.2, 0.3, 0.2, 0.0],
        [-0.7, -0.2, 0.1, 0.0, 0.4],
        [1.8, 1.0, 0.2, 0.6, -0.4],
        [0.0, 0.0, 0.2, 0.0, 0.0],
        [-1.0, -0.4, 0.1, -0.1, 0.6],
        [1.0, 0.3, 0.6, 1.3, -0.5],
        [-1.6, -0.8, -0.1, -0.4, 0.8],
    ]
)

DEVICES = ("phone", "computer", "speaker", "headphones", "car", "tv")
DEVICE_SHARES: Floats = np.array(
    [
        [0.35, 0.0, 0.0, 0.25, 0.4, 0.0],
        [0.1, 0.6, 0.05, 0.25, 0.0, 0.0],
        [0.35, 0.0, 0.05, 0.6, 0.0, 0.0],
        [0.35, 0.2, 0.2, 0.15, 0.05, 0.05],
        [0.2, 0.15, 0.35, 0.1, 0.0, 0.2],
        [0.15, 0.1, 0.6, 0.0, 0.05, 0.1],
        [0.45, 0.1, 0.15, 0.3, 0.0, 0.0],
    ]
)

# Share of a day's sessions by local hour, for four kinds of people, on workdays and at weekends.
_HOURS = np.arange(24)


def _bumps(*peaks: tuple[float, float, float]) -> Floats:
    """A day's profile from (hour, width, height), circular, with a small floor."""
    profile = np.full(24, 0.01)
    for hour, width, height in peaks:
        distance = np.minimum(np.abs(_HOURS - hour), 24 - np.abs(_HOURS - hour))
        profile += height * np.exp(-0.5 * (distance / width) ** 2)
    return np.asarray(profile / profile.sum())


HOUR_PROFILES: Floats = np.array(
    [
        # commuter, office listener, evening listener, night owl: [workday, weekend]
        [_bumps((7.5, 0.8, 1), (17.5, 1, 1), (21, 1.5, 0.4)), _bumps((11, 2, 1), (20, 3, 1))],
        [_bumps((10, 1.5, 1), (14.5, 1.8, 1), (20, 2, 0.3)), _bumps((12, 3, 1), (21, 2, 0.7))],
        [_bumps((8, 1, 0.3), (20.5, 1.8, 1)), _bumps((10, 2, 0.6), (21, 2, 1))],
        [_bumps((16, 2, 0.5), (23.5, 2, 1)), _bumps((15, 2, 0.6), (0, 2.5, 1))],
    ]
)
WEEKDAY_RATES: Floats = np.array(
    [
        # Monday to Sunday
        [1.15, 1.15, 1.15, 1.15, 1.2, 0.6, 0.6],
        [1.2, 1.2, 1.2, 1.2, 1.1, 0.55, 0.55],
        [0.9, 0.9, 0.95, 1.0, 1.1, 1.1, 1.05],
        [0.7, 0.75, 0.8, 0.9, 1.3, 1.5, 1.05],
    ]
)


@dataclass(frozen=True)
class Sessions:
    """Sessions of all users, sorted by user and start; arrays of shape (sessions,).

    user, context: indices. start: Unix seconds, UTC. length: plays wanted.
    """

    user: Ints
    start: Ints
    length: Ints
    context: Ints


def context_of(weekday: Ints, hour: Ints) -> Ints:
    """The context of a local weekday (0 = Monday) and hour, leaving out who works out."""
    weekend = weekday >= 5
    found = np.full(hour.shape, LEISURE)
    found[(hour >= 19) & (hour <= 23)] = EVENING
    found[~weekend & (hour >= 9) & (hour <= 16)] = WORK
    found[~weekend & np.isin(hour, (7, 8, 17, 18))] = COMMUTE
    found[hour < 6] = NIGHT
    late = (np.isin(weekday, (4, 5)) & (hour >= 20)) | (np.isin(weekday, (5, 6)) & (hour < 3))
    found[late] = PARTY
    return found


def plan_sessions(
    rng: np.random.Generator,
    *,
    rate: Floats,
    active: npt.NDArray[np.bool_],
    offset_s: Ints,
    first_day: int,
    mean_length: float,
    habits: bool,
) -> Sessions:
    """Draw every session of every user.

    rate: sessions a day, shape (users,). active: whether the user is there, shape (users, days).
    offset_s: local time minus UTC. first_day: Unix seconds of the first midnight, UTC. Without
    habits all hours and weekdays are alike, and every context is leisure.
    """
    users, days = active.shape
    kind = rng.integers(len(HOUR_PROFILES), size=users)
    weekday = (np.arange(days) + (first_day // 86_400 + 3)) % 7
    weekly = WEEKDAY_RATES[kind][:, weekday] if habits else np.ones((users, days))
    counts = rng.poisson(rate[:, None] * weekly * active)
    counts[np.arange(users), active.argmax(axis=1) + 1] += 1  # everyone comes at least once
    user, day = (
        np.repeat(index, counts.ravel()) for index in np.indices(counts.shape).reshape(2, -1)
    )
    weekend = (weekday[day] >= 5).astype(np.int64)
    profiles = HOUR_PROFILES if habits else np.full_like(HOUR_PROFILES, 1 / 24)
    edges = profiles[kind[user], weekend].cumsum(axis=1)
    hour = np.minimum((rng.random(len(user))[:, None] > edges).sum(axis=1), 23)
    local = first_day + day * 86_400 + hour * 3600 + rng.integers(3600, size=len(user))
    context = context_of(weekday[day], hour)
    # A third of the people work out, at an hour of their own, most times they listen then.
    trains_at = np.where(rng.random(users) < 0.35, rng.choice([6, 7, 17, 18, 19], users), -1)
    near = np.abs(hour - trains_at[user]) <= 1
    context[near & (trains_at[user] >= 0) & (rng.random(len(user)) < 0.6)] = WORKOUT
    if not habits:
        context[:] = LEISURE
    length = rng.geometric(1 / mean_length, size=len(user)).clip(1, 40)
    start = local - offset_s[user]
    order = np.lexsort((start, user))
    order = order[start[order] >= first_day]
    return Sessions(user[order], start[order], length[order], context[order])
