"""`segue serve`: a parent that keeps one Postgres (when embedded) and one web process alive.

The web process gets a database URL and nothing else, and dies with its parent. SIGTERM and
SIGINT stop both in order: the web process finishes what is in flight, then Postgres stops.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
import urllib.request
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.runtime import console, fail, load_settings
from app.errors import SegueError
from app.settings import Settings

if TYPE_CHECKING:
    from app.database import EmbeddedServer

_CHECK_EVERY_S = 0.2
_PR_SET_PDEATHSIG = 1
_SHUTDOWN_S = 30
_EXAMPLE = (
    "  curl -s {url}/graphql -H 'Content-Type: application/json' "
    """-d '{{"query": "{{ tracks(first: 3) {{ edges {{ node {{ id title }} }} }} }}"}}'\n"""
)


def serve(
    host: Annotated[str | None, typer.Option(help="Address to bind.")] = None,
    port: Annotated[int | None, typer.Option(help="TCP port to bind.")] = None,
) -> None:
    """Serve GraphQL and GraphiQL until Ctrl-C.

    Example: `SEGUE_AUTH=off segue serve --port 8000`
    """
    from app.database import EmbeddedServer
    from app.http.access import is_loopback

    settings = load_settings()
    settings = settings.model_copy(
        update={"host": host or settings.host, "port": settings.port if port is None else port}
    )
    if settings.auth == "off" and not is_loopback(settings.host):
        raise fail(
            f"Without authentication Segue serves loopback addresses only, and {settings.host} is "
            "not one. Set SEGUE_AUTH=on and create a key with `segue key create --role admin`."
        )
    stopping = _StopSignal()
    database = (
        EmbeddedServer(
            settings.home, lambda message: console.print(f"[dim]{message}[/dim]"), restarts=True
        )
        if settings.database_url is None
        else None
    )
    try:
        if database is not None:
            database.start()
        url = settings.database_url or (database.url if database is not None else "")
        Supervisor(settings, url, database).run(stopping)
    except SegueError as error:
        raise fail(str(error)) from error
    finally:
        if database is not None:
            database.stop(wait_for_others=False)


class _StopSignal:
    """Remembers that SIGTERM or SIGINT came."""

    def __init__(self) -> None:
        self.received = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._receive)

    def _receive(self, number: int, frame: object) -> None:
        self.received = True


class Supervisor:
    """Starts the web process, and restarts it and Postgres when they end by themselves."""

    def __init__(self, settings: Settings, url: str, database: "EmbeddedServer | None") -> None:
        self._settings = settings
        self._url = url
        self._database = database
        self._web: subprocess.Popen[bytes] | None = None
        self._restarts = 0
        self._started_at = 0.0
        self._announced = False

    def run(self, stopping: _StopSignal) -> None:
        """Block until a stop signal; raises SegueError when the web process cannot start."""
        self._migrate()
        self._start_web()
        while not stopping.received:
            time.sleep(_CHECK_EVERY_S)
            self._announce()
            if self._database is not None and not self._database.running():
                console.print("[yellow]the database ended; starting it again[/yellow]")
                self._database.start()
            if self._web is not None and self._web.poll() is not None:
                self._restart_web(self._web.returncode)
        self._stop_web()

    def _announce(self) -> None:
        """Say once, when the web process is ready, where it is and what to ask."""
        if self._announced or self._settings.port == 0:
            return
        bound = self._settings.host
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(
            bound, f"[{bound}]" if ":" in bound else bound
        )
        url = f"http://{host}:{self._settings.port}"
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=2):
                self._announced = True
        except OSError:
            return
        console.print(
            f"\nSegue is ready: open {url}/graphql and run the query there, or", highlight=False
        )
        console.print(_EXAMPLE.format(url=url), markup=False, highlight=False, soft_wrap=True)

    def _migrate(self) -> None:
        import asyncio

        from app.database import migrate

        asyncio.run(migrate(self._url))

    def _start_web(self) -> None:
        parent = os.getpid()

        def die_with_parent() -> None:
            os.setpgid(0, 0)  # a terminal's Ctrl-C goes to the parent, which stops in order
            if sys.platform == "linux":
                ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
                if os.getppid() != parent:
                    os._exit(1)

        environment = os.environ | {
            "SEGUE_DATABASE_URL": self._url,
            "SEGUE_HOST": self._settings.host,
            "SEGUE_PORT": str(self._settings.port),
            "SEGUE_HOME": str(self._settings.home.resolve()),
            # Small products of matrices are slower on several threads, and threads compete.
            "OPENBLAS_NUM_THREADS": os.environ.get("OPENBLAS_NUM_THREADS", "1"),
        }
        command = [sys.executable, "-m", "app.cli.web"]
        self._started_at = time.monotonic()
        self._web = subprocess.Popen(
            command,
            env=environment,
            preexec_fn=die_with_parent,  # noqa: PLW1509  (the supervisor has one thread)
        )

    def _restart_web(self, status: int) -> None:
        lived = time.monotonic() - self._started_at
        self._restarts = 0 if lived > 60 else self._restarts + 1
        if self._restarts > 5 or (lived < 5 and status == 3):
            raise SegueError(f"The web process ends right after its start (status {status}).")
        console.print(f"[yellow]the web process ended ({status}); starting it again[/yellow]")
        time.sleep(min(0.1 * 2**self._restarts, 5))
        self._start_web()

    def _stop_web(self) -> None:
        if self._web is None or self._web.poll() is not None:
            return
        self._web.send_signal(signal.SIGTERM)
        try:
            self._web.wait(timeout=_SHUTDOWN_S)
        except subprocess.TimeoutExpired:
            self._web.kill()
            self._web.wait()
