"""Search by name, misspelt name and meaning: tracks, artists, albums, playlists, genres."""

from app.search.entries import SearchType
from app.search.evaluation import evaluate_search
from app.search.ranking import Hit, MatchedBy
from app.search.searcher import Found, Searcher, SearchPage
from app.search.training import SearchReport, train_search

__all__ = [
    "Found",
    "Hit",
    "MatchedBy",
    "SearchPage",
    "SearchReport",
    "SearchType",
    "Searcher",
    "evaluate_search",
    "train_search",
]
