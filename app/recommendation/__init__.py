"""Recommendations: what a listener should hear now, why, and how sure that is."""

from app.recommendation.evaluation import (
    Evaluation,
    EvaluationRow,
    evaluate_listens,
    evaluate_research,
)
from app.recommendation.recommender import Recommender
from app.recommendation.request import (
    ALGORITHMS,
    MOST_EXCLUDED,
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
    "MOST_EXCLUDED",
    "ContextEffect",
    "Evaluation",
    "EvaluationRow",
    "ListeningContext",
    "Metadata",
    "Reason",
    "Recommendation",
    "RecommendationRequest",
    "RecommendedItem",
    "Recommender",
    "TrainReport",
    "evaluate_listens",
    "evaluate_research",
    "train_recommendation",
]
