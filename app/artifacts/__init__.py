"""Versioned models and indexes: files under `SEGUE_HOME/artifacts`, versions and aliases in SQL."""

from app.artifacts.follower import Follower
from app.artifacts.store import Artifact, ArtifactStore

__all__ = ["Artifact", "ArtifactStore", "Follower"]
