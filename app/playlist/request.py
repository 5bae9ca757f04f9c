"""What a playlist is asked to be, checked."""

import math
from dataclasses import dataclass, field

from app.audio import ACTIVITIES, MOODS
from app.errors import BadInput

ENERGY_LEVELS = ("low", "medium", "high")
DEFAULT_MINUTES = 60
LONGEST_MINUTES = 24 * 60
MOST_EXCLUDED = 1_000
MOST_GENRES = 50


@dataclass(frozen=True, slots=True)
class PlaylistRequest:
    """Wishes for one playlist; None stands for no wish (duration: 60 minutes).

    `genres` are names as a person writes them, `familiar_ratio` is the wanted share of tracks that
    the user has listened to, 0..1, `exclude` are track ids that must not be in the list. The same
    request with the same `seed` gives the same list while the catalog stays the same.
    """

    mood: str | None = None
    activity: str | None = None
    duration_minutes: int | None = None
    genres: tuple[str, ...] = ()
    energy_level: str | None = None
    familiar_ratio: float | None = None
    user_id: int | None = None
    exclude: frozenset[int] = field(default_factory=frozenset)
    seed: int = 0

    @property
    def duration_ms(self) -> int:
        """The wanted length."""
        minutes = DEFAULT_MINUTES if self.duration_minutes is None else self.duration_minutes
        return minutes * 60_000


def check_request(request: PlaylistRequest) -> None:
    """Raise BadInput, naming the argument, for a value that is not allowed."""
    _one_of(request.mood, MOODS, "mood")
    _one_of(request.activity, ACTIVITIES, "activity")
    _one_of(request.energy_level, ENERGY_LEVELS, "energyLevel")
    minutes = request.duration_minutes
    if minutes is not None and not 1 <= minutes <= LONGEST_MINUTES:
        raise BadInput(
            f"duration is {minutes}; it is in minutes, from 1 to {LONGEST_MINUTES} (a day).",
            "duration",
        )
    ratio = request.familiar_ratio
    if ratio is not None and not (math.isfinite(ratio) and 0 <= ratio <= 1):
        raise BadInput(f"familiarRatio is {ratio}; it is a share from 0 to 1.", "familiarRatio")
    if len(request.genres) > MOST_GENRES:
        raise BadInput(f"genres may name at most {MOST_GENRES} genres.", "genres")
    if len(request.exclude) > MOST_EXCLUDED:
        raise BadInput(f"exclude may name at most {MOST_EXCLUDED:,} tracks.", "exclude")


def _one_of(value: str | None, allowed: tuple[str, ...], argument: str) -> None:
    if value is not None and value not in allowed:
        raise BadInput(
            f"{argument} {value[:80]!r} is not known; it is one of {', '.join(allowed)}.", argument
        )
