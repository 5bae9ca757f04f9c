"""From wishes to a list: score the catalog, choose for the length, order for the transitions."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.playlist import measures
from app.playlist.measures import Measures
from app.playlist.ordering import order_tracks
from app.playlist.request import PlaylistRequest
from app.playlist.selection import TOLERANCE_MS, Candidates, choose_tracks, fair_share, miss
from app.playlist.snapshot import Indices, Snapshot
from app.playlist.transitions import PARTS, TransitionScores, transition_scores

Floats = NDArray[np.float64]

_FIT, _POPULARITY, _AFFINITY, _CHANCE = 0.8, 0.08, 0.08, 0.06  # weights of a track's value
_POPULARITY_UNKNOWN = 0.3


@dataclass(frozen=True, slots=True)
class PlaylistItem:
    """A track in its place: `fit` to the wishes 0..1, None without a wish."""

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


def generate(
    snapshot: Snapshot,
    request: PlaylistRequest,
    genre_ids: Sequence[int] | None,
    known_ids: Sequence[int] | None,
) -> GeneratedPlaylist:
    """Make the list. Pure and deterministic: heavy work, to be run off the event loop.

    `genre_ids` are the ids of the wanted genres (None: any); `known_ids` the tracks that the user
    has listened to (None: no user). The request has been checked.
    """
    notes: list[str] = []
    known = np.zeros(len(snapshot), dtype=bool)
    if known_ids is not None:
        known[snapshot.rows_of(known_ids)] = True
    fit = wish_fit(snapshot, request)
    value = _value(snapshot, request, fit, known if known_ids is not None else None)
    rows = _allowed(snapshot, request, genre_ids, value, notes)
    ratio = request.familiar_ratio
    if ratio is not None and known_ids is None:
        notes.append("familiarRatio needs a user with a listening history; it was left out.")
        ratio = None
    chosen = _choose(snapshot, rows, value, request.duration_ms, known, ratio)
    scores = transition_scores(snapshot.sounds(chosen))
    order = order_tracks(1 - scores.score, snapshot.artist[chosen])
    listed = chosen[order]
    playlist = GeneratedPlaylist(
        items=_items(snapshot, listed, fit, known if known_ids is not None else None),
        transitions=_transitions(snapshot, chosen, order, scores),
        duration_ms=int(snapshot.duration_ms[listed].sum()),
        requested_ms=request.duration_ms,
        measures=_measures(snapshot, chosen, order, scores, fit, known, known_ids is not None),
        notes=notes,
        seed=request.seed,
    )
    _note_what_is_missed(playlist, ratio)
    return playlist


def wish_fit(snapshot: Snapshot, request: PlaylistRequest) -> Floats | None:
    """How well each track suits mood, activity and energy together: (n,), 0..1; None: no wish.

    The geometric mean: a track that misses one wish is not saved by the others.
    """
    wishes = [
        snapshot.mood(name).astype(np.float64)
        for name in (request.mood, request.activity)
        if name is not None
    ]
    if request.energy_level is not None:
        wishes.append(energy_fit(snapshot.place("energy"), request.energy_level))
    if not wishes:
        return None
    return np.asarray(np.prod(wishes, axis=0) ** (1 / len(wishes)))


def energy_fit(place: NDArray[np.float32], level: str) -> Floats:
    """How well places 0..1 by energy suit low, medium or high: (n,), 0..1; not known is .5."""
    known = place.astype(np.float64)
    fits = {"low": 1 - known, "medium": 1 - 2 * np.abs(known - 0.5), "high": known}
    return np.nan_to_num(fits[level], nan=0.5)


def _value(
    snapshot: Snapshot,
    request: PlaylistRequest,
    fit: Floats | None,
    known: NDArray[np.bool_] | None,
) -> Floats:
    """How welcome each track is, (n,), 0..1: fit first, then popularity, taste and chance."""
    popularity = np.nan_to_num(
        snapshot.popularity.astype(np.float64) / 100, nan=_POPULARITY_UNKNOWN
    )
    chance = np.random.default_rng(request.seed % 2**64).uniform(0, 1, len(snapshot))
    parts = [(_POPULARITY, np.clip(popularity, 0, 1)), (_CHANCE, chance)]
    if fit is not None:
        parts.append((_FIT, fit))
    if known is not None and known.any():
        liked = np.isin(snapshot.artist, np.unique(snapshot.artist[known])) & (snapshot.artist >= 0)
        parts.append((_AFFINITY, liked.astype(np.float64)))
    total = sum(weight for weight, _ in parts)
    return np.asarray(sum(weight * part for weight, part in parts) / total)


def _allowed(
    snapshot: Snapshot,
    request: PlaylistRequest,
    genre_ids: Sequence[int] | None,
    value: Floats,
    notes: list[str],
) -> Indices:
    """Rows that may be in the list; of copies of one recording the most welcome."""
    if len(snapshot) == 0:
        notes.append("The catalog has no tracks yet.")
    allowed = snapshot.duration_ms > 0
    if len(snapshot) and not allowed.any():
        notes.append("No track of the catalog has a known length.")
    if genre_ids is not None:
        allowed &= snapshot.of_genres(genre_ids)
        if len(snapshot) and not allowed.any():
            notes.append("No track of these genres has a known length.")
    before = bool(allowed.any())
    allowed[snapshot.rows_of(list(request.exclude))] = False
    if before and not allowed.any():
        notes.append("Every track that would fit is excluded.")
    rows = np.flatnonzero(allowed)
    best_first = rows[np.argsort(-value[rows], kind="stable")]
    _, first = np.unique(snapshot.recording[best_first], return_index=True)
    return np.asarray(np.sort(best_first[first]))


def _choose(
    snapshot: Snapshot,
    rows: Indices,
    value: Floats,
    target_ms: int,
    known: NDArray[np.bool_],
    ratio: float | None,
) -> Indices:
    """The chosen rows; with a ratio, known tracks fill that share of the time and new ones the rest.

    The length comes first: where known and new tracks cannot make it together, either may.
    """
    everything = _candidates(snapshot, rows, value)
    if ratio is None:
        return rows[choose_tracks(everything, target_ms)]
    share = fair_share(everything, target_ms) if len(rows) else 0
    groups = [(rows[known[rows]], ratio), (rows[~known[rows]], 1 - ratio)]
    groups.sort(key=lambda group: group[1])
    (minor, minor_share), (major, _) = groups
    chosen = _fill(snapshot, minor, value, round(minor_share * target_ms), rows[:0], share)
    for group in (major, minor):
        chosen = _fill(snapshot, group, value, target_ms, chosen, share)
    plain = rows[choose_tracks(everything, target_ms)]
    missed = abs(int(snapshot.duration_ms[chosen].sum()) - target_ms)
    if missed > max(
        TOLERANCE_MS, miss(_candidates(snapshot, plain, value), np.arange(len(plain)), target_ms)
    ):
        return plain
    return chosen


def _fill(
    snapshot: Snapshot,
    rows: Indices,
    value: Floats,
    target_ms: int,
    chosen: Indices,
    share: int,
) -> Indices:
    """`chosen` and as many of `rows` as bring it to the target; artists keep their share."""
    left_ms = target_ms - int(snapshot.duration_ms[chosen].sum())
    artists, counts = np.unique(snapshot.artist[chosen], return_counts=True)
    full = artists[(counts >= share) & (artists >= 0)]
    free = rows[~np.isin(rows, chosen) & ~np.isin(snapshot.artist[rows], full)]
    if left_ms <= TOLERANCE_MS or len(free) == 0:
        return chosen
    more = free[choose_tracks(_candidates(snapshot, free, value), left_ms)]
    longer = np.sort(np.concatenate((chosen, more)))
    return longer if abs(int(snapshot.duration_ms[longer].sum()) - target_ms) < left_ms else chosen


def _candidates(snapshot: Snapshot, rows: Indices, value: Floats) -> Candidates:
    return Candidates(value[rows], snapshot.duration_ms[rows], snapshot.artist[rows])


def _items(
    snapshot: Snapshot, rows: Indices, fit: Floats | None, known: NDArray[np.bool_] | None
) -> list[PlaylistItem]:
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


def _transitions(
    snapshot: Snapshot, rows: Indices, order: Indices, scores: TransitionScores
) -> list[Transition]:
    listed = []
    for one, other in zip(order[:-1].tolist(), order[1:].tolist(), strict=True):
        parts = {name: float(scores.parts[name][one, other]) for name in PARTS}
        listed.append(
            Transition(
                from_track_id=int(snapshot.track_id[rows[one]]),
                to_track_id=int(snapshot.track_id[rows[other]]),
                score=float(scores.score[one, other]),
                certainty=float(scores.certainty[one, other]),
                **{name: part if np.isfinite(part) else None for name, part in parts.items()},
            )
        )
    return listed


def _measures(
    snapshot: Snapshot,
    rows: Indices,
    order: Indices,
    scores: TransitionScores,
    fit: Floats | None,
    known: NDArray[np.bool_],
    has_user: bool,
) -> Measures:
    lengths = snapshot.duration_ms[rows]
    steps = scores.score[order[:-1], order[1:]]
    filled = len(rows) > 0
    return Measures(
        fit=float(np.average(fit[rows], weights=lengths)) if fit is not None and filled else None,
        coherence=measures.coherence(snapshot, rows),
        diversity=measures.diversity(snapshot.artist[rows], [snapshot.genres[row] for row in rows]),
        smoothness=float(steps.mean()) if len(steps) else None,
        familiarity=float(known[rows].mean()) if has_user and filled else None,
    )


def _note_what_is_missed(playlist: GeneratedPlaylist, ratio: float | None) -> None:
    off = playlist.duration_ms - playlist.requested_ms
    if playlist.items and abs(off) > TOLERANCE_MS:
        side = "longer" if off > 0 else "shorter"
        playlist.notes.append(
            f"The list is {_minutes(abs(off))} {side} than asked: "
            "the tracks that fit the wishes do not make that length."
        )
    found = playlist.measures.familiarity
    if (
        ratio is not None
        and found is not None
        and abs(found - ratio) > 0.5 / len(playlist.items) + 0.1
    ):
        playlist.notes.append(
            f"{found:.0%} of the tracks are familiar instead of {ratio:.0%}: "
            "there are not enough tracks of that kind that fit."
        )


def _minutes(milliseconds: int) -> str:
    minutes, seconds = divmod(round(milliseconds / 1000), 60)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
