"""Written lists are read back as they were, by our readers and by others' rules."""

import os
from pathlib import Path

import pytest

from app.database import Database
from app.errors import BadInput
from app.playlist import ListedTrack, import_playlists, listed_tracks, write_playlist
from app.playlist.reading import read_playlists

TRACKS = [
    ListedTrack("a", "One & <two>", "AC/DC", "High\x0bVoltage", 200_000, isrc="AUAP07600001"),
    ListedTrack("b", "No artist", None),
    ListedTrack("c", "Lines\nbroken", "Sigur Rós", path=b"/music/Sigur R\xc3\xb3s/1.flac"),
    ListedTrack("d", "Strange path", "X", path=b"/music/new\nline\xff.mp3"),
]


@pytest.mark.parametrize("ending", [".m3u8", ".xspf", ".jspf"])
def test_what_is_written_is_read_back(tmp_path: Path, ending: str) -> None:
    """Markup, control characters, newlines and bytes that are no UTF-8 survive or are mended."""
    file = tmp_path / f"list{ending}"
    write_playlist(file, "Mine & yours", TRACKS)
    (playlist,) = read_playlists(file)
    assert playlist.title == "Mine & yours"
    assert len(playlist.entries) == 4
    first, second, third, fourth = playlist.entries
    assert (first.title, first.artist, first.duration_ms) == ("One & <two>", "AC/DC", 200_000)
    assert (first.key, second.key) == ("a", "b")
    assert second.artist is None
    assert third.path in ("/music/Sigur Rós/1.flac", "file:///music/Sigur%20R%C3%B3s/1.flac")
    assert fourth.path == "file:///music/new%0Aline%FF.mp3"
    if ending != ".m3u8":
        assert first.isrc == "AUAP07600001"


@pytest.mark.parametrize("ending", [".m3u8", ".xspf", ".jspf"])
async def test_an_export_imports_to_the_same_tracks(
    database: Database, add_tracks, tmp_path: Path, ending: str
) -> None:
    """Out and in again: the same tracks in the same order, nothing new in the catalog."""
    ids = await add_tracks(6)
    path = os.fsencode(tmp_path / "odd\nname \xff.ogg")
    async with database.transaction() as connection:
        await connection.execute(
            "INSERT INTO audio_files (path, track_id, size_bytes, modified_ns) "
            "VALUES ($1, $2, 1, 1)",
            path,
            ids[0],
        )
    order = [ids[3], ids[0], ids[5]]
    file = tmp_path / f"list{ending}"
    write_playlist(file, "Out", await listed_tracks(database, order))
    report = await import_playlists(database, file)
    rows = await database.fetch("SELECT track_id FROM playlist_tracks ORDER BY position")
    assert [row["track_id"] for row in rows] == order
    assert report.matched["new"] == 0


def test_an_unknown_ending_or_place(tmp_path: Path) -> None:
    """The allowed endings are named; a folder that is not there is one sentence."""
    with pytest.raises(BadInput, match=r"\.m3u8"):
        write_playlist(tmp_path / "list.pls", "x", TRACKS)
    with pytest.raises(BadInput, match="cannot be written"):
        write_playlist(tmp_path / "no" / "list.m3u8", "x", TRACKS)
