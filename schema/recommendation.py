"""Recommendations: what a listener should hear now, why, and how sure that is."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from app import recommendation
from app.catalog import track_ids_by_key
from app.errors import BadInput
from app.listening import user_id_by_key
from app.recommendation import MOST_EXCLUDED, ListeningContext, RecommendationRequest
from schema.catalog import Artist, Track
from schema.context import Info
from schema.relay import key_of


@strawberry.enum(description="What kind of evidence speaks for a track.")
class ReasonType(Enum):
    """Kinds of reasons."""

    SIMILAR_LISTENERS = strawberry.enum_value(
        "similar_listeners", description="Listeners with such a taste play it."
    )
    SIMILAR_CONTENT = strawberry.enum_value(
        "similar_content", description="Close in sound, genres and tags to what they play."
    )
    SAME_ARTIST = strawberry.enum_value("same_artist", description="By an artist they play.")
    POPULAR = strawberry.enum_value("popular", description="Among the most played now.")
    OFTEN_PLAYED = strawberry.enum_value("often_played", description="They play it often.")
    CONTEXT = strawberry.enum_value("context", description="Suits the context that was given.")
    NOT_HEARD_LATELY = strawberry.enum_value(
        "not_heard_lately", description="Known, and not heard for long: nothing unheard was left."
    )
    CATALOG = strawberry.enum_value(
        "catalog", description="In the catalog; nothing speaks for or against it yet."
    )


@strawberry.input(description="What is known of the moment. Every field is optional.")
class ContextInput:
    """Words of closed sets, which the domain checks."""

    mood: str | None = strawberry.field(
        default=None,
        description="happy, calm, energetic, sad, relaxed, focused, romantic, angry, melancholic, "
        "uplifting or dark: tracks whose sound, genres and tags suit it move up.",
    )
    activity: str | None = strawberry.field(
        default=None,
        description="workout, studying, party, sleep, commute, work or relaxing.",
    )
    time_of_day: str | None = strawberry.field(
        default=None,
        description="morning, afternoon, evening or night: what listeners play more then moves up.",
    )
    location: str | None = strawberry.field(
        default=None, description="home, work, outdoors, transit or gym."
    )
    device: str | None = strawberry.field(
        default=None,
        description="headphones, speaker, phone, computer, car or tv: what listeners play more "
        "there moves up.",
    )

    def as_context(self) -> ListeningContext:
        """The same for the domain."""
        return ListeningContext(
            mood=self.mood,
            activity=self.activity,
            time_of_day=self.time_of_day,
            location=self.location,
            device=self.device,
        )


@strawberry.type(description="One reason why a track is recommended.")
class RecommendationReason:
    """A reason with its evidence."""

    type: ReasonType = strawberry.field(description="The kind of evidence.")
    text: str = strawberry.field(description="The reason as a sentence.")
    share: float = strawberry.field(
        description="Its part of what speaks for the track, 0..1; a track's shares sum to 1."
    )
    track_ids: strawberry.Private[tuple[int, ...]]
    artist_pk: strawberry.Private[int | None]

    @classmethod
    def of(cls, reason: recommendation.Reason) -> "RecommendationReason":
        """The reason of the domain."""
        return cls(
            type=ReasonType(reason.type),
            text=reason.text,
            share=reason.share,
            track_ids=reason.track_ids,
            artist_pk=reason.artist_id,
        )

    @strawberry.field(description="Tracks the listener played that are the evidence.")
    async def tracks(self, info: Info) -> list[Track]:
        return await info.context.load_tracks(self.track_ids)

    @strawberry.field(description="The artist that is the evidence, if it is one.")
    async def artist(self, info: Info) -> Artist | None:
        if self.artist_pk is None:
            return None
        row = await info.context.artists.load(self.artist_pk)
        return Artist.of(row) if row is not None else None


@strawberry.type(description="A track in an answer, with what is said of it there.")
class RecommendedTrack:
    """One item."""

    track: Track = strawberry.field(description="The track.")
    rank: int = strawberry.field(description="Its place in the list, from 1.")
    score: float = strawberry.field(
        description="What it was ranked by; comparable within one answer only."
    )
    confidence: float = strawberry.field(
        description="Probability, 0..1, that this listener plays this track for 30 s or more "
        "within the next 7 days. 0 when `metadata.calibrated` is false."
    )
    reasons: list[RecommendationReason] = strawberry.field(
        description="Why it is recommended, the weightiest first."
    )


@strawberry.type(description="How many tracks one source brought.")
class CandidateCount:
    """Candidates of a source."""

    source: str = strawberry.field(
        description="collaborative, neighbors, content, artist, popular, personal; or "
        "not_heard_lately, catalog for tracks that filled the list."
    )
    count: int = strawberry.field(description="Tracks that this source favors.")


@strawberry.type(description="What one word of the context did.")
class ContextEffect:
    """Effect of the context."""

    name: str = strawberry.field(description="The field of `ContextInput`.")
    value: str = strawberry.field(description="The word that was given.")
    applied: bool = strawberry.field(description="Whether it changed the ranking.")
    how: str = strawberry.field(description="How, or why not.")


@strawberry.type(description="Time spent in one stage of an answer.")
class StageTime:
    """Time of a stage."""

    stage: str = strawberry.field(description="The stage.")
    ms: float = strawberry.field(description="Milliseconds.")


@strawberry.type(description="How an answer came about.")
class RecommendationMetadata:
    """Metadata of an answer."""

    algorithm: str = strawberry.field(description="The algorithm asked for.")
    algorithm_used: str = strawberry.field(description="The algorithm that answered.")
    note: str | None = strawberry.field(description="Why they differ, if they do.")
    model_version: int | None = strawberry.field(
        description="Version of the trained model; null when none is trained."
    )
    trained_at: datetime | None = strawberry.field(description="When it was trained, UTC.")
    calibrated: bool = strawberry.field(
        description="Whether confidence was fitted on held-out listeners; else it is 0."
    )
    candidates: list[CandidateCount] = strawberry.field(description="Candidates by source.")
    context: list[ContextEffect] = strawberry.field(
        description="What each given word of the context did."
    )
    stages: list[StageTime] = strawberry.field(description="Time by stage.")

    @classmethod
    def of(cls, metadata: recommendation.Metadata) -> "RecommendationMetadata":
        """The metadata of the domain."""
        return cls(
            algorithm=metadata.algorithm_asked,
            algorithm_used=metadata.algorithm_used,
            note=metadata.note,
            model_version=metadata.model_version,
            trained_at=metadata.trained_at,
            calibrated=metadata.calibrated,
            candidates=[CandidateCount(source=s, count=n) for s, n in metadata.candidates.items()],
            context=[
                ContextEffect(name=e.name, value=e.value, applied=e.applied, how=e.how)
                for e in metadata.context
            ],
            stages=[StageTime(stage=stage, ms=ms) for stage, ms in metadata.stages_ms.items()],
        )


@strawberry.type(description="An answer to `recommendations`.")
class RecommendationResult:
    """Tracks for a listener."""

    tracks: list[Track] = strawberry.field(description="The tracks, best first.")
    items: list[RecommendedTrack] = strawberry.field(
        description="The same tracks with rank, score, confidence and reasons."
    )
    confidence: float = strawberry.field(
        description="Probability, 0..1, that this listener plays at least one of these tracks for "
        "30 s or more within the next 7 days. 0 when `metadata.calibrated` is false."
    )
    explanation: str | None = strawberry.field(
        description="A sentence that says where the list comes from."
    )
    metadata: RecommendationMetadata | None = strawberry.field(
        description="How the answer came about."
    )


UserId = Annotated[
    strawberry.ID,
    strawberry.argument(
        description="The listener, as in `user_42`; one who is not known is answered as new."
    ),
]
Moment = Annotated[
    ContextInput | None,
    strawberry.argument(description="What is known of the moment; it leans the ranking."),
]
Count = Annotated[int | None, strawberry.argument(description="How many tracks: 1 to 100.")]
Algorithm = Annotated[
    str | None,
    strawberry.argument(
        description="popular, collaborative, content, deep, hybrid or hybrid_deep; one that is "
        "not trained is answered by the best that is, and `metadata` says so."
    ),
]
Exclude = Annotated[
    list[strawberry.ID] | None,
    strawberry.argument(description="Tracks to leave out, by id, at most 1000: for `load more`."),
]
IncludeKnown = Annotated[
    bool | None,
    strawberry.argument(description="Whether tracks that the listener has heard may be listed."),
]


@strawberry.type
class RecommendationQuery:
    """The root field `recommendations`."""

    @strawberry.field(
        description="Tracks for a listener: what they should hear now, why, and how sure that is. "
        "Listens count from the moment they are recorded."
    )
    async def recommendations(
        self,
        info: Info,
        user_id: UserId,
        context: Moment = None,
        count: Count = 10,
        algorithm: Algorithm = "hybrid",
        *,
        exclude: Exclude = None,
        include_known: IncludeKnown = False,
    ) -> RecommendationResult | None:
        user_key = info.context.require_user(user_id)
        database = info.context.database
        request = RecommendationRequest(
            user_id=await user_id_by_key(database, user_key),
            count=10 if count is None else count,
            algorithm="hybrid" if algorithm is None else algorithm,
            context=ListeningContext() if context is None else context.as_context(),
            exclude=await _excluded(info, exclude or []),
            include_known=bool(include_known),
        )
        answer = await info.context.services.recommender.recommend(request)
        return await _result(info, answer)


async def _excluded(info: Info, ids: list[strawberry.ID]) -> frozenset[int]:
    if len(ids) > MOST_EXCLUDED:
        raise BadInput(
            f"`exclude` has {len(ids)} entries: at most {MOST_EXCLUDED} are allowed.", "exclude"
        )
    keys = {key for one in ids if (key := key_of(one, "track")) is not None}
    if not keys:
        return frozenset()
    found = await track_ids_by_key(info.context.database, sorted(keys))
    return frozenset(found.values())


async def _result(info: Info, answer: recommendation.Recommendation) -> RecommendationResult:
    tracks = await info.context.tracks.load_many([item.track_id for item in answer.items])
    items = [
        RecommendedTrack(
            track=track,
            rank=item.rank,
            score=item.score,
            confidence=item.confidence,
            reasons=[RecommendationReason.of(reason) for reason in item.reasons],
        )
        for item, track in zip(answer.items, tracks, strict=True)
        if track is not None
    ]
    return RecommendationResult(
        tracks=[item.track for item in items],
        items=items,
        confidence=answer.confidence,
        explanation=answer.explanation,
        metadata=RecommendationMetadata.of(answer.metadata),
    )
