"""Small real audio files with real tags, for tests of scanning."""

import struct
from pathlib import Path

import mutagen
import mutagen.id3
import numpy as np
import soundfile

RATE = 22_050
_SUBTYPES = {".ogg": "VORBIS", ".opus": "OPUS", ".flac": "PCM_16", ".wav": "PCM_16"}
_FORMATS = {".opus": "OGG", ".ogg": "OGG", ".mp3": "MP3", ".flac": "FLAC", ".wav": "WAV"}
_ID3 = {
    "title": "TIT2", "artist": "TPE1", "albumartist": "TPE2", "album": "TALB", "date": "TDRC",
    "genre": "TCON", "tracknumber": "TRCK", "discnumber": "TPOS", "isrc": "TSRC",
    "compilation": "TCMP",
}  # fmt: skip


def write_sound(path: Path, sound: int, seconds: float = 0.5) -> Path:
    """Write noise that depends on `sound` alone, in the format of the path's extension."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rate = 48_000 if path.suffix == ".opus" else RATE
    samples = np.random.default_rng(sound).uniform(-0.3, 0.3, int(rate * seconds))
    soundfile.write(
        path, samples, rate, _SUBTYPES.get(path.suffix), format=_FORMATS[path.suffix]
    )  # fmt: skip
    return path


def write_tags(path: Path, **tags: str | list[str]) -> Path:
    """Write tags by their Vorbis names, in the manner of the file's format."""
    values = {name: [v] if isinstance(v, str) else v for name, v in tags.items()}
    file = mutagen.File(path)
    if path.suffix in (".mp3", ".wav"):
        if file.tags is None:
            file.add_tags()
        for name, value in values.items():
            if name in _ID3:
                file.tags.add(getattr(mutagen.id3, _ID3[name])(encoding=3, text=value))
            elif name == "musicbrainz_trackid":
                owner = "http://musicbrainz.org"
                file.tags.add(mutagen.id3.UFID(owner=owner, data=value[0].encode()))
            else:
                file.tags.add(mutagen.id3.TXXX(encoding=3, desc=name, text=value))
    else:
        for name, value in values.items():
            file[name] = value
    file.save()
    return path


def write_song(path: Path, sound: int, **tags: str | list[str]) -> Path:
    return write_tags(write_sound(path, sound), **tags)


def write_m4a(path: Path, sound: bytes) -> Path:
    """Write the skeleton of an MP4 file: two seconds by its header, `sound` as its media data."""

    def atom(name: bytes, *content: bytes) -> bytes:
        body = b"".join(content)
        return (len(body) + 8).to_bytes(4, "big") + name + body

    header = atom(b"mdhd", struct.pack(">IIIIII", 0, 0, 0, 44_100, 88_200, 0))
    handler = atom(b"hdlr", bytes(8), b"soun", bytes(13))
    movie = atom(b"moov", atom(b"trak", atom(b"mdia", header, handler)))
    path.write_bytes(atom(b"ftyp", b"M4A \0\0\0\0") + movie + atom(b"mdat", sound))
    return path
