"""What an import did, counted: every row that was read ends in exactly one of its counts."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

Progress: TypeAlias = Callable[[int, int | None], None]
"""Told how far work is: (done, total) in the work's own unit; total is None while not known."""

_KEPT_PROBLEMS = 20


def no_progress(done: int, total: int | None) -> None:
    """A `Progress` that tells nobody."""


@dataclass
class ImportReport:
    """Counts of one import; all numbers are rows of the file.

    read = added + already_there + updated + the sum of skipped.
    """

    read: int = 0
    added: int = 0
    already_there: int = 0
    updated: int = 0
    matched: Counter[str] = field(default_factory=Counter)
    """How rows found their track: mbid, isrc, spotify_id, exact, fuzzy, new; may stay empty."""
    skipped: Counter[str] = field(default_factory=Counter)
    """Rows not stored, by reason."""
    problems: list[tuple[int, str]] = field(default_factory=list)
    """(line number from 1, what is wrong) of the first 20 rows to mend."""

    def skip(self, reason: str, line: int | None = None, detail: str | None = None) -> None:
        """Count a row that was read as not stored; `detail` says more than the counted reason."""
        self.skipped[reason] += 1
        if line is not None:
            self.note(line, detail or reason)

    def note(self, line: int, problem: str) -> None:
        """Keep a problem to show, while there are few."""
        if len(self.problems) < _KEPT_PROBLEMS:
            self.problems.append((line, problem))

    def lines(self) -> list[str]:
        """The report as lines of text to print."""
        shown = [
            f"{self.read:,} read: {self.added:,} added, {self.updated:,} updated, "
            f"{self.already_there:,} already there, {self.skipped.total():,} skipped"
        ]
        if self.matched:
            found = ", ".join(f"{how} {count:,}" for how, count in self.matched.most_common())
            shown.append(f"matched to the catalog: {found}")
        shown += [f"skipped {count:,}: {reason}" for reason, count in self.skipped.most_common()]
        shown += [f"line {line:,}: {problem}" for line, problem in self.problems]
        return shown

    def as_json(self) -> dict[str, object]:
        """The report for a program."""
        return {
            "read": self.read,
            "added": self.added,
            "alreadyThere": self.already_there,
            "updated": self.updated,
            "matched": dict(self.matched),
            "skipped": dict(self.skipped),
            "problems": [{"line": line, "problem": problem} for line, problem in self.problems],
        }
