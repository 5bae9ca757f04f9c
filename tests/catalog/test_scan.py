"""A folder of real files becomes tracks once, whatever happens to the files afterwards."""

import os
import shutil
from pathlib import Path

import pytest

from app.catalog.importer import import_catalog
from app.catalog.matching import WantedTrack, add_unmatched
from app.catalog.scan import scan_folder
from app.database import Database
from app.errors import BadInput
from tests.catalog.music_files import write_song, write_sound, write_tags


async def tracks(database: Database) -> list[tuple[object, ...]]:
    """(key, title, artists, album, album artist, missing, files there) of every track."""
    return [
        tuple(row)
        for row in await database.fetch(
            """
            SELECT t.key, t.title,
              (SELECT array_agg(a.name ORDER BY ta.position) FROM track_artists ta
               JOIN artists a ON a.id = ta.artist_id WHERE ta.track_id = t.id),
              al.title, aa.name, t.missing,
              (SELECT count(*) FROM audio_files f WHERE f.track_id = t.id AND NOT f.missing)
            FROM tracks t LEFT JOIN albums al ON al.id = t.album_id
            LEFT JOIN artists aa ON aa.id = al.artist_id ORDER BY t.title, t.key
            """
        )
    ]


async def test_files_become_tracks(database: Database, tmp_path: Path) -> None:
    write_song(tmp_path / "a.flac", 1, title="One", artist="A feat. B", album="X")
    write_sound(tmp_path / "Artist" / "Album" / "02 Two.ogg", 2)
    report = await scan_folder(database, tmp_path)
    assert (report.found, report.added, report.failed) == (2, 2, [])
    assert [row[1:] for row in await tracks(database)] == [
        ("One", ["A", "B"], "X", "A", False, 1),
        ("Two", ["Artist"], "Album", "Artist", False, 1),
    ]


