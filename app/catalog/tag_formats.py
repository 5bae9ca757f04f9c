"""Tags of each container, as one mapping from lower-case Vorbis comment names to their values.

Names follow MusicBrainz Picard's tag mapping (picard-docs.musicbrainz.org, appendix B): `title`,
`artist`, `artists`, `albumartist`, `album`, `tracknumber`, `discnumber`, `date`, `genre`, `isrc`,
`compilation`, `musicbrainz_trackid` (the recording), `musicbrainz_artistid`, `musicbrainz_albumid`.
"""

from typing import Any, BinaryIO, TypeAlias

from app.catalog.sound import flac_blocks, ogg_headers, riff_chunks

Tags: TypeAlias = dict[str, list[str]]

_ID3 = {
    "TIT2": "title", "TPE1": "artist", "TPE2": "albumartist", "TALB": "album",
    "TRCK": "tracknumber", "TPOS": "discnumber", "TSRC": "isrc", "TCMP": "compilation",
}  # fmt: skip
_ID3_DATES = ("TDRC", "TDRL", "TDOR")
_TXXX = {
    "artists": "artists",
    "musicbrainz artist id": "musicbrainz_artistid",
    "musicbrainz album id": "musicbrainz_albumid",
}
_MP4 = {
    "©nam": "title", "©ART": "artist", "aART": "albumartist", "©alb": "album", "©day": "date",
    "©gen": "genre",
}  # fmt: skip
_MP4_FREEFORM = {
    "artists": "artists",
    "isrc": "isrc",
    "musicbrainz track id": "musicbrainz_trackid",
    "musicbrainz artist id": "musicbrainz_artistid",
    "musicbrainz album id": "musicbrainz_albumid",
}
_INFO = {
    b"INAM": "title", b"IART": "artist", b"IPRD": "album", b"IGNR": "genre", b"ICRD": "date",
    b"ITRK": "tracknumber", b"IPRT": "tracknumber",
}  # fmt: skip


def id3_tags(id3: Any) -> Tags:
    """Tags of mutagen's ID3 frames (version 1 or 2); None gives none."""
    tags: Tags = {}
    if not id3:
        return tags
    for frame, name in _ID3.items():
        if frame in id3:
            tags[name] = [mend(str(text)) for text in id3[frame].text]
    for frame in _ID3_DATES:
        if frame in id3 and "date" not in tags:
            tags["date"] = [str(text) for text in id3[frame].text]
    if "TCON" in id3:
        tags["genre"] = [mend(genre) for genre in id3["TCON"].genres]
    for frame in id3.getall("TXXX"):
        if (known := _TXXX.get(frame.desc.lower())) is not None:
            tags[known] = [mend(str(text)) for text in frame.text]
    for frame in id3.getall("UFID"):
        if frame.owner == "http://musicbrainz.org":
            tags["musicbrainz_trackid"] = [frame.data.decode("ascii", "replace")]
    return tags


def mp4_tags(atoms: Any) -> Tags:
    """Tags of mutagen's MP4 atoms; None gives none."""
    tags: Tags = {}
    for atom, value in dict(atoms or {}).items():
        if atom in _MP4:
            tags[_MP4[atom]] = [mend(str(text)) for text in value]
        elif atom in ("trkn", "disk") and value:
            tags["tracknumber" if atom == "trkn" else "discnumber"] = [str(value[0][0])]
        elif atom == "cpil":
            tags["compilation"] = ["1" if value else "0"]
        elif atom.startswith("----:"):
            known = _MP4_FREEFORM.get(atom.rsplit(":", 1)[1].lower())
            if known is not None:
                tags[known] = [_text(bytes(text)) for text in value]
    return tags


def vorbis_tags(file: BinaryIO, container: str) -> Tags:
    """Vorbis comments of a FLAC or Ogg file.

    They are UTF-8 by the specification; values of programs that wrote Latin-1 are read as such.
    """
    if container == "flac":
        packet = next((content for kind, content in flac_blocks(file) if kind == 4), b"")
    else:
        headers = ogg_headers(file)
        packet = headers[1] if len(headers) > 1 else b""
        for magic in (b"\x03vorbis", b"OpusTags"):
            packet = packet.removeprefix(magic)
        if headers and headers[0].startswith(b"\x7fFLAC"):
            packet = packet[4:]  # the header of a FLAC metadata block
    tags: Tags = {}
    at = 4 + int.from_bytes(packet[:4], "little")
    count = int.from_bytes(packet[at : at + 4], "little")
    at += 4
    for _ in range(min(count, 10_000)):
        size = int.from_bytes(packet[at : at + 4], "little")
        name, equals, value = packet[at + 4 : at + 4 + size].partition(b"=")
        at += 4 + size
        if equals and len(value) < 10_000:  # longer ones are pictures
            tags.setdefault(name.decode("ascii", "replace").lower(), []).append(_text(value))
    if "album artist" in tags:
        tags.setdefault("albumartist", tags["album artist"])
    return tags


def wav_tags(file: BinaryIO, id3: Any) -> Tags:
    """Tags of a WAVE file: its ID3 chunk, else its LIST INFO chunk."""
    tags: Tags = {}
    for name, size in riff_chunks(file):
        if name == b"LIST" and size < _BIGGEST_INFO and file.read(4) == b"INFO":
            content = file.read(size - 4)
            at = 0
            while at + 8 <= len(content):
                length = int.from_bytes(content[at + 4 : at + 8], "little")
                known = _INFO.get(content[at : at + 4])
                value = content[at + 8 : at + 8 + length].split(b"\0")[0]
                if known is not None and value:
                    tags[known] = [_text(value)]
                at += 8 + length + length % 2
    return tags | id3_tags(id3)


_BIGGEST_INFO = 1 << 20


def _text(value: bytes) -> str:
    try:
        return mend(value.decode("utf-8"))
    except UnicodeDecodeError:
        return value.decode("cp1252", "replace")


def mend(text: str) -> str:
    """Undo UTF-8 that was taken for Latin-1 ("MotÃ¶rhead"); other text stays as it is."""
    if text.isascii():
        return text
    for encoding in ("cp1252", "latin-1"):
        try:
            return text.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
    return text
