"""Models as services: batched, bounded, off the event loop.

`app.inference.musicnn` is imported directly where it is needed, since it brings torch with it.
"""

from app.inference.batcher import Batcher
from app.inference.sentences import SentenceModel, SentenceService, load_sentence_model

__all__ = ["Batcher", "SentenceModel", "SentenceService", "load_sentence_model"]
