"""The demo: synthesized pieces and simulated listeners, of which everything is known."""

from app.demo.catalog import ArtistStyle, DemoPiece, Section, plan_catalog
from app.demo.habits import CONTEXTS, DEVICES
from app.demo.instruments import SAMPLE_RATE
from app.demo.listeners import FIRST_DAY, Listener, Simulation, simulate_listeners
from app.demo.playlists import DemoPlaylist, plan_playlists, write_playlists
from app.demo.queries import catalog_is_empty, has_demo, remove_demo
from app.demo.rendering import render_piece
from app.demo.writing import write_audio, write_catalog, write_listens, write_truth

__all__ = [
    "CONTEXTS",
    "DEVICES",
    "FIRST_DAY",
    "SAMPLE_RATE",
    "ArtistStyle",
    "DemoPiece",
    "DemoPlaylist",
    "Listener",
    "Section",
    "Simulation",
    "catalog_is_empty",
    "has_demo",
    "plan_catalog",
    "plan_playlists",
    "remove_demo",
    "render_piece",
    "simulate_listeners",
    "write_audio",
    "write_catalog",
    "write_listens",
    "write_playlists",
    "write_truth",
]
