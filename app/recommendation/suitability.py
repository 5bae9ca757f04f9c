"""How well each track suits each mood and activity, computed once at training."""

import numpy as np
from numpy.typing import NDArray

from app.audio import ACTIVITIES, MOODS, mood_scores
from app.recommendation.tracks import Tracks


def suit_matrix(tracks: Tracks) -> tuple[list[str], NDArray[np.float32]]:
    """The words (moods, then activities) and scores, shape=(words, tracks) float32 in 0..1.

    No words where nothing is known of any track: then context cannot act through sound or tags.
    """
    features = tracks.features
    if not np.isfinite(features).any() and not any(tracks.words):
        return [], np.empty((0, len(tracks)), dtype=np.float32)
    words = list(dict.fromkeys([*MOODS, *ACTIVITIES]))
    names = list(tracks.feature_names)
    rows = [mood_scores(features, names, word, tracks.words) for word in words]
    return words, np.stack(rows).astype(np.float32)
