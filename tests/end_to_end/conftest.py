"""A real installation, made by the command line and driven through HTTP, as a person would."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from app.demo import plan_catalog, simulate_listeners, write_audio, write_catalog, write_listens

PIECES = 32
LISTENERS = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(home: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SEGUE_")}
    return kept | {"SEGUE_HOME": str(home), "SEGUE_AUTH": "off", "SEGUE_LOG_FORMAT": "json"} | more


def segue(home: Path, *arguments: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
    """Run `segue …` to its end."""
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        env=environment(home),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    if check and done.returncode != 0:
        raise AssertionError(f"segue {' '.join(arguments)}: {done.returncode}\n{done.stderr}")
    return done


@dataclass
class Served:
    """`segue serve` on a port of 127.0.0.1."""

    home: Path
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None
    more: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, ready_within_s: float = 60) -> "Served":
        log = (self.home / "serve.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "serve", "--port", str(self.port)],
            env=environment(self.home, **self.more),
            stdout=log,
            stderr=log,
        )
        log.close()
        self.wait_ready(ready_within_s)
        return self

    def wait_ready(self, within_s: float = 60) -> None:
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            assert self.process is not None
            if self.process.poll() is not None:
                break
            try:
                if httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise AssertionError("not ready:\n" + (self.home / "serve.log").read_text()[-3000:])

    def ask(
        self, document: str, variables: dict[str, Any] | None = None, timeout: float = 30
    ) -> dict[str, Any]:
        """The whole answer, errors included."""
        response = httpx.post(
            f"{self.url}/graphql",
            json={"query": document, "variables": variables or {}},
            timeout=timeout,
        )
        answer: dict[str, Any] = response.json()
        return answer

    def data(self, document: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        """The data of an answer that must have no errors."""
        answer = self.ask(document, variables)
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    def family(self) -> list[psutil.Process]:
        """The process itself and all that descends from it."""
        assert self.process is not None
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]

    def stop(self, number: int = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(timeout=60)


def make_home() -> Path:
    home = Path(tempfile.mkdtemp(prefix="segue-end-to-end-"))
    home.chmod(0o755)
    return home


@pytest.fixture(scope="session")
def installation() -> Iterator[Path]:
    """A home with a small demo: imported, scanned, analyzed and trained by the command line."""
    home = make_home()
    pieces = plan_catalog()[:: max(1, len(plan_catalog()) // PIECES)]
    music = home / "music"
    write_audio(pieces, music, workers=2)
    write_catalog(pieces, music, home / "catalog.jsonl")
    write_listens(simulate_listeners(pieces, listeners=LISTENERS), home / "listens.csv")
    segue(home, "import", "catalog", str(home / "catalog.jsonl"))
    segue(home, "scan", str(music))
    segue(home, "import", "listens", str(home / "listens.csv"))
    segue(home, "train")
    yield home
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def served(installation: Path) -> Iterator[Served]:
    """The small demo, served."""
    server = Served(installation).start()
    yield server
    server.stop()
