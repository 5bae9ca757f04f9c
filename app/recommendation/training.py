"""`segue train recommendation`: learn from all listens, judge on the newest, move the champion.

This module reads the database and publishes; `app.recommendation.learning` does the learning.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from app.artifacts import Artifact, ArtifactStore
from app.database import Database
from app.jobs import exclusive
from app.listening import interactions
from app.recommendation import queries
from app.recommendation.habits import DEVICES, PARTS_OF_DAY, Habits, learn_habits
from app.recommendation.learning import Progress, Trained, learn
from app.recommendation.parts import Recipe
from app.recommendation.plays import DAY_S, Plays
from app.recommendation.tracks import Tracks, load_tracks
from app.settings import Settings

ARTIFACT = "recommendation"
_VERSION_OF_METHOD = 1
_LEARNED_SHARE = 0.7  # of the plays teach habits first; the rest must bear them out


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
            return TrainReport(
                None, False, spent, 0, 0, 0, ["the catalog is empty: nothing to learn"]
            )
        habits = await _habits(db, tracks, plays)
        held = _recipe_of(champion)
        trained = await asyncio.to_thread(learn, tracks, plays, habits, held, progress)
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
    found = await interactions(db)
    at = tracks.positions(found.track_id)
    kept = at >= 0
    if kept.any():
        return Plays.from_arrays(
            found.user_id[kept],
            at[kept],
            found.time[kept],
            found.ms_played[kept],
            found.skipped[kept],
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


async def _habits(db: Database, tracks: Tracks, plays: Plays) -> tuple[Habits, Habits]:
    cutoff = int(np.quantile(plays.time, _LEARNED_SHARE)) if plays.timed and len(plays) else 0
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
