"""Identifiers that others gave: ISRC, MusicBrainz and Spotify ids, in one spelling each."""

import base64
import hashlib
import re

_ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")
_MBID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_SPOTIFY_ID = re.compile(r"(?:^|spotify:track:|open\.spotify\.com/(?:[\w-]+/)*track/)(\w{22})\b")
_NOT_SLUG = re.compile(r"[^a-z0-9]+")
_MADE_KEY = re.compile(r"[a-z0-9-]*\.[a-z2-7]{13}")


def isrc_of(text: str | None) -> str | None:
    """The ISRC in `text` as 12 upper-case characters (ISO 3901, without hyphens), or None."""
    if not text:
        return None
    plain = text.upper().replace("-", "").replace(" ", "").removeprefix("ISRC:")
    return plain if _ISRC.fullmatch(plain) else None


def mbid_of(text: str | None) -> str | None:
    """The first MusicBrainz id (a lower-case UUID) in `text`, which may be a URL, or None."""
    found = _MBID.search(text.lower()) if text else None
    return found.group() if found else None


def spotify_id_of(text: str | None) -> str | None:
    """The id (22 characters) in a Spotify track id, URI or URL, or None."""
    found = _SPOTIFY_ID.search(text.strip()) if text else None
    return found.group(1) if found else None


def made_key(*names: str) -> str:
    """The key of an entry that Segue names itself: readable, and the same for the same names.

    The names as a slug, a dot, and 64 bits of a hash of them in base 32:
    `radiohead-creep.k5c3vq2x7m4ta`.
    """
    digest = hashlib.blake2b("\x1f".join(names).encode("utf-8", "replace"), digest_size=8).digest()
    slug = _NOT_SLUG.sub("-", " ".join(names[:2])).strip("-")[:40].strip("-")
    return f"{slug}.{base64.b32encode(digest).decode().rstrip('=').lower()}"


def is_made_key(key: str) -> bool:
    """Whether Segue made this key; an operator's own keys do not look so."""
    return _MADE_KEY.fullmatch(key) is not None
