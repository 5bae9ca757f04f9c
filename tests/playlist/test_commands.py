"""`segue import playlists` and `segue playlist`, run as a person runs them."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from app.cli.import_playlists import import_playlists
from app.cli.playlist import playlist

cli = typer.Typer()
cli.command("import-playlists")(import_playlists)
cli.command("playlist")(playlist)
runner = CliRunner()


@pytest.fixture
def collection(tmp_path: Path, empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of one playlist of 40 tracks of 3 minutes, and an installation of its own."""
    monkeypatch.setenv("SEGUE_DATABASE_URL", empty_database_url)
    monkeypatch.setenv("SEGUE_HOME", str(tmp_path / "home"))
    tracks = [
        {"title": f"Song {n}", "artist": f"Artist {n % 8}", "duration_ms": 180_000 + 1000 * n}
        for n in range(40)
    ]
    file = tmp_path / "mine.jsonl"
    file.write_text(json.dumps({"title": "Mine", "tracks": tracks}))
    return file


def test_import_then_make_then_export(collection: Path, tmp_path: Path) -> None:
    """Counts on stdout, a second import adds nothing, a list of 30 minutes in each format."""
    first = runner.invoke(cli, ["import-playlists", str(collection), "--json"])
    assert first.exit_code == 0, first.output
    counts = json.loads(first.stdout)
    assert (counts["read"], counts["added"], counts["playlists"]) == (40, 40, {"added": 1})
    second = runner.invoke(cli, ["import-playlists", str(collection)])
    assert "1 playlists: 0 added, 0 updated, 1 already there" in second.stdout

    made = runner.invoke(cli, ["playlist", "--mood", "happy", "--duration", "30", "--json"])
    assert made.exit_code == 0, made.output
    answer = json.loads(made.stdout)
    assert abs(answer["durationMs"] - 1_800_000) <= 5_000
    assert len(answer["transitions"]) == len(answer["tracks"]) - 1
    for ending in ("m3u8", "xspf", "jspf"):
        output = tmp_path / f"out.{ending}"
        run = runner.invoke(
            cli, ["playlist", "--mood", "happy", "--duration", "30", "--output", str(output)]
        )
        assert run.exit_code == 0, run.output
        assert run.stdout == ""
        assert output.read_text().count("segue:track_") == len(answer["tracks"])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["playlist", "--mood", "hapy"], "happy, calm"),
        (["playlist", "--duration", "0"], "from 1 to 1440"),
        (["playlist", "--genres", "jazz"], "no genre"),
        (["playlist", "--user", "nobody"], "no user 'nobody'"),
        (["playlist", "--output", "list.pls"], ".m3u8"),
        (["import-playlists", "nowhere.m3u"], "cannot be read"),
    ],
)
def test_failures_end_with_a_sentence(
    collection: Path, arguments: list[str], sentence: str
) -> None:
    """Exit status 1, nothing on stdout, one sentence on stderr."""
    result = runner.invoke(cli, arguments)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert sentence in " ".join(result.stderr.split())
