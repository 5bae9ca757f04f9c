"""What a file's first and last bytes tell: which container it is, and whether it is cut short.

Decoders are lenient (libsndfile plays half a WAV as if it were whole), so what a header promises
is checked here.
"""

from __future__ import annotations

import os
import struct
from typing import BinaryIO

HEAD_BYTES = 64
_UNKNOWN_SIZES = (0, 0xFFFFFFFF)  # written by programs that stream a WAV
_OGG_TAIL = 65_536 + 4_096  # an Ogg page is at most 65,307 bytes


def container_of(head: bytes) -> str | None:
    """The audio container that starts with `head` (at least 12 bytes), or None.

    One of: wav, aiff, au, caf, w64, flac, ogg, mp3, mp4, aac, asf, matroska, ape, wavpack.
    """
    for name, matches in _SIGNATURES:
        if matches(head):
            return name
    return None


def is_markup(head: bytes) -> bool:
    """Whether `head` opens an HTML, XML or JSON text: what servers send in place of a file."""
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return text.startswith((b"<", b"{", b"["))


def missing_bytes(file: BinaryIO, container: str) -> int:
    """How many bytes the container promises beyond the end of `file`; 0 when it is whole.

    Known for WAV (the size of its data chunk) and Ogg (the size of its last page); 0 for others.
    """
    size = file.seek(0, os.SEEK_END)
    if container == "wav":
        return _missing_in_wav(file, size)
    if container == "ogg":
        return _missing_in_ogg(file, size)
    return 0


def states_mp3_length(file: BinaryIO) -> bool:
    """Whether an MP3 begins with a Xing, Info or VBRI frame, which states its length.

    Without one its length can only be guessed from the first frame's bit rate, which is wrong by
    any factor where the bit rate varies.
    """
    file.seek(0)
    head = file.read(10)
    start = 0
    if head[:3] == b"ID3" and len(head) == 10:  # an ID3v2 tag: its size in four 7-bit bytes
        start = 10 + sum((head[6 + i] & 0x7F) << (21 - 7 * i) for i in range(4))
    file.seek(start)
    first_frame = file.read(2_048)
    return any(mark in first_frame for mark in (b"Xing", b"Info", b"VBRI"))


def _missing_in_wav(file: BinaryIO, size: int) -> int:
    position = 12
    while position + 8 <= size:
        file.seek(position)
        name, length = struct.unpack("<4sI", file.read(8))
        if name == b"data":
            end = position + 8 + length
            return 0 if length in _UNKNOWN_SIZES else max(0, end - size)
        position += 8 + length + length % 2
    return 0


def _missing_in_ogg(file: BinaryIO, size: int) -> int:
    file.seek(max(0, size - _OGG_TAIL))
    tail = file.read()
    start = tail.rfind(b"OggS\x00")
    if start < 0:
        return 0
    segments = tail[start + 26] if start + 26 < len(tail) else 0
    table = tail[start + 27 : start + 27 + segments]
    if len(table) < segments or not segments:
        return 1
    return max(0, start + 27 + segments + sum(table) - len(tail))


def _is_mpeg_audio(head: bytes) -> bool:
    """A frame sync of MPEG-1/2 audio with a valid layer, bit rate and sample rate."""
    return (
        head[0] == 0xFF
        and head[1] & 0xE0 == 0xE0
        and head[1] & 0x06 != 0
        and head[1] & 0x18 != 0x08
        and head[2] & 0xF0 != 0xF0
        and head[2] & 0x0C != 0x0C
    )


def _riff(head: bytes) -> bool:
    return head[:4] in (b"RIFF", b"RF64", b"RIFX") and head[8:12] == b"WAVE"


_SIGNATURES = (
    ("wav", _riff),
    ("aiff", lambda head: head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC")),
    ("au", lambda head: head[:4] == b".snd"),
    ("caf", lambda head: head[:4] == b"caff"),
    ("w64", lambda head: head[:4] == b"riff"),
    ("flac", lambda head: head[:4] == b"fLaC"),
    ("ogg", lambda head: head[:4] == b"OggS"),
    ("mp4", lambda head: head[4:8] == b"ftyp"),
    ("asf", lambda head: head[:4] == b"\x30\x26\xb2\x75"),
    ("matroska", lambda head: head[:4] == b"\x1a\x45\xdf\xa3"),
    ("ape", lambda head: head[:4] == b"MAC "),
    ("wavpack", lambda head: head[:4] == b"wvpk"),
    ("mp3", lambda head: head[:3] == b"ID3"),  # AAC and FLAC may carry such a tag as well
    ("aac", lambda head: head[0] == 0xFF and head[1] & 0xF6 == 0xF0),
    ("mp3", _is_mpeg_audio),
)
