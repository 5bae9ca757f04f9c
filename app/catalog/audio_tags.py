"""Read one audio file: what it is, what its tags say, and the hash of its sound."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from mutagen import MutagenError
from mutagen.aac import AAC
from mutagen.flac import FLAC
from mutagen.mp3 import MP3
from mutagen.mp4 import MP4
from mutagen.oggflac import OggFLAC
from mutagen.oggopus import OggOpus
from mutagen.oggspeex import OggSpeex
from mutagen.oggvorbis import OggVorbis
from mutagen.wave import WAVE

from app.catalog.entries import AlbumName, ArtistName
from app.catalog.file_names import name_from_path
from app.catalog.identifiers import isrc_of, mbid_of
from app.catalog.names import fold, guests_of, is_various, split_artists, tidy
from app.catalog.sound import container_of, hash_sound, ogg_headers
from app.catalog.tag_formats import Tags, id3_tags, mp4_tags, vorbis_tags, wav_tags

UNKNOWN_ARTIST = "Unknown Artist"
UNKNOWN_TITLE = "Untitled"
_INT4 = 2**31 - 1
_GENRE_SEPARATORS = re.compile(r"\s*[;,|\0]\s*|\s+/\s+")
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


@dataclass(frozen=True, slots=True)
class TrackTags:
    """What a file says about its track; `guessed` when its name had to say it."""

    title: str
    artists: list[ArtistName]
    album: AlbumName | None
    genres: list[str]
    release_date: str | None
    track_number: int | None
    disc_number: int | None
    duration_ms: int
    isrc: str | None
    mbid: str | None
    guessed: bool
    album_artist_stated: bool


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file as it was read: with `tags` and `audio_hash`, or with `error` saying why not."""

    path: bytes
    size_bytes: int
    modified_ns: int
    codec: str | None = None
    audio_hash: str | None = None
    tags: TrackTags | None = None
    error: str | None = None


def read_file(path: bytes, root: bytes) -> ReadFile:
    """Read the file at `path`, found in a scan of the folder `root`.

    Whatever is wrong with the file ends up in `error`; raises FileNotFoundError only when it
    vanished meanwhile.
    """
    where = Path(os.fsdecode(path))
    status = where.stat()
    seen = (path, status.st_size, status.st_mtime_ns)
    if status.st_size == 0:
        return ReadFile(*seen, error="the file is empty")
    try:
        with where.open("rb") as file:
            codec, seconds, tags = _open(file)
            if seconds <= 0:
                return ReadFile(*seen, codec, error="the file holds no sound")
            audio_hash = hash_sound(file, container_of(file) or "mp3")
    except FileNotFoundError:
        raise
    except OSError as error:
        return ReadFile(*seen, error=f"the file cannot be read: {error.strerror or error}")
    except MutagenError as error:
        return ReadFile(*seen, error=f"the file is damaged or not audio: {error}"[:300])
    except Exception as error:  # tag readers fail in many ways on broken files; the scan goes on
        return ReadFile(*seen, error=f"the file is damaged: {type(error).__name__}: {error}"[:300])
    return ReadFile(*seen, codec, audio_hash, _track_tags(tags, path, root, seconds))


def _open(file: BinaryIO) -> tuple[str, float, Tags]:
    """The codec, the length in seconds and the tags of an open file."""
    container = container_of(file)
    if container in ("ogg", "flac"):
        tags = vorbis_tags(file, container)
        if container == "flac":
            return "flac", _read(FLAC, file).info.length, tags
        codec, kind = _ogg_codec((ogg_headers(file) or [b""])[0])
        return codec, _read(kind, file).info.length, tags
    if container == "mp4":
        mp4 = _read(MP4, file)
        return "alac" if mp4.info.codec == "alac" else "aac", mp4.info.length, mp4_tags(mp4.tags)
    if container == "wav":
        wave = _read(WAVE, file)
        return "pcm", wave.info.length, wav_tags(file, wave.tags)
    if container == "aac":
        return "aac", _read(AAC, file).info.length, {}
    mp3 = _read(MP3, file)  # also where no start is known: junk may come before the first frame
    return "mp3", mp3.info.length, id3_tags(mp3.tags)


