"""Analyzing a file in a worker process, with every way to fail made a sentence about that file."""

from __future__ import annotations

import os
from pathlib import Path

import structlog

from app.audio.analysis import AudioAnalysis, analyze_file
from app.audio.decoding import printable
from app.audio.pool import WorkerDied, WorkerOutOfMemory, WorkerPool
from app.errors import BadInput, DeadlineExceeded, SegueError
from app.settings import Settings

_MODULES = ("essentia.standard", "app.audio.analysis")  # torch waits for the first full analysis

log = structlog.get_logger(__name__)


class AnalysisFailed(SegueError):
    """A file met a bug in the analysis; the log has the traceback."""


def analysis_pool(files: int, cores: int | None = None) -> WorkerPool:
    """A pool to analyze `files` files with at most `cores` processes (default: all cores)."""
    return WorkerPool(max(1, min(cores or os.cpu_count() or 1, files)), preload=_MODULES)


async def analyze_isolated(
    pool: WorkerPool,
    path: Path,
    settings: Settings,
    *,
    analysis_type: str = "full",
    name: str | None = None,
) -> AudioAnalysis:
    """`analyze_file` in `pool`, within `settings.audio_timeout_s`; `name` is used in messages.

    Raises as it does, and BadInput for a file that crashed its worker or wanted too much memory,
    DeadlineExceeded for one that took too long, AnalysisFailed for one that met a bug.
    """
    name = name or printable(path.name)
    try:
        return await pool.run(
            _analyze_named,
            path,
            name,
            analysis_type,
            settings.models_dir,
            timeout_s=settings.audio_timeout_s,
        )
    except (WorkerDied, WorkerOutOfMemory) as error:
        raise BadInput(f"{name} cannot be analyzed. {error}") from error
    except DeadlineExceeded as error:
        limit = settings.audio_timeout_s
        raise DeadlineExceeded(f"{name} could not be analyzed within {limit:g} s.") from error
    except RuntimeError as error:
        log.error("audio_analysis_failed", path=printable(str(path)), error=str(error))
        raise AnalysisFailed(
            f"{name} cannot be analyzed: an unexpected failure; the log has the details."
        ) from error


def _analyze_named(path: Path, name: str, analysis_type: str, models_dir: Path) -> AudioAnalysis:
    return analyze_file(path, analysis_type, models_dir, name=name)
