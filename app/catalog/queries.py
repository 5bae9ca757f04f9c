"""What the catalog is asked: rows by id or key, credits, and pages in a stable order."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from rapidfuzz import fuzz, process

from app.catalog.names import fold
from app.database import Database, Row
from app.errors import BadInput

Value = TypeVar("Value")

SMALLEST, LARGEST = 0, 2**63 - 1  # bounds of every key
LAST_PLACE = 2**31 - 1  # where tracks without a number stand on their album

_TRACK = (
    "t.id, t.key, t.title, t.album_id, t.disc_number, t.track_number, t.duration_ms, "
    "t.isrc, t.mbid, t.spotify_id, t.explicit, t.popularity, t.release_date"
)
_ARTIST = "a.id, a.key, a.name, a.mbid, a.spotify_id"
_ALBUM = "b.id, b.key, b.title, b.artist_id, b.mbid, b.release_date"
_ALBUM_PLACE = f"(coalesce(t.disc_number, 1), coalesce(t.track_number, {LAST_PLACE}), t.id)"


@dataclass(frozen=True, slots=True)
class TrackRow:
    """A recording. `popularity` is 0..100, `release_date` "1997", "1997-05" or "1997-05-21"."""

    id: int
    key: str
    title: str
    album_id: int | None
    disc_number: int | None
    track_number: int | None
    duration_ms: int | None
    isrc: str | None
    mbid: str | None
    spotify_id: str | None
    explicit: bool | None
    popularity: float | None
    release_date: str | None

    @property
    def album_place(self) -> tuple[int, int, int]:
        """What orders the tracks of an album: disc, number, id."""
        return (
            1 if self.disc_number is None else self.disc_number,
            LAST_PLACE if self.track_number is None else self.track_number,
            self.id,
        )


@dataclass(frozen=True, slots=True)
class ArtistRow:
    """A credited artist."""

    id: int
    key: str
    name: str
    mbid: str | None
    spotify_id: str | None


@dataclass(frozen=True, slots=True)
class AlbumRow:
    """An album; `artist_id` is None for one by various artists."""

    id: int
    key: str
    title: str
    artist_id: int | None
    mbid: str | None
    release_date: str | None


@dataclass(frozen=True, slots=True)
class GenreRow:
    """A genre."""

    id: int
    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Range:
    """A page by id: ids strictly between `after` and `before`, the last ones when `backward`."""

    limit: int
    after: int = SMALLEST
    before: int = LARGEST
    backward: bool = False

    @property
    def direction(self) -> str:
        """SQL's word for the order in which rows are read."""
        return "DESC" if self.backward else "ASC"


@dataclass(frozen=True, slots=True)
class AlbumRange:
    """A page of an album: places (disc, number, id) strictly between `after` and `before`."""

    limit: int
    after: tuple[int, int, int] = (-LAST_PLACE, -LAST_PLACE, SMALLEST)
    before: tuple[int, int, int] = (LAST_PLACE, LAST_PLACE, LARGEST)
    backward: bool = False

    @property
    def direction(self) -> str:
        """SQL's word for the order in which rows are read."""
        return "DESC" if self.backward else "ASC"


async def tracks_by_id(database: Database, ids: Sequence[int]) -> dict[int, TrackRow]:
    """The tracks with these ids, those that exist."""
    rows = await database.fetch(f"SELECT {_TRACK} FROM tracks t WHERE t.id = ANY($1)", list(ids))
    return {row["id"]: TrackRow(*row) for row in rows}


async def artists_by_id(database: Database, ids: Sequence[int]) -> dict[int, ArtistRow]:
    """The artists with these ids, those that exist."""
    rows = await database.fetch(f"SELECT {_ARTIST} FROM artists a WHERE a.id = ANY($1)", list(ids))
    return {row["id"]: ArtistRow(*row) for row in rows}


async def albums_by_id(database: Database, ids: Sequence[int]) -> dict[int, AlbumRow]:
    """The albums with these ids, those that exist."""
    rows = await database.fetch(f"SELECT {_ALBUM} FROM albums b WHERE b.id = ANY($1)", list(ids))
    return {row["id"]: AlbumRow(*row) for row in rows}


async def track_ids_by_key(database: Database, keys: Sequence[str]) -> dict[str, int]:
    """The ids of the tracks with these keys, those that exist."""
    return await _ids_by_key(database, "tracks", keys)


