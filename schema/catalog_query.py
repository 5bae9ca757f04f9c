"""Root fields of the catalog, and what `node(id:)` finds in it."""

from collections.abc import Sequence
from typing import Annotated, TypeVar

import strawberry

from app import catalog
from app.errors import BadInput
from schema.catalog import Album, Artist, Genre, Track, id_range
from schema.context import Info
from schema.relay import (
    After,
    Before,
    Connection,
    First,
    Last,
    Node,
    build_connection,
    encode_cursor,
    key_of,
    load_nodes,
    page_window,
    register_node,
)

_MOST_EXCLUDED = 1000

NodeType = TypeVar("NodeType", bound=Node)

TrackId = Annotated[strawberry.ID, strawberry.argument(description="As in `track_abc`.")]
ArtistId = Annotated[strawberry.ID, strawberry.argument(description="As in `artist_abc`.")]
AlbumId = Annotated[strawberry.ID, strawberry.argument(description="As in `album_abc`.")]
Ids = Annotated[
    list[strawberry.ID], strawberry.argument(description="The ids, at most 100, of any types.")
]
NodeId = Annotated[strawberry.ID, strawberry.argument(description="The id, of any type.")]
GenreNames = Annotated[
    list[str] | None,
    strawberry.argument(
        description="Only tracks of any of these genres, by name; letter case does not matter."
    ),
]
Excluded = Annotated[
    list[strawberry.ID] | None,
    strawberry.argument(description="Tracks to leave out, by id, at most 1000."),
]


@strawberry.type
class CatalogQuery:
    """Root fields of the catalog."""

    @strawberry.field(description="Whatever has this id; null when nothing does.")
    async def node(self, info: Info, id: NodeId) -> Node | None:
        return (await load_nodes(info, [id]))[0]

    @strawberry.field(description="Whatever has these ids, in this order; null where nothing does.")
    async def nodes(self, info: Info, ids: Ids) -> list[Node | None]:
        return await load_nodes(info, ids)

    @strawberry.field(description="A track by its id; null when there is none.")
    async def track(self, info: Info, id: TrackId) -> Track | None:
        return await _find(info, id, Track)

    @strawberry.field(description="An artist by their id; null when there is none.")
    async def artist(self, info: Info, id: ArtistId) -> Artist | None:
        return await _find(info, id, Artist)

    @strawberry.field(description="An album by its id; null when there is none.")
    async def album(self, info: Info, id: AlbumId) -> Album | None:
        return await _find(info, id, Album)

    @strawberry.field(description="Every genre of the catalog, by name.")
    async def genres(self, info: Info) -> list[Genre]:
        return [Genre.of(row) for row in await catalog.all_genres(info.context.database)]

    @strawberry.field(description="All tracks, in the order they were added.")
    async def tracks(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        *,
        genres: GenreNames = None,
        exclude: Excluded = None,
    ) -> Connection[Track]:
        window = page_window(first, last, after, before)
        database = info.context.database
        matched = await catalog.match_genres(database, genres) if genres else None
        genre_ids = None if matched is None else [genre for genre, _ in matched]
        excluded = await _track_ids(info, exclude or [])
        rows = await catalog.track_page(database, id_range(window), genre_ids, excluded)
        return build_connection(window, rows, lambda row: encode_cursor(row.id), Track.of)

    @strawberry.field(description="All artists, in the order they were added.")
    async def artists(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Artist]:
        window = page_window(first, last, after, before)
        rows = await catalog.artist_page(info.context.database, id_range(window))
        return build_connection(window, rows, lambda row: encode_cursor(row.id), Artist.of)

    @strawberry.field(description="All albums, in the order they were added.")
    async def albums(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Album]:
        window = page_window(first, last, after, before)
        rows = await catalog.album_page(info.context.database, id_range(window))
        return build_connection(window, rows, lambda row: encode_cursor(row.id), Album.of)


async def _find(info: Info, id: str, kind: type[NodeType]) -> NodeType | None:
    (node,) = await load_nodes(info, [id])
    return node if isinstance(node, kind) else None


async def _track_ids(info: Info, ids: Sequence[str]) -> list[int]:
    if len(ids) > _MOST_EXCLUDED:
        raise BadInput(
            f"`exclude` has {len(ids)} entries: at most {_MOST_EXCLUDED} are allowed.", "exclude"
        )
    keys = [key for one in ids if (key := key_of(one, "track")) is not None]
    if not keys:
        return []
    return list((await catalog.track_ids_by_key(info.context.database, keys)).values())


async def _tracks_by_key(info: Info, keys: list[str]) -> dict[str, Node]:
    ids = await catalog.track_ids_by_key(info.context.database, keys)
    loaded = await info.context.tracks.load_many(ids.values())
    return {key: track for key, track in zip(ids, loaded, strict=True) if track is not None}


async def _artists_by_key(info: Info, keys: list[str]) -> dict[str, Node]:
    ids = await catalog.artist_ids_by_key(info.context.database, keys)
    loaded = await info.context.artists.load_many(ids.values())
    return {key: Artist.of(row) for key, row in zip(ids, loaded, strict=True) if row is not None}


async def _albums_by_key(info: Info, keys: list[str]) -> dict[str, Node]:
    ids = await catalog.album_ids_by_key(info.context.database, keys)
    loaded = await info.context.albums.load_many(ids.values())
    return {key: Album.of(row) for key, row in zip(ids, loaded, strict=True) if row is not None}


async def _genres_by_key(info: Info, keys: list[str]) -> dict[str, Node]:
    rows = await catalog.genres_by_key(info.context.database, keys)
    return {key: Genre.of(row) for key, row in rows.items()}


register_node("track", _tracks_by_key)
register_node("artist", _artists_by_key)
register_node("album", _albums_by_key)
register_node("genre", _genres_by_key)
