"""What is asked of the recommender and what it answers, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from app.audio import ACTIVITIES, MOODS
from app.errors import BadInput
from app.recommendation.habits import DEVICES, PARTS_OF_DAY

ALGORITHMS = ("popular", "collaborative", "content", "deep", "hybrid", "hybrid_deep")
LOCATIONS = ("home", "work", "outdoors", "transit", "gym")
MOST_TRACKS = 100
MOST_EXCLUDED = 1_000

ReasonType = Literal[
    "similar_listeners", "similar_content", "same_artist", "popular", "often_played", "context",
    "not_heard_lately", "catalog",
]  # fmt: skip


@dataclass(frozen=True)
class ListeningContext:
    """What is known of the moment; None where nothing is. Words are checked by `check`."""

    mood: str | None = None
    activity: str | None = None
    time_of_day: str | None = None
    location: str | None = None
    device: str | None = None


@dataclass(frozen=True)
class RecommendationRequest:
    """Who asks for how much of what.

    `user_id` is the key of users, None for a listener who is not known; `exclude` are track ids
    that must not come back; `include_known` lets tracks in that the listener has heard.
    """

    user_id: int | None = None
    count: int = 10
    algorithm: str = "hybrid"
    context: ListeningContext = field(default_factory=ListeningContext)
    exclude: frozenset[int] = frozenset()
    include_known: bool = False

    def check(self) -> None:
        """Raises BadInput, which names the argument and what it may be."""
        if not 1 <= self.count <= MOST_TRACKS:
            raise BadInput(f"count must be from 1 to {MOST_TRACKS}, not {self.count}.", "count")
        if len(self.exclude) > MOST_EXCLUDED:
            raise BadInput(
                f"exclude may name at most {MOST_EXCLUDED} tracks, not {len(self.exclude)}.",
                "exclude",
            )
        closed = (
            ("algorithm", self.algorithm, ALGORITHMS),
            ("context.mood", self.context.mood, MOODS),
            ("context.activity", self.context.activity, ACTIVITIES),
            ("context.timeOfDay", self.context.time_of_day, PARTS_OF_DAY),
            ("context.location", self.context.location, LOCATIONS),
            ("context.device", self.context.device, DEVICES),
        )
        for argument, value, allowed in closed:
            if value is not None and value not in allowed:
                listed = ", ".join(allowed)
                raise BadInput(f"{argument} must be one of {listed}; not {value!r}.", argument)


@dataclass(frozen=True)
class Reason:
    """Why a track stands in a list.

    `share` is its part of the positive score, 0..1, all of a track's shares summing to 1;
    `track_ids` are played tracks that are the evidence, `artist_id` the artist that is.
    """

    type: ReasonType
    text: str
    share: float
    track_ids: tuple[int, ...] = ()
    artist_id: int | None = None


@dataclass(frozen=True)
class RecommendedItem:
    """One track of an answer; `rank` from 1, `confidence` 0..1 as `Recommendation` says."""

    track_id: int
    rank: int
    score: float
    confidence: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class ContextEffect:
    """Whether one given word of the context changed the ranking, and how or why not."""

    name: str
    value: str
    applied: bool
    how: str


@dataclass(frozen=True)
class Metadata:
    """How an answer came about.

    `candidates` counts, by part, the tracks that it favors; `stages_ms` is the time by stage.
    `calibrated` is False where confidence could not be fitted: then it is 0 throughout.
    """

    algorithm_asked: str
    algorithm_used: str
    note: str | None
    model_version: int | None
    trained_at: datetime | None
    calibrated: bool
    candidates: Mapping[str, int]
    context: tuple[ContextEffect, ...]
    stages_ms: Mapping[str, float]


@dataclass(frozen=True)
class Recommendation:
    """An answer, best first.

    `confidence` is P(the listener plays at least one of the items for 30 s or more within the
    next 7 days); an item's own is the same of it alone.
    """

    items: tuple[RecommendedItem, ...]
    confidence: float
    explanation: str
    metadata: Metadata