async def artist_ids_by_key(database: Database, keys: Sequence[str]) -> dict[str, int]:
    """The ids of the artists with these keys, those that exist."""
    return await _ids_by_key(database, "artists", keys)


async def album_ids_by_key(database: Database, keys: Sequence[str]) -> dict[str, int]:
    """The ids of the albums with these keys, those that exist."""
    return await _ids_by_key(database, "albums", keys)


async def _ids_by_key(database: Database, table: str, keys: Sequence[str]) -> dict[str, int]:
    rows = await database.fetch(f"SELECT key, id FROM {table} WHERE key = ANY($1)", list(keys))
    return {row["key"]: row["id"] for row in rows}


async def artists_of_tracks(
    database: Database, track_ids: Sequence[int]
) -> dict[int, list[ArtistRow]]:
    """The credited artists of each track, in the order of the credits."""
    rows = await database.fetch(
        f"SELECT c.track_id, {_ARTIST} FROM track_artists c JOIN artists a ON a.id = c.artist_id "
        "WHERE c.track_id = ANY($1) ORDER BY c.track_id, c.position",
        list(track_ids),
    )
    return _grouped(rows, lambda row: ArtistRow(*tuple(row)[1:]))


async def genres_of_tracks(
    database: Database, track_ids: Sequence[int]
) -> dict[int, list[GenreRow]]:
    """The genres of each track, in the order given."""
    rows = await database.fetch(
        "SELECT c.track_id, g.id, g.key, g.name FROM track_genres c "
        "JOIN genres g ON g.id = c.genre_id "
        "WHERE c.track_id = ANY($1) ORDER BY c.track_id, c.position, g.id",
        list(track_ids),
    )
    return _grouped(rows, lambda row: GenreRow(*tuple(row)[1:]))


async def tags_of_tracks(database: Database, track_ids: Sequence[int]) -> dict[int, list[str]]:
    """The tags of each track, by the alphabet."""
    rows = await database.fetch(
        "SELECT track_id, tag FROM track_tags WHERE track_id = ANY($1) ORDER BY track_id, tag",
        list(track_ids),
    )
    return _grouped(rows, lambda row: row["tag"])


async def track_page(
    database: Database,
    page: Range,
    genre_ids: Sequence[int] | None = None,
    exclude: Sequence[int] = (),
) -> list[TrackRow]:
    """A page of all tracks in the order they were added; only those of any of `genre_ids`."""
    rows = await database.fetch(
        f"SELECT {_TRACK} FROM tracks t WHERE t.id > $1 AND t.id < $2 AND t.id <> ALL($3) "
        "AND ($4::bigint[] IS NULL OR EXISTS (SELECT FROM track_genres c "
        "     WHERE c.track_id = t.id AND c.genre_id = ANY($4))) "
        f"ORDER BY t.id {page.direction} LIMIT $5",
        page.after,
        page.before,
        list(exclude),
        None if genre_ids is None else list(genre_ids),
        page.limit,
    )
    return [TrackRow(*row) for row in rows]


async def artist_page(database: Database, page: Range) -> list[ArtistRow]:
    """A page of all artists in the order they were added."""
    rows = await database.fetch(
        f"SELECT {_ARTIST} FROM artists a WHERE a.id > $1 AND a.id < $2 "
        f"ORDER BY a.id {page.direction} LIMIT $3",
        page.after,
        page.before,
        page.limit,
    )
    return [ArtistRow(*row) for row in rows]


async def album_page(database: Database, page: Range) -> list[AlbumRow]:
    """A page of all albums in the order they were added."""
    rows = await database.fetch(
        f"SELECT {_ALBUM} FROM albums b WHERE b.id > $1 AND b.id < $2 "
        f"ORDER BY b.id {page.direction} LIMIT $3",
        page.after,
        page.before,
        page.limit,
    )
    return [AlbumRow(*row) for row in rows]


