"""Recommendations: what a listener should hear now, why, and how sure that is."""

from app.recommendation.recommender import Recommender
from app.recommendation.request import (
    ALGORITHMS,
    ContextEffect,
    ListeningContext,
    Metadata,
    Reason,
    Recommendation,
    RecommendationRequest,
    RecommendedItem,
)
from app.recommendation.training import TrainReport, train_recommendation

__all__ = [
    "ALGORITHMS",
    "ContextEffect",
    "ListeningContext",
    "Metadata",
    "Reason",
    "Recommendation",
    "RecommendationRequest",
    "RecommendedItem",
    "Recommender",
    "TrainReport",
    "train_recommendation",
]
