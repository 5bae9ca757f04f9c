"""One play is one listen, from however many sources and however often it arrives.

The central property: whatever files come in whatever order, a play of one source is stored exactly
once, plays of one source with different starts stay different listens, and nothing is told twice.
"""

import asyncio
import json
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.database import Database
from app.errors import Unavailable
from app.listening import import_listens

Write = Callable[[str, str | bytes], Path]
pytestmark = pytest.mark.usefixtures("tracks")

START = datetime(2024, 3, 1, 10, 0, tzinfo=UTC)
SECONDS = 200  # how long each track is


def csv_of(plays: list[tuple[str, int, int]]) -> str:
    """CSV of (user, track number, seconds after START)."""
    return "user,artist,track,listened_at\n" + "".join(
        f"{user},Artist {track},Song {track},{(START + timedelta(seconds=at)).isoformat()}\n"
        for user, track, at in plays
    )


def jsonl_of(plays: list[tuple[str, int, int]]) -> str:
    """A ListenBrainz export of the same."""
    return "".join(
        json.dumps(
            {
                "user_name": user,
                "listened_at": int(START.timestamp()) + at,
                "track_metadata": {"artist_name": f"Artist {track}", "track_name": f"Song {track}"},
            }
        )
        + "\n"
        for user, track, at in plays
    )


def spotify_of(plays: list[tuple[str, int, int]]) -> str:
    """One person's Spotify history of the same; each play is a full one."""
    return json.dumps(
        [
            {
                "ts": (START + timedelta(seconds=at + SECONDS)).isoformat(),
                "ms_played": SECONDS * 1000,
                "master_metadata_track_name": f"Song {track}",
                "master_metadata_album_artist_name": f"Artist {track}",
                "skipped": False,
            }
            for _, track, at in plays
        ]
    )


async def stored(database: Database) -> list[tuple[str, int, list[str]]]:
    """(track key, seconds after START, sources) of every listen, in order."""
    rows = await database.fetch(
        "SELECT t.key, listened_at, sources FROM listens l JOIN tracks t ON t.id = l.track_id "
        "ORDER BY t.key, listened_at"
    )
    return [(key, round((at - START).total_seconds()), sorted(names)) for key, at, names in rows]


async def test_the_same_play_from_two_sources_is_one_listen(
    database: Database, write: Write
) -> None:
    """Scrobblers stamp a play seconds apart from the player; both name the same play."""
    one = write("a.jsonl", jsonl_of([("ann", 1, 0), ("ann", 1, 1000), ("ann", 2, 0)]))
    other = write("b.json", spotify_of([("", 1, 5), ("", 1, 1000 + SECONDS), ("", 2, -199)]))
    await import_listens(database, one)
    report = await import_listens(database, other, user="ann")
    assert (report.updated, report.added) == (2, 1)
    both = ["listenbrainz", "spotify"]
    assert await stored(database) == [
        ("t1", 0, both),
        ("t1", 1000, ["listenbrainz"]),
        ("t1", 1000 + SECONDS, ["spotify"]),  # not closer than the track is long
        ("t2", 0, both),
    ]
    assert await database.fetch_value("SELECT count(*) FROM listens WHERE ms_played = 200000") == 3
    for file in (one, other):
        again = await import_listens(database, file, user="ann")
        assert (again.added, again.updated, again.already_there) == (0, 0, 3)


async def test_an_unknown_length_counts_as_four_minutes(database: Database, write: Write) -> None:
    await import_listens(database, write("a.jsonl", jsonl_of([("ann", 77, 0), ("ann", 78, 0)])))
    report = await import_listens(
        database, write("b.csv", csv_of([("ann", 77, 239), ("ann", 78, 240)]))
    )
    assert (report.updated, report.added) == (1, 1)


async def test_a_merged_play_is_known_again_after_the_length_of_its_track_changed(
    database: Database, write: Write
) -> None:
    """A scan may correct a length later; what was one play then must not become two."""
    one = write("a.jsonl", jsonl_of([("ann", 1, 0)]))
    other = write("b.csv", csv_of([("ann", 1, 150)]))
    await import_listens(database, one)
    await import_listens(database, other)
    async with database.acquire() as connection:
        await connection.execute("UPDATE tracks SET duration_ms = 60000")
    assert (await import_listens(database, other)).already_there == 1
    assert len(await stored(database)) == 1


async def test_a_play_where_another_merged_one_stands_is_kept(
    database: Database, write: Write
) -> None:
    """B's play at 100 s merged with A's at 120 s; then B tells of another exactly at 120 s."""
    await import_listens(database, write("a.jsonl", jsonl_of([("ann", 1, 120)])))
    await import_listens(database, write("b.csv", csv_of([("ann", 1, 100)])))
    late = write("c.csv", csv_of([("ann", 1, 120)]))
    assert (await import_listens(database, late)).added == 1
    assert (await import_listens(database, late)).already_there == 1
    assert len(await stored(database)) == 2


