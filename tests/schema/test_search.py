"""The field `search`, asked through HTTP of a running application with a built index."""

from collections.abc import AsyncIterator

import httpx
import pytest

from app.artifacts import ArtifactStore
from app.auth import create_key
from app.database import Database
from app.search import train_search
from app.settings import Settings
from tests.serving import ask, served

DOCUMENT = """
query Find($query: String!, $first: Int, $after: String, $last: Int, $before: String,
           $types: [SearchType!]) {
  search(query: $query, first: $first, after: $after, last: $last, before: $before,
         types: $types) {
    totalCount
    degraded
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges {
      cursor
      score
      matchedBy
      node {
        __typename
        ... on Node { id }
        ... on Track { title artist { name } }
        ... on Playlist { title }
      }
    }
  }
}
"""


@pytest.fixture
async def found(catalog: Database, served_settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server whose catalog has been indexed, with two playlists: one is user u's."""
    await catalog.fetch("INSERT INTO users (key) VALUES ('u')")
    await catalog.fetch(
        "INSERT INTO playlists (key, title, source, owner_id) VALUES "
        "('open', 'Evening Songs', 'test', NULL), "
        "('own', 'Evening Secrets', 'test', (SELECT id FROM users WHERE key = 'u'))"
    )
    await train_search(served_settings, catalog)
    async with served(served_settings) as client:
        yield client


async def test_results_are_nodes_of_their_types(found: httpx.AsyncClient):
    search = (await ask(found, DOCUMENT, query="title 12"))["search"]
    assert search["degraded"] is False
    first = search["edges"][0]
    assert first["node"] == {
        "__typename": "Track",
        "id": "track_12",
        "title": "Title 12",
        "artist": {"name": "Artist 2"},
    }
    assert first["matchedBy"] == "NAME"
    assert first["score"] > 0.95 > search["edges"][1]["score"]
    for query, kind, id_ in [
        ("artist 3", "Artist", "artist_a3"),
        ("album 7", "Album", "album_b7"),
        ("jazz", "Genre", "genre_jazz"),
        ("evening songs", "Playlist", "playlist_open"),
    ]:
        node = (await ask(found, DOCUMENT, query=query))["search"]["edges"][0]["node"]
        assert (node["__typename"], node["id"]) == (kind, id_)


async def test_types_and_pages(found: httpx.AsyncClient):
    """Walking by 30 gives what one page of 100 gives, without the other types."""
    variables = {"query": "title", "types": ["TRACK"]}
    whole = (await ask(found, DOCUMENT, first=100, **variables))["search"]
    assert {edge["node"]["__typename"] for edge in whole["edges"]} == {"Track"}
    walked, after = [], None
    while len(walked) < 90:
        page = (await ask(found, DOCUMENT, first=30, after=after, **variables))["search"]
        walked += page["edges"]
        after = page["pageInfo"]["endCursor"]
    assert walked == whole["edges"][:90]
    back = (await ask(found, DOCUMENT, last=5, before=walked[10]["cursor"], **variables))["search"]
    assert back["edges"] == walked[5:10]
    assert back["pageInfo"]["hasPreviousPage"] is True


@pytest.mark.parametrize(
    ("variables", "argument"),
    [
        ({"query": " "}, "query"),
        ({"query": "x" * 1001}, "query"),
        ({"query": "x", "first": 0}, "first"),
        ({"query": "x", "first": 101}, "first"),
        ({"query": "x", "last": -1}, "last"),
        ({"query": "x", "after": "nonsense"}, "after"),
        ({"query": "x", "types": []}, "types"),
    ],
)
async def test_bad_input_names_the_argument(found: httpx.AsyncClient, variables, argument):
    body = {"query": DOCUMENT, "variables": variables}
    answer = (await found.post("/graphql", json=body)).json()
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["extensions"]["argument"] == argument
    assert answer["data"] == {"search": None}


async def test_an_explicit_null_is_the_default(found: httpx.AsyncClient):
    given = await ask(found, DOCUMENT, query="jazz", first=None, after=None, types=None)
    assert given == await ask(found, DOCUMENT, query="jazz")


async def test_a_listener_does_not_find_playlists_of_others(
    found: httpx.AsyncClient, catalog: Database, served_settings: Settings
):
    """Neither the playlist nor its count tells that it exists."""
    secured = served_settings.model_copy(update={"auth": "on"})
    async with served(secured) as client:
        for user, expected in [("u", 2), ("v", 1)]:
            key = await create_key(catalog, role="listener", user_key=user)
            client.headers["Authorization"] = f"Bearer {key}"
            search = (await ask(client, DOCUMENT, query="evening", types=["PLAYLIST"]))["search"]
            assert len(search["edges"]) == search["totalCount"] == expected


async def test_a_lost_index_is_told_and_answered_without(
    catalog: Database, served_settings: Settings
):
    await train_search(served_settings, catalog)
    champion = await ArtifactStore(catalog, served_settings.artifacts_dir).champion("search")
    assert champion is not None
    (champion.path / "manifest.json").unlink()
    async with served(served_settings) as client:
        search = (await ask(client, DOCUMENT, query="title 12", types=["TRACK"]))["search"]
    assert search["degraded"] is True
    assert search["edges"][0]["node"]["id"] == "track_12"
