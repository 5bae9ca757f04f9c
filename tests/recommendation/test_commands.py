"""`segue train` and `segue evaluate` as a person runs them: exit status, streams, sentences."""

import os
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from app.database import Database
from tests.recommendation.stored import store
from tests.recommendation.synthetic import make_world


def segue(home: Path, url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "SEGUE_HOME": str(home), "SEGUE_DATABASE_URL": url}
    return subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_nothing_to_learn_is_a_success_that_says_so(
    tmp_path: Path, empty_database_url: str
) -> None:
    done = segue(tmp_path, empty_database_url, "train", "recommendation")
    assert done.returncode == 0, done.stderr
    assert "nothing to learn" in done.stdout


async def test_train_then_evaluate(
    tmp_path: Path, empty_database_url: str, database: Database
) -> None:
    """Results on stdout, progress on stderr, figures in a file for a program."""
    await store(database, make_world(listeners=60, tracks=40, styles=4, plays_each=40))
    trained = segue(tmp_path, empty_database_url, "train", "recommendation", "--json")
    assert trained.returncode == 0, trained.stderr
    assert orjson.loads(trained.stdout)["recommendation"]["version"] == 1
    assert "tuning" in trained.stderr
    figures = tmp_path / "figures.json"
    judged = segue(
        tmp_path, empty_database_url, "evaluate", "recommendation", "--json", str(figures)
    )
    assert judged.returncode == 0, judged.stderr
    assert "hybrid" in judged.stdout and "ndcg@10" in judged.stdout
    rows = orjson.loads(figures.read_bytes())["rows"]
    assert {"new", "repeated", "all"} == {row["kind"] for row in rows}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("evaluate", "weather"), "recommendation"),
        (("evaluate", "recommendation", "--data", "/nonexistent"), "lastfm2k"),
    ],
)
def test_what_cannot_be_evaluated_is_one_sentence(
    tmp_path: Path, empty_database_url: str, arguments: tuple[str, ...], said: str
) -> None:
    done = segue(tmp_path, empty_database_url, *arguments)
    assert done.returncode == 1
    assert done.stdout == ""
    assert said in done.stderr and "Traceback" not in done.stderr
