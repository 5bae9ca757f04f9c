"""One file at a time: its tags in every format, its name where it has none, its sound's hash."""

import os
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mutagen.mp4 import MP4

from app.catalog.audio_tags import ReadFile, TrackTags, read_file
from app.catalog.entries import AlbumName
from app.catalog.file_names import PathName, name_from_path
from app.catalog.tag_formats import mend
from tests.catalog.music_files import write_m4a, write_song, write_sound, write_tags

MBID = "8f3471b5-7e6a-48da-86a9-c1c07a0f47ae"
FORMATS = [".mp3", ".flac", ".ogg", ".opus", ".wav"]
CODECS = {".mp3": "mp3", ".flac": "flac", ".ogg": "vorbis", ".opus": "opus", ".wav": "pcm"}


def read(path: Path, root: Path | None = None) -> ReadFile:
    return read_file(os.fsencode(path), os.fsencode(root or path.parent) + b"/")


def tags_of(path: Path) -> TrackTags:
    tags = read(path).tags
    assert tags is not None
    return tags


@pytest.mark.parametrize("suffix", FORMATS)
def test_tags_of_every_format_say_the_same(tmp_path: Path, suffix: str) -> None:
    file = read(
        write_song(
            tmp_path / f"song{suffix}",
            1,
            title="Jóga (feat. Guest)",
            artist="Björk feat. Nobody; Somebody",
            albumartist="Björk",
            album="Homogenic",
            date="1997-09-22",
            genre=["Electronic", "Art Pop; Trip Hop"],
            tracknumber="2/10",
            discnumber="1/1",
            isrc="GB-AYE-97-01274",
            musicbrainz_trackid=MBID,
        )
    )
    assert (file.error, file.codec) == (None, CODECS[suffix])
    tags = file.tags
    assert tags is not None
    assert [artist.name for artist in tags.artists] == ["Björk", "Nobody", "Somebody", "Guest"]
    assert tags.album is not None
    assert tags.album.artist is not None
    assert (tags.title, tags.album.title, tags.album.artist.name, tags.release_date) == (
        "Jóga (feat. Guest)", "Homogenic", "Björk", "1997-09-22",
    )  # fmt: skip
    assert tags.genres == ["Electronic", "Art Pop", "Trip Hop"]
    assert (tags.track_number, tags.disc_number) == (2, 1)
    assert (tags.isrc, tags.mbid, tags.guessed) == ("GBAYE9701274", MBID, False)
    assert tags.duration_ms == pytest.approx(500, abs=60)  # MP3 has a frame of padding or two


@pytest.mark.parametrize("suffix", FORMATS)
def test_the_hash_is_of_the_sound_not_of_the_tags(tmp_path: Path, suffix: str) -> None:
    """Retagging, also with a picture's worth of text, keeps it; other sound changes it."""
    path = write_sound(tmp_path / f"a{suffix}", 1)
    bare = read(path).audio_hash
    write_tags(path, title="T", artist="A")
    tagged = read(path).audio_hash
    write_tags(path, title="Another", artist="A", lyrics="la " * 40_000)
    assert bare == tagged == read(path).audio_hash
    assert read(write_sound(tmp_path / f"b{suffix}", 2)).audio_hash != bare


def test_an_m4a_has_tags_and_a_hash(tmp_path: Path) -> None:
    path = write_m4a(tmp_path / "a.m4a", b"sound" * 1000)
    bare = read(path).audio_hash
    file = MP4(path)
    file["\xa9nam"], file["\xa9ART"], file["\xa9alb"] = ["Title"], ["A feat. B"], ["Album"]
    file["trkn"], file["disk"], file["cpil"] = [(3, 9)], [(1, 2)], True
    file["\xa9gen"], file["\xa9day"] = ["Rock; Pop"], ["2001-02-03T04:05:06Z"]
    file["----:com.apple.iTunes:MusicBrainz Track Id"] = [MBID.encode()]
    file["----:com.apple.iTunes:ISRC"] = [b"GBAYE9701274"]
    file.save()
    read_again = read(path)
    assert read_again.audio_hash == bare is not None
    assert read(write_m4a(tmp_path / "b.m4a", b"other")).audio_hash != bare
    tags = read_again.tags
    assert tags is not None
    assert [artist.name for artist in tags.artists] == ["A", "B"]
    assert (tags.title, tags.album, tags.release_date) == (
        "Title", AlbumName("Album", None, None, "2001-02-03"), "2001-02-03",
    )  # fmt: skip
    assert (tags.track_number, tags.disc_number, tags.genres) == (3, 1, ["Rock", "Pop"])
    assert (tags.mbid, tags.isrc, tags.duration_ms) == (MBID, "GBAYE9701274", 2000)


def test_tags_at_the_end_of_an_mp3_are_no_sound(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "a.mp3", 1)
    bare = read(path).audio_hash
    sound = path.read_bytes()
    path.write_bytes(sound + b"TAG" + b"Old title".ljust(125, b"\0"))
    assert read(path).audio_hash == bare
    assert tags_of(path).title == "Old title"
    ape = struct.pack("<8sIIII8x", b"APETAGEX", 2000, 32, 0, 0)
    path.write_bytes(sound + ape)
    assert read(path).audio_hash == bare


