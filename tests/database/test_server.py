"""The embedded Postgres: starts, is joined, survives crashes, and leaves nothing behind."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from app.database import EmbeddedServer

START_AND_WAIT = """
import sys, time
from pathlib import Path
from app.database import EmbeddedServer
server = EmbeddedServer(Path(sys.argv[1]))
server.start()
print("started", flush=True)
time.sleep(60)
"""


@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="segue-server-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def postgres_pid(server: EmbeddedServer) -> int:
    return int((server.data_dir / "postmaster.pid").read_text().splitlines()[0])


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return state != "Z"


def wait_until(condition, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


async def query(url: str, sql: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


def test_data_outlives_a_stop_and_a_start(home: Path) -> None:
    server = EmbeddedServer(home)
    server.start()
    asyncio.run(query(server.url, "CREATE TABLE kept AS SELECT 42 AS answer"))
    server.stop()
    assert not server.running()
    server = EmbeddedServer(home)
    server.start()
    assert asyncio.run(query(server.url, "SELECT answer FROM kept")) == 42
    server.stop()


def test_a_second_server_joins_the_first(home: Path) -> None:
    """Joining starts no second Postgres, and leaving does not stop the owner's."""
    owner, guest = EmbeddedServer(home), EmbeddedServer(home)
    owner.start()
    guest.start()
    assert owner.owned
    assert not guest.owned
    assert guest.url == owner.url
    guest.stop()
    assert owner.running()
    owner.stop()


def test_an_owner_does_not_wait_for_who_starts_it_again(home: Path) -> None:
    """An import that began before `segue serve` ends; the server takes Postgres over."""
    owner, supervisor = EmbeddedServer(home), EmbeddedServer(home, restarts=True)
    owner.start()
    supervisor.start()
    owner.stop()
    assert not supervisor.running()
    supervisor.start()
    assert supervisor.owned
    supervisor.stop()


def test_a_killed_postgres_is_started_again_with_its_data(home: Path) -> None:
    server = EmbeddedServer(home)
    server.start()
    asyncio.run(query(server.url, "CREATE TABLE kept AS SELECT 42 AS answer"))
    os.kill(postgres_pid(server), signal.SIGKILL)
    assert wait_until(lambda: not server.running())
    server.start()
    assert asyncio.run(query(server.url, "SELECT answer FROM kept")) == 42
    server.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is Linux's")
def test_postgres_dies_with_an_owner_that_is_killed(home: Path) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", START_AND_WAIT, str(home)], stdout=subprocess.PIPE
    )
    assert owner.stdout is not None
    assert owner.stdout.readline() == b"started\n"
    server = EmbeddedServer(home)
    pid = postgres_pid(server)
    owner.kill()
    owner.wait()
    owner.stdout.close()
    assert wait_until(lambda: not alive(pid))
    server.start()
    assert asyncio.run(query(server.url, "SELECT 1")) == 1
    server.stop()


def test_strangers_cannot_log_in(home: Path) -> None:
    """The socket's folder is closed, and even root needs the password."""
    server = EmbeddedServer(home)
    server.start()
    assert server.socket_dir.stat().st_mode & 0o077 == 0
    assert (home / "postgres.password").stat().st_mode & 0o077 == 0
    with pytest.raises(asyncpg.InvalidPasswordError):
        asyncio.run(query(f"postgresql://segue:guess@/segue?host={server.socket_dir}", "SELECT 1"))
    server.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs Postgres as another user")
def test_a_home_that_the_unprivileged_user_cannot_reach(home: Path) -> None:
    """As root with a home below a closed folder, data goes elsewhere and no mode is changed."""
    closed = home / "closed"
    closed.mkdir(mode=0o700)
    messages: list[str] = []
    server = EmbeddedServer(closed / "home", messages.append)
    try:
        server.start()
        assert asyncio.run(query(server.url, "SELECT 1")) == 1
        assert closed.stat().st_mode & 0o777 == 0o700
        assert server.data_dir.parent == Path("/var/lib")
        assert any(str(server.data_dir) in message for message in messages)
    finally:
        server.stop()
        shutil.rmtree(server.data_dir, ignore_errors=True)
