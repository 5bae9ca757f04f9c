"""Imports of playlists into Postgres: what is matched, made, counted, and done twice."""

import gzip
import json
import time
from pathlib import Path

import pytest

from app.database import Database
from app.playlist import Span, import_playlists, playlist_page, tracks_of_playlists


def write_lines(file: Path, *playlists: dict) -> Path:
    file.write_text("\n".join(json.dumps(one) for one in playlists))
    return file


async def contents(database: Database) -> dict[str, list[str]]:
    """Titles of the stored playlists, and the track titles of each."""
    lists = await playlist_page(database, Span(100))
    pages = await tracks_of_playlists(database, [one.id for one in lists], Span(1_000_000))
    rows = await database.fetch("SELECT id, title FROM tracks")
    titles = {row["id"]: row["title"] for row in rows}
    return {one.title: [titles[track] for _, track in pages[one.id]] for one in lists}


async def test_entries_are_found_by_id_and_by_name_or_made(
    database: Database, add_tracks, tmp_path: Path
) -> None:
    """The order of the list holds; repeats stay; what is new becomes an entry without audio."""
    await add_tracks(3, artists=3)
    file = write_lines(
        tmp_path / "lists.jsonl",
        {
            "id": "mine",
            "title": "Mine",
            "created_at": "2020-05-01T00:00:00Z",
            "tracks": [
                "track_t0-1",
                {"title": "song 0-0!", "artist": "ARTIST 0-0"},
                {"title": "Brand New", "artist": "Somebody", "album": "First"},
                "track_t0-1",
                "track_nowhere",
                {"title": "No artist"},
            ],
        },
    )
    report = await import_playlists(database, file)
    assert await contents(database) == {"Mine": ["Song 0-1", "Song 0-0", "Brand New", "Song 0-1"]}
    assert (report.read, report.added, report.skipped.total()) == (6, 4, 2)
    assert report.matched == {"id": 2, "exact": 1, "new": 1}
    assert report.read == report.added + report.already_there + report.skipped.total()
    (stored,) = await playlist_page(database, Span(10))
    assert (stored.key, stored.track_count, stored.created_at.year) == ("mine", 4, 2020)
    files = await database.fetch_value("SELECT count(*) FROM audio_files")
    assert files == 0


async def test_the_same_file_twice_adds_nothing(database: Database, tmp_path: Path) -> None:
    """With and without ids of their own; new entries of the first time are found the second."""
    tracks = [{"title": f"T{n}", "artist": f"A{n % 3}"} for n in range(20)]
    file = write_lines(
        tmp_path / "lists.jsonl",
        {"id": "a", "title": "With id", "tracks": tracks},
        {"title": "Without id", "tracks": tracks[:5]},
        {"title": "Without id", "tracks": tracks[:5]},
    )
    first = await import_playlists(database, file)
    before = await contents(database)
    counts = await database.fetch_one(
        "SELECT (SELECT count(*) FROM tracks), (SELECT count(*) FROM artists)"
    )
    second = await import_playlists(database, file)
    assert first.playlists == {"added": 2, "already there": 1}
    assert second.playlists == {"already there": 3}
    assert (second.added, second.updated, second.already_there) == (0, 0, 30)
    assert await contents(database) == before
    assert counts == await database.fetch_one(
        "SELECT (SELECT count(*) FROM tracks), (SELECT count(*) FROM artists)"
    )
    assert tuple(counts) == (20, 3)


async def test_a_changed_list_with_an_id_is_updated(database: Database, tmp_path: Path) -> None:
    """Another list under an id within one file is refused, with its line."""
    one = {"id": "a", "title": "Old", "tracks": [{"title": "X", "artist": "Y"}]}
    two = {"id": "a", "title": "New", "tracks": [{"title": "Z", "artist": "Y"}]}
    await import_playlists(database, write_lines(tmp_path / "one.jsonl", one))
    report = await import_playlists(database, write_lines(tmp_path / "two.jsonl", two, one))
    assert report.playlists == {"updated": 1, "skipped": 1}
    assert report.problems == [(2, "the id 'a' is that of line 1")]
    assert await contents(database) == {"New": ["Z"]}


