"""What search asks the database: everything findable for a build, names for what came after it."""

import re
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass

from app.database import Database, Row
from app.search.entries import SearchType

FEATURES = (
    "tempo", "mode", "loudness", "energy", "danceability", "valence", "acousticness",
    "instrumentalness", "liveness", "speechiness",
)  # fmt: skip
_PAGE = 5000
_LIKE_SIGNS, _ESCAPED = re.compile(r"[\\%_]"), r"\\\g<0>"
_TABLES = {
    SearchType.ARTIST: "artists",
    SearchType.TRACK: "tracks",
    SearchType.ALBUM: "albums",
    SearchType.PLAYLIST: "playlists",
    SearchType.GENRE: "genres",
}


@dataclass(frozen=True, slots=True)
class TrackText:
    """What is written about a track; `features` in the order of FEATURES, None where unknown."""

    id: int
    title: str
    album_id: int | None
    album: str | None
    release_date: str | None
    popularity: float | None
    artist_ids: Sequence[int]
    artists: Sequence[str]
    genre_ids: Sequence[int]
    genres: Sequence[str]
    tags: Sequence[str]
    features: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class NamedRow:
    """An artist, album, playlist or genre; `credit` are its artists' names, maybe empty."""

    kind: SearchType
    id: int
    name: str
    credit: str


@dataclass(frozen=True, slots=True)
class Present:
    """Keys of what exists and may be seen, by (kind, id), and the tracks whose files are gone."""

    keys: Mapping[tuple[SearchType, int], str]
    missing: frozenset[int]


_SEEN_PLAYLIST = (
    "(owner_id IS NULL OR EXISTS (SELECT FROM users u WHERE u.id = t.owner_id AND u.key = $1))"
)

_TRACK_TEXTS = f"""
    SELECT t.id, t.title, t.album_id, b.title AS album, t.release_date, t.popularity,
           coalesce(c.ids, '{{}}') AS artist_ids, coalesce(c.names, '{{}}') AS artists,
           coalesce(g.ids, '{{}}') AS genre_ids, coalesce(g.names, '{{}}') AS genres,
           coalesce(w.tags, '{{}}') AS tags, {", ".join(f"f.{name}" for name in FEATURES)}
    FROM tracks t
    LEFT JOIN albums b ON b.id = t.album_id
    LEFT JOIN audio_features f ON f.track_id = t.id
    LEFT JOIN LATERAL (
        SELECT array_agg(a.id ORDER BY ta.position) AS ids,
               array_agg(a.name ORDER BY ta.position) AS names
        FROM track_artists ta JOIN artists a ON a.id = ta.artist_id WHERE ta.track_id = t.id
    ) c ON true
    LEFT JOIN LATERAL (
        SELECT array_agg(ge.id ORDER BY tg.position) AS ids,
               array_agg(ge.name ORDER BY tg.position) AS names
        FROM track_genres tg JOIN genres ge ON ge.id = tg.genre_id WHERE tg.track_id = t.id
    ) g ON true
    LEFT JOIN LATERAL (
        SELECT array_agg(tt.tag ORDER BY tt.tag) AS tags FROM track_tags tt
        WHERE tt.track_id = t.id
    ) w ON true
    WHERE t.id > $1 ORDER BY t.id LIMIT $2
"""

# Each kind with its id, shown name, credit, and the folded text that words are looked for in.
_NAMED = {
    SearchType.ARTIST: "SELECT id, name, '' AS credit, folded FROM artists",
    SearchType.TRACK: (
        "SELECT t.id, t.title AS name, coalesce(a.name, '') AS credit, "
        "t.folded || ' ' || coalesce(a.folded, '') AS folded FROM tracks t "
        "LEFT JOIN track_artists c ON c.track_id = t.id AND c.position = 0 "
        "LEFT JOIN artists a ON a.id = c.artist_id"
    ),
    SearchType.ALBUM: (
        "SELECT b.id, b.title AS name, coalesce(a.name, '') AS credit, "
        "b.folded || ' ' || coalesce(a.folded, '') AS folded FROM albums b "
        "LEFT JOIN artists a ON a.id = b.artist_id"
    ),
    SearchType.PLAYLIST: "SELECT id, title AS name, '' AS credit, lower(title) AS folded "
    "FROM playlists",
    SearchType.GENRE: "SELECT id, name, '' AS credit, folded FROM genres",
}


async def track_texts(database: Database) -> AsyncIterator[list[TrackText]]:
    """Every track, by id, in pages."""
    last = -1
    while rows := await database.fetch(_TRACK_TEXTS, last, _PAGE):
        yield [_track_text(row) for row in rows]
        last = rows[-1]["id"]


async def count_tracks(database: Database) -> int:
    """How many tracks there are."""
    return int(await database.fetch_value("SELECT count(*) FROM tracks"))


async def named_rows(database: Database, kind: SearchType) -> list[NamedRow]:
    """All artists, albums, playlists or genres."""
    rows = await database.fetch(f"SELECT id, name, credit FROM ({_NAMED[kind]}) n ORDER BY id")
    return [NamedRow(kind, *row) for row in rows]


async def rows_by_words(
    database: Database,
    words: Sequence[str],
    types: Collection[SearchType],
    after: Mapping[SearchType, int],
    limit: int,
) -> list[NamedRow]:
    """Rows with an id above `after` whose folded name holds all `words`, at most `limit` a kind.

    With `after` at the index's last ids this reads only what came since: a range scan.
    """
    patterns = [f"%{_LIKE_SIGNS.sub(_ESCAPED, word)}%" for word in words]
    kinds = [kind for kind in SearchType if kind in types]
    parts = [
        f"(SELECT {kind.number} AS kind, id, name, credit FROM ({_NAMED[kind]}) n "
        f"WHERE id > ${number + 3} AND folded LIKE ALL($1) "
        "ORDER BY length(folded), id LIMIT $2)"
        for number, kind in enumerate(kinds)
    ]
    rows = await database.fetch(
        " UNION ALL ".join(parts), patterns, limit, *(after.get(kind, -1) for kind in kinds)
    )
    return [_named(row) for row in rows]


async def present(
    database: Database, ids: Mapping[SearchType, Sequence[int]], playlists_of: str | None
) -> Present:
    """Which of `ids` exist and may be seen.

    `playlists_of` is the key of the user whose playlists count beside those without an owner;
    None: everybody's.
    """
    kinds = [kind for kind in SearchType if ids.get(kind)]
    if not kinds:
        return Present({}, frozenset())
    parts = []
    for number, kind in enumerate(kinds):
        missing = "missing" if kind is SearchType.TRACK else "false"
        seen = _SEEN_PLAYLIST if kind is SearchType.PLAYLIST else "true"
        parts.append(
            f"SELECT {kind.number} AS kind, id, key, {missing} AS missing FROM {_TABLES[kind]} t "
            f"WHERE id = ANY(${number + 2}) AND ($1::text IS NULL OR {seen})"
        )
    rows = await database.fetch(
        " UNION ALL ".join(parts), playlists_of, *(list(ids[kind]) for kind in kinds)
    )
    kinds_by_number = tuple(SearchType)
    return Present(
        {(kinds_by_number[row["kind"]], row["id"]): row["key"] for row in rows},
        frozenset(row["id"] for row in rows if row["missing"]),
    )


def _track_text(row: Row) -> TrackText:
    values = tuple(row)
    written = len(values) - len(FEATURES)
    return TrackText(*(*values[:written], values[written:]))


def _named(row: Row) -> NamedRow:
    return NamedRow(tuple(SearchType)[row["kind"]], row["id"], row["name"], row["credit"])
