"""Audio: decoding, features of the sound, embeddings, and the moods that they suggest."""

from app.audio.moods import ACTIVITIES, MOODS, feature_place, mood_scores

__all__ = ["ACTIVITIES", "MOODS", "feature_place", "mood_scores"]
