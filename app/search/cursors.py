"""Opaque cursors of ranked results: a place in the list of one query, signed with that query.

A place is an offset: ranked lists have no key to continue from. It stays valid while the index
and the catalog do, and a cursor of another query is refused rather than misread.
"""

import base64
import binascii
import hashlib
from collections.abc import Collection

from app.errors import BadInput
from app.search.entries import SearchType

_DIGEST_BYTES = 6
_PLACE_BYTES = 4


def query_digest(folded: str, types: Collection[SearchType]) -> bytes:
    """A few bytes that tell queries apart."""
    kinds = ",".join(sorted(kind.value for kind in types))
    return hashlib.blake2b(f"{kinds}\n{folded}".encode(), digest_size=_DIGEST_BYTES).digest()


def encode_cursor(place: int, digest: bytes) -> str:
    """The cursor of the result at `place`, from 0."""
    raw = digest + place.to_bytes(_PLACE_BYTES, "big")
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode_cursor(cursor: str, digest: bytes, argument: str) -> int:
    """The place that `cursor` names. Raises BadInput for one that this query did not give."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != _DIGEST_BYTES + _PLACE_BYTES:
        raise BadInput(f"`{argument}` is not a cursor of a search.", argument)
    if raw[:_DIGEST_BYTES] != digest:
        raise BadInput(f"`{argument}` is a cursor of another search.", argument)
    return int.from_bytes(raw[_DIGEST_BYTES:], "big")
