"""`audioAnalysis` and `Track.audio` through HTTP: the promised signature, answers and refusals."""

import os

import httpx
import numpy as np
import pytest
import soundfile
from graphql import parse, print_ast

from app.database import Database
from schema import schema
from tests.serving import add_catalog, ask, served

QUERY = """
query Analyze($url: String!, $type: String) {
  audioAnalysis(audioUrl: $url, analysisType: $type) {
    analysisType durationMs codec sampleRate channels loudness tempo key mode keyName beats
    spectrum { centroidHz mfcc } tags { name probability source } version
  }
}
"""


@pytest.fixture
async def audio_client(database: Database, served_settings, tmp_path):
    """A server with a library folder that holds one file, which is also that of `track_1`."""
    await add_catalog(database, 3)
    rate = 22_050
    time = np.arange(rate * 8) / rate
    chord = sum(np.sin(2 * np.pi * hertz * time) for hertz in (261.63, 329.63, 392.0, 523.25))
    path = tmp_path / "chord.flac"
    soundfile.write(path, 0.05 * chord * (1 + np.sin(2 * np.pi * 2 * time)), rate)
    (tmp_path / "text.ogg").write_text("no music")
    async with database.transaction() as connection:
        await connection.execute(
            "INSERT INTO audio_files (path, track_id, size_bytes, modified_ns) "
            "SELECT $1, id, 1, 1 FROM tracks WHERE key = '1'",
            os.fsencode(path),
        )
        await connection.execute(
            "INSERT INTO audio_features (track_id, source, version, tempo, key, mode, liveness) "
            "SELECT id, 'import', '1', 97.5, 9, 0, 0.25 FROM tracks WHERE key = '2'"
        )
    settings = served_settings.model_copy(update={"library_dirs": [tmp_path]})
    async with served(settings) as client:
        yield client


def test_the_promised_signature():
    """Clients were promised these arguments, types and defaults, to the letter."""
    document = parse(str(schema))
    query = next(one for one in document.definitions if one.name.value == "Query")
    field = next(one for one in query.fields if one.name.value == "audioAnalysis")
    arguments = {
        one.name.value: (print_ast(one.type), one.default_value and print_ast(one.default_value))
        for one in field.arguments
    }
    assert arguments == {
        "audioUrl": ("String!", None),
        "analysisType": ("String", '"basic"'),
    }
    assert print_ast(field.type) == "AudioAnalysisResult"


async def test_a_file_and_a_track_are_analyzed(audio_client: httpx.AsyncClient, tmp_path):
    """`basic` is the default, also when null is given; a track's id means its own file."""
    found = (await ask(audio_client, QUERY, url="track_1", type=None))["audioAnalysis"]
    assert found["analysisType"] == "basic"
    assert (found["durationMs"], found["codec"], found["channels"]) == (8000, "flac", 1)
    assert -40 < found["loudness"] < -10
    assert found["key"] in range(-1, 12)
    assert (found["beats"], found["spectrum"], found["tags"]) == (None, None, None)
    url = f"file://{tmp_path}/chord.flac"
    full = (await ask(audio_client, QUERY, url=url, type="full"))["audioAnalysis"]
    assert full["loudness"] == found["loudness"]
    assert full["spectrum"]["centroidHz"] > 200
    assert len(full["spectrum"]["mfcc"]) == 13
    assert full["beats"] is not None


@pytest.mark.parametrize(
    ("url", "kind", "expected"),
    [
        ("track_1", "thorough", ("analysisType", 'are "basic" and "full"')),
        ("track_1", "", ("analysisType", 'are "basic" and "full"')),
        ("track_99", "basic", ("audioUrl", "no such track")),
        ("track_3", "basic", ("audioUrl", "no such track, or no audio file")),
        ("http://127.0.0.1:1/a.ogg", "basic", ("audioUrl", "not on the public internet")),
        ("http://169.254.169.254/", "full", ("audioUrl", "not on the public internet")),
        ("/etc/passwd", "basic", ("audioUrl", "no such file")),
        ("ftp://example.org/", "basic", ("audioUrl", "Only http")),
        ("{folder}/text.ogg", "basic", ("audioUrl", "text.ogg is not audio")),
    ],
)
async def test_refusals(audio_client: httpx.AsyncClient, tmp_path, url, kind, expected):
    """One error, with the code and the argument at fault, and null in place of the field."""
    argument, sentence = expected
    variables = {"url": url.format(folder=tmp_path), "type": kind}
    response = await audio_client.post("/graphql", json={"query": QUERY, "variables": variables})
    body = response.json()
    assert body["data"] == {"audioAnalysis": None}
    (error,) = body["errors"]
    assert sentence in error["message"]
    assert error["path"] == ["audioAnalysis"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["extensions"]["argument"] == argument


async def test_stored_features_say_where_they_are_from(audio_client: httpx.AsyncClient):
    """Imported features keep their source; a track without features has null."""
    data = await ask(
        audio_client,
        """{ tracks(first: 3) { edges { node { id audio {
             tempo key mode liveness energy source version } } } } }""",
    )
    audio = {edge["node"]["id"]: edge["node"]["audio"] for edge in data["tracks"]["edges"]}
    assert audio == {
        "track_1": None,
        "track_2": {
            "tempo": 97.5,
            "key": 9,
            "mode": 0,
            "liveness": 0.25,
            "energy": None,
            "source": "import",
            "version": "1",
        },
        "track_3": None,
    }
