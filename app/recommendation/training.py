"""`segue train recommendation`: learn from all listens, judge on the newest, move the champion.

Two held-out windows follow each other: on the first, the recipe is tuned; on the second it is
judged beside its baselines and the present champion's recipe, both fitted on what came before.
The winner is then fitted on everything, so that a model is never stale because a tuning lost.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from app.artifacts import Artifact, ArtifactStore
from app.database import Database
from app.jobs import exclusive
from app.recommendation import queries
from app.recommendation.calibration import Calibration, fit_calibration
from app.recommendation.cases import make_cases, windows
from app.recommendation.fitting import FEW_LISTENERS, fit_parts, sound_neighbors
from app.recommendation.habits import DEVICES, PARTS_OF_DAY, Habits, learn_habits
from app.recommendation.metrics import RankingMetrics
from app.recommendation.model import Model
from app.recommendation.neighbors import Neighbors
from app.recommendation.parts import Parts, Recipe
from app.recommendation.plays import DAY_S, Plays
from app.recommendation.suitability import suit_matrix
from app.recommendation.tracks import Tracks, load_tracks
from app.recommendation.tuning import table, tune
from app.settings import Settings

ARTIFACT = "recommendation"
TOLERANCE = 0.02  # a new recipe may lose this share of the champion's NDCG@10 to chance
_VERSION_OF_METHOD = 1

Progress = Callable[[str], None]
Table = Mapping[str, Mapping[str, RankingMetrics]]


@dataclass(frozen=True)
class TrainReport:
    """What came of a training; `version` is None where there was nothing to learn from."""

    version: int | None
    promoted: bool
    seconds: float
    listens: int
    listeners: int
    tracks: int
    notes: list[str] = field(default_factory=list)
    metrics: Mapping[str, object] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """For printing."""
        version = "no model" if self.version is None else f"version {self.version}"
        first = (
            f"recommendation: {version} from {self.listens} listens of {self.listeners} listeners "
            f"and {self.tracks} tracks in {self.seconds:.1f} s"
        )
        return [first, *(f"  {note}" for note in self.notes)]

    def as_json(self) -> dict[str, object]:
        """The same as plain values."""
        return vars(self)


async def train_recommendation(
    settings: Settings, db: Database, progress: Progress = lambda message: None
) -> TrainReport:
    """Train from what the database holds and publish the artifact `recommendation`.

    Holds the lock of `app.jobs.exclusive` meanwhile. Training again on the same data publishes
    nothing and reports the present version. An empty catalog is a success without a model.
    """
    began = perf_counter()
    async with exclusive(db, progress):
        store = ArtifactStore(db, settings.artifacts_dir)
        champion = await store.champion(ARTIFACT)
        seen = {"method": _VERSION_OF_METHOD, **await queries.fingerprint(db)}
        if champion is not None and champion.parameters.get("data") == seen and _whole(champion):
            return TrainReport(
                champion.version,
                False,
                perf_counter() - began,
                int(seen["listens"]),
                int(_number(champion.metrics.get("listeners"))),
                int(seen["tracks"]),
                [f"nothing changed since version {champion.version} was trained"],
                champion.metrics,
            )
        progress("reading listens")
        tracks = await load_tracks(db)
        plays = await load_plays(db, tracks)
        if not len(tracks):
            spent = perf_counter() - began
            return TrainReport(None, False, spent, 0, 0, 0, ["the catalog is empty: nothing to learn"])
        habits = await _habits(db, tracks, plays)
        held = _recipe_of(champion)
        with threadpool_limits(1, "blas"):  # many small solves: more threads only wait
            trained = await asyncio.to_thread(_train, tracks, plays, habits, held, progress)
        artifact = await _publish(store, trained, seen)
    return TrainReport(
        artifact.version,
        True,
        perf_counter() - began,
        len(plays),
        len(plays.users),
        len(tracks),
        trained.notes,
        trained.metrics,
    )


async def load_plays(db: Database, tracks: Tracks) -> Plays:
    """All plays of the database; where there are none, stored playlists stand for listeners."""
    from app.listening import interactions

    user, track, time, ms_played, skipped = await interactions(db)
    if len(user):
        at = tracks.positions(track)
        kept = at >= 0
        return Plays.from_arrays(
            user[kept], at[kept], time[kept], ms_played[kept], skipped[kept]
        )
    playlist, track, position = await queries.playlist_entries(db)
    at = tracks.positions(track)
    kept = at >= 0
    return plays_of_lists(playlist[kept], at[kept], position[kept])


def plays_of_lists(
    list_id: NDArray[np.int64], item: NDArray[np.int64], position: NDArray[np.int64]
) -> Plays:
    """Lists as listeners without times: each entry gets a random moment within 100 days.

    A window of the last fifth then hides a random fifth of the entries, which is the usual
    random split; `position` only makes it reproducible.
    """
    order = np.lexsort((position, list_id))
    moments = np.random.default_rng(3).permutation(len(order)) * (100 * DAY_S) // max(len(order), 1)
    return Plays.from_arrays(list_id[order], item[order], moments, timed=False)


@dataclass(frozen=True)
class Trained:
    """A model with what was measured on the way to it."""

    model: Model
    metrics: dict[str, object]
    notes: list[str]


def _train(
    tracks: Tracks,
    plays: Plays,
    habits: tuple[Habits, Habits],
    champion: Recipe | None,
    progress: Progress,
) -> Trained:
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
        recipe, parts, measured = _contest(tracks, plays, test.start, test.stop, recipe, champion, sound)
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


def _contest(
    tracks: Tracks,
    plays: Plays,
    start: int,
    stop: int,
    challenger: Recipe,
    champion: Recipe | None,
    sound: Neighbors | None,
) -> tuple[Recipe, Parts, Table]:
    """The recipe to ship, judged on the test window, where all are fitted on what came before.

    The champion's recipe stays where the challenger loses more than `TOLERANCE` of its NDCG@10;
    neither may lose to popularity: then popularity is what is shipped.
    """
    from app.recommendation.cases import Window

    def judge(recipe: Recipe) -> tuple[Parts, Table]:
        cases = make_cases(
            plays, Window(start, stop), len(tracks), recipe.half_life_days, recipe.boost
        )
        parts = fit_parts(tracks, plays.before(start), recipe, sound)
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


async def _habits(db: Database, tracks: Tracks, plays: Plays) -> tuple[Habits, Habits]:
    cutoff = windows(plays)[1].start if plays.timed and len(plays) else 0
    found: list[Habits] = []
    for words, rows in (
        (PARTS_OF_DAY, await queries.plays_by_part_of_day(db, cutoff)),
        (DEVICES, await queries.plays_by_device(db, cutoff, DEVICES)),
    ):
        at = tracks.positions(np.array([row["track_id"] for row in rows], dtype=np.int64))
        counts = [
            (int(position), row["word"], row["before"], row["after"])
            for position, row in zip(at, rows, strict=True)
        ]
        found.append(learn_habits(words, counts, len(tracks)))
    return found[0], found[1]


async def _publish(store: ArtifactStore, trained: Trained, seen: Mapping[str, float]) -> Artifact:
    async def write(folder: Path) -> None:
        await asyncio.to_thread(trained.model.save, folder)

    return await store.publish(
        ARTIFACT,
        write,
        parameters={"data": dict(seen), "recipe": trained.model.parts.recipe.as_json()},
        metrics=trained.metrics,
        promote=True,
    )


def _recipe_of(champion: Artifact | None) -> Recipe | None:
    """The champion's recipe; None where it was written by another version of this code."""
    given = None if champion is None else champion.parameters.get("recipe")
    if not isinstance(given, dict):
        return None
    try:
        return Recipe.from_json(given)
    except (TypeError, KeyError):
        return None


def _whole(champion: Artifact) -> bool:
    return (champion.path / "model.json").exists()


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
