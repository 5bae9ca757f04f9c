"""What a generated playlist says of itself."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.playlist.measures import Measures
from app.playlist.selection import TOLERANCE_MS
from app.playlist.snapshot import Indices, Snapshot
from app.playlist.transitions import TransitionScores


@dataclass(frozen=True, slots=True)
class PlaylistItem:
    """A track in its place, from 0.

    `fit` to the wishes is 0..1, None without a wish; `familiar` None without a user.
    """

    track_id: int
    position: int
    starts_at_ms: int
    fit: float | None
    familiar: bool | None


@dataclass(frozen=True, slots=True)
class Transition:
    """From one track to the next: scores 0..1, a part None where not known.

    `certainty` is the share of the score that rests on known parts.
    """

    from_track_id: int
    to_track_id: int
    score: float
    certainty: float
    tempo: float | None
    key: float | None
    energy: float | None
    loudness: float | None


@dataclass(frozen=True, slots=True)
class GeneratedPlaylist:
    """A list in order, how it flows, how good it is, and what could not be met."""

    items: list[PlaylistItem]
    transitions: list[Transition]
    duration_ms: int
    requested_ms: int
    measures: Measures
    notes: list[str]
    seed: int

    @property
    def shortfall_ms(self) -> int:
        """How much shorter than asked, where that is more than 5 s; else 0."""
        short = self.requested_ms - self.duration_ms
        return short if short > TOLERANCE_MS else 0


def list_items(
    snapshot: Snapshot,
    rows: Indices,
    fit: NDArray[np.float64] | None,
    known: NDArray[np.bool_] | None,
) -> list[PlaylistItem]:
    """The tracks of `rows` in that order; `fit` and `known` have shape (n,) over the catalog."""
    lengths = snapshot.duration_ms[rows]
    starts = np.cumsum(lengths) - lengths
    return [
        PlaylistItem(
            track_id=int(snapshot.track_id[row]),
            position=position,
            starts_at_ms=int(starts[position]),
            fit=None if fit is None else float(fit[row]),
            familiar=None if known is None else bool(known[row]),
        )
        for position, row in enumerate(rows.tolist())
    ]


def list_transitions(
    track_ids: NDArray[np.int64], order: Indices, scores: TransitionScores
) -> list[Transition]:
    """The steps of `order` (indices into `track_ids` and the scores)."""

    def part(name: str, one: int, other: int) -> float | None:
        value = float(scores.parts[name][one, other])
        return value if np.isfinite(value) else None

    return [
        Transition(
            from_track_id=int(track_ids[one]),
            to_track_id=int(track_ids[other]),
            score=float(scores.score[one, other]),
            certainty=float(scores.certainty[one, other]),
            tempo=part("tempo", one, other),
            key=part("key", one, other),
            energy=part("energy", one, other),
            loudness=part("loudness", one, other),
        )
        for one, other in zip(order[:-1].tolist(), order[1:].tolist(), strict=True)
    ]
