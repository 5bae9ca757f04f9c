"""Fail when a Python file is longer than 400 lines: it should be split where its seams are."""

import subprocess
import sys
from pathlib import Path

LIMIT = 400
GENERATED = ("migrations/versions/",)


def main() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "*.py"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    lengths = {
        name: len(Path(name).read_text().splitlines())
        for name in listed
        if Path(name).exists() and not name.startswith(GENERATED)
    }
    too_long = {name: lines for name, lines in lengths.items() if lines > LIMIT}
    for name, lines in sorted(too_long.items()):
        sys.stderr.write(f"{name}: {lines} lines, at most {LIMIT} are allowed\n")
    sys.exit(1 if too_long else 0)


if __name__ == "__main__":
    main()
