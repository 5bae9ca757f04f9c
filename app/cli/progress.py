"""Progress of long work on stderr: a bar with an estimate on a terminal, plain lines elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from app.cli.runtime import console

Report = Callable[[int, int | None], None]

_LINE_EVERY_S = 10.0


@contextmanager
def progress_bar(label: str) -> Iterator[Report]:
    """Yields `report(done, total)`; `total` None means that it is not known yet."""
    if not console.is_terminal:
        yield _PlainLines(label)
        return
    columns = (
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(label, total=None)

        def report(done: int, total: int | None) -> None:
            progress.update(task, completed=done, total=total)

        yield report


class _PlainLines:
    """Writes a line every ten seconds, and one at the end."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._written_at = time.monotonic()
        self._started_at = self._written_at

    def __call__(self, done: int, total: int | None) -> None:
        now = time.monotonic()
        if done != total and now - self._written_at < _LINE_EVERY_S:
            return
        self._written_at = now
        of_total = f" of {total}" if total else ""
        elapsed = now - self._started_at
        console.print(f"{self._label}: {done}{of_total}, {elapsed:.0f} s", highlight=False)
