"""Rows of a catalog file, written in bulk: COPY to a temporary table, then set-wise statements."""

from typing import NamedTuple

from app.catalog.entries import (
    AlbumName,
    ArtistName,
    store_albums,
    store_artists,
    store_genres,
)
from app.catalog.identifiers import is_made_key, made_key
from app.catalog.names import fold, fold_name, fold_title, is_various
from app.catalog.plain_rows import FEATURES, CatalogRow
from app.database import Connection, Database

_FIELDS = {
    "title": "text", "folded": "text", "album_id": "bigint", "duration_ms": "int", "isrc": "text",
    "mbid": "text", "spotify_id": "text", "popularity": "float8", "explicit": "bool",
    "release_date": "text",
}  # fmt: skip
_INTEGERS = {"key", "mode", "time_signature"}


class Outcome(NamedTuple):
    """How many rows made a track, and how many changed one."""

    added: int
    updated: int


async def store_rows(db: Database, rows: list[CatalogRow]) -> Outcome:
    """Store rows (each id once) in one transaction; what a row does not state stays as it is."""
    if not rows:
        return Outcome(0, 0)
    async with db.transaction() as connection:
        await _stage(connection, rows)
        changed = await _adopt(connection, rows)
        added = await _insert(connection)
        changed |= await _update(connection)
        for table, column, staged in (
            ("track_artists", "artist_id", "artist_ids"),
            ("track_genres", "genre_id", "genre_ids"),
        ):
            changed |= await _relink(connection, table, column, staged)
        changed |= await _retag(connection)
        changed |= await _store_features(connection)
        await connection.execute("DROP TABLE staged")
    return Outcome(len(added), len(changed - added))


async def _stage(connection: Connection, rows: list[CatalogRow]) -> None:
    credits = {row.key: [ArtistName(name) for name in row.artists] for row in rows}
    album_of = {row.key: _album(row, credits[row.key][0]) for row in rows}
    named = [album for album in album_of.values() if album]
    artists = await store_artists(
        connection,
        [
            *(artist for credited in credits.values() for artist in credited),
            *(album.artist for album in named if album.artist),
        ],
    )
    albums = await store_albums(connection, named, artists)
    genres = await store_genres(connection, (name for row in rows for name in row.genres or ()))
    features = ", ".join(f"f_{n} {'int2' if n in _INTEGERS else 'float8'}" for n in FEATURES)
    fields = ", ".join(f"{name} {kind}" for name, kind in _FIELDS.items())
    await connection.execute(
        f"CREATE TEMP TABLE staged (key text, {fields}, artist_ids bigint[], genre_ids bigint[], "
        f"tags text[], {features}, track_id bigint) ON COMMIT DROP"
    )
    await connection.copy_records_to_table(
        "staged",
        columns=(
            "key", *_FIELDS, "artist_ids", "genre_ids", "tags", *(f"f_{n}" for n in FEATURES)
        ),
        records=(
            (
                row.key, row.title, fold_title(row.title),
                albums[album] if (album := album_of[row.key]) else None,
                row.duration_ms, row.isrc, row.mbid, row.spotify_id, row.popularity, row.explicit,
                row.release_date,
                list(dict.fromkeys(artists[artist].id for artist in credits[row.key])),
                None if row.genres is None
                else list(dict.fromkeys(genres[name] for name in row.genres if name in genres)),
                row.tags,
                *(row.features.get(name) for name in FEATURES),
            )
            for row in rows
        ),
    )  # fmt: skip
    await connection.execute("ANALYZE staged")


def _album(row: CatalogRow, first: ArtistName) -> AlbumName | None:
    if not row.album or not fold(row.album):
        return None
    by = ArtistName(row.album_artist) if row.album_artist else first
    return AlbumName(row.album, None if is_various(by.name) else by, release_date=row.release_date)


async def _adopt(connection: Connection, rows: list[CatalogRow]) -> set[int]:
    """Give entries that Segue itself made, for a history or a scan, the ids of this file."""
    names = {row.key: made_key(fold_name(row.artists[0]), fold_title(row.title)) for row in rows}
    found = await connection.fetch(
        "SELECT id, key, mbid, isrc, spotify_id FROM tracks WHERE key = ANY($1) OR mbid = ANY($2) "
        "OR isrc = ANY($3) OR spotify_id = ANY($4) ORDER BY id",
        list(names.values()),
        [row.mbid for row in rows if row.mbid],
        [row.isrc for row in rows if row.isrc],
        [row.spotify_id for row in rows if row.spotify_id],
    )
    made: dict[str | None, int] = {}
    for track in found:
        if is_made_key(track["key"]):
            for name in (track["mbid"], track["isrc"], track["spotify_id"], track["key"]):
                made.setdefault(name, track["id"])
    if not made:
        return set()
    there = await connection.fetch("SELECT key FROM tracks WHERE key = ANY($1)", list(names))
    known = {track["key"] for track in there}
    adopted: dict[int, str] = {}
    for row in rows:
        if row.key not in known:
            for name in (row.mbid, row.isrc, row.spotify_id, names[row.key]):
                if name and name in made and made[name] not in adopted:
                    adopted[made[name]] = row.key
                    break
    await connection.execute(
        "UPDATE tracks SET key = a.key FROM unnest($1::bigint[], $2::text[]) a(id, key) "
        "WHERE tracks.id = a.id",
        list(adopted),
        list(adopted.values()),
    )
    return set(adopted)