@pytest.mark.parametrize("seed", range(4))
async def test_any_files_in_any_order(database: Database, write: Write, seed: int) -> None:
    """Random dense histories of two sources, cut into files, some told twice, shuffled."""
    generator = random.Random(seed)
    told: dict[str, set[tuple[str, int, int]]] = {}
    files = []
    for source, text in (("csv", csv_of), ("listenbrainz", jsonl_of)):
        plays = list(
            {
                (generator.choice("ab"), generator.randrange(3), generator.randrange(0, 3000, 20))
                for _ in range(60)
            }
        )
        told[source] = set(plays)
        for part in (plays[:40], plays[30:], plays):
            generator.shuffle(part)
            files.append(write(f"{source}{len(files)}.x", text(part)))
    generator.shuffle(files)
    before = 0
    for file in files:
        report = await import_listens(database, file, batch_size=7)
        after = len(await stored(database))
        assert report.added == after - before
        assert report.read == report.added + report.updated + report.already_there
        before = after
    rows = await database.fetch(
        "SELECT u.key, t.key, listened_at, sources, source_starts FROM listens l "
        "JOIN users u ON u.id = user_id JOIN tracks t ON t.id = track_id"
    )
    found: dict[str, Counter[tuple[str, int, int]]] = {"csv": Counter(), "listenbrainz": Counter()}
    for user, track, at, sources, starts in rows:
        assert len(sources) == len(set(sources)) == len(starts)
        for source, start in zip(sources, starts, strict=True):
            seconds = round((start - START).total_seconds())
            found[source][(user, int(track[1:]), seconds)] += 1
            assert abs(start - at) < timedelta(seconds=SECONDS)
    for source, plays in told.items():
        assert found[source] == Counter(plays)
    assert any(len(row["sources"]) == 2 for row in rows)


async def test_two_imports_of_the_same_plays_at_once(database: Database, write: Write) -> None:
    """Each play is stored by one of them, and known to the other."""
    file = write("a.csv", csv_of([("ann", n % 5, n * 300) for n in range(500)]))
    reports = await asyncio.gather(
        *(import_listens(database, file, batch_size=100) for _ in range(3))
    )
    assert sum(report.added for report in reports) == len(await stored(database)) == 500
    assert sum(report.already_there for report in reports) == 1000


def many_plays(write: Write) -> Path:
    return write("many.csv", csv_of([(f"u{n % 50}", n % 20, n * 300) for n in range(5000)]))


async def test_an_import_that_loses_its_connection_goes_on_when_run_again(
    database: Database, write: Write
) -> None:
    """What was committed stays; the second run adds the rest, and nothing twice."""
    file = many_plays(write)

    storing = asyncio.Event()

    def watch(done: int, total: int | None) -> None:
        if done > file.stat().st_size * 5 // 8:
            storing.set()

    async def cut_when_storing() -> None:
        await storing.wait()
        await database.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    cut = asyncio.create_task(cut_when_storing())
    with pytest.raises(Unavailable):
        await import_listens(database, file, watch, batch_size=100)
    await cut
    kept = len(await stored(database))
    assert 0 < kept < 5000
    report = await import_listens(database, file)
    assert (report.already_there, report.added) == (kept, 5000 - kept)
    assert len(await stored(database)) == 5000


_IMPORT = """
import asyncio, sys
from pathlib import Path
from app.database import Database
from app.listening import import_listens

async def main(url, file):
    database = await Database.connect(url)
    await import_listens(database, Path(file), lambda *how_far: print(*how_far, flush=True),
                         batch_size=100)

asyncio.run(main(*sys.argv[1:]))
"""


def import_and_kill(url: str, file: Path) -> None:
    """Import in a process of its own, and kill it once it has stored five batches."""
    half = file.stat().st_size // 2
    with subprocess.Popen(
        [sys.executable, "-c", _IMPORT, url, str(file)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        batches = 0
        for line in process.stdout:
            batches += int(line.split()[0]) > half
            if batches == 5:
                process.kill()
                return


async def test_an_import_that_is_killed_goes_on_when_run_again(
    database: Database, empty_database_url: str, write: Write
) -> None:
    """A real process, ended by SIGKILL in the middle of storing."""
    file = many_plays(write)
    await asyncio.to_thread(import_and_kill, empty_database_url, file)
    kept = len(await stored(database))
    assert 0 < kept < 5000
    report = await import_listens(database, file)
    # The server may have committed one more batch than the client lived to hear of.
    assert report.added + report.already_there == 5000
    assert report.already_there >= kept
    assert len(await stored(database)) == 5000
