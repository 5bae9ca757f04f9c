"""Answers requests in a serving process: the champion model plus what the listener just played."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from app.artifacts import Artifact, ArtifactStore, Follower
from app.database import Database
from app.listening import History, history
from app.recommendation import queries
from app.recommendation.explanation import Ground, grounds_of, sentence, worded
from app.recommendation.fallback import Fill, fill_up, without_model
from app.recommendation.model import Model
from app.recommendation.plays import Plays
from app.recommendation.ranking import Choice, Ranked, choose, rank
from app.recommendation.request import (
    Metadata,
    Recommendation,
    RecommendationRequest,
    RecommendedItem,
)
from app.recommendation.taste import Taste, taste_of
from app.recommendation.tracks import positions_of
from app.recommendation.training import ARTIFACT
from app.settings import Settings

_HISTORY = 3_000  # newest plays that are read for an answer


class Stages:
    """Milliseconds spent by stage of one answer."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}
        self._last = perf_counter()

    def end(self, name: str) -> None:
        """The time since the last end was spent on `name`."""
        now = perf_counter()
        self.spent[name] = round((now - self._last) * 1000, 3)
        self._last = now


@dataclass(frozen=True)
class _Answer:
    """What the model chose: the ranking, the rows of it that are listed, why, and how sure."""

    ranked: Ranked
    rows: list[int]
    grounds: list[list[Ground]]
    confidences: NDArray[np.float64]
    confidence: float


class Recommender:
    """One per process. `start` loads the champion and follows it; `close` stops following."""

    def __init__(self, settings: Settings, db: Database) -> None:
        self._db = db
        store = ArtifactStore(db, settings.artifacts_dir)
        self._follower: Follower[Model] = Follower(store, ARTIFACT, _load)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Load the champion, if there is one, and follow its alias from now on."""
        await self._follower.refresh()
        self._task = asyncio.create_task(self._follower.follow())

    async def close(self) -> None:
        """Stop following."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    @property
    def problem(self) -> str | None:
        """Why the newest champion could not be loaded; None when all is well or none is trained."""
        return self._follower.problem

    async def recommend(self, request: RecommendationRequest) -> Recommendation:
        """Answer one request; 2 to 6 SQL statements whatever the count.

        Raises BadInput for a value that is not allowed, and what the database raises.
        """
        request.check()
        stages = Stages()
        model, artifact = self._follower.current, self._follower.artifact
        played = None
        if request.user_id is not None:
            played = await history(self._db, request.user_id, _HISTORY)
        stages.end("history")
        if model is None or artifact is None:
            return await without_model(self._db, request, played, stages.spent)
        taste, choice, ranked = await asyncio.to_thread(_ranked, model, request, played)
        stages.end("ranking")
        rows = await self._listable(model, ranked, request, played)
        stages.end("availability")
        answer = await asyncio.to_thread(_explained, model, taste, ranked, rows)
        stages.end("reasons")
        left_out = {int(model.track_ids[ranked.positions[row]]) for row in rows}
        fill = await fill_up(self._db, request, played, left_out, request.count - len(rows))
        return await self._worded(
            request, model, artifact, answer, taste=taste, choice=choice, fill=fill, stages=stages
        )

    async def _listable(
        self, model: Model, ranked: Ranked, request: RecommendationRequest, played: History | None
    ) -> list[int]:
        """The first rows of `ranked` whose track still exists, is not missing and not known."""
        ids = model.track_ids[ranked.positions].tolist()
        there = await queries.present(self._db, ids)
        longer_history = played is not None and len(played.track_id) == _HISTORY
        if longer_history and not request.include_known and request.user_id is not None:
            there -= await queries.heard(self._db, request.user_id, ids)
        return [row for row, id_ in enumerate(ids) if id_ in there][: request.count]

    async def _worded(
        self,
        request: RecommendationRequest,
        model: Model,
        artifact: Artifact,
        answer: _Answer,
        *,
        taste: Taste,
        choice: Choice,
        fill: Fill,
        stages: Stages,
    ) -> Recommendation:
        ranked = answer.ranked
        evidence = {id_ for grounds in answer.grounds for g in grounds for id_ in g.track_ids}
        titles = await queries.titles(self._db, evidence)
        items = [
            RecommendedItem(
                track_id=int(model.track_ids[ranked.positions[row]]),
                rank=place + 1,
                score=float(ranked.scores[row]),
                confidence=float(answer.confidences[place]),
                reasons=tuple(worded(ground, titles, ranked.effects) for ground in grounds),
            )
            for place, (row, grounds) in enumerate(zip(answer.rows, answer.grounds, strict=True))
        ]
        items += fill.items(after=len(items), confidence=_least(answer.confidences))
        explanation = fill.explanation
        if answer.rows:
            explanation = sentence(
                taste,
                choice,
                answer.grounds,
                titles,
                effects=ranked.effects,
                listeners=model.listeners,
            )
            explanation = " ".join(part for part in (explanation, fill.explanation) if part)
        stages.end("words")
        return Recommendation(
            items=tuple(items),
            confidence=answer.confidence,
            explanation=explanation or "No track of the catalog is left to recommend.",
            metadata=Metadata(
                algorithm_asked=request.algorithm,
                algorithm_used=choice.used,
                note=choice.note,
                model_version=artifact.version,
                trained_at=artifact.created_at,
                calibrated=model.calibration is not None,
                candidates={**ranked.candidates, **fill.sources()},
                context=ranked.effects,
                stages_ms=stages.spent,
            ),
        )


