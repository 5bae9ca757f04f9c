"""One training without a database: two held-out windows, a contest of recipes, a final fit.

On the first window the recipe is tuned; on the second it is judged beside its baselines and the
present champion's recipe, both fitted on what came before. The winner is then fitted on
everything, so that a model is never stale because a tuning lost.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # has no types

from app.recommendation.calibration import Calibration, fit_calibration
from app.recommendation.cases import Window, make_cases, windows
from app.recommendation.fitting import FEW_LISTENERS, fit_parts, sound_neighbors
from app.recommendation.habits import Habits
from app.recommendation.metrics import RankingMetrics
from app.recommendation.model import Model
from app.recommendation.neighbors import Neighbors
from app.recommendation.parts import Parts, Recipe
from app.recommendation.plays import Plays
from app.recommendation.suitability import suit_matrix
from app.recommendation.tracks import Tracks
from app.recommendation.tuning import table, tune

TOLERANCE = 0.02  # a new recipe may lose this share of the champion's NDCG@10 to chance

Progress = Callable[[str], None]
Table = Mapping[str, Mapping[str, RankingMetrics]]


@dataclass(frozen=True)
class Trained:
    """A model with what was measured on the way to it."""

    model: Model
    metrics: dict[str, object]
    notes: list[str]


@threadpool_limits.wrap(1, user_api="blas")  # type: ignore[untyped-decorator]  # small solves
def learn(
    tracks: Tracks,
    plays: Plays,
    habits: tuple[Habits, Habits],
    champion: Recipe | None,
    progress: Progress,
) -> Trained:
    """Tune, judge and fit a model; `champion` is the recipe of the present one, if any."""
    progress("finding neighbors")
    sound = sound_neighbors(tracks)
    validation, test = windows(plays)
    notes: list[str] = []
    metrics: dict[str, object] = {"listeners": len(plays.users), "timed": plays.timed}
    tuned = tune(tracks, plays.before(test.start), validation, sound, progress)
    recipe = tuned.recipe
    for kind, fitted in tuned.blends.items():
        metrics[f"blend_{kind}"] = {**vars(fitted), "ships": fitted.ships}
        if fitted.ships != "blend":
            notes.append(f"for {kind} tracks {fitted.ships} alone is shipped: the blend lost to it")
    progress("judging on the newest plays")
    calibration: Calibration | None = None
    if len(plays):
        recipe, parts, measured = _contest(
            tracks, plays, test, sound, challenger=recipe, champion=champion
        )
        metrics["test"] = {
            name: {kind: found.as_json() for kind, found in kinds.items()}
            for name, kinds in measured.items()
        }
        cases = make_cases(plays, test, len(tracks), recipe.half_life_days, recipe.boost)
        calibration = fit_calibration(parts, cases)
        metrics["confidence"] = {} if calibration is None else dict(calibration.figures)
    metrics["trials"] = tuned.trials
    progress("fitting on everything")
    parts = fit_parts(tracks, plays, recipe, sound)
    notes += _left_out(parts, plays, calibration, habits)
    words, suits = suit_matrix(tracks)
    model = Model(
        parts=parts,
        track_ids=tracks.ids,
        artist_ids=tracks.artist_ids,
        genre_ids=tracks.genre_ids,
        suit_words=words,
        suits=suits,
        parts_of_day=habits[0],
        devices=habits[1],
        calibration=calibration,
        now=plays.now if plays.timed else 0,
        timed=plays.timed,
        listeners=len(plays.users),
    )
    metrics["content"] = tracks.vectors_from
    return Trained(model, metrics, notes)


@threadpool_limits.wrap(1, user_api="blas")  # type: ignore[untyped-decorator]  # small solves
def judge_on_newest(tracks: Tracks, plays: Plays, progress: Progress) -> Table:
    """Metrics of every part and of the blend on the newest plays; {} where there is no case."""
    sound = sound_neighbors(tracks)
    validation, test = windows(plays)
    tuned = tune(tracks, plays.before(test.start), validation, sound, progress)
    progress("judging on the newest plays")
    return _contest(tracks, plays, test, sound, challenger=tuned.recipe, champion=None)[2]


def _contest(
    tracks: Tracks,
    plays: Plays,
    window: Window,
    sound: Neighbors | None,
    *,
    challenger: Recipe,
    champion: Recipe | None,
) -> tuple[Recipe, Parts, Table]:
    """The recipe to ship, judged on the test window, where all are fitted on what came before.

    The champion's recipe stays where the challenger loses more than `TOLERANCE` of its NDCG@10;
    neither may lose to popularity: then popularity is what is shipped.
    """

    def judge(recipe: Recipe) -> tuple[Parts, Table]:
        cases = make_cases(plays, window, len(tracks), recipe.half_life_days, recipe.boost)
        parts = fit_parts(tracks, plays.before(window.start), recipe, sound)
        return parts, table(parts, cases) if len(cases) else {}

    recipe = challenger
    parts, measured = judge(recipe)
    if champion is not None and champion != challenger and measured:
        old_parts, old = judge(champion)
        if _worse(measured, old):
            recipe, parts, measured = champion, old_parts, old
    if measured and _loses_to_popularity(measured):
        recipe = replace(recipe, new={"popular": 1.0})
        parts = replace(parts, recipe=recipe)
        shipped = {**measured["hybrid"], "new": measured["popular"]["new"]}
        measured = {**measured, "hybrid": shipped}
    return recipe, parts, measured


def _headline(measured: Table, method: str) -> float:
    """NDCG@10 for new tracks, or for all where nobody played a new one."""
    kinds = measured[method]
    kind = "new" if "new" in kinds and kinds["new"].cases else "all"
    return kinds[kind].ndcg


def _worse(challenger: Table, champion: Table) -> bool:
    return _headline(challenger, "hybrid") < _headline(champion, "hybrid") * (1 - TOLERANCE)


def _loses_to_popularity(measured: Table) -> bool:
    if "popular" not in measured:
        return False
    return _headline(measured, "hybrid") < _headline(measured, "popular") * (1 - TOLERANCE)


def _left_out(
    parts: Parts, plays: Plays, calibration: Calibration | None, habits: tuple[Habits, Habits]
) -> list[str]:
    notes: list[str] = []
    if not len(plays):
        notes.append("no listens and no playlists yet: only content and popularity as imported")
    elif not plays.timed:
        notes.append("no listens yet: stored playlists stand for listeners")
    elif len(plays.users) < FEW_LISTENERS:
        notes.append(
            f"{len(plays.users)} listeners are too few to compare: learned from their sittings"
        )
    if parts.fold_in is None and len(plays):
        notes.append("too few plays for collaborative factors")
    if parts.sound is None:
        notes.append("nothing known of the sound or genre of tracks: no content neighbors")
    if calibration is None:
        notes.append("too little held out to calibrate confidence")
    for name, habit in zip(("part of the day", "device"), habits, strict=True):
        if not habit.learned:
            notes.append(f"no habit by {name} found in the listens")
    return notes
