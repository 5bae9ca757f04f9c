"""Search: one connection over tracks, artists, albums, playlists and genres."""

from enum import Enum
from typing import Annotated, TypeAlias, cast

import strawberry

from app import search as domain
from schema.catalog import Album, Artist, Genre, Track
from schema.context import Info
from schema.playlist import Playlist
from schema.relay import After, Before, First, Last, PageInfo, load_nodes, public_id


@strawberry.enum(description="What a search finds.")
class SearchType(Enum):
    """The kinds of results; values are those of the domain."""

    TRACK = strawberry.enum_value("track", description="Recordings, by title and artists.")
    ARTIST = strawberry.enum_value("artist", description="Credited artists, by name.")
    ALBUM = strawberry.enum_value("album", description="Albums, by title and artist.")
    PLAYLIST = strawberry.enum_value("playlist", description="Stored playlists, by title.")
    GENRE = strawberry.enum_value("genre", description="Genres, by name.")


@strawberry.enum(description="Why a search found something.")
class MatchedBy(Enum):
    """The strongest reason; values are those of the domain."""

    NAME = strawberry.enum_value(
        "name", description="It is called so, or its name or artists hold every word of the query."
    )
    SPELLING = strawberry.enum_value(
        "spelling", description="It is called nearly so: the query looks misspelt."
    )
    MEANING = strawberry.enum_value(
        "meaning", description="What is known of it (genres, tags, moods, album) fits the query."
    )


SearchResult: TypeAlias = Annotated[
    Track | Artist | Album | Playlist | Genre,
    strawberry.union("SearchResult", description="Whatever a search can find."),
]

Query = Annotated[
    str,
    strawberry.argument(
        description="What to look for, 1 to 1,000 characters: a name, the beginning of one, a "
        "misspelt one, or a description such as `calm piano for a rainy evening`. Plain text: "
        "there is no query syntax."
    ),
]
Types = Annotated[
    list[SearchType] | None,
    strawberry.argument(description="Only results of these types; by default of all."),
]


@strawberry.type(description="A result, with its place in the list and what speaks for it.")
class SearchEdge:
    """One entry of a search."""

    cursor: str = strawberry.field(
        description="The place of this result, for `after` and `before` of the same search."
    )
    node: SearchResult = strawberry.field(description="The result itself.")
    score: float = strawberry.field(
        description="How well it fits, 0 to 1, comparable within one search only. Exact names "
        "have .95 and more, tracks whose files are missing half of what they would have."
    )
    matched_by: MatchedBy = strawberry.field(description="The strongest reason why it is here.")


@strawberry.type(description="A page of results, best first; exact names always come first.")
class SearchConnection:
    """A page of a search."""

    edges: list[SearchEdge] = strawberry.field(description="The results of this page, in order.")
    page_info: PageInfo = strawberry.field(description="Where this page lies in its list.")
    total_count: int = strawberry.field(
        description="How many results there are; a search keeps its best few hundred."
    )
    degraded: bool = strawberry.field(
        description="Whether something that helps to search (the index, the model of meaning) "
        "could not be used, so that results may be missing."
    )


@strawberry.type
class SearchQuery:
    """The root field of search."""

    @strawberry.field(
        description="What is called so, nearly so, or fits the description; best first."
    )
    async def search(
        self,
        info: Info,
        query: Query,
        *,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        types: Types = None,
    ) -> SearchConnection | None:
        identity = info.context.identity
        everybodys = identity.role in ("admin", "editor")
        page = await info.context.services.searcher.search(
            query,
            None if types is None else [domain.SearchType(one.value) for one in types],
            first=first,
            after=after,
            last=last,
            before=before,
            playlists_of=None if everybodys else identity.user_key or "",
        )
        return await _connection(info, page)


async def _connection(info: Info, page: domain.SearchPage) -> SearchConnection:
    ids = [public_id(found.hit.kind.value, found.key) for found in page.found]
    edges = [
        SearchEdge(
            cursor=found.cursor,
            node=cast("SearchResult", node),
            score=found.hit.score,
            matched_by=MatchedBy(found.hit.matched_by.value),
        )
        for found, node in zip(page.found, await load_nodes(info, ids), strict=True)
        if node is not None
    ]
    return SearchConnection(
        edges=edges,
        page_info=PageInfo(
            has_next_page=page.has_next,
            has_previous_page=page.has_previous,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        ),
        total_count=page.total,
        degraded=page.degraded,
    )
