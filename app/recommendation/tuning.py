"""Search the recipe on the validation window: iALS, memory, then the weights of the parts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from app.recommendation.als import AlsParameters
from app.recommendation.blend import FittedBlend, Judged, fit_blend
from app.recommendation.cases import Cases, Window, make_cases, score_cube
from app.recommendation.fitting import FEW_LISTENERS, fit_parts
from app.recommendation.metrics import RankingMetrics, evaluate_ranking, hits_of, ndcg_of, top_items
from app.recommendation.neighbors import Neighbors
from app.recommendation.parts import PARTS, Parts, Recipe, weight_vector
from app.recommendation.plays import Plays
from app.recommendation.tracks import Tracks

KINDS = ("new", "repeated", "all")
_ALS_GRID = (
    AlsParameters(64, 60.0, 20.0),
    AlsParameters(32, 60.0, 20.0),
    AlsParameters(128, 90.0, 20.0),
    AlsParameters(64, 20.0, 10.0),
    AlsParameters(32, 10.0, 10.0),
)
_HALF_LIVES = (10.0, 20.0, 60.0, 180.0)
_BOOSTS = (1.0, 4.0)
_LEAST_CASES = 20


@dataclass(frozen=True)
class Tuned:
    """The recipe found, and what the search saw (NDCG@10 on the validation window)."""

    recipe: Recipe
    trials: list[dict[str, object]]
    blends: Mapping[str, FittedBlend]


def tune(
    tracks: Tracks,
    plays: Plays,
    window: Window,
    sound: Neighbors | None,
    progress: Callable[[str], None],
) -> Tuned:
    """Search the recipe; with too little held out, the defaults stand."""
    past = plays.before(window.start)
    recipe = Recipe()
    trials: list[dict[str, object]] = []

    def trial(candidate: Recipe) -> float:
        cases = _cases(plays, window, tracks, candidate)
        parts = fit_parts(tracks, past, candidate, sound)
        score = _collaborative_ndcg(parts, cases)
        trials.append(
            {
                "tried": candidate.as_json()["als"],
                "half_life_days": candidate.half_life_days,
                "boost": candidate.boost,
                "ndcg": round(score, 5),
            }
        )
        return score

    probe = fit_parts(tracks, past, recipe, None)
    if probe.fold_in is not None and len(_cases(plays, window, tracks, recipe)) >= _LEAST_CASES:
        progress("tuning the factors")
        recipe = _best([replace(recipe, als=als) for als in _ALS_GRID], trial)
        progress("tuning the memory")
        if plays.timed:
            lives = [replace(recipe, half_life_days=days) for days in _HALF_LIVES]
            recipe = _best(lives, trial)
            recipe = _best([replace(recipe, boost=boost) for boost in _BOOSTS], trial)
    progress("weighing the parts")
    parts = fit_parts(tracks, past, recipe, sound)
    recipe, blends = weigh(parts, _cases(plays, window, tracks, recipe))
    return Tuned(recipe, trials, blends)


def weigh(parts: Parts, cases: Cases) -> tuple[Recipe, dict[str, FittedBlend]]:
    """The recipe of `parts` with weights fitted on `cases`, for new tracks and for all."""
    recipe = parts.recipe
    found: dict[str, FittedBlend] = {}
    for kind, trained in (
        ("new", [part for part in parts.trained() if part != "personal"]),
        ("all", parts.trained()),
    ):
        if not len(cases) or not trained:
            continue
        fitted = fit_blend(judged(parts, cases, kind), _groups(cases), trained, _LEAST_CASES)
        if fitted is not None:
            found[kind] = fitted
    new = found["new"].weights if "new" in found else default_weights(parts)
    known = found["all"].weights if "all" in found else {**default_weights(parts), "personal": 1.0}
    return replace(recipe, new=new, known=known), found


def default_weights(parts: Parts) -> dict[str, float]:
    """Weights where too little is held out to fit any: all parts, the listener's own first."""
    usual = {"collaborative": 1.0, "neighbors": 0.5, "content": 0.5, "artist": 0.2, "popular": 0.3}
    trained = parts.trained()
    weights = {part: weight for part, weight in usual.items() if part in trained}
    return weights or {"popular": 1.0}


def judged(parts: Parts, cases: Cases, kind: str) -> Judged:
    """Scores of the parts on `cases` with what may be listed and what is right."""
    return Judged(score_cube(parts, cases, kind), cases.allowed(kind), cases.relevant(kind))


def table(parts: Parts, cases: Cases) -> dict[str, dict[str, RankingMetrics]]:
    """Metrics of each part alone and of the blend, for new, repeated and all tracks."""
    found: dict[str, dict[str, RankingMetrics]] = {}
    for kind in KINDS:
        view = judged(parts, cases, kind)
        weights = parts.recipe.new if kind == "new" else parts.recipe.known
        methods: dict[str, Mapping[str, float]] = {part: {part: 1.0} for part in parts.trained()}
        if kind == "new":
            methods.pop("personal", None)
        for name, chosen in {**methods, "hybrid": weights}.items():
            scores = np.tensordot(weight_vector(chosen), view.cube, axes=1)
            metrics = evaluate_ranking(top_items(scores, view.allowed), view.relevant)
            found.setdefault(name, {})[kind] = metrics
    order = {name: place for place, name in enumerate((*PARTS, "hybrid"))}
    return dict(sorted(found.items(), key=lambda pair: order[pair[0]]))


def _cases(plays: Plays, window: Window, tracks: Tracks, recipe: Recipe) -> Cases:
    return make_cases(plays, window, len(tracks), recipe.half_life_days, recipe.boost)


def _best(candidates: list[Recipe], trial: Callable[[Recipe], float]) -> Recipe:
    scores = [trial(candidate) for candidate in candidates]
    return candidates[int(np.argmax(scores))]


def _collaborative_ndcg(parts: Parts, cases: Cases) -> float:
    """NDCG@10 of fold-in alone; on new tracks, or on all where hardly anyone plays new ones."""
    kind = "new" if (np.diff(cases.relevant("new").indptr) > 0).sum() >= _LEAST_CASES else "all"
    allowed, relevant = cases.allowed(kind), cases.relevant(kind)
    sizes = np.diff(relevant.indptr)
    if parts.fold_in is None or not (sizes > 0).any():
        return 0.0
    factors = np.stack(
        [parts.fold_in.user_factors(taste.items, taste.strengths) for taste in cases.tastes]
    )
    ranked = top_items(factors @ parts.fold_in.item_factors.T, allowed)
    hits = hits_of(ranked, relevant)
    return float(ndcg_of(hits[sizes > 0], sizes[sizes > 0]).mean())


def _groups(cases: Cases) -> NDArray[np.int64]:
    """What stays together in cross-fitting: listeners, or moments where listeners are few."""
    if len(np.unique(cases.user)) >= FEW_LISTENERS:
        return cases.user
    return np.arange(len(cases))
