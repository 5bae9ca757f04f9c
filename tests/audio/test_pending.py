"""A scan's analysis: stored, resumed, most played first, and no bad file stops it."""

import os
from pathlib import Path

import numpy as np
import pytest

from app.audio import (
    EMBEDDING_MODEL,
    FEATURE_NAMES,
    analysis_version,
    analyze_pending,
    audio_by_track_id,
    embedding_matrix,
    feature_matrix,
    sound_tags_by_track_id,
)
from app.audio.queries import pending_files
from app.database import Database
from app.inference.musicnn_weights import package_folder
from tests.audio.sounds import cadence, clicks, write


async def add_track(database: Database, key: str, path: Path, plays: int = 0) -> int:
    """A track with one audio file, which one user has played."""
    async with database.transaction() as connection:
        track = await connection.fetchval(
            "INSERT INTO tracks (key, title, folded) VALUES ($1, $1, $1) RETURNING id", key
        )
        await connection.execute(
            "INSERT INTO audio_files (path, track_id, size_bytes, modified_ns, audio_hash) "
            "VALUES ($1, $2, 1, 1, $3)",
            os.fsencode(path),
            track,
            f"hash of {key}",
        )
        user = await connection.fetchval(
            "INSERT INTO users (key) VALUES ('u') ON CONFLICT (key) DO UPDATE SET key = 'u' "
            "RETURNING id"
        )
        await connection.executemany(
            "INSERT INTO listens (user_id, track_id, listened_at) "
            "VALUES ($1, $2, timestamptz '2020-01-01' + $3 * interval '1 hour')",
            [(user, track, hour) for hour in range(plays)],
        )
    return int(track)


@pytest.fixture(scope="module")
def music(tmp_path_factory) -> Path:
    """A song, clicks, silence, and files that are no songs; one name is not UTF-8."""
    folder = tmp_path_factory.mktemp("music")
    write(folder / "song.ogg", cadence(9, False))
    write(folder / "clicks.flac", clicks(120, 15.0))
    write(folder / "silence.wav", np.zeros(22_050 * 4, np.float32))
    (folder / "empty.mp3").write_bytes(b"")
    odd = os.fsencode(folder) + b"/n\xf6t\naudio.ogg"
    Path(os.fsdecode(odd)).write_bytes(b"OggS" + bytes(500))
    return folder


async def test_a_folder_is_analyzed_once(database, settings, music):
    """Good files get features and an embedding, bad ones their reason, and a second run nothing."""
    song = await add_track(database, "song", music / "song.ogg", plays=2)
    steady = await add_track(database, "clicks", music / "clicks.flac", plays=5)
    silence = await add_track(database, "silence", music / "silence.wav")
    empty = await add_track(database, "empty", music / "empty.mp3", plays=9)
    await add_track(database, "odd", Path(os.fsdecode(os.fsencode(music) + b"/n\xf6t\naudio.ogg")))
    gone = await add_track(database, "gone", music / "gone.ogg")

    waiting = await pending_files(database, analysis_version())
    assert [file.track_id for file in waiting[:4]] == [empty, steady, song, silence]

    seen: list[tuple[int, int | None]] = []
    report = await analyze_pending(
        database, settings, cores=1, progress=lambda done, total: seen.append((done, total))
    )
    assert (report.analyzed, report.failed, report.left) == (3, 3, 0)
    assert seen == [(n, 6) for n in range(1, 7)]
    assert report.cpu_seconds["embedding"] > 0
    assert report.audio_seconds == pytest.approx(12 + 15 + 4, abs=0.1)
    assert any("\\udcf6t\\naudio.ogg" in path for path, _ in report.problems)

    rows = await audio_by_track_id(database, [song, steady, silence, empty])
    assert set(rows) == {song, steady, silence}
    assert (rows[song].key, rows[song].mode, rows[song].source) == (9, 0, "segue")
    assert rows[steady].tempo == pytest.approx(120, rel=0.005)
    assert (rows[steady].key, rows[steady].mode) == (-1, None)
    nothing = rows[silence]
    assert (nothing.tempo, nothing.key, nothing.loudness, nothing.energy) == (None, -1, None, None)

    errors = await database.fetch(
        "SELECT t.key, f.analysis_error FROM audio_files f JOIN tracks t ON t.id = f.track_id "
        "WHERE analysis_error IS NOT NULL ORDER BY t.key"
    )
    assert [row["key"] for row in errors] == ["empty", "odd"]
    assert errors[0]["analysis_error"] == "empty.mp3 is empty (0 bytes)."

    # What cannot be read may be on a disk that comes back; the others are not tried again.
    again = await pending_files(database, analysis_version())
    assert [file.track_id for file in again] == [gone]

    ids, values, names = await feature_matrix(database)
    assert (list(ids), names) == (sorted([song, steady, silence]), FEATURE_NAMES)
    assert values.dtype == np.float32
    assert np.isnan(values[list(ids).index(steady), names.index("key")])
    if package_folder() is not None:
        tracks, vectors = await embedding_matrix(database, EMBEDDING_MODEL)
        assert list(tracks) == sorted([song, steady])
        assert vectors.shape == (2, 200)
        assert np.isfinite(vectors).all()
        tags = await sound_tags_by_track_id(database, [song, silence])
        assert set(tags) == {song}
        assert tags[song][0][1] >= tags[song][-1][1] > 0


async def test_a_run_stops_in_time_and_the_next_goes_on(database, settings, tmp_path):
    """--hours ends a run after the file under way; nothing is done twice."""
    for number in range(3):
        (tmp_path / f"{number}.ogg").write_bytes(b"")
        await add_track(database, f"t{number}", tmp_path / f"{number}.ogg", plays=number)
    first = await analyze_pending(database, settings, cores=1, limit_hours=0.0)
    assert (first.failed, first.left) == (1, 2)
    assert first.problems == [(str(tmp_path / "2.ogg"), "2.ogg is empty (0 bytes).")]
    second = await analyze_pending(database, settings, cores=1)
    assert (second.failed, second.left) == (2, 0)
    assert (await analyze_pending(database, settings)).failed == 0


async def test_what_makes_an_analysis_pending(database, music):
    """New sound, a new version and imported features do; a retagged file and a failure do not."""
    track = await add_track(database, "t", music / "clicks.flac")

    async def is_pending(change: str = "SELECT 1", version: str = "v1") -> bool:
        async with database.transaction() as connection:
            await connection.execute(change)
        return bool(await pending_files(database, version))

    assert await is_pending()
    assert await is_pending(
        "INSERT INTO audio_features (track_id, source, version, liveness) "
        f"VALUES ({track}, 'import', 'v1', 0.3)"
    )
    assert not await is_pending(
        "UPDATE audio_features SET source = 'segue', audio_hash = 'hash of t'"
    )
    assert not await is_pending("UPDATE audio_files SET path = '/elsewhere', modified_ns = 2")
    assert await is_pending(version="v2")
    assert await is_pending("UPDATE audio_files SET audio_hash = 'other sound'")
    assert not await is_pending("UPDATE audio_files SET missing = true")
    assert not await is_pending("UPDATE audio_files SET missing = false, analysis_error = 'no'")
