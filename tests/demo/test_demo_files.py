"""Files of the demo: what importers and scans will find."""

import csv
import json
from pathlib import Path

import mutagen
import numpy as np
import soundfile

from app.demo import (
    SAMPLE_RATE,
    plan_catalog,
    plan_playlists,
    simulate_listeners,
    write_audio,
    write_catalog,
    write_listens,
    write_playlists,
    write_truth,
)


def test_audio_files_are_tagged_complete_and_not_rendered_twice(tmp_path: Path) -> None:
    """Protects scans (tags, lengths) and resuming: what is there stays, what is missing is made."""
    pieces = plan_catalog()[:3]
    calls: list[tuple[int, int]] = []
    paths = write_audio(pieces, tmp_path / "audio", 2, lambda done, of: calls.append((done, of)))
    assert [p.name for p in paths] == [p.file_name for p in pieces]
    assert calls == [(1, 3), (2, 3), (3, 3)]
    assert sorted(p.name for p in (tmp_path / "audio").iterdir()) == [p.name for p in paths]
    info = soundfile.info(paths[0])
    assert (info.samplerate, info.channels, info.format) == (SAMPLE_RATE, 1, "OGG")
    assert abs(info.duration - pieces[0].duration_s) < 0.01
    tags = mutagen.File(paths[1])
    assert tags["title"] == [pieces[1].title]
    assert tags["artist"] == [pieces[1].artist]
    assert tags["genre"] == ["Rock"]
    assert tags["comment"] == ["Segue demo, synthesized"]
    stamps = [p.stat().st_mtime_ns for p in paths]
    sound = soundfile.read(paths[2])[0]
    paths[2].unlink()
    (tmp_path / "audio" / ".demo-0003.ogg.1.part").write_bytes(b"left by a run that was killed")
    write_audio(pieces, tmp_path / "audio", 1)
    assert [p.stat().st_mtime_ns for p in paths][:2] == stamps[:2]
    np.testing.assert_array_equal(soundfile.read(paths[2])[0], sound)
    assert len(list((tmp_path / "audio").iterdir())) == 3


def test_the_catalog_file_keeps_the_truth_to_itself(tmp_path: Path) -> None:
    """Protects the demo from answering its own questions: tempo and key come from the analysis."""
    pieces = plan_catalog()
    write_catalog(pieces, tmp_path, tmp_path / "catalog.jsonl")
    write_truth(pieces, tmp_path / "truth.json")
    rows = [json.loads(line) for line in (tmp_path / "catalog.jsonl").read_text().splitlines()]
    truth = json.loads((tmp_path / "truth.json").read_text())
    assert [row["id"] for row in rows] == [t["id"] for t in truth] == [p.id for p in pieces]
    assert set(rows[0]) == {
        "id", "title", "artist", "album", "genres", "tags", "release_date", "duration_ms", "path",
    }  # fmt: skip
    assert all(Path(row["path"]).is_absolute() for row in rows)
    assert truth[0]["sections"][0]["label"] == "intro"
    assert {"tempo_bpm", "key", "mode", "instruments"} <= set(truth[0])


def test_the_listens_file_has_one_row_for_each_play(tmp_path: Path) -> None:
    """Protects the importer's input: columns, UTC times, and ids that the catalogue has."""
    pieces = plan_catalog()
    simulation = simulate_listeners(pieces, listeners=20)
    write_listens(simulation, tmp_path / "listens.csv")
    with (tmp_path / "listens.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(simulation.user)
    first = rows[0]
    assert first["user"] == simulation.listeners[simulation.user[0]].id
    assert first["track_id"] == simulation.piece_ids[simulation.piece[0]]
    assert np.datetime64(first["listened_at"].removesuffix("Z")).astype(int) == simulation.time[0]
    assert first["skipped"] in ("true", "false")
    assert {row["track_id"] for row in rows} <= {p.id for p in pieces}


def test_playlists_keep_to_what_their_makers_like(tmp_path: Path) -> None:
    """Protects playlist import and continuation: real ids, no doubles, and taste to learn from."""
    pieces = plan_catalog()
    simulation = simulate_listeners(pieces, listeners=50)
    playlists = plan_playlists(pieces, simulation, count=100)
    assert plan_playlists(pieces, simulation, count=100) == playlists
    place = {piece.id: i for i, piece in enumerate(pieces)}
    taste = simulation.taste(180)
    liking = []
    for playlist in playlists:
        assert 8 <= len(playlist.piece_ids) == len(set(playlist.piece_ids)) <= 24
        user = int(playlist.listener_id.removeprefix("demo-")) - 1
        liking.append(taste[user, [place[i] for i in playlist.piece_ids]].mean())
    assert np.mean(liking) > 1.0  # the mean of all pieces is 0 for everyone
    write_playlists(playlists, tmp_path / "playlists.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "playlists.jsonl").read_text().splitlines()]
    assert [row["tracks"] for row in rows] == [list(p.piece_ids) for p in playlists]
