"""From plays to fitted parts: what one recipe learns from one body of data."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from app.recommendation import als
from app.recommendation.neighbors import Neighbors, cooccurrence_neighbors, vector_neighbors
from app.recommendation.parts import Parts, Recipe
from app.recommendation.plays import Plays
from app.recommendation.tracks import Tracks

FEW_LISTENERS = 50
_LEAST_PSEUDO_USERS = 3
_LEAST_ENTRIES = 20


def sound_neighbors(tracks: Tracks) -> Neighbors | None:
    """Content neighbors of the catalog; None where nothing is known of any track."""
    if len(tracks) < 2 or not tracks.vectors.any():
        return None
    return vector_neighbors(tracks.vectors)


def fit_parts(tracks: Tracks, plays: Plays, recipe: Recipe, sound: Neighbors | None) -> Parts:
    """Fit every part on `plays`; `sound` is from `sound_neighbors`.

    With fewer than 50 listeners, sittings stand in for listeners: see `Plays.sessions`.
    """
    size = len(tracks)
    parts = Parts(
        size=size,
        recipe=recipe,
        artist=tracks.artist,
        popularity=popularity(tracks, plays, recipe.popularity_half_life_days),
        sound=sound,
    )
    learned_from = plays
    if plays.timed and len(plays.users) < FEW_LISTENERS:
        learned_from = plays.sessions()
    strengths = learned_from.strengths(size, recipe.half_life_days)
    if strengths.shape[0] < _LEAST_PSEUDO_USERS or strengths.nnz < _LEAST_ENTRIES:
        return parts
    bounded = replace(recipe.als, factors=max(2, min(recipe.als.factors, size // 2)))
    factors = als.fit(strengths, bounded)
    return replace(
        parts,
        fold_in=als.FoldIn(factors, bounded),
        together=cooccurrence_neighbors(strengths),
    )


def popularity(tracks: Tracks, plays: Plays, half_life_days: float) -> NDArray[np.float32]:
    """Damped, decayed listens summed over listeners, shape=(tracks,) float32.

    The damping keeps one listener's heavy rotation from making a hit; popularity as imported
    decides between tracks that nobody has played.
    """
    prior = np.nan_to_num(tracks.popularity) / 10_000
    if not len(plays):
        return np.asarray(prior, dtype=np.float32)
    strengths = plays.strengths(len(tracks), half_life_days)
    total = np.asarray(strengths.sum(axis=0)).ravel()
    return np.asarray(total + prior, dtype=np.float32)
