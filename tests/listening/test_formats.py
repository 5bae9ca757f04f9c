"""Each format is read as its documentation says; what it leaves out is counted with a reason."""

import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.errors import BadInput
from app.listening import archive
from app.listening.history_file import opened_history
from app.listening.json_array import array_entries
from app.listening.plays import Play, Skip, TrackReference, moment_of

Write = Callable[[str, str | bytes], Path]


def spotify_entry(**changes: object) -> dict[str, object]:
    """A play as in the extended history, which ended at noon after 200 s."""
    return {
        "ts": "2024-03-01T12:00:00Z",
        "platform": "android",
        "ms_played": 200_000,
        "conn_country": "DE",
        "master_metadata_track_name": "Song 1",
        "master_metadata_album_artist_name": "Artist 1",
        "master_metadata_album_album_name": "Album 1",
        "spotify_track_uri": "spotify:track:4uLU6hMCjMI75M1A2tKUQC",
        "episode_name": None,
        "reason_end": "trackdone",
        "skipped": False,
        "incognito_mode": False,
    } | changes


def listenbrainz_line(**changes: object) -> str:
    """A listen as ListenBrainz exports it."""
    listen = {
        "listened_at": 1709287200,
        "track_metadata": {
            "artist_name": "Artist 1",
            "track_name": "Song 1",
            "release_name": "Album 1",
            "additional_info": {"media_player": "mpd", "duration_played": 150},
            "mbid_mapping": {"recording_mbid": "0f8d2c3e-3b0a-4d5e-9d3f-2f8f3f6b7a11"},
        },
    } | changes
    return json.dumps(listen) + "\n"


def read(path: Path) -> tuple[str, str | None, list[Play], list[Skip]]:
    with opened_history(path) as history:
        rows = list(history.rows)
        plays = [row for row in rows if isinstance(row, Play)]
        return history.source, history.owner, plays, [r for r in rows if isinstance(r, Skip)]


