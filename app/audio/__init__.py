"""Audio: decoding, features of the sound, embeddings, and the moods that they suggest."""

from app.audio.analysis import ANALYSIS_TYPES, AudioAnalysis, Tag
from app.audio.analyzer import Analyzer
from app.audio.isolation import analysis_pool, analyze_isolated
from app.audio.moods import ACTIVITIES, MOODS, feature_place, mood_scores
from app.audio.pending import AnalysisReport, analyze_pending
from app.audio.queries import (
    FEATURE_NAMES,
    AudioFeaturesRow,
    audio_by_track_id,
    embedding_matrix,
    feature_matrix,
    sound_tags_by_track_id,
)
from app.audio.spectrum import SpectralSummary
from app.audio.versions import ANALYSIS_SOURCE, EMBEDDING_MODEL, EMBEDDING_SIZE, analysis_version

__all__ = [
    "ACTIVITIES",
    "ANALYSIS_SOURCE",
    "ANALYSIS_TYPES",
    "EMBEDDING_MODEL",
    "EMBEDDING_SIZE",
    "FEATURE_NAMES",
    "MOODS",
    "AnalysisReport",
    "Analyzer",
    "AudioAnalysis",
    "AudioFeaturesRow",
    "SpectralSummary",
    "Tag",
    "analysis_pool",
    "analysis_version",
    "analyze_isolated",
    "analyze_pending",
    "audio_by_track_id",
    "embedding_matrix",
    "feature_matrix",
    "feature_place",
    "mood_scores",
    "sound_tags_by_track_id",
]
