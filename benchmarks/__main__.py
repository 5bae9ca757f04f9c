"""`make bench`: run every benchmark, print the tables, and write them to RESULTS.md."""

import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import bench_fields, bench_import

RESULTS = Path(__file__).parent / "RESULTS.md"


def main() -> None:
    lines = [
        "# Results of `make bench`",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, Python {platform.python_version()}.",
        "",
    ]
    for benchmark in (bench_fields, bench_import):
        lines += [*benchmark.table(), ""]
    RESULTS.write_text("\n".join(lines))
    sys.stdout.write("\n".join(lines))


if __name__ == "__main__":
    main()
