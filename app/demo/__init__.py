"""The demo: synthesized pieces and simulated listeners, all made by this package, all known exactly."""

from app.demo.catalog import ArtistStyle, DemoPiece, Section, plan_catalog
from app.demo.instruments import SAMPLE_RATE
from app.demo.rendering import render_piece
from app.demo.writing import write_audio, write_catalog, write_truth

__all__ = [
    "SAMPLE_RATE",
    "ArtistStyle",
    "DemoPiece",
    "Section",
    "plan_catalog",
    "render_piece",
    "write_audio",
    "write_catalog",
    "write_truth",
]