async def test_a_second_scan_reads_nothing(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_song(tmp_path / "a.flac", 1, title="One", artist="A")
    (tmp_path / "bad.mp3").write_bytes(b"no music")
    first = await scan_folder(database, tmp_path)
    assert len(first.failed) == 1
    monkeypatch.setattr("app.catalog.scan.read_file", None)  # reading anything would fail
    report = await scan_folder(database, tmp_path)
    assert (report.found, report.unchanged) == (2, 2)


async def test_a_moved_and_retagged_file_keeps_its_track(
    database: Database, tmp_path: Path
) -> None:
    path = write_song(tmp_path / "a.mp3", 1, title="Wrong", artist="A", genre="Pop")
    await scan_folder(database, tmp_path)
    [before] = await tracks(database)
    moved = tmp_path / "new folder" / "b.mp3"
    moved.parent.mkdir()
    path.rename(moved)
    write_tags(moved, title="Right", artist="B", genre="Rock")
    report = await scan_folder(database, tmp_path)
    assert (report.known, report.added, report.missing) == (1, 0, 1)
    [after] = await tracks(database)
    assert after == (before[0], "Right", ["B"], None, None, False, 1)
    assert await database.fetch_value("SELECT string_agg(name, ',') FROM track_genres "
                                      "JOIN genres ON id = genre_id") == "Rock"  # fmt: skip


async def test_gone_files_are_marked_and_come_back(database: Database, tmp_path: Path) -> None:
    """Nothing is deleted; other folders are not looked at."""
    kept = write_song(tmp_path / "one" / "a.ogg", 1, title="Here", artist="A")
    other = write_song(tmp_path / "two" / "b.ogg", 2, title="There", artist="A")
    await scan_folder(database, tmp_path)
    shutil.move(kept, tmp_path / "away.ogg")
    shutil.move(other, tmp_path / "two" / ".hidden")
    report = await scan_folder(database, tmp_path / "one")
    assert report.missing == 1
    assert [(row[1], row[5]) for row in await tracks(database)] == [
        ("Here", True), ("There", False),
    ]  # fmt: skip
    shutil.move(tmp_path / "away.ogg", kept)
    report = await scan_folder(database, tmp_path / "one")
    assert (report.returned, report.missing, report.unchanged) == (1, 0, 1)
    assert not any(row[5] for row in await tracks(database))


async def test_two_files_of_one_sound_are_one_track(database: Database, tmp_path: Path) -> None:
    path = write_song(tmp_path / "a.flac", 1, title="One", artist="A")
    shutil.copy(path, tmp_path / "copy.flac")
    report = await scan_folder(database, tmp_path)
    assert (report.added, report.known) == (1, 1)
    assert [row[6] for row in await tracks(database)] == [2]
    path.unlink()
    await scan_folder(database, tmp_path)
    assert [(row[5], row[6]) for row in await tracks(database)] == [(False, 1)]


async def test_recordings_of_one_name_stay_two_tracks(database: Database, tmp_path: Path) -> None:
    """A song on two albums in two takes has two sounds, so two tracks."""
    write_song(tmp_path / "a.flac", 1, title="One", artist="A", album="X")
    write_song(tmp_path / "b.flac", 2, title="One", artist="A", album="Y")
    await scan_folder(database, tmp_path)
    assert [row[3] for row in await tracks(database)] == ["X", "Y"] or [
        row[3] for row in await tracks(database)
    ] == ["Y", "X"]


async def test_a_replaced_file_keeps_the_track_of_its_name(
    database: Database, tmp_path: Path
) -> None:
    """A better rip under the same name: same track, new sound to analyze."""
    path = write_song(tmp_path / "a.flac", 1, title="One", artist="A")
    await scan_folder(database, tmp_path)
    [before] = await tracks(database)
    write_song(path, 2, title="One", artist="A")
    report = await scan_folder(database, tmp_path)
    assert (report.attached, report.added) == (1, 0)
    assert await tracks(database) == [before]


async def test_a_file_finds_its_track_in_the_catalog(database: Database, tmp_path: Path) -> None:
    """Imported tracks and those of a history get their audio, and keep what was imported."""
    catalog = tmp_path / "catalog.csv"
    catalog.write_text("id,title,artist,isrc\nx1,Song One,Artist,GBAYE9701274\n")
    await import_catalog(database, catalog)
    await add_unmatched(database, [WantedTrack("The Band", "Song Two")])
    write_song(tmp_path / "1.ogg", 1, title="song 1", artist="?", isrc="GBAYE9701274")
    write_song(tmp_path / "2.ogg", 2, title="Song Two", artist="Band", album="LP")
    report = await scan_folder(database, tmp_path)
    assert (report.attached, report.added) == (2, 0)
    one, two = await tracks(database)
    assert (one[0], one[1], one[2], one[6]) == ("x1", "Song One", ["Artist"], 1)
    assert (two[1], two[3], two[6]) == ("Song Two", "LP", 1)


async def test_files_of_many_artists_on_one_album_are_a_compilation(
    database: Database, tmp_path: Path
) -> None:
    for n in (1, 2, 3):
        write_song(tmp_path / f"{n}.ogg", n, title=f"T{n}", artist=f"Artist {n}", album="OST")
    write_song(tmp_path / "4.ogg", 4, title="T4", artist="D", album="Own", albumartist="D")
    write_song(
        tmp_path / "5.ogg", 5, title="T5", artist="E", album="Hits", albumartist="Various Artists"
    )
    await scan_folder(database, tmp_path)
    albums = [(row[3], row[4]) for row in await tracks(database)]
    assert albums == [("OST", None)] * 3 + [("Own", "D"), ("Hits", None)]
    write_tags(tmp_path / "2.ogg", title="T2 (fixed)")
    await scan_folder(database, tmp_path)
    assert await database.fetch_value("SELECT count(*) FROM albums") == 3


async def test_an_album_artist_that_some_files_state_holds_for_the_album(
    database: Database, tmp_path: Path
) -> None:
    """Half-tagged albums stay one album, also when a file comes later."""
    write_song(tmp_path / "1.ogg", 1, title="T1", artist="A", album="OST", albumartist="Band")
    write_song(tmp_path / "2.ogg", 2, title="T2", artist="B", album="OST")
    await scan_folder(database, tmp_path)
    write_song(tmp_path / "3.ogg", 3, title="T3", artist="C", album="OST")
    await scan_folder(database, tmp_path)
    assert [(row[3], row[4]) for row in await tracks(database)] == [("OST", "Band")] * 3


async def test_bad_files_are_recorded_and_the_rest_goes_on(
    database: Database, tmp_path: Path
) -> None:
    """Odd paths, loops, fifos, broken files: each in its place, none stops the scan."""
    odd = os.fsencode(tmp_path) + b"/new\nline \xff.ogg"
    shutil.move(write_sound(tmp_path / "x.ogg", 1), os.fsdecode(odd))
    (tmp_path / "empty.mp3").touch()
    (tmp_path / "text.flac").write_text("not music")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "nowhere.ogg").symlink_to(tmp_path / "nothing")
    (tmp_path / "self.ogg").symlink_to(tmp_path / "self.ogg")
    os.mkfifo(tmp_path / "fifo.mp3")
    (tmp_path / "cover.jpg").write_bytes(b"jpeg")
    (tmp_path / "old.wma").write_bytes(b"wma")
    write_sound(tmp_path / ".hidden.ogg", 2)
    write_sound(tmp_path / ".trash" / "b.ogg", 3)
    report = await scan_folder(database, tmp_path)
    assert (report.found, report.added) == (3, 1)
    assert sorted(Path(path).name for path, _ in report.failed) == ["empty.mp3", "text.flac"]
    assert dict(report.not_supported) == {".wma": 1}
    assert await database.fetch_value("SELECT path FROM audio_files WHERE track_id > 0") == odd
    errors = await database.fetch("SELECT scan_error FROM audio_files WHERE track_id IS NULL")
    assert len(errors) == 2
    assert all(row["scan_error"] for row in errors)


