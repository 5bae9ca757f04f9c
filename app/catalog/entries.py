"""Stored artists, albums, genres and tags: found by name or id, made where they are new.

All functions work in the caller's transaction, take many entries at once, and give the same rows
when they are called again with the same entries.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from app.catalog.identifiers import made_key
from app.catalog.names import fold, fold_name
from app.database import Connection


class ArtistName(NamedTuple):
    """An artist as credited; `mbid` is the MusicBrainz artist id."""

    name: str
    mbid: str | None = None


class AlbumName(NamedTuple):
    """An album as named; `artist` None means various artists."""

    title: str
    artist: ArtistName | None = None
    mbid: str | None = None
    release_date: str | None = None


class Stored(NamedTuple):
    """A row: its primary key and its public key."""

    id: int
    key: str


async def store_artists(
    connection: Connection, artists: Iterable[ArtistName]
) -> dict[ArtistName, Stored]:
    """Find each artist by MusicBrainz id, else by folded name; make those not there.

    Two artists of one name are told apart by their MusicBrainz ids only.
    """
    wanted = list(dict.fromkeys(artists))
    folded = {artist: fold_name(artist.name) for artist in wanted}
    by_mbid: dict[str, Stored] = {}
    by_name: dict[str, list[tuple[Stored, str | None]]] = {}
    rows = await connection.fetch(
        "SELECT id, key, folded, mbid FROM artists WHERE folded = ANY($1) OR mbid = ANY($2) "
        "ORDER BY id",
        list(set(folded.values())),
        [artist.mbid for artist in wanted if artist.mbid],
    )
    for row in rows:
        stored = Stored(row["id"], row["key"])
        by_name.setdefault(row["folded"], []).append((stored, row["mbid"]))
        if row["mbid"]:
            by_mbid.setdefault(row["mbid"], stored)

    found: dict[ArtistName, Stored] = {}
    new: dict[str, ArtistName] = {}  # by key
    learned: dict[int, str] = {}  # MusicBrainz ids of artists known by name alone until now
    for artist in sorted(wanted, key=lambda artist: artist.mbid is None):
        namesakes = by_name.get(folded[artist], [])
        nameless = [
            stored for stored, mbid in namesakes if mbid is None and stored.id not in learned
        ]
        if artist.mbid in by_mbid:
            found[artist] = by_mbid[artist.mbid]
        elif artist.mbid is None and namesakes:
            found[artist] = namesakes[0][0]
        elif artist.mbid is not None and nameless:
            found[artist] = by_mbid[artist.mbid] = nameless[0]
            learned[nameless[0].id] = artist.mbid
        else:
            key = made_key(folded[artist])
            if namesakes or new.get(key, artist).mbid != artist.mbid:
                key = made_key(folded[artist], artist.mbid) if artist.mbid else key
            new.setdefault(key, artist)
            found[artist] = Stored(0, key)
    if learned:
        await connection.execute(
            "UPDATE artists SET mbid = l.mbid FROM unnest($1::bigint[], $2::text[]) l(id, mbid) "
            "WHERE artists.id = l.id",
            list(learned),
            list(learned.values()),
        )
    made = await connection.fetch(
        "INSERT INTO artists (key, name, folded, mbid) "
        "SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) "
        "ON CONFLICT (key) DO UPDATE SET key = EXCLUDED.key RETURNING key, id",
        list(new),
        [artist.name for artist in new.values()],
        [folded[artist] for artist in new.values()],
        [artist.mbid for artist in new.values()],
    )
    ids = {row["key"]: row["id"] for row in made}
    return {a: Stored(ids.get(s.key, s.id), s.key) for a, s in found.items()}


async def store_albums(
    connection: Connection, albums: Iterable[AlbumName], artists: Mapping[ArtistName, Stored]
) -> dict[AlbumName, int]:
    """Find each album by folded title and album artist; make those not there.

    `artists` holds every album artist, from `store_artists`.
    """
    wanted = list(dict.fromkeys(albums))
    folded = {album: fold(album.title) for album in wanted}
    known = {
        (row["folded"], row["artist_id"]): row["id"]
        for row in await connection.fetch(
            "SELECT id, folded, artist_id FROM albums WHERE folded = ANY($1) ORDER BY id DESC",
            list(set(folded.values())),
        )
    }
    found: dict[AlbumName, int] = {}
    new: dict[str, AlbumName] = {}
    keys: dict[AlbumName, str] = {}
    for album in wanted:
        artist = artists[album.artist] if album.artist else None
        known_id = known.get((folded[album], artist.id if artist else None))
        if known_id is None:
            keys[album] = made_key(folded[album], artist.key if artist else "")
            new.setdefault(keys[album], album)
        else:
            found[album] = known_id
    made = await connection.fetch(
        "INSERT INTO albums (key, title, folded, artist_id, mbid, release_date) SELECT * FROM "
        "unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[]) "
        "ON CONFLICT (key) DO UPDATE SET key = EXCLUDED.key RETURNING key, id",
        list(new),
        [album.title for album in new.values()],
        [folded[album] for album in new.values()],
        [artists[album.artist].id if album.artist else None for album in new.values()],
        [album.mbid for album in new.values()],
        [album.release_date for album in new.values()],
    )
    ids = {row["key"]: row["id"] for row in made}
    return found | {album: ids[key] for album, key in keys.items()}


async def store_genres(connection: Connection, names: Iterable[str]) -> dict[str, int]:
    """Find each genre by its folded name ("Hip-Hop" is "hip hop"); make those not there."""
    folded = {name: fold(name) for name in dict.fromkeys(names)}
    first = {fold_: name for name, fold_ in reversed(folded.items()) if fold_}
    rows = await connection.fetch(
        "WITH wanted AS (SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) "
        "w(key, name, folded)), made AS (INSERT INTO genres (key, name, folded) SELECT * "
        "FROM wanted ON CONFLICT DO NOTHING RETURNING folded, id) SELECT folded, id FROM made "
        "UNION ALL SELECT g.folded, g.id FROM genres g JOIN wanted USING (folded)",
        [fold_.replace(" ", "-") for fold_ in first],
        list(first.values()),
        list(first),
    )
    ids = {row["folded"]: row["id"] for row in rows}
    return {name: ids[fold_] for name, fold_ in folded.items() if fold_}


async def replace_links(
    connection: Connection,
    *,
    artists: Mapping[int, Sequence[int]] | None = None,
    genres: Mapping[int, Sequence[int]] | None = None,
    tags: Mapping[int, Sequence[str]] | None = None,
) -> None:
    """Give tracks these artist ids, genre ids and tags, in order, in place of what they have."""
    for table, columns, links in (
        ("track_artists", ("track_id", "position", "artist_id"), artists),
        ("track_genres", ("track_id", "position", "genre_id"), genres),
    ):
        if links:
            await connection.execute(f"DELETE FROM {table} WHERE track_id = ANY($1)", list(links))
            rows = [
                (track_id, position, other)
                for track_id, others in links.items()
                for position, other in enumerate(dict.fromkeys(others))
            ]
            await connection.copy_records_to_table(table, records=rows, columns=columns)
    if tags:
        await connection.execute("DELETE FROM track_tags WHERE track_id = ANY($1)", list(tags))
        pairs = {(track_id, tag) for track_id, words in tags.items() for tag in words}
        await connection.copy_records_to_table(
            "track_tags", records=sorted(pairs), columns=("track_id", "tag")
        )