def _ogg_codec(first: bytes) -> tuple[str, Any]:
    for magic, codec, kind in (
        (b"OpusHead", "opus", OggOpus),
        (b"\x7fFLAC", "flac", OggFLAC),
        (b"Speex", "speex", OggSpeex),
    ):
        if first.startswith(magic):
            return codec, kind
    return "vorbis", OggVorbis


def _read(kind: Any, file: BinaryIO) -> Any:
    file.seek(0)
    return kind(file)


def _track_tags(tags: Tags, path: bytes, root: bytes, seconds: float) -> TrackTags:
    guess = name_from_path(path, root)
    title = _first(tags, "title")
    artists = _artists(tags, title or "") or (
        [ArtistName(guess.artist)] if guess.artist and not is_various(guess.artist) else []
    )
    artists = artists or [ArtistName(UNKNOWN_ARTIST)]
    return TrackTags(
        title=title or tidy(guess.title) or UNKNOWN_TITLE,
        artists=artists,
        album=_album(tags, artists[0], guess.album if title is None else None),
        genres=list(
            dict.fromkeys(
                tidy(genre)
                for value in tags.get("genre", ())
                for genre in _GENRE_SEPARATORS.split(value)
                if fold(genre)
            )
        ),
        release_date=_date(tags),
        track_number=_number(tags, "tracknumber") or guess.track_number,
        disc_number=_number(tags, "discnumber") or guess.disc_number,
        duration_ms=min(round(seconds * 1000), _INT4) or 1,
        isrc=isrc_of(_first(tags, "isrc")),
        mbid=mbid_of(_first(tags, "musicbrainz_trackid")),
        guessed=title is None,
        album_artist_stated=any(name in tags for name in ("albumartist", "compilation")),
    )


def _artists(tags: Tags, title: str) -> list[ArtistName]:
    names = [tidy(name) for name in tags.get("artists", ())]
    if not any(names):
        names = [name for value in tags.get("artist", ()) for name in split_artists(tidy(value))]
    names = [name for name in dict.fromkeys(names) if name]
    if not names and (album_artist := _first(tags, "albumartist")):
        names = [] if is_various(album_artist) else [album_artist]
    ids = [mbid_of(value) for value in tags.get("musicbrainz_artistid", ())]
    if len(ids) != len(names):
        ids = [ids[0] if len(ids) == 1 else None] + [None] * len(names)
    credited = [ArtistName(name, mbid) for name, mbid in zip(names, ids, strict=False)]
    known = {fold(name) for name in names}
    return credited + [ArtistName(g) for g in guests_of(title) if names and fold(g) not in known]


def _album(tags: Tags, artist: ArtistName, guessed: str | None) -> AlbumName | None:
    title = _first(tags, "album") or (tidy(guessed) if guessed else None)
    if not title or not fold(title):
        return None
    by = _first(tags, "albumartist")
    various = is_various(by) if by else _first(tags, "compilation") == "1"
    if artist.name == UNKNOWN_ARTIST and not by:
        various = True
    if various:
        album_artist = None
    else:
        album_artist = ArtistName(split_artists(by)[0]) if by else ArtistName(artist.name)
    return AlbumName(title, album_artist, mbid_of(_first(tags, "musicbrainz_albumid")), _date(tags))


def _first(tags: Tags, name: str) -> str | None:
    return next((text for value in tags.get(name, ()) if (text := tidy(value))), None)


def _number(tags: Tags, name: str) -> int | None:
    found = re.match(r"\d{1,4}", _first(tags, name) or "")
    return int(found.group()) or None if found else None


def _date(tags: Tags) -> str | None:
    found = _DATE.match(_first(tags, "date") or "")
    if found is None or found.group(1) == "0000":
        return None
    return "-".join(part for part in found.groups() if part and part != "00")