async def test_a_mended_file_joins_the_catalog(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "a.ogg"
    path.write_bytes(b"broken download")
    await scan_folder(database, tmp_path)
    write_sound(path, 1)
    report = await scan_folder(database, tmp_path)
    assert (report.added, report.failed) == (1, [])
    assert await database.fetch_value("SELECT scan_error FROM audio_files") is None


@pytest.mark.parametrize("failing", [1, 2, 3])
async def test_an_interrupted_scan_is_finished_by_the_next(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    """Interrupted after any batch and run again, the catalog is as after one clean scan."""
    monkeypatch.setattr("app.catalog.scan._BATCH", 2)
    for n in range(9):
        write_song(
            tmp_path / f"folder {n // 3}" / f"{n}.ogg",
            sound=n // 2,
            title=f"T{n % 4}",
            artist=f"A{n % 3}",
        )
    batches = 0

    def interrupt(done: int, total: int | None) -> None:
        nonlocal batches
        batches += done > 0
        if batches == failing:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await scan_folder(database, tmp_path, interrupt)
    await scan_folder(database, tmp_path)
    interrupted = await tracks(database)
    await database.fetch("TRUNCATE tracks, artists, albums, genres, audio_files CASCADE")
    await scan_folder(database, tmp_path)
    assert await tracks(database) == interrupted
    assert len(interrupted) == 5  # sounds


async def test_the_path_column_links_audio(database: Database, tmp_path: Path) -> None:
    write_song(tmp_path / "music" / "a.ogg", 1, title="Tag title", artist="T")
    catalog = tmp_path / "catalog.csv"
    catalog.write_text(
        "id,title,artist,path\n1,One,A,music/a.ogg\n2,Two,A,music/none.ogg\n3,Three,A,music/a.ogg\n"
    )
    report = await import_catalog(database, catalog)
    assert report.added == 3
    assert [line for line, _ in report.problems] == [3, 4]
    assert [(row[0], row[1], row[6]) for row in await tracks(database)] == [
        ("1", "One", 1), ("3", "Three", 0), ("2", "Two", 0),
    ]  # fmt: skip
    scanned = await scan_folder(database, tmp_path)
    assert (scanned.unchanged, scanned.added) == (1, 0)


async def test_a_folder_that_is_none_is_refused(database: Database, tmp_path: Path) -> None:
    """A typed-over path must not mark a library as missing."""
    with pytest.raises(BadInput, match="is not a folder"):
        await scan_folder(database, tmp_path / "nothing")


@pytest.mark.skipif(
    not Path("/usr/share/games/wesnoth/1.16/data/core/music").is_dir(),
    reason="the Debian package wesnoth-1.16-music is not installed",
)
async def test_real_music(database: Database) -> None:
    """41 Ogg files of a soundtrack by many composers."""
    folder = Path("/usr/share/games/wesnoth")
    report = await scan_folder(database, folder)
    assert (report.found, report.added, report.failed) == (41, 41, [])
    assert await database.fetch_value("SELECT count(*) FROM albums") == 2
    again = await scan_folder(database, folder)
    assert again.unchanged == 41
