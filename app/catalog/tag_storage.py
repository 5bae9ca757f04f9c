"""What the tags of audio files say, written to their tracks."""

from collections.abc import Mapping

from app.catalog.audio_tags import TrackTags
from app.catalog.entries import (
    AlbumName,
    ArtistName,
    Stored,
    replace_links,
    store_albums,
    store_genres,
)
from app.catalog.identifiers import is_made_key
from app.catalog.names import fold_title
from app.database import Connection

_FIELDS = {
    "title": "text", "folded": "text", "album_id": "bigint", "release_date": "text",
    "track_number": "int", "disc_number": "int", "duration_ms": "int", "isrc": "text",
    "mbid": "text",
}  # fmt: skip


async def describe_tracks(
    connection: Connection,
    tags_of: Mapping[int, TrackTags],
    artists: Mapping[ArtistName, Stored],
) -> None:
    """Write tags to their tracks: over what Segue knew itself, beside what an operator imported."""
    albums = await store_albums(
        connection, (tags.album for tags in tags_of.values() if tags.album), artists
    )
    genres = await store_genres(
        connection, (genre for tags in tags_of.values() for genre in tags.genres)
    )
    rows = await connection.fetch(
        "SELECT id, key, EXISTS (SELECT FROM track_artists a WHERE a.track_id = t.id) AS credited, "
        "EXISTS (SELECT FROM track_genres g WHERE g.track_id = t.id) AS has_genres "
        "FROM tracks t WHERE id = ANY($1)",
        list(tags_of),
    )
    own = {row["id"] for row in rows if is_made_key(row["key"]) and not tags_of[row["id"]].guessed}
    bare = {row["id"] for row in rows if not row["credited"]}
    plain = {row["id"] for row in rows if not row["has_genres"]}
    await _write_fields(connection, tags_of, albums, own)
    await replace_links(
        connection,
        artists={
            track_id: [artists[artist].id for artist in tags.artists]
            for track_id, tags in tags_of.items()
            if track_id in own | bare
        },
        genres={
            track_id: [genres[genre] for genre in tags.genres]
            for track_id, tags in tags_of.items()
            if tags.genres and track_id in own | plain
        },
    )


async def _write_fields(
    connection: Connection,
    tags_of: Mapping[int, TrackTags],
    albums: Mapping[AlbumName, int],
    own: set[int],
) -> None:
    """Set columns of tracks: of `own` ones to what the tags state, of others where empty."""
    columns = zip(
        *(
            (
                track_id, track_id in own, tags.title, fold_title(tags.title),
                albums[tags.album] if tags.album else None, tags.release_date, tags.track_number,
                tags.disc_number, tags.duration_ms, tags.isrc, tags.mbid,
            )
            for track_id, tags in tags_of.items()
        ),
        strict=True,
    )  # fmt: skip
    kinds = ["bigint", "bool", *_FIELDS.values()]
    arrays = ", ".join(f"${n}::{kind}[]" for n, kind in enumerate(kinds, start=1))
    values = ", ".join(
        f"{name} = CASE WHEN s.own THEN coalesce(s.{name}, t.{name}) "
        f"ELSE coalesce(t.{name}, s.{name}) END"
        for name in _FIELDS
    )
    if tags_of:
        await connection.execute(
            f"UPDATE tracks t SET {values} FROM unnest({arrays}) "
            f"s(id, own, {', '.join(_FIELDS)}) WHERE t.id = s.id",
            *columns,
        )
