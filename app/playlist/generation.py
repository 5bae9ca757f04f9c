"""From wishes to a list: score the catalog, choose for the length, order for the transitions."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.playlist.familiarity import choose_with_share
from app.playlist.measures import Measures, coherence, diversity
from app.playlist.ordering import order_tracks
from app.playlist.request import PlaylistRequest
from app.playlist.result import GeneratedPlaylist, list_items, list_transitions
from app.playlist.selection import TOLERANCE_MS, Candidates, Indices, choose_tracks
from app.playlist.snapshot import Snapshot
from app.playlist.transitions import transition_scores

Floats = NDArray[np.float64]

_FIT, _POPULARITY, _AFFINITY, _CHANCE = 0.8, 0.08, 0.08, 0.15  # weights of a track's value
_POPULARITY_UNKNOWN = 0.3
_RATIO_SLACK = 0.1
_MOST_CONTENDERS = 5_000  # of each kind; a day of music is about 400 tracks


def generate(
    snapshot: Snapshot,
    request: PlaylistRequest,
    genre_ids: Sequence[int] | None = None,
    known_ids: Sequence[int] | None = None,
) -> GeneratedPlaylist:
    """Make the list. Pure and deterministic: heavy work, to be run off the event loop.

    `genre_ids` are the ids of the wanted genres (None: any); `known_ids` the tracks that the user
    has listened to (None: no user). The request has been checked.
    """
    known = None
    if known_ids is not None:
        known = np.zeros(len(snapshot), dtype=bool)
        known[snapshot.rows_of(known_ids)] = True
    fit = wish_fit(snapshot, request)
    value = _value(snapshot, request, fit, known)
    allowed, notes = _allowed(snapshot, request, genre_ids)
    rows = _contenders(snapshot, allowed, value, known)
    candidates = Candidates(value[rows], snapshot.duration_ms[rows], snapshot.artist[rows])
    if request.familiar_ratio is None or known is None:
        chosen = rows[choose_tracks(candidates, request.duration_ms)]
    else:
        chosen = rows[
            choose_with_share(candidates, request.duration_ms, known[rows], request.familiar_ratio)
        ]
    scores = transition_scores(snapshot.sounds(chosen))
    order = order_tracks(1 - scores.score, snapshot.artist[chosen])
    listed = chosen[order]
    lengths = snapshot.duration_ms[listed]
    smoothness = scores.score[order[:-1], order[1:]]
    measures = Measures(
        fit=None if fit is None else _mean(fit[listed], lengths),
        coherence=coherence(snapshot, listed),
        diversity=diversity(snapshot.artist[listed], [snapshot.genres[row] for row in listed]),
        smoothness=_mean(smoothness),
        familiarity=None if known is None else _mean(known[listed]),
    )
    duration_ms = int(lengths.sum())
    notes += _what_was_missed(request, duration_ms, len(listed), measures.familiarity)
    return GeneratedPlaylist(
        items=list_items(snapshot, listed, fit, known),
        transitions=list_transitions(snapshot.track_id[chosen], order, scores),
        duration_ms=duration_ms,
        requested_ms=request.duration_ms,
        measures=measures,
        notes=notes,
        seed=request.seed,
    )


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
    return np.asarray(np.nan_to_num(fits[level], nan=0.5))


def _value(
    snapshot: Snapshot,
    request: PlaylistRequest,
    fit: Floats | None,
    known: NDArray[np.bool_] | None,
) -> Floats:
    """How welcome each track is, (n,), 0..1: fit first, then popularity, taste and chance."""
    popularity = snapshot.popularity.astype(np.float64) / 100
    popularity = np.clip(np.nan_to_num(popularity, nan=_POPULARITY_UNKNOWN), 0, 1)
    chance = np.random.default_rng(request.seed % 2**64).uniform(0, 1, len(snapshot))
    value = _POPULARITY * popularity + _CHANCE * chance
    total = _POPULARITY + _CHANCE
    if fit is not None:
        value, total = value + _FIT * fit, total + _FIT
    if known is not None and known.any():
        liked = np.isin(snapshot.artist, snapshot.artist[known]) & (snapshot.artist >= 0)
        value, total = value + _AFFINITY * liked, total + _AFFINITY
    return np.asarray(value / total)


def _allowed(
    snapshot: Snapshot, request: PlaylistRequest, genre_ids: Sequence[int] | None
) -> tuple[NDArray[np.bool_], list[str]]:
    """Which tracks may be in the list, (n,), and why none may."""
    allowed = snapshot.duration_ms > 0
    notes = []
    if len(snapshot) == 0:
        notes.append("The catalog has no tracks yet.")
    elif not allowed.any():
        notes.append("No track of the catalog has a known length.")
    elif genre_ids is not None and not (allowed := allowed & snapshot.of_genres(genre_ids)).any():
        notes.append("No track of these genres has a known length.")
    elif not (allowed := allowed & ~_excluded(snapshot, request)).any():
        notes.append("Every track that would fit is excluded.")
    return allowed, notes


def _contenders(
    snapshot: Snapshot,
    allowed: NDArray[np.bool_],
    value: Floats,
    known: NDArray[np.bool_] | None,
) -> Indices:
    """Rows to choose from, sorted: the best known and the best new ones, no copies.

    The rest of a large catalog could only come in where thousands before it do not fit.
    """
    kinds = [allowed] if known is None else [allowed & known, allowed & ~known]
    best = np.concatenate([_best(np.flatnonzero(kind), value) for kind in kinds])
    best = best[np.argsort(-value[best], kind="stable")]
    _, first = np.unique(snapshot.recording[best], return_index=True)
    return np.sort(best[first])


def _best(rows: Indices, value: Floats) -> Indices:
    if len(rows) <= _MOST_CONTENDERS:
        return rows
    best_first = np.argpartition(-value[rows], _MOST_CONTENDERS)
    return np.asarray(rows[best_first[:_MOST_CONTENDERS]])


def _excluded(snapshot: Snapshot, request: PlaylistRequest) -> NDArray[np.bool_]:
    excluded = np.zeros(len(snapshot), dtype=bool)
    excluded[snapshot.rows_of(list(request.exclude))] = True
    return excluded


def _mean(
    values: NDArray[np.float64] | NDArray[np.bool_], weights: NDArray[np.int64] | None = None
) -> float | None:
    return float(np.average(values, weights=weights)) if len(values) else None


def _what_was_missed(
    request: PlaylistRequest, duration_ms: int, count: int, familiarity: float | None
) -> list[str]:
    """Sentences on wishes that the list does not meet."""
    notes = []
    off = duration_ms - request.duration_ms
    if count and abs(off) > TOLERANCE_MS:
        notes.append(
            f"The list is {_minutes(abs(off))} {'longer' if off > 0 else 'shorter'} than asked: "
            "the tracks that fit the wishes do not make that length."
        )
    ratio = request.familiar_ratio
    if ratio is None:
        return notes
    if request.user_id is None:
        notes.append("familiarRatio needs a user with listens; it was left out.")
    elif familiarity is not None and abs(familiarity - ratio) > 0.5 / count + _RATIO_SLACK:
        notes.append(
            f"{familiarity:.0%} of the tracks are familiar instead of {ratio:.0%}: "
            "not enough tracks of that kind fit."
        )
    return notes


def _minutes(milliseconds: int) -> str:
    minutes, seconds = divmod(round(milliseconds / 1000), 60)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
