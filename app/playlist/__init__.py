"""Playlists: made from wishes, ordered for their transitions; imported, stored, exported."""

from app.playlist.importing import PlaylistImportReport, import_playlists
from app.playlist.measures import Measures
from app.playlist.request import ENERGY_LEVELS, MOST_EXCLUDED, PlaylistRequest
from app.playlist.result import GeneratedPlaylist, PlaylistItem, Transition
from app.playlist.service import PlaylistGenerator
from app.playlist.stored import (
    Span,
    StoredPlaylist,
    playlist_page,
    playlists_by_key,
    tracks_of_playlists,
)
from app.playlist.writing import ListedTrack, listed_tracks, write_playlist

__all__ = [
    "ENERGY_LEVELS",
    "MOST_EXCLUDED",
    "GeneratedPlaylist",
    "ListedTrack",
    "Measures",
    "PlaylistGenerator",
    "PlaylistImportReport",
    "PlaylistItem",
    "PlaylistRequest",
    "Span",
    "StoredPlaylist",
    "Transition",
    "import_playlists",
    "listed_tracks",
    "playlist_page",
    "playlists_by_key",
    "tracks_of_playlists",
    "write_playlist",
]
