"""Background work. Today: the one lock that whoever trains or changes indexes holds."""

from app.jobs.lock import exclusive

__all__ = ["exclusive"]