async def test_paths_find_files_of_the_library(
    database: Database, add_tracks, tmp_path: Path
) -> None:
    """Relative to the list, as a URI, and from a Windows machine; ambiguous ends find nothing."""
    ids = await add_tracks(4)
    music = tmp_path / "music"
    paths = [
        music / "Björk" / "Jóga.mp3",
        music / "A" / "one.mp3",
        music / "x" / "Disc 1" / "01.mp3",
        music / "y" / "Disc 1" / "01.mp3",
    ]
    async with database.transaction() as connection:
        await connection.executemany(
            "INSERT INTO audio_files (path, track_id, size_bytes, modified_ns) "
            "VALUES ($1, $2, 1, 1)",
            [(str(path).encode(), track) for path, track in zip(paths, ids, strict=True)],
        )
    music.mkdir()
    file = music / "list.m3u8"
    file.write_text(
        "#EXTM3U\nA/one.mp3\n"
        f"{paths[0].as_uri()}\n"
        "D:\\Music\\bjÖrk\\JÓGA.mp3\n"
        "x/Disc 1/01.mp3\n"
        "E:\\elsewhere\\Disc 1\\01.mp3\n"
        "#EXTINF:1,New - Song\nE:\\elsewhere\\Disc 1\\01.mp3\n"
    )
    report = await import_playlists(database, file)
    assert (await contents(database))["list"] == [
        "Song 0-1", "Song 0-0", "Song 0-0", "Song 0-2", "Song",
    ]  # fmt: skip
    assert report.matched == {"path": 4, "new": 1}
    assert report.problems[0][0] == 6


async def test_a_list_of_100_000_entries(database: Database, tmp_path: Path) -> None:
    """A huge JSPF is imported whole, in order, in reasonable time."""
    tracks = [{"title": f"Title {n}", "creator": f"Artist {n % 5000}"} for n in range(100_000)]
    file = tmp_path / "huge.jspf"
    file.write_text(json.dumps({"playlist": {"title": "Huge", "track": tracks}}))
    started = time.monotonic()
    report = await import_playlists(database, file)
    assert time.monotonic() - started < 120
    assert (report.read, report.added) == (100_000, 100_000)
    stored = await contents(database)
    assert stored["Huge"][::9_999] == [f"Title {n}" for n in range(0, 100_000, 9_999)]
    again = await import_playlists(database, file)
    assert (again.added, again.already_there) == (0, 100_000)


async def test_a_real_collection(database: Database, shared_data: Path, tmp_path: Path) -> None:
    """1,000 real playlists of the Million Playlist Dataset as JSON Lines: all of it arrives."""
    source = shared_data / "mpd_sample" / "playlists.jsonl.gz"
    if not source.is_file():
        pytest.skip(f"{source} is not there")
    file = tmp_path / "mpd.jsonl"
    entries = 0
    with gzip.open(source, "rt", encoding="utf-8") as lines, file.open("w") as out:
        for line in lines:
            row = json.loads(line)
            entries += len(row["tracks"])
            tracks = [
                {
                    "title": track["track_name"],
                    "artist": track["artist_name"],
                    "album": track["album_name"],
                    "spotify_id": track["track_uri"],
                    "duration_ms": track["duration_ms"],
                }
                for track in row["tracks"]
            ]
            out.write(json.dumps({"id": row["pid"], "title": row["name"], "tracks": tracks}) + "\n")
    report = await import_playlists(database, file)
    stored = await database.fetch_one(
        "SELECT (SELECT count(*) FROM playlists), (SELECT count(*) FROM playlist_tracks)"
    )
    assert tuple(stored) == (1_000, entries) == (1_000, report.added)
    again = await import_playlists(database, file)
    assert (again.added, again.updated) == (0, 0)
    assert again.playlists == {"already there": 1_000}
