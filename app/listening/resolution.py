"""From what a source says of tracks to catalog tracks."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from app.catalog import (
    Match,
    Matcher,
    WantedTrack,
    add_unmatched,
    fold_name,
    isrc_of,
    mbid_of,
    split_artists,
    spotify_id_of,
)
from app.database import Database
from app.listening.plays import TrackReference

UNKNOWN_TRACK = "track_id is not in the catalog"

_KEYS = "SELECT key, id FROM tracks WHERE key = ANY($1)"
_TRACKS_OF_ARTISTS = """
SELECT t.id, t.title, a.name AS artist, b.title AS album
FROM artists a
JOIN track_artists ta ON ta.artist_id = a.id
JOIN tracks t ON t.id = ta.track_id
LEFT JOIN albums b ON b.id = t.album_id
WHERE a.folded = ANY($1)
ORDER BY t.missing, t.id, ta.position
"""


class Resolved(NamedTuple):
    """The track of a reference (None: there is none), and what found it."""

    track_id: int | None
    how: str


async def resolve(db: Database, references: Sequence[TrackReference]) -> list[Resolved]:
    """The tracks of many references, in order, against the whole catalog.

    A known track_id decides; else names and identifiers are matched, and what nothing matches
    becomes an entry without audio. A reference by an unknown track_id alone has no track.
    """
    resolved, named = await _by_key(db, references)
    if named:
        matcher = await Matcher.load(db)
        await _by_name(db, matcher, named, resolved)
    return [resolved[reference] for reference in references]


async def resolve_few(db: Database, references: Sequence[TrackReference]) -> list[Resolved]:
    """`resolve` for one request: reads the tracks of the artists that are named, no others."""
    resolved, named = await _by_key(db, references)
    if named:
        spellings = {
            fold_name(name)
            for one in named
            for name in (str(one.artist), *split_artists(str(one.artist)))
        }
        matcher = Matcher()
        for row in await db.fetch(_TRACKS_OF_ARTISTS, list(spellings)):
            matcher.add(row["id"], WantedTrack(row["artist"], row["title"], row["album"]))
        await _by_name(db, matcher, named, resolved)
    return [resolved[reference] for reference in references]


async def _by_key(
    db: Database, references: Sequence[TrackReference]
) -> tuple[dict[TrackReference, Resolved], list[TrackReference]]:
    """What the keys decide, and the references that names have to decide."""
    keys = list({one.key for one in references if one.key is not None})
    ids = {row["key"]: row["id"] for row in await db.fetch(_KEYS, keys)} if keys else {}
    resolved: dict[TrackReference, Resolved] = {}
    named: dict[TrackReference, None] = {}
    for one in references:
        if one.key in ids:
            resolved[one] = Resolved(ids[one.key], "track_id")
        elif one.artist and one.title:
            named[one] = None
        else:
            resolved[one] = Resolved(None, UNKNOWN_TRACK)
    return resolved, list(named)


async def _by_name(
    db: Database,
    matcher: Matcher,
    named: Sequence[TrackReference],
    resolved: dict[TrackReference, Resolved],
) -> None:
    wanted = [_wanted(one) for one in named]
    matches: list[Match] = await asyncio.to_thread(matcher.match, wanted)
    new = [index for index, match in enumerate(matches) if match.track_id is None]
    made = await add_unmatched(db, [wanted[index] for index in new], matcher) if new else []
    for one, match in zip(named, matches, strict=True):
        if match.track_id is not None:
            resolved[one] = Resolved(match.track_id, match.how)
    for index, track_id in zip(new, made, strict=True):
        resolved[named[index]] = Resolved(track_id, "new")


def _wanted(one: TrackReference) -> WantedTrack:
    return WantedTrack(
        str(one.artist),
        str(one.title),
        one.album,
        mbid_of(one.mbid) if one.mbid else None,
        isrc_of(one.isrc) if one.isrc else None,
        spotify_id_of(one.spotify_id) if one.spotify_id else None,
    )
