"""Analyzing what a scan has found: resumable, in worker processes, the most played first."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from app.audio.analysis import AudioAnalysis
from app.audio.decoding import UnreadableFile, printable
from app.audio.isolation import analysis_pool, analyze_isolated
from app.audio.pool import WorkerPool
from app.audio.queries import PendingFile, pending_files, save_analysis, save_failure
from app.audio.versions import analysis_version
from app.database import Database
from app.errors import SegueError
from app.settings import Settings

_KEPT_PROBLEMS = 20


@dataclass
class AnalysisReport:
    """What a run of `analyze_pending` did.

    analyzed, failed: files. left: those it did not come to, because its time was over. seconds:
    elapsed. audio_seconds: length of the music analyzed. cpu_seconds: of the workers, by stage.
    problems: the first (path, reason) pairs of files that failed.
    """

    analyzed: int = 0
    failed: int = 0
    left: int = 0
    seconds: float = 0.0
    audio_seconds: float = 0.0
    cpu_seconds: Counter[str] = field(default_factory=Counter)
    problems: list[tuple[str, str]] = field(default_factory=list)

    def lines(self) -> list[str]:
        """The report as lines of text to print."""
        shown = [f"{self.analyzed:,} analyzed, {self.failed:,} failed, {self.left:,} left"]
        if self.analyzed and self.seconds > 0:
            hourly = self.analyzed / self.seconds * 3600
            shown.append(
                f"{self.audio_seconds / 3600:.1f} h of music in {self.seconds:.0f} s: "
                f"{hourly:,.0f} tracks an hour"
            )
        total = sum(self.cpu_seconds.values())
        if total > 0:
            shares = ", ".join(
                f"{stage} {seconds / total:.0%}"
                for stage, seconds in self.cpu_seconds.most_common()
            )
            shown.append(f"{total:.1f} s of CPU: {shares}")
        shown += [f"{path}: {reason}" for path, reason in self.problems]
        return shown


def no_progress(done: int, total: int | None) -> None:
    """Report to nobody."""


async def analyze_pending(
    database: Database,
    settings: Settings,
    *,
    cores: int | None = None,
    limit_hours: float | None = None,
    pause: float = 0.0,
    progress: Callable[[int, int | None], None] = no_progress,
) -> AnalysisReport:
    """Analyze every track's file that the present version of the analysis has not seen.

    cores: worker processes (default: all). limit_hours: stop after so long; the next run goes on
    from there. pause: seconds that each worker rests after a file. progress: called with files
    done and files in all. Each result is stored at once; a file that cannot be analyzed gets its
    reason in `audio_files.analysis_error` and is not tried again until it changes. One whose disk
    cannot be read is tried again the next time.
    """
    started = time.monotonic()
    files = await pending_files(database, analysis_version())
    report = AnalysisReport()
    if files:
        ends = None if limit_hours is None else started + 3600 * limit_hours
        run = _Run(database, settings, report, progress, len(files))
        queue = iter(files)
        async with analysis_pool(len(files), cores) as pool, asyncio.TaskGroup() as tasks:
            for _ in range(pool.size):
                tasks.create_task(run.work(pool, queue, pause, ends))
    report.left = len(files) - report.analyzed - report.failed
    report.seconds = time.monotonic() - started
    return report


@dataclass
class _Run:
    database: Database
    settings: Settings
    report: AnalysisReport
    progress: Callable[[int, int | None], None]
    total: int

    async def work(
        self, pool: WorkerPool, queue: Iterator[PendingFile], pause: float, ends: float | None
    ) -> None:
        """Take files from `queue`, which all workers share, until it or the time is used up."""
        for file in queue:
            await self._analyze(pool, file)
            self.progress(self.report.analyzed + self.report.failed, self.total)
            if pause:
                await asyncio.sleep(pause)
            if ends is not None and time.monotonic() >= ends:
                return

    async def _analyze(self, pool: WorkerPool, file: PendingFile) -> None:
        try:
            found = await analyze_isolated(pool, file.path, self.settings)
        except UnreadableFile as error:  # an unmounted disk condemns no file
            self._note(file, str(error))
        except SegueError as error:
            await save_failure(self.database, file, str(error))
            self._note(file, str(error))
        else:
            await save_analysis(self.database, file, found)
            self._count(found)

    def _note(self, file: PendingFile, reason: str) -> None:
        self.report.failed += 1
        if len(self.report.problems) < _KEPT_PROBLEMS:
            self.report.problems.append((printable(str(file.path)), reason))

    def _count(self, found: AudioAnalysis) -> None:
        self.report.analyzed += 1
        self.report.audio_seconds += found.analyzed_ms / 1000
        self.report.cpu_seconds.update(found.timing)
