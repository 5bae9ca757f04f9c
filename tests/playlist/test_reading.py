"""Playlist files as programs really write them, and files that are broken or hostile."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import BadInput
from app.playlist.entries import ReadPlaylist, Unreadable
from app.playlist.reading import read_playlists

MBID = "b9ad642e-b012-41c7-b72a-42cf4911f9ff"


def write(folder: Path, name: str, text: str | bytes) -> Path:
    file = folder / name
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def only(path: Path) -> ReadPlaylist:
    (playlist,) = read_playlists(path)
    assert isinstance(playlist, ReadPlaylist)
    return playlist


def test_a_listenbrainz_jspf(tmp_path: Path) -> None:
    """Identifiers as lists of MusicBrainz URLs, durations in ms, a date with a zone."""
    document = {
        "playlist": {
            "title": "Weekly Jams",
            "creator": "listenbrainz",
            "date": "2024-03-04T01:00:00+01:00",
            "identifier": f"https://listenbrainz.org/playlist/{MBID}",
            "track": [
                {
                    "title": "Gold Dust Woman",
                    "creator": "Fleetwood Mac",
                    "album": "Rumours",
                    "duration": 295000,
                    "identifier": [f"https://musicbrainz.org/recording/{MBID}"],
                    "extension": {"https://musicbrainz.org/doc/jspf#track": {}},
                },
                {"identifier": "https://open.spotify.com/track/6u5M4jPpYkoRV4vVHDQvkd"},
                {},
                "not an object",
            ],
        }
    }
    playlist = only(write(tmp_path, "weekly.jspf", json.dumps(document)))
    assert (playlist.title, playlist.key) == ("Weekly Jams", MBID)
    assert playlist.created_at is not None and playlist.created_at.hour == 0
    first, second = playlist.entries
    assert (first.title, first.artist, first.album) == (
        "Gold Dust Woman", "Fleetwood Mac", "Rumours",
    )  # fmt: skip
    assert (first.mbid, first.duration_ms) == (MBID, 295_000)
    assert second.spotify_id == "6u5M4jPpYkoRV4vVHDQvkd"
    assert [place for place, _ in playlist.problems] == [3, 4]


def test_an_xspf_of_a_player(tmp_path: Path) -> None:
    """Namespaces, file URIs, entities of XML itself, elements of other namespaces."""
    text = """<?xml version="1.0" encoding="UTF-8"?>
<playlist version="1" xmlns="http://xspf.org/ns/0/" xmlns:vlc="http://www.videolan.org/vlc">
  <title>Evening &amp; night</title>
  <trackList>
    <track>
      <location>file:///music/AC%20DC/T.N.T.mp3</location>
      <title>T.N.T.</title><creator>AC/DC</creator><duration>214000</duration>
      <extension application="x"><vlc:id>0</vlc:id></extension>
    </track>
    <track><annotation>nothing to go by</annotation></track>
  </trackList>
</playlist>"""
    playlist = only(write(tmp_path, "evening.xspf", text))
    assert playlist.title == "Evening & night"
    (entry,) = playlist.entries
    assert (entry.artist, entry.title, entry.duration_ms) == ("AC/DC", "T.N.T.", 214_000)
    assert entry.path == "file:///music/AC%20DC/T.N.T.mp3"
    assert playlist.problems[0][0] == 10  # the line of the empty track


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('<?xml version="1.0"?><!DOCTYPE p [<!ENTITY a "aaaa">]><playlist>&a;</playlist>', "DTD"),
        ('<!DOCTYPE playlist SYSTEM "file:///etc/passwd"><playlist/>', "DTD"),
        ("<playlist><trackList><track><title>cut in the mid", "not well-formed.*line 1"),
        ("<rss><channel/></rss>", "root is <rss>"),
        ("<playlist>&undefined;</playlist>", "not well-formed"),
    ],
)
def test_broken_and_hostile_xml(tmp_path: Path, text: str, reason: str) -> None:
    """Entities (billion laughs, outside files) are refused before any is expanded."""
    with pytest.raises(BadInput, match=reason):
        list(read_playlists(write(tmp_path, "bad.xspf", text)))


def test_m3u8_with_all_it_can_say(tmp_path: Path) -> None:
    """#EXTINF with attributes, unknown lengths, an album, web addresses, our own ids."""
    text = (
        "\ufeff#EXTM3U\r\n#PLAYLIST:Road trip\r\n"
        '#EXTINF:245 logo="a,b.png",Sigur Rós - Hoppípolla\r\n#EXTALB:Takk...\r\n'
        "Sigur Rós/Takk/03.flac\r\n\r\n"
        "#EXTINF:-1,Some Radio\r\nhttp://radio.example/stream\r\n"
        "segue:track_abc\r\n"
        "Artist - Title.mp3\r\n01 - Untold.mp3\r\n"
    )
    playlist = only(write(tmp_path, "trip.m3u8", text))
    first, radio, own, named, untold = playlist.entries
    assert playlist.title == "Road trip"
    assert (first.artist, first.title, first.album, first.duration_ms) == (
        "Sigur Rós", "Hoppípolla", "Takk...", 245_000,
    )  # fmt: skip
    assert first.place == 5
    assert (radio.title, radio.artist, radio.path, radio.duration_ms) == (
        "Some Radio", None, None, None,
    )  # fmt: skip
    assert own.key == "abc"
    assert (named.artist, named.title) == ("Artist", "Title")
    assert (untold.artist, untold.title, untold.path) == (None, None, "01 - Untold.mp3")