async def _insert(connection: Connection) -> set[int]:
    fields = ", ".join(_FIELDS)
    made = await connection.fetch(
        f"INSERT INTO tracks (key, {fields}) SELECT key, {fields} FROM staged "
        "ON CONFLICT (key) DO NOTHING RETURNING id"
    )
    await connection.execute(
        "UPDATE staged SET track_id = t.id FROM tracks t WHERE t.key = staged.key"
    )
    return {row["id"] for row in made}


async def _update(connection: Connection) -> set[int]:
    stated = {name: f"coalesce(s.{name}, t.{name})" for name in _FIELDS}
    rows = await connection.fetch(
        f"UPDATE tracks t SET {', '.join(f'{n} = {value}' for n, value in stated.items())} "
        f"FROM staged s WHERE t.id = s.track_id AND ({', '.join(f't.{n}' for n in stated)}) "
        f"IS DISTINCT FROM ({', '.join(stated.values())}) RETURNING t.id"
    )
    return {row["id"] for row in rows}


async def _relink(connection: Connection, table: str, column: str, staged: str) -> set[int]:
    differ = await connection.fetch(
        f"SELECT s.track_id FROM staged s LEFT JOIN (SELECT track_id, "
        f"array_agg({column} ORDER BY position) AS others FROM {table} "
        f"WHERE track_id IN (SELECT track_id FROM staged) GROUP BY track_id) l USING (track_id) "
        f"WHERE s.{staged} IS NOT NULL AND s.{staged} IS DISTINCT FROM coalesce(l.others, '{{}}')"
    )
    ids = [row["track_id"] for row in differ]
    if ids:
        await connection.execute(f"DELETE FROM {table} WHERE track_id = ANY($1)", ids)
        await connection.execute(
            f"INSERT INTO {table} (track_id, position, {column}) "
            f"SELECT s.track_id, o.n - 1, o.other FROM staged s "
            f"CROSS JOIN unnest(s.{staged}) WITH ORDINALITY o(other, n) "
            "WHERE s.track_id = ANY($1)",
            ids,
        )
    return set(ids)


async def _retag(connection: Connection) -> set[int]:
    differ = await connection.fetch(
        "SELECT s.track_id, s.tags FROM staged s LEFT JOIN (SELECT track_id, "
        'array_agg(tag ORDER BY tag COLLATE "C") AS tags FROM track_tags '
        "WHERE track_id IN (SELECT track_id FROM staged) GROUP BY track_id) t USING (track_id) "
        "WHERE s.tags IS NOT NULL AND s.tags IS DISTINCT FROM coalesce(t.tags, '{}')"
    )
    if differ:
        ids = [row["track_id"] for row in differ]
        await connection.execute("DELETE FROM track_tags WHERE track_id = ANY($1)", ids)
        await connection.copy_records_to_table(
            "track_tags",
            columns=("track_id", "tag"),
            records=[(row["track_id"], tag) for row in differ for tag in row["tags"]],
        )
    return {row["track_id"] for row in differ}


async def _store_features(connection: Connection) -> set[int]:
    """Write the features stated; those that an analysis found are never overwritten."""
    names = list(FEATURES)
    stated = [f"coalesce(excluded.{name}, f.{name})" for name in [*names, "duration_ms"]]
    rows = await connection.fetch(
        f"INSERT INTO audio_features AS f (track_id, source, version, {', '.join(names)}, "
        "duration_ms) SELECT track_id, 'import', '1', "
        f"{', '.join(f'f_{name}' for name in names)}, duration_ms FROM staged "
        f"WHERE num_nonnulls({', '.join(f'f_{name}' for name in names)}) > 0 "
        f"ON CONFLICT (track_id) DO UPDATE SET ({', '.join(names)}, duration_ms) = "
        f"ROW({', '.join(stated)}) WHERE f.source = 'import' AND "
        f"({', '.join(f'f.{name}' for name in names)}, f.duration_ms) IS DISTINCT FROM "
        f"({', '.join(stated)}) RETURNING track_id"
    )
    return {row["track_id"] for row in rows}
