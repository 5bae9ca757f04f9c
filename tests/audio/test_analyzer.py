"""The service behind `audioAnalysis`: sources, limits, and a long file's honest answer."""

import asyncio
import os
import struct

import pytest

from app.audio import Analyzer
from app.database import Database
from app.errors import BadInput, Overloaded
from app.settings import Settings
from tests.audio.sounds import cadence, clicks, write


@pytest.fixture(scope="module")
async def library(tmp_path_factory) -> Settings:
    """Settings with one library folder."""
    home = tmp_path_factory.mktemp("home")
    return Settings(home=home, auth="off", library_dirs=[home], _env_file=None)


@pytest.fixture(scope="module")
async def analyzer(library, server_url):
    """One service for all tests: its workers take seconds to start."""
    database = await Database.connect(server_url)
    service = Analyzer(library, database)
    await service.start()
    yield service
    await service.close()
    await database.close()


async def test_a_file_in_basic_and_full(analyzer, library):
    """`full` says all that `basic` says, the same, and more."""
    path = write(library.library_dirs[0] / "piece.ogg", cadence(4, True))
    basic = await analyzer.analyze(str(path), "basic")
    assert (basic.key_name, basic.codec, basic.channels) == ("E major", "vorbis", 1)
    assert basic.duration_ms == pytest.approx(12_000, abs=20)
    assert (basic.beats, basic.spectral, basic.tags, basic.energy) == (None,) * 4
    full = await analyzer.analyze(f"file://{path}", "full")
    assert (full.key, full.tempo, full.loudness) == (basic.key, basic.tempo, basic.loudness)
    assert full.spectral.centroid_hz > 200
    assert full.loudness_range is not None


async def test_a_track_by_its_id(library, database, tmp_path):
    """A track's own file need not lie in a library folder: a scan has put it there."""
    path = write(tmp_path / "steady.flac", clicks(100, 12.0))
    async with database.transaction() as connection:
        track = await connection.fetchval(
            "INSERT INTO tracks (key, title, folded) VALUES ('t', 't', 't') RETURNING id"
        )
        await connection.execute(
            "INSERT INTO audio_files (path, track_id, size_bytes, modified_ns) "
            "VALUES ($1, $2, 1, 1)",
            os.fsencode(path),
            track,
        )
    analyzer = Analyzer(library, database)
    assert (await analyzer.analyze("track_t")).tempo == pytest.approx(100, rel=0.005)
    for unknown in ("track_nobody", "track_", "track_\0"):
        with pytest.raises(BadInput, match="no such track") as caught:
            await analyzer.analyze(unknown)
        assert caught.value.argument == "audioUrl"
    await analyzer.close()


async def test_bad_input_is_one_sentence(analyzer, library):
    """Which argument is at fault, and what would be right."""
    with pytest.raises(BadInput, match='The analysis types are "basic" and "full"') as caught:
        await analyzer.analyze("track_t", "deep")
    assert caught.value.argument == "analysisType"
    path = library.library_dirs[0] / "text.ogg"
    path.write_text("no music here")
    with pytest.raises(BadInput, match=r"text\.ogg is not audio") as caught:
        await analyzer.analyze(str(path))
    assert caught.value.argument == "audioUrl"


async def test_three_hours_are_answered_from_the_middle(analyzer, library):
    """Within the time and memory of ten minutes; the result says what was analyzed."""
    rate, seconds = 8_000, 3 * 3600
    path = library.library_dirs[0] / "long.wav"
    with path.open("wb") as file:
        file.write(b"RIFF" + struct.pack("<I", 36 + 2 * rate * seconds) + b"WAVEfmt ")
        file.write(struct.pack("<IHHIIHH", 16, 1, 1, rate, 2 * rate, 2, 16))
        file.write(b"data" + struct.pack("<I", 2 * rate * seconds))
        file.truncate(44 + 2 * rate * seconds)
    found = await analyzer.analyze(str(path))
    assert found.duration_ms == 1000 * seconds
    assert (found.analyzed_from_ms, found.analyzed_ms) == (1000 * (seconds // 2 - 300), 600_000)
    assert (found.loudness, found.tempo, found.key) == (None, None, -1)


async def test_a_full_queue_is_said_at_once(analyzer, library):
    """Whoever is one too many gets OVERLOADED, the others their answer."""
    path = write(library.library_dirs[0] / "piece.ogg", cadence(0, True, 6.0))
    results = await asyncio.gather(
        *(analyzer.analyze(str(path)) for _ in range(30)), return_exceptions=True
    )
    refused = [result for result in results if isinstance(result, Overloaded)]
    assert len(refused) == 30 - analyzer.capacity
    assert all(result.key == 0 for result in results if result not in refused)