def test_a_flac_without_an_md5_is_known_by_its_frames(tmp_path: Path) -> None:
    """Some encoders leave STREAMINFO's MD5 zero."""
    files = [write_sound(tmp_path / f"{n}.flac", n) for n in (1, 2)]
    for path in files:
        content = bytearray(path.read_bytes())
        content[26:42] = bytes(16)
        path.write_bytes(content)
    first, second = (read(path).audio_hash for path in files)
    write_tags(files[0], title="New")
    assert read(files[0]).audio_hash == first != second


def test_latin_1_in_vorbis_comments_is_read(tmp_path: Path) -> None:
    path = write_song(tmp_path / "a.flac", 1, title="Mot__rhead", artist="A")
    path.write_bytes(path.read_bytes().replace(b"Mot__rhead", b"Mot\xf6rh\xe9ad!"))
    assert tags_of(path).title == "Motörhéad!"


@pytest.mark.parametrize(
    ("seen", "meant"),
    [("MotÃ¶rhead", "Motörhead"), ("Motörhead", "Motörhead"), ("Ã", "Ã"), ("東京", "東京")],
)
def test_utf_8_taken_for_latin_1_is_mended(seen: str, meant: str) -> None:
    assert mend(seen) == meant


@given(st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), max_size=20))
def test_mending_undoes_one_wrong_reading(text: str) -> None:
    assert mend(text.encode().decode("latin-1")) == text or text.isascii() or mend(text) != text


def test_info_chunks_of_a_wave_file_are_tags(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "a.wav", 1)
    info = b"INFO" + b"".join(
        name + struct.pack("<I", len(text)) + text
        for name, text in ((b"INAM", b"Title\0"), (b"IART", b"Bj\xf6rk"), (b"IPRD", b"Album!"))
    )
    chunk = b"LIST" + struct.pack("<I", len(info)) + info
    content = path.read_bytes() + chunk
    path.write_bytes(content[:4] + struct.pack("<I", len(content) - 8) + content[8:])
    tags = tags_of(path)
    assert (tags.title, tags.artists[0].name) == ("Title", "Björk")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("Artist - Title.mp3", PathName("Title", "Artist", None, None, None)),
        ("03 Title.mp3", PathName("Title", None, None, 3, None)),
        ("Album/03. Title.mp3", PathName("Title", None, "Album", 3, None)),
        ("Artist/Album/03 - Title.mp3", PathName("Title", "Artist", "Album", 3, None)),
        ("Artist/1997 - Album/CD 2/03 Title.mp3", PathName("Title", "Artist", "Album", 3, 2)),
        ("Artist - Album (1997)/2-03 Title.mp3", PathName("Title", "Artist", "Album", 3, 2)),
        ("Mix/03 - Some One - A Title.mp3", PathName("A Title", "Some One", "Mix", 3, None)),
        ("99 Luftballons.mp3", PathName("Luftballons", None, None, 99, None)),
        ("1979.mp3", PathName("1979", None, None, None, None)),
        ("new\nline_title.mp3", PathName("new line title", None, None, None, None)),
        ("under_score.mp3", PathName("under score", None, None, None, None)),
    ],
)
def test_names_come_from_the_path(path: str, name: PathName) -> None:
    assert name_from_path(b"/music/" + path.encode(), b"/music/") == name


@given(st.binary(min_size=1, max_size=30).filter(lambda name: b"/" not in name))
def test_no_path_breaks_the_guess(name: bytes) -> None:
    guess = name_from_path(b"/music/" + name, b"/music/")
    guess.title.encode()


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", "the file is empty"),
        (b"\0" * 5000, "the file is damaged"),
        (b"This is a text about music. " * 200, "the file is damaged"),
        (b"OggS", "the file is damaged"),
        (b"fLaC\0\0\0\x22", "the file is damaged"),
        (b"RIFF\0\0\0\0WAVE", "the file is damaged"),
        (b"ID3\4\0\0\x7f\x7f\x7f\x7f", "the file is damaged"),
        (b"\0\0\0\x20ftypM4A ", "the file is damaged"),
    ],
)
def test_what_is_no_audio_is_said_so(
    tmp_path: Path, suffix: str, content: bytes, error: str
) -> None:
    path = tmp_path / f"bad{suffix}"
    path.write_bytes(content)
    file = read(path)
    assert file.tags is None
    assert file.error is not None
    assert error in file.error


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_file_cut_anywhere_never_breaks_the_reader(tmp_path: Path, suffix: str) -> None:
    """A truncated file is read as far as it goes, or its error told; never an exception."""
    whole = write_song(tmp_path / f"whole{suffix}", 1, title="T", artist="A").read_bytes()
    cut = tmp_path / f"cut{suffix}"
    for size in range(1, len(whole), max(1, len(whole) // 60)):
        cut.write_bytes(whole[:size])
        file = read(cut)
        assert (file.error is None) == (file.audio_hash is not None)


def test_a_file_of_zero_seconds_holds_no_sound(tmp_path: Path) -> None:
    assert read(write_sound(tmp_path / "none.wav", 1, seconds=0)).error == "the file holds no sound"
