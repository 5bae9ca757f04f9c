"""FAISS indexes over vectors whose ids are bigint keys of tables."""

from app.vectors.index import VectorIndex

__all__ = ["VectorIndex"]