async def tracks_of_artists(
    database: Database, artist_ids: Sequence[int], page: Range
) -> dict[int, list[TrackRow]]:
    """The same page of each artist's tracks: those they are credited on."""
    rows = await database.fetch(
        f"SELECT p.id, t.* FROM unnest($1::bigint[]) AS p(id) CROSS JOIN LATERAL ("
        f"  SELECT {_TRACK} FROM tracks t WHERE t.id > $2 AND t.id < $3 "
        "   AND t.id IN (SELECT c.track_id FROM track_artists c WHERE c.artist_id = p.id) "
        f"  ORDER BY t.id {page.direction} LIMIT $4) t ORDER BY p.id, t.id {page.direction}",
        list(artist_ids),
        page.after,
        page.before,
        page.limit,
    )
    return _grouped(rows, lambda row: TrackRow(*tuple(row)[1:]))


async def albums_of_artists(
    database: Database, artist_ids: Sequence[int], page: Range
) -> dict[int, list[AlbumRow]]:
    """The same page of each artist's albums."""
    rows = await database.fetch(
        f"SELECT p.id, b.* FROM unnest($1::bigint[]) AS p(id) CROSS JOIN LATERAL ("
        f"  SELECT {_ALBUM} FROM albums b WHERE b.artist_id = p.id AND b.id > $2 AND b.id < $3 "
        f"  ORDER BY b.id {page.direction} LIMIT $4) b ORDER BY p.id, b.id {page.direction}",
        list(artist_ids),
        page.after,
        page.before,
        page.limit,
    )
    return _grouped(rows, lambda row: AlbumRow(*tuple(row)[1:]))


async def tracks_of_albums(
    database: Database, album_ids: Sequence[int], page: AlbumRange
) -> dict[int, list[TrackRow]]:
    """The same page of each album's tracks, by disc and number; those without a number last."""
    order = ", ".join(f"{part} {page.direction}" for part in ("place1", "place2", "id"))
    rows = await database.fetch(
        "SELECT p.album, t.* FROM unnest($1::bigint[]) AS p(album) CROSS JOIN LATERAL ("
        f"  SELECT {_TRACK}, coalesce(t.disc_number, 1) AS place1, "
        f"         coalesce(t.track_number, {LAST_PLACE}) AS place2 "
        f"  FROM tracks t WHERE t.album_id = p.album AND {_ALBUM_PLACE} > ($2, $3, $4) "
        f"  AND {_ALBUM_PLACE} < ($5, $6, $7) ORDER BY {order} LIMIT $8) t "
        f"ORDER BY p.album, {order}",
        list(album_ids),
        *page.after,
        *page.before,
        page.limit,
    )
    return _grouped(rows, lambda row: TrackRow(*tuple(row)[1:-2]))


async def all_genres(database: Database) -> list[GenreRow]:
    """Every genre, by name."""
    rows = await database.fetch("SELECT id, key, name FROM genres ORDER BY name, id")
    return [GenreRow(*row) for row in rows]


async def genres_by_key(database: Database, keys: Sequence[str]) -> dict[str, GenreRow]:
    """The genres with these keys, those that exist."""
    rows = await database.fetch("SELECT id, key, name FROM genres WHERE key = ANY($1)", list(keys))
    return {row["key"]: GenreRow(*row) for row in rows}


async def match_genres(database: Database, names: Sequence[str]) -> list[tuple[int, str]]:
    """The (id, name) of the genres with these names, whatever their case, accents, punctuation.

    Raises BadInput for a name that fits none, and offers the nearest ones.
    """
    rows = await database.fetch("SELECT id, name, folded FROM genres ORDER BY name, id")
    by_folded = {row["folded"]: (row["id"], row["name"]) for row in rows}
    matched = []
    for name in names:
        folded = fold(name)
        if folded not in by_folded:
            raise BadInput(_no_such_genre(name, folded, by_folded), "genres")
        matched.append(by_folded[folded])
    return matched


def _no_such_genre(name: str, folded: str, genres: Mapping[str, tuple[int, str]]) -> str:
    if not genres:
        return f"There is no genre {name[:80]!r}: the catalog has no genres."
    near = process.extract(folded, list(genres), scorer=fuzz.WRatio, limit=3)
    offered = ", ".join(genres[one][1] for one, *_ in near)
    return f"There is no genre {name[:80]!r}. The nearest are: {offered}."


def _grouped(rows: Sequence[Row], value: Callable[[Row], Value]) -> dict[int, list[Value]]:
    groups: dict[int, list[Value]] = {}
    for row in rows:
        groups.setdefault(row[0], []).append(value(row))
    return groups