def test_m3u_of_an_old_windows_player(tmp_path: Path) -> None:
    """Windows-1252 text and backslashes."""
    text = "#EXTM3U\r\n#EXTINF:200,Motörhead - Überkill\r\nC:\\Musik\\Motörhead\\Überkill.mp3\r\n"
    (entry,) = only(write(tmp_path, "alt.m3u", text.encode("cp1252"))).entries
    assert (entry.artist, entry.title) == ("Motörhead", "Überkill")
    assert entry.path == "C:\\Musik\\Motörhead\\Überkill.mp3"


def test_json_lines_with_bad_lines(tmp_path: Path) -> None:
    """A wrong line costs itself only, and its number is told."""
    lines = [
        '{"title": "One", "tracks": ["track_a", {"title": "T", "artist": "A", "isrc": "x"}]}',
        "{cut in the mid",
        "",
        "[1, 2]",
        '{"tracks": []}',
        '{"title": "No list"}',
        '{"id": "playlist_two", "title": "Two", "tracks": [null, "\\u0000", 5]}',
    ]
    one, *bad, two = read_playlists(write(tmp_path, "lists.jsonl", "\n".join(lines)))
    assert isinstance(one, ReadPlaylist) and isinstance(two, ReadPlaylist)
    assert one.entries[0].key == "a" and one.entries[1].isrc is None
    assert bad == [
        Unreadable(2, "the line is not valid JSON"),
        Unreadable(4, "the line is not a JSON object"),
        Unreadable(5, "the playlist has no title"),
        Unreadable(6, "the playlist has no list of tracks"),
    ]
    assert two.key == "two"
    assert [entry.key for entry in two.entries] == ["5"]
    assert len(two.problems) == 2


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("empty.m3u8", b"", "is empty"),
        ("list.zip", b"PK\x03\x04....", "unpack it"),
        ("list.txt", b"hello", "no playlist that Segue reads"),
        ("list.jspf", b'{"playlist": {"track": 5}}', "not JSPF"),
        ("list.jspf", b'{"playlist": ', "not valid JSON"),
    ],
)
def test_files_that_are_no_playlist(tmp_path: Path, name: str, data: bytes, reason: str) -> None:
    """Each is refused with one sentence that says why."""
    with pytest.raises(BadInput, match=reason):
        list(read_playlists(write(tmp_path, name, data)))
    with pytest.raises(BadInput, match="cannot be read"):
        list(read_playlists(tmp_path / "not there.jspf"))


@pytest.mark.parametrize("name", ["any.m3u", "any.xspf", "any.jspf", "any.jsonl"])
@given(data=st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode()))
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: bytes
) -> None:
    """No file makes a reader fail in another way than by saying so."""
    file = write(tmp_path_factory.mktemp("any"), name, data)
    try:
        found = list(read_playlists(file))
    except BadInput:
        return
    for one in found:
        if isinstance(one, ReadPlaylist):
            assert one.key
            assert "\0" not in repr(one.entries)


def test_the_key_of_a_list_is_its_content(tmp_path: Path) -> None:
    """Comments and line ends do not make another list; another track does."""
    first = only(write(tmp_path, "a.m3u8", "#EXTM3U\nA - B.mp3\n")).key
    again = only(write(tmp_path, "a.m3u8", "#EXTM3U\r\n# nice\r\n\r\nA - B.mp3\r\n")).key
    other = only(write(tmp_path, "a.m3u8", "#EXTM3U\nA - C.mp3\n")).key
    assert first == again != other
