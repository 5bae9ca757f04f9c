"""`segue analyze` needs no database, says each result, and fails when any file did."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.audio.sounds import cadence, clicks, write

REPOSITORY = Path(__file__).resolve().parents[2]


def analyze(home: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    program = (
        "import typer; from app.cli.analyze import analyze; "
        "app = typer.Typer(); app.command()(analyze); app()"
    )
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        cwd=REPOSITORY,
        env={**os.environ, "SEGUE_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_one_bad_file_does_not_stop_the_others(tmp_path):
    """JSON has an entry a file in the order given; the exit status tells that one failed."""
    good = write(tmp_path / "piece.ogg", cadence(7, True))
    bad = tmp_path / "bad.ogg"
    bad.write_bytes(b"")
    steady = write(tmp_path / "steady.wav", clicks(90, 12.0))
    done = analyze(tmp_path / "home", good, bad, steady, "--json")
    assert done.returncode == 1
    assert "bad.ogg is empty (0 bytes)." in done.stderr
    first, second, third = json.loads(done.stdout)
    assert (first["features"]["key"], first["features"]["mode"]) == (7, 1)
    assert second == {"file": str(bad), "error": "bad.ogg is empty (0 bytes)."}
    assert third["features"]["tempo"] == pytest.approx(90, rel=0.005)
    assert third["features"]["key"] == -1


def test_plain_text(tmp_path):
    """A line a file on stdout, and 0 when all went well."""
    done = analyze(tmp_path / "home", write(tmp_path / "piece.flac", cadence(2, False)))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{tmp_path / 'piece.flac'}: 0:12; ")
    assert "D minor" in done.stdout
    assert done.stderr == ""
