"""Faults done to real processes, seen through HTTP and the command line."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import httpx
import psutil
import pytest

from app.database import EmbeddedServer
from tests.end_to_end.conftest import Served, environment, make_home, segue

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]

LISTENS = 300_000
TRACKS_QUERY = "{ tracks(first: 3) { edges { node { id title } } } }"


@pytest.fixture
def home() -> Iterator[Path]:
    folder = make_home()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def write_history(file: Path, count: int) -> None:
    """`count` different plays by 50 users of 2,000 names."""
    with file.open("w") as out:
        out.write("user,artist,track,listened_at,ms_played\n")
        for number in range(count):
            track = number % 2000
            started = 1_700_000_000 + number * 37
            out.write(f"u{number % 50},Artist {track % 100},Song {track},{started},180000\n")


def postmaster(home: Path) -> psutil.Process:
    server = EmbeddedServer(home)
    pid = (server.data_dir / "postmaster.pid").read_text().splitlines()[0]
    return psutil.Process(int(pid))


def count_listens(home: Path) -> tuple[int, int]:
    """Rows, and different plays among them."""

    async def count(url: str) -> tuple[int, int]:
        connection = await asyncpg.connect(url)
        row = await connection.fetchrow(
            "SELECT count(*), count(DISTINCT (user_id, track_id, listened_at)) FROM listens"
        )
        await connection.close()
        return row[0], row[1]

    server = EmbeddedServer(home)
    server.start()
    try:
        return asyncio.run(count(server.url))
    finally:
        server.stop()


def has_listens(home: Path) -> bool:
    """Whether the database, started by somebody else, holds a play already."""

    async def ask() -> bool:
        connection = await asyncpg.connect(EmbeddedServer(home).url, timeout=2)
        try:
            return bool(await connection.fetchval("SELECT EXISTS (SELECT FROM listens)"))
        finally:
            await connection.close()

    try:
        return asyncio.run(ask())
    except (OSError, asyncpg.PostgresError):
        return False


def wait_until(condition, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def processes_of(home: Path) -> list[psutil.Process]:
    """Every process that names this home in its command line or environment."""
    found = []
    for process in psutil.process_iter():
        try:
            command = " ".join(process.cmdline())
            if process.status() == psutil.STATUS_ZOMBIE:
                continue
            if str(home) in command or process.environ().get("SEGUE_HOME") == str(home):
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def test_postgres_killed_in_the_middle_of_an_import(home: Path) -> None:
    """The import ends with a sentence; run again it ends complete, without loss or double."""
    history = home / "history.csv"
    write_history(history, LISTENS)
    importing = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "import", "listens", str(history)],
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert wait_until(lambda: has_listens(home), 60)  # a batch is in, most are not
    assert importing.poll() is None, "the import ended before it could be disturbed"
    postmaster(home).send_signal(signal.SIGKILL)
    _, errors = importing.communicate(timeout=120)
    assert importing.returncode == 1
    assert "database" in errors
    assert "Traceback" not in errors
    partly, _ = count_listens(home)
    assert partly < LISTENS
    segue(home, "import", "listens", str(history))
    assert count_listens(home) == (LISTENS, LISTENS)


def test_postgres_killed_while_serving(home: Path) -> None:
    """Requests answer an error at once, and recover by themselves within seconds."""
    served = Served(home).start()
    try:
        assert "errors" not in served.ask(TRACKS_QUERY)
        postmaster(home).send_signal(signal.SIGKILL)
        killed_at = time.monotonic()
        slowest, failures = 0.0, 0
        recovered_after = None
        while time.monotonic() - killed_at < 30:
            asked_at = time.monotonic()
            answer = served.ask(TRACKS_QUERY)
            slowest = max(slowest, time.monotonic() - asked_at)
            if "errors" not in answer:
                recovered_after = time.monotonic() - killed_at
                if recovered_after > 3:
                    break
            else:
                failures += 1
                code = answer["errors"][0]["extensions"]["code"]
                assert code in ("INTERNAL_SERVER_ERROR", "OVERLOADED")
                assert "Traceback" not in str(answer)
            time.sleep(0.02)
        assert recovered_after is not None
        assert slowest < 3
        assert httpx.get(f"{served.url}/readyz").status_code == 200
        print(f"recovered, {failures} failed requests, slowest {slowest:.2f} s")
    finally:
        served.stop()


def test_the_web_process_killed_while_serving(home: Path) -> None:
    served = Served(home).start()
    try:
        web = next(p for p in served.family() if "app.cli.web" in " ".join(p.cmdline()))
        web.kill()
        served.wait_ready(30)
        assert "errors" not in served.ask(TRACKS_QUERY)
    finally:
        served.stop()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_behind_and_the_next_start_works(home: Path, number: int) -> None:
    served = Served(home).start()
    family = served.family()
    assert len(family) >= 3
    status = served.stop(number)
    assert status == (0 if number != signal.SIGKILL else -number)
    assert wait_until(lambda: not any(p.is_running() for p in family), 15), family
    assert wait_until(lambda: processes_of(home) == [], 15), processes_of(home)
    again = Served(home).start()
    assert "errors" not in again.ask(TRACKS_QUERY)
    again.stop()


def test_what_is_in_flight_is_finished_when_asked_to_stop(home: Path) -> None:
    """SIGTERM while requests run: every request that was begun gets its answer."""
    served = Served(home).start()

    async def ask_and_stop() -> list[int]:
        async with httpx.AsyncClient(timeout=30) as client:
            body = {"query": TRACKS_QUERY}
            asked = [
                asyncio.create_task(client.post(f"{served.url}/graphql", json=body))
                for _ in range(20)
            ]
            await asyncio.sleep(0.02)
            assert served.process is not None
            os.kill(served.process.pid, signal.SIGTERM)
            answers = await asyncio.gather(*asked, return_exceptions=True)
            return [a.status_code for a in answers if isinstance(a, httpx.Response)]

    statuses = asyncio.run(ask_and_stop())
    assert served.process is not None
    assert served.process.wait(timeout=60) == 0
    assert statuses
    assert set(statuses) == {200}


def test_two_servers_on_one_port(home: Path) -> None:
    """The second says that the port is taken, and ends."""
    served = Served(home).start()
    second = segue(home, "serve", "--port", str(served.port), check=False)
    assert second.returncode == 1
    assert "port" in second.stderr
    assert "Traceback" not in second.stderr
    served.stop()


def test_without_authentication_only_loopback_is_served(home: Path) -> None:
    refused = segue(home, "serve", "--host", "0.0.0.0", check=False)
    assert refused.returncode == 1
    assert "loopback" in refused.stderr
