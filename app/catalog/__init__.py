"""The catalog: tracks, artists, albums and genres, how they get in, and how names are matched."""

from app.catalog.identifiers import isrc_of, made_key, mbid_of, spotify_id_of
from app.catalog.matching import Match, Matcher, WantedTrack, add_unmatched
from app.catalog.names import fold, fold_name, fold_title, split_artists
from app.catalog.report import ImportReport, Progress, no_progress

__all__ = [
    "ImportReport",
    "Match",
    "Matcher",
    "Progress",
    "WantedTrack",
    "add_unmatched",
    "fold",
    "fold_name",
    "fold_title",
    "isrc_of",
    "made_key",
    "mbid_of",
    "no_progress",
    "split_artists",
    "spotify_id_of",
]
