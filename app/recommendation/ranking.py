"""From a taste and a context to a ranked list, in numpy alone: no database, no event loop."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.recommendation.context import context_scores
from app.recommendation.model import Model
from app.recommendation.parts import PARTS, weight_vector
from app.recommendation.request import ContextEffect, ListeningContext
from app.recommendation.taste import Taste

Floats = NDArray[np.float32]

_TIE_BREAK = 1e-3  # popularity decides between tracks that the blend cannot tell apart
_SPARE = 60  # candidates beyond the count, for those that turn out to be gone
_ARTIST_AGAIN, _GENRE_AGAIN = 0.5, 0.12  # what a new listener's list pays for more of the same


@dataclass(frozen=True)
class Choice:
    """Which algorithm answers, by which weights of the parts, and what to say about it."""

    used: str
    weights: Mapping[str, float]
    note: str | None = None


@dataclass(frozen=True)
class Ranked:
    """Candidates, best first: `positions` of tracks and `scores`, shape=(candidates,).

    `parts`, shape=(len(PARTS), candidates), is what each part added to the score, and `context`,
    shape=(candidates,), what the context did.
    """

    positions: NDArray[np.int64]
    scores: Floats
    parts: Floats
    context: Floats
    effects: tuple[ContextEffect, ...]
    candidates: Mapping[str, int]


def choose(model: Model, algorithm: str, taste: Taste, include_known: bool) -> Choice:
    """The asked algorithm, or the best that is there, with a sentence about the difference."""
    recipe, trained = model.parts.recipe, model.parts.trained()
    if algorithm == "popular":
        return Choice("popular", {"popular": 1.0})
    if taste.empty:
        return Choice(
            "popular", {"popular": 1.0}, "no listens of this listener yet: answered by popularity"
        )
    hybrid = recipe.known if include_known else recipe.new
    if algorithm in ("deep", "hybrid_deep"):
        return Choice("hybrid", hybrid, f"{algorithm} is not trained: answered by hybrid")
    if algorithm in ("collaborative", "content"):
        if algorithm in trained:
            return Choice(algorithm, {algorithm: 1.0})
        return Choice(
            "hybrid", hybrid, f"{algorithm} has nothing to learn from yet: answered by hybrid"
        )
    return Choice("hybrid", hybrid)


def rank(
    model: Model,
    taste: Taste,
    choice: Choice,
    *,
    context: ListeningContext,
    allowed: NDArray[np.bool_],
    count: int,
) -> Ranked:
    """The best `count` allowed tracks and some to spare; fewer where fewer are allowed."""
    weights = weight_vector(choice.weights)
    parts = model.parts.scores(taste, allowed) * weights[:, None]
    moved, effects = context_scores(model, context, allowed)
    popular = np.log1p(model.parts.popularity)
    tie = popular * (_TIE_BREAK / max(float(popular.max(initial=0)), 1e-9))
    total = parts.sum(axis=0) + moved + tie
    order = _best(total, allowed, count + _SPARE)
    if taste.empty:
        order = _spread(model, total, order)
    return Ranked(
        positions=order,
        scores=total[order],
        parts=parts[:, order],
        context=moved[order],
        effects=effects,
        candidates={
            part: int((parts[row] > 0)[allowed].sum())
            for row, part in enumerate(PARTS)
            if weights[row] > 0
        },
    )


def _best(scores: Floats, allowed: NDArray[np.bool_], count: int) -> NDArray[np.int64]:
    positions = np.flatnonzero(allowed)
    if len(positions) > count:
        kept = np.argpartition(-scores[positions], count - 1)[:count]
        positions = np.sort(positions[kept])
    return positions[np.argsort(-scores[positions], kind="stable")]


def _spread(model: Model, scores: Floats, order: NDArray[np.int64]) -> NDArray[np.int64]:
    """Reorder greedily so that artists and genres alternate: nothing is known of the taste."""
    artists: dict[int, int] = {}
    genres: dict[int, int] = {}
    left = {int(position): float(scores[position]) for position in order}
    spread: list[int] = []
    while left:

        def worth(position: int) -> float:
            artist, genre = int(model.artist_ids[position]), int(model.genre_ids[position])
            again = artists.get(artist, 0) if artist else 0
            alike = genres.get(genre, 0) if genre else 0
            return left[position] - _ARTIST_AGAIN * again - _GENRE_AGAIN * alike

        best = max(left, key=worth)
        del left[best]
        spread.append(best)
        artist, genre = int(model.artist_ids[best]), int(model.genre_ids[best])
        artists[artist] = artists.get(artist, 0) + 1
        genres[genre] = genres.get(genre, 0) + 1
    return np.array(spread, dtype=np.int64)
