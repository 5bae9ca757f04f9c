"""Listens imported a second, from plain CSV by track ids and by names, into an empty database.

    python -m benchmarks.bench_import [--listens 200000] [--runs 3]

The file is made by a seeded generator: 1,000 users, 20,000 tracks, popularity by Zipf's law, plays
over two years in order of time. By names, every track is matched through the catalog. Measured too:
the same file again (nothing new), and reading every play for training.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

import asyncpg
import numpy as np

from app.catalog import WantedTrack, add_unmatched
from app.database import Database, EmbeddedServer, migrate
from app.listening import import_listens, interactions

USERS, TRACKS = 1_000, 20_000


def write_histories(folder: Path, listens: int) -> tuple[Path, Path]:
    """The same plays as two files: by track ids, and by names."""
    random = np.random.default_rng(7)
    weight = 1 / np.arange(1, TRACKS + 1) ** 0.8
    tracks = random.choice(TRACKS, listens, p=weight / weight.sum())
    users = random.integers(0, USERS, listens)
    times = np.sort(random.integers(1_640_000_000, 1_703_000_000, listens))
    played = random.integers(5_000, 240_000, listens)
    by_id, by_name = folder / "ids.csv", folder / "names.csv"
    rows = list(zip(users, tracks, times, played, strict=True))
    by_id.write_text(
        "user,track_id,listened_at,ms_played\n"
        + "".join(f"u{u},b{t},{at},{ms}\n" for u, t, at, ms in rows)
    )
    by_name.write_text(
        "user,artist,track,listened_at,ms_played\n"
        + "".join(
            f"u{u},The Artist {t % 2000},Song Number {t},{at},{ms}\n" for u, t, at, ms in rows
        )
    )
    return by_id, by_name


async def with_catalog(url: str, name: str) -> str:
    """The URL of a fresh database with the tracks in it."""
    connection = await asyncpg.connect(url)
    await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    head, _, query = url.partition("?")
    target = f"{head.rsplit('/', 1)[0]}/{name}?{query}"
    await migrate(target)
    database = await Database.connect(target)
    ids = await add_unmatched(
        database,
        [WantedTrack(f"The Artist {t % 2000}", f"Song Number {t}") for t in range(TRACKS)],
    )
    async with database.acquire() as one:
        await one.execute(
            "UPDATE tracks SET key = 'b' || n FROM unnest($1::bigint[], $2::int[]) AS x (i, n) "
            "WHERE id = i",
            ids,
            list(range(TRACKS)),
        )
        await one.execute("VACUUM ANALYZE")
    await database.close()
    return target


async def measure(url: str, file: Path, listens: int) -> dict[str, float]:
    """Listens a second: imported, imported again, read for training."""
    target = await with_catalog(url, "segue_bench_import")
    database = await Database.connect(target)
    rates = {}
    for name in ("imported", "again"):
        start = time.perf_counter()
        report = await import_listens(database, file)
        rates[name] = listens / (time.perf_counter() - start)
        assert report.added + report.already_there + report.skipped.total() == listens, report
    stored = await database.fetch_value("SELECT count(*) FROM listens")
    assert report.already_there == stored
    start = time.perf_counter()
    assert len((await interactions(database)).user_id) == stored
    rates["read for training"] = stored / (time.perf_counter() - start)
    await database.close()
    return rates


def table(listens: int = 200_000, runs: int = 3) -> list[str]:
    """The figures as lines of Markdown; medians of `runs`."""
    lines = [
        f"## Listens a second, of a plain CSV of {listens:,} plays (median of {runs} runs)",
        "",
        "| file | imported | the same file again | read for training |",
        "| --- | ---: | ---: | ---: |",
    ]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # the server may run as another user
        files = write_histories(Path(folder), listens)
        server = EmbeddedServer(Path(folder) / "home")
        server.start()
        try:
            for kind, file in zip(("track ids", "artist and track names"), files, strict=True):
                rates = [asyncio.run(measure(server.url, file, listens)) for _ in range(runs)]
                medians = (statistics.median(one[name] for one in rates) for name in rates[0])
                lines.append(f"| {kind} | " + " | ".join(f"{one:,.0f}" for one in medians) + " |")
        finally:
            server.stop()
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listens", type=int, default=200_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    sys.stdout.write("\n".join(table(options.listens, options.runs)) + "\n")


if __name__ == "__main__":
    main()