async def _load(artifact: Artifact) -> Model:
    return await asyncio.to_thread(Model.load, artifact.path)


def _ranked(
    model: Model, request: RecommendationRequest, played: History | None
) -> tuple[Taste, Choice, Ranked]:
    """The arithmetic of an answer: some milliseconds, so it runs in a thread."""
    taste = _taste(model, _in_model(model, played))
    choice = choose(model, request.algorithm, taste, request.include_known)
    allowed = _allowed(model, request, taste)
    ranked = rank(
        model, taste, choice, context=request.context, allowed=allowed, count=request.count
    )
    return taste, choice, ranked


def _in_model(model: Model, played: History | None) -> Plays:
    """The plays of tracks that the model knows; the others cannot shape a taste yet."""
    if played is None:
        none = np.empty(0, np.int64)
        return Plays.from_arrays(none, none, none)
    positions = positions_of(model.track_ids, played.track_id)
    kept = positions >= 0
    return Plays.from_arrays(
        np.zeros(int(kept.sum()), np.int64),
        positions[kept],
        played.time[kept],
        played.ms_played[kept],
        played.skipped[kept],
    )


def _taste(model: Model, plays: Plays) -> Taste:
    recipe = model.parts.recipe
    now = max(model.now, plays.now)
    return taste_of(plays, now, recipe.half_life_days, recipe.boost)


def _allowed(model: Model, request: RecommendationRequest, taste: Taste) -> NDArray[np.bool_]:
    allowed = np.ones(len(model.track_ids), dtype=bool)
    allowed[taste.skipped] = False
    if not request.include_known:
        allowed[taste.known] = False
    excluded = positions_of(model.track_ids, np.array(sorted(request.exclude), dtype=np.int64))
    allowed[excluded[excluded >= 0]] = False
    return allowed


def _explained(
    model: Model,
    taste: Taste,
    ranked: Ranked,
    rows: Sequence[int],
) -> _Answer:
    grounds = grounds_of(model, taste, ranked, rows)
    confidences, whole = np.zeros(len(rows)), 0.0
    if model.calibration is not None and len(rows):
        listed = ranked.positions[list(rows)]
        known = np.isin(listed, taste.known)
        scores = ranked.scores[list(rows)] - ranked.context[list(rows)]
        confidences = model.calibration.of_items(scores, known, taste)
        whole = model.calibration.of_list(confidences, taste)
    return _Answer(ranked, list(rows), grounds, confidences, whole)


def _least(confidences: NDArray[np.float64]) -> float:
    return float(confidences.min()) if len(confidences) else 0.0
