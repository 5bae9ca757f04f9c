"""What a file sounds like, as a hash: the encoded audio without its tags.

Moving or retagging a file must not change the hash, so each container is read as far as needed to
leave out its tag blocks: ID3v2, ID3v1 and APEv2 around MPEG audio; metadata blocks of FLAC (whose
STREAMINFO holds an MD5 of the decoded sound); page headers and the comment packet of Ogg
(RFC 3533); everything but `mdat` in MP4; everything but `fmt ` and `data` in RIFF WAVE.
"""

import hashlib
from collections.abc import Iterator
from typing import BinaryIO, Literal, TypeAlias

Container: TypeAlias = Literal["mp3", "aac", "flac", "ogg", "mp4", "wav"]
_BLOCK = 1 << 20


def container_of(file: BinaryIO) -> Container | None:
    """The container by its first bytes; None when it is not known audio."""
    file.seek(_skip_id3v2(file))
    head = file.read(12)
    if head.startswith(b"fLaC"):
        return "flac"
    if head.startswith(b"OggS"):
        return "ogg"
    if head.startswith((b"RIFF", b"RF64")) and head[8:] == b"WAVE":
        return "wav"
    if head[4:8] == b"ftyp":
        return "mp4"
    if len(head) > 2 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        return "aac" if head[1] & 0xF6 == 0xF0 else "mp3"  # layer bits 00: ADTS
    return None


def hash_sound(file: BinaryIO, container: Container) -> str:
    """The hash, `<container>:<hex>`; equal for files whose encoded audio is the same."""
    if container == "flac" and (md5 := _flac_md5(file)) is not None:
        return f"flac:{md5}"
    digest = hashlib.blake2b(digest_size=16)
    for block in _SOUND[container](file):
        digest.update(block)
    return f"{container}:{digest.hexdigest()}"


def flac_blocks(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Metadata blocks of a FLAC file as (type, content); leaves the file at the first frame."""
    file.seek(_skip_id3v2(file) + 4)
    last = False
    while not last and len(header := file.read(4)) == 4:
        last = bool(header[0] & 0x80)
        yield header[0] & 0x7F, file.read(int.from_bytes(header[1:], "big"))


def riff_chunks(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Chunks of a WAVE file as (id, size in bytes); the file stands at each one's content."""
    at = _skip_id3v2(file) + 12
    end = file.seek(0, 2)
    while at + 8 <= end:
        file.seek(at)
        name = file.read(4)
        # A size that runs over the end (cut files, streamed files, RF64) means: to the end.
        size = min(int.from_bytes(file.read(4), "little"), end - at - 8)
        yield name, size
        at += 8 + size + size % 2


def ogg_headers(file: BinaryIO) -> list[bytes]:
    """Header packets of an Ogg stream, the comments second; leaves the file at the first audio."""
    file.seek(_skip_id3v2(file))
    packets = [b""]
    wanted = 3
    while len(packets) <= wanted and (page := _ogg_page(file)) is not None:
        lacing, body = page
        at = 0
        for size in lacing:
            packets[-1] += body[at : at + size]
            at += size
            if size < 255:
                if len(packets) == 1:
                    wanted = _ogg_header_count(packets[0])
                packets.append(b"")
    return packets[:wanted]


def _ogg_header_count(first: bytes) -> int:
    if first.startswith(b"\x7fFLAC"):
        return 1 + (int.from_bytes(first[7:9], "big") or 1)
    return 3 if first.startswith(b"\x01vorbis") else 2


def _ogg_page(file: BinaryIO) -> tuple[bytes, bytes] | None:
    header = file.read(27)
    if len(header) < 27 or not header.startswith(b"OggS"):
        return None
    lacing = file.read(header[26])
    return lacing, file.read(sum(lacing))


def _skip_id3v2(file: BinaryIO) -> int:
    at = 0
    while True:
        file.seek(at)
        head = file.read(10)
        if len(head) < 10 or not head.startswith(b"ID3"):
            return at
        size = (head[6] & 127) << 21 | (head[7] & 127) << 14 | (head[8] & 127) << 7 | head[9] & 127
        at += 10 + size + (10 if head[5] & 0x10 else 0)


def _flac_md5(file: BinaryIO) -> str | None:
    for kind, content in flac_blocks(file):
        if kind == 0:
            md5 = content[18:34]
            return md5.hex() if any(md5) else None
    return None


def _blocks(file: BinaryIO, start: int, end: int) -> Iterator[bytes]:
    file.seek(start)
    left = end - start
    while left > 0 and (block := file.read(min(_BLOCK, left))):
        left -= len(block)
        yield block


def _mpeg_sound(file: BinaryIO) -> Iterator[bytes]:
    start = _skip_id3v2(file)
    end = file.seek(0, 2)
    while (tag := _trailing_tag(file, end)) > 0 and end - tag >= start:
        end -= tag
    return _blocks(file, start, end)


def _trailing_tag(file: BinaryIO, end: int) -> int:
    """Bytes of the ID3v1 or APEv2 tag that ends at `end`; 0 when there is none."""
    if end < 128:
        return 0
    file.seek(end - 128)
    tail = file.read(128)
    if tail.startswith(b"TAG"):
        return 128
    if tail[96:104] == b"APETAGEX":
        header = 32 if int.from_bytes(tail[116:120], "little") & 1 << 31 else 0
        return int.from_bytes(tail[108:112], "little") + header
    return 0


def _flac_sound(file: BinaryIO) -> Iterator[bytes]:
    for _ in flac_blocks(file):
        pass
    return _blocks(file, file.tell(), file.seek(0, 2))


def _ogg_sound(file: BinaryIO) -> Iterator[bytes]:
    headers = ogg_headers(file)
    yield from headers[:1]
    yield from headers[2:]
    while (page := _ogg_page(file)) is not None:
        yield page[1]


def _mp4_sound(file: BinaryIO) -> Iterator[bytes]:
    end = file.seek(0, 2)
    at = 0
    while at + 8 <= end:
        file.seek(at)
        header = file.read(16)
        size, name, start = int.from_bytes(header[:4], "big"), header[4:8], at + 8
        if size == 1:
            size, start = int.from_bytes(header[8:16], "big"), at + 16
        stop = at + size if size >= start - at else end  # 0: to the end of the file
        if name == b"mdat":
            yield from _blocks(file, start, min(stop, end))
        at = stop


def _wav_sound(file: BinaryIO) -> Iterator[bytes]:
    for name, size in riff_chunks(file):
        if name in (b"fmt ", b"data"):
            yield from _blocks(file, file.tell(), file.tell() + size)


_SOUND = {
    "mp3": _mpeg_sound,
    "aac": _mpeg_sound,
    "flac": _flac_sound,
    "ogg": _ogg_sound,
    "mp4": _mp4_sound,
    "wav": _wav_sound,
}
