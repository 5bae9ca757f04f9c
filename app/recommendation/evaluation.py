"""`segue evaluate recommendation`: how good it is, on one's own listens and on research data."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from app.database import Database
from app.recommendation.learning import judge_on_newest
from app.recommendation.metrics import RankingMetrics
from app.recommendation.research import compare, research_splits
from app.recommendation.tracks import load_tracks
from app.recommendation.training import load_plays

Progress = Callable[[str], None]


@dataclass(frozen=True)
class EvaluationRow:
    """Metrics of one method: on which data, and of which kind of tracks (new, repeated, all)."""

    data: str
    kind: str
    method: str
    metrics: RankingMetrics

    def as_json(self) -> dict[str, object]:
        """Plain values, one level deep."""
        named = {"data": self.data, "kind": self.kind, "method": self.method}
        return {**named, **self.metrics.as_json()}


@dataclass(frozen=True)
class Evaluation:
    """All rows, with notes on what could not be judged."""

    rows: list[EvaluationRow] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, object]:
        """Plain values."""
        return {"rows": [row.as_json() for row in self.rows], "notes": self.notes}


async def evaluate_listens(db: Database, progress: Progress = lambda message: None) -> Evaluation:
    """Judge every method on the newest plays of the database, fitted on those before.

    Publishes nothing and changes nothing. Weights and factors are tuned on the period before the
    one judged on.
    """
    progress("reading listens")
    tracks = await load_tracks(db)
    plays = await load_plays(db, tracks)
    if not len(plays):
        return Evaluation(notes=["the database has no listens and no playlists to judge on"])
    measured = await asyncio.to_thread(judge_on_newest, tracks, plays, progress)
    name = "listens" if plays.timed else "playlists"
    rows = [
        EvaluationRow(name, kind, method, metrics)
        for method, kinds in measured.items()
        for kind, metrics in kinds.items()
        if metrics.cases
    ]
    notes = [] if rows else ["no listener played before and in the newest period"]
    return Evaluation(rows, notes)


async def evaluate_research(
    folder: Path, progress: Progress = lambda message: None, factors: int | None = None
) -> Evaluation:
    """Judge the algorithms on the data sets in `folder`: see `app.recommendation.research`.

    Raises BadInput when it has none of them.
    """

    def work() -> list[EvaluationRow]:
        return [
            EvaluationRow(row.data, "new", row.method, row.metrics)
            for split in research_splits(folder)
            for row in compare(split, progress, factors)
        ]

    return Evaluation(await asyncio.to_thread(work))