def zipped(members: dict[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return buffer.getvalue()


def test_spotify_plays_start_ms_played_before_their_stamp(write: Write) -> None:
    """`ts` is the end of the play: importers that take it for the start are minutes off."""
    source, owner, plays, skips = read(write("a.json", json.dumps([spotify_entry()])))
    assert (source, owner, skips) == ("spotify", None, [])
    (play,) = plays
    assert moment_of(play.start) == datetime(2024, 3, 1, 11, 56, 40, tzinfo=UTC)
    assert play.track == TrackReference(
        spotify_id="spotify:track:4uLU6hMCjMI75M1A2tKUQC",
        artist="Artist 1",
        title="Song 1",
        album="Album 1",
    )
    assert (play.ms_played, play.skipped, play.device, play.country) == (
        200_000, False, "android", "DE",
    )  # fmt: skip


def test_spotify_leaves_out_what_was_private_or_no_track(write: Write) -> None:
    entries = [
        spotify_entry(incognito_mode=True),
        spotify_entry(master_metadata_track_name=None, episode_name="News"),
        spotify_entry(skipped=True, ms_played=4000),
        spotify_entry(skipped=None, reason_end="fwdbtn"),
        spotify_entry(skipped=None, reason_end="trackdone", conn_country="ZZ"),
        spotify_entry(ts="yesterday"),
        "not an object",
    ]
    _, _, plays, skips = read(write("a.json", json.dumps(entries)))
    assert [(play.line, play.skipped, play.country) for play in plays] == [
        (3, True, "DE"),
        (4, True, "DE"),
        (5, False, None),
    ]
    assert skips == [
        Skip(1, "played in incognito mode"),
        Skip(2, "not a track: a podcast, an audiobook or a video"),
        Skip(6, "listened_at is neither ISO 8601 nor Unix seconds"),
        Skip(7, "the entry is not a JSON object"),
    ]


def test_spotify_zip_is_read_member_by_member(write: Write) -> None:
    archived = zipped(
        {
            "Spotify Extended Streaming History/ReadMeFirst.pdf": b"%PDF",
            "Spotify Extended Streaming History/Streaming_History_Audio_2023_0.json": json.dumps(
                [spotify_entry(), spotify_entry(ts="never")]
            ),
            "Spotify Extended Streaming History/Streaming_History_Audio_2024_1.json": json.dumps(
                [spotify_entry(ts="2024-04-01T12:00:00Z")]
            ),
        }
    )
    source, _, plays, (skip,) = read(write("my_spotify_data.zip", archived))
    assert (source, len(plays)) == ("spotify", 2)
    assert skip.line == 2
    assert skip.detail.endswith("Streaming_History_Audio_2023_0.json")


def test_listenbrainz_line(write: Write) -> None:
    source, owner, (play,), skips = read(write("listens.jsonl", listenbrainz_line()))
    assert (source, owner, skips) == ("listenbrainz", None, [])
    assert moment_of(play.start) == datetime(2024, 3, 1, 10, 0, tzinfo=UTC)
    assert play.track.mbid == "0f8d2c3e-3b0a-4d5e-9d3f-2f8f3f6b7a11"
    assert (play.track.artist, play.track.title, play.ms_played) == ("Artist 1", "Song 1", 150_000)


def test_listenbrainz_export_names_its_owner(write: Write) -> None:
    """The zip also holds loved tracks and pins, which are no listens."""
    archived = zipped(
        {
            "user.json": '{"user_id": 7, "username": "ann"}\n',
            "listens/2024/3.jsonl": listenbrainz_line() + listenbrainz_line(listened_at=1709290000),
            "feedback.jsonl": '{"recording_msid": "x", "score": 1}\n',
            "pinned_recording.jsonl": '{"recording_msid": "x"}\n',
        }
    )
    source, owner, plays, skips = read(write("listenbrainz_ann.zip", archived))
    assert (source, owner, len(plays), skips) == ("listenbrainz", "ann", 2, [])


def test_listenbrainz_bad_lines(write: Write) -> None:
    lines = [
        listenbrainz_line(),
        "{cut\n",
        "[]\n",
        listenbrainz_line(listened_at=None),
        listenbrainz_line(track_metadata=None),
        listenbrainz_line(track_metadata={"artist_name": 5, "track_name": "x"}),
        listenbrainz_line(track_metadata={"artist_name": "A\0B", "track_name": "x"}),
        listenbrainz_line(listened_at=3_700_000_000),
        "\n",
        listenbrainz_line()[:-40],
    ]
    _, _, plays, skips = read(write("listens.jsonl", "".join(lines)))
    assert len(plays) == 1
    assert skips == [
        Skip(2, "the line is not valid JSON"),
        Skip(3, "the line is not a JSON object"),
        Skip(4, "listened_at is missing"),
        Skip(5, "track_metadata is missing"),
        Skip(6, "artist_name is not text"),
        Skip(7, "artist_name contains a NUL character"),
        Skip(8, "listened_at is more than a day in the future"),
        Skip(10, "the line is not valid JSON"),
    ]


@pytest.mark.parametrize(
    ("text", "values", "reasons"),
    [
        ("[]", [], []),
        (' [ {"a": 1} , {"b": [{}]} ] ', [{"a": 1}, {"b": [{}]}], []),
        ('[{"a": 1}, {"a": }, {"a": 3}]', [{"a": 1}, {"a": 3}], [(2, "not valid JSON")]),
        ('[{"a": 1}, {"a": 2', [{"a": 1}], [(2, "in the middle of an entry")]),
        ('[{"a": 1},', [{"a": 1}], [(2, "its ] is missing")]),
    ],
)
def test_json_arrays_are_read_entry_by_entry(
    text: str, values: list[object], reasons: list[tuple[int, str]]
) -> None:
    entries = list(array_entries(io.BytesIO(text.encode())))
    assert [entry.value for entry in entries if not entry.reason] == values
    problems = [(entry.place, entry.reason) for entry in entries if entry.reason]
    assert len(problems) == len(reasons)
    for (place, reason), (expected, words) in zip(problems, reasons, strict=True):
        assert place == expected
        assert words in reason


def test_a_huge_entry_does_not_hide_the_next() -> None:
    huge = '[{"a": 1}, {"a": "' + "x" * 10_000_000 + '"}, {"a": 3}]'
    first, second, third = array_entries(io.BytesIO(huge.encode()))
    assert (first.value, third.value) == ({"a": 1}, {"a": 3})
    assert second.reason == "the entry is longer than 1,000,000 characters"


def test_a_zip_bomb_is_refused_by_what_it_declares(write: Write) -> None:
    path = write("bomb.zip", zipped({"listens/1.jsonl": b"0" * 200_000_000}))
    with pytest.raises(BadInput, match=r"bomb\.zip would unpack to 200,000,000 bytes"):
        read(path)


def test_a_zip_that_declares_less_than_it_holds_is_refused(write: Write) -> None:
    """Only as much as was declared is ever unpacked, and then it is not what was packed."""
    content = zipped({"listens/1.jsonl": listenbrainz_line() * 200_000})
    size = len(listenbrainz_line()) * 200_000
    assert content.count(size.to_bytes(4, "little")) == 2  # at the member and in the directory
    lying = content.replace(size.to_bytes(4, "little"), (1_000).to_bytes(4, "little"))
    with pytest.raises(BadInput, match=r"bomb\.zip is a damaged or incomplete zip archive"):
        read(write("bomb.zip", lying))


def test_a_zip_bomb_is_refused_by_what_comes_out(write: Write) -> None:
    """A second belt: what is read is counted as well, whatever was declared."""
    path = write("bomb.zip", zipped({"listens/1.jsonl": listenbrainz_line() * 100}))
    with zipfile.ZipFile(path) as file:
        opened = archive.Archive(path, file)
        with opened.open(opened.members[0]) as stream:
            assert len(stream.read()) == opened.read == opened.unpacked
        opened.count(archive.RATIO_COUNTS_FROM - opened.read)
        with pytest.raises(BadInput, match="refused as a zip bomb"):
            opened.count(1)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("empty.csv", b"", "is empty"),
        ("cut.zip", zipped({"listens/1.jsonl": "{}" * 999})[:-30], "damaged or incomplete"),
        ("other.zip", zipped({"readme.txt": "hello"}), "holds no listening history"),
        ("sheet.csv", "user,track_id,listened_at\n".encode("utf-16"), "is in UTF-16"),
        ("song.mp3", b"ID3\x04\x00\x00" + b"\xff\xfb\x90\x00" * 100, "not a listening history"),
    ],
)
def test_files_that_are_no_history(write: Write, name: str, content: bytes, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        read(write(name, content))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read: No such file or directory"):
        read(tmp_path / "no.csv")
