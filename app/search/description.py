"""A track in a few words, for the sentence model: title, artist, genres, tags, moods."""

from collections.abc import Sequence

import numpy as np

from app.audio import ACTIVITIES, MOODS, mood_scores
from app.search.queries import FEATURES, TrackText

_CLEARLY = 0.68  # a mood counts from here, 0..1
_MOST_MOODS = 3
_MOST_ACTIVITIES = 2
_MOST_TAGS = 10


def describe(tracks: Sequence[TrackText]) -> list[str]:
    """One text a track, such as "Hurt by Johnny Cash. country. acoustic. sad, calm."

    All tracks of the catalog belong in one call: moods are relative to the catalog.
    """
    moods = _clearest(tracks, MOODS, _MOST_MOODS)
    activities = _clearest(tracks, ACTIVITIES, _MOST_ACTIVITIES)
    texts = []
    for track, mood, activity in zip(tracks, moods, activities, strict=True):
        parts = [f"{track.title} by {', '.join(track.artists)}" if track.artists else track.title]
        parts += [", ".join(part) for part in (track.genres, track.tags[:_MOST_TAGS], mood) if part]
        if activity:
            parts.append(f"music for {' and '.join(activity)}")
        texts.append(". ".join(parts))
    return texts


def _clearest(tracks: Sequence[TrackText], words: Sequence[str], most: int) -> list[list[str]]:
    """Of each track the moods or activities that suit it clearly, best first."""
    matrix = np.array([track.features for track in tracks], dtype=np.float32)
    matrix = matrix.reshape(len(tracks), len(FEATURES))
    tags = [[*track.tags, *(genre.lower() for genre in track.genres)] for track in tracks]
    scores = np.stack([mood_scores(matrix, FEATURES, word, tags) for word in words], axis=1)
    best = np.argsort(-scores, axis=1, kind="stable")[:, :most]
    return [
        [words[at] for at in row if scores[number, at] >= _CLEARLY]
        for number, row in enumerate(best)
    ]
