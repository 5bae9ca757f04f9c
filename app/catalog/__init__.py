"""The catalog: tracks, artists, albums and genres, how they get in, and how names are matched."""

from app.catalog.identifiers import isrc_of, made_key, mbid_of, spotify_id_of
from app.catalog.importer import import_catalog
from app.catalog.matching import Match, Matcher, WantedTrack, add_unmatched
from app.catalog.names import fold, fold_name, fold_title, split_artists
from app.catalog.queries import (
    AlbumRow,
    ArtistRow,
    GenreRow,
    TrackRow,
    album_ids_by_key,
    albums_by_id,
    artist_ids_by_key,
    artists_by_id,
    artists_of_tracks,
    genres_of_tracks,
    match_genres,
    tags_of_tracks,
    track_ids_by_key,
    tracks_by_id,
)
from app.catalog.report import ImportReport, Progress, no_progress
from app.catalog.scan import ScanReport, scan_folder

__all__ = [
    "AlbumRow",
    "ArtistRow",
    "GenreRow",
    "ImportReport",
    "Match",
    "Matcher",
    "Progress",
    "ScanReport",
    "TrackRow",
    "WantedTrack",
    "add_unmatched",
    "album_ids_by_key",
    "albums_by_id",
    "artist_ids_by_key",
    "artists_by_id",
    "artists_of_tracks",
    "fold",
    "fold_name",
    "fold_title",
    "genres_of_tracks",
    "import_catalog",
    "isrc_of",
    "made_key",
    "match_genres",
    "mbid_of",
    "no_progress",
    "scan_folder",
    "split_artists",
    "spotify_id_of",
    "tags_of_tracks",
    "track_ids_by_key",
    "tracks_by_id",
]
