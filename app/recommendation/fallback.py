"""Where no model can answer: popularity by SQL, and known tracks when nothing else is left."""

from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from app.database import Database
from app.listening import History
from app.recommendation import queries
from app.recommendation.request import (
    ContextEffect,
    ListeningContext,
    Metadata,
    Reason,
    Recommendation,
    RecommendationRequest,
    RecommendedItem,
)

_NOT_LATELY = Reason("not_heard_lately", "You know it and have not heard it for a while.", 1.0)
_POPULAR = Reason("popular", "Among the most played now.", 1.0)
_IN_CATALOG = Reason("catalog", "In the catalog; nothing speaks for or against it yet.", 1.0)


@dataclass(frozen=True)
class Fill:
    """Tracks that complete a list: new ones nobody could rank, then known ones, oldest first."""

    fresh: tuple[tuple[int, bool], ...] = ()  # track id, whether anybody plays it
    known: tuple[int, ...] = ()

    @property
    def explanation(self) -> str:
        """A sentence about the tracks filled in; empty when none were."""
        if self.known and not self.fresh:
            return (
                "Nothing unheard is left to add, so "
                f"{_count(len(self.known))} you know but have not heard for longest."
            )
        if self.known:
            return (
                f"{_count(len(self.fresh)).capitalize()} the model does not know yet, and "
                f"{_count(len(self.known))} you know but have not heard for longest."
            )
        if self.fresh:
            return f"{_count(len(self.fresh)).capitalize()} the model does not know yet."
        return ""

    def items(self, after: int, confidence: float) -> list[RecommendedItem]:
        """The tracks as items ranked from `after` + 1, no likelier than `confidence`."""
        reasons = [(id_, _POPULAR if played else _IN_CATALOG) for id_, played in self.fresh]
        reasons += [(id_, _NOT_LATELY) for id_ in self.known]
        return [
            RecommendedItem(id_, after + place, 0.0, confidence, (reason,))
            for place, (id_, reason) in enumerate(reasons, start=1)
        ]

    def sources(self) -> Mapping[str, int]:
        """How many tracks came from where."""
        counts = {"catalog": len(self.fresh), "not_heard_lately": len(self.known)}
        return {source: count for source, count in counts.items() if count}


async def fill_up(
    db: Database,
    request: RecommendationRequest,
    played: History | None,
    left_out: set[int],
    count: int,
) -> Fill:
    """`count` more tracks beside `left_out`: unheard ones by popularity, then the known ones."""
    if count <= 0:
        return Fill()
    last_heard, skipped = _last_heard(played)
    barred = left_out | request.exclude | skipped
    heard = set() if request.include_known else set(last_heard)
    rows = await queries.popular_now(db, count, barred | heard)
    fresh = [(row["id"], row["plays"] > 0) for row in rows]
    if not request.include_known and request.user_id is not None and fresh:
        # A history longer than what was read may hold them after all.
        known_after_all = await queries.heard(db, request.user_id, [id_ for id_, _ in fresh])
        fresh = [pair for pair in fresh if pair[0] not in known_after_all]
    oldest = sorted(last_heard, key=lambda id_: (last_heard[id_], id_))
    wanted = [id_ for id_ in oldest if id_ not in barred | {fresh_id for fresh_id, _ in fresh}]
    there = await queries.present(db, wanted) if len(fresh) < count and wanted else set()
    known = [id_ for id_ in wanted if id_ in there][: count - len(fresh)]
    return Fill(tuple(fresh), tuple(known))


async def without_model(
    db: Database,
    request: RecommendationRequest,
    played: History | None,
    stages_ms: Mapping[str, float],
) -> Recommendation:
    """An answer before any training: what is played most now, one artist at a time."""
    began = perf_counter()
    last_heard, skipped = _last_heard(played)
    heard = set() if request.include_known else set(last_heard)
    rows = await queries.popular_now(db, request.count * 5, heard | skipped | request.exclude)
    by_turn: dict[int, int] = {}
    turns: list[tuple[int, int]] = []
    for place, row in enumerate(rows):
        artist = row["artist_id"]
        turn = by_turn.get(artist, 0) if artist else 0
        by_turn[artist] = turn + 1
        turns.append((turn, place))
    chosen = [rows[place] for _, place in sorted(turns)][: request.count]
    items = [
        RecommendedItem(
            row["id"], rank, float(row["plays"]), 0.0,
            (_POPULAR if row["plays"] > 0 else _IN_CATALOG,),
        )
        for rank, row in enumerate(chosen, start=1)
    ]  # fmt: skip
    fill = await fill_up(
        db, request, played, {item.track_id for item in items}, request.count - len(items)
    )
    source = (
        "the tracks played most now, spread over artists"
        if any(row["plays"] > 0 for row in chosen)
        else "tracks of the catalog, spread over artists"
    )
    if items:
        explanation = f"No model is trained yet, so these are {source}."
    elif fill.known or fill.fresh:
        explanation = f"No model is trained yet. {fill.explanation}"
    else:
        explanation = "The catalog has no track to recommend: import or scan music first."
    took = round((perf_counter() - began) * 1000, 3)
    return Recommendation(
        items=(*items, *fill.items(after=len(items), confidence=0.0)),
        confidence=0.0,
        explanation=explanation,
        metadata=Metadata(
            algorithm_asked=request.algorithm,
            algorithm_used="popular",
            note=None
            if request.algorithm == "popular"
            else f"{request.algorithm} is not trained yet: answered by popularity",
            model_version=None,
            trained_at=None,
            calibrated=False,
            candidates={"popular": len(rows), **fill.sources()},
            context=_not_applied(request.context),
            stages_ms={**stages_ms, "popularity": took},
        ),
    )


def _last_heard(played: History | None) -> tuple[dict[int, int], set[int]]:
    """When each listened track was last played (Unix s), and the tracks only ever skipped."""
    if played is None:
        return {}, set()
    counted = ~np.asarray(played.skipped, dtype=bool)
    last: dict[int, int] = {}
    for id_, moment in zip(
        played.track_id[counted].tolist(), played.time[counted].tolist(), strict=True
    ):
        last[id_] = max(last.get(id_, 0), moment)
    return last, set(played.track_id[~counted].tolist()) - set(last)


def _not_applied(context: ListeningContext) -> tuple[ContextEffect, ...]:
    given = (
        ("mood", context.mood),
        ("activity", context.activity),
        ("timeOfDay", context.time_of_day),
        ("location", context.location),
        ("device", context.device),
    )
    return tuple(
        ContextEffect(name, word, False, "no model is trained yet")
        for name, word in given
        if word is not None
    )


def _count(number: int) -> str:
    return "one track" if number == 1 else f"{number} tracks"
