"""The catalog through HTTP: ids, references, pages that stay right while rows are added."""

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.database import Database
from tests.serving import ask

PAGE = """
query Page($first: Int, $after: String, $last: Int, $before: String) {
  tracks(first: $first, after: $after, last: $last, before: $before) {
    edges { cursor node { id } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""


async def test_a_track_knows_its_artists_album_genres_and_tags(client: httpx.AsyncClient):
    """What a client shows of a track comes in one request."""
    data = await ask(
        client,
        """{ track(id: "track_2") {
             id title durationMs isrc popularity explicit trackNumber
             artist { id name } artists { name } album { id title artist { name } releaseDate }
             genres { id name } tags } }""",
    )
    assert data["track"] == {
        "id": "track_2",
        "title": "Title 2",
        "durationMs": 180_002,
        "isrc": "XX0000000002",
        "popularity": 2.0,
        "explicit": None,
        "trackNumber": 1,
        "artist": {"id": "artist_a2", "name": "Artist 2"},
        "artists": [{"name": "Artist 2"}, {"name": "Artist 3"}],
        "album": {
            "id": "album_b2",
            "title": "Album 2",
            "artist": {"name": "Artist 2"},
            "releaseDate": "1997-05",
        },
        "genres": [{"id": "genre_electronic", "name": "Electronic"}],
        "tags": ["fast", "loud"],
    }


async def test_nodes_come_in_order_and_missing_or_malformed_ids_are_null(
    client: httpx.AsyncClient,
):
    """Relay refetches by id; nobody learns from an error what exists."""
    ids = ["artist_a1", "track_99999", "track_5", "", "_", "track_", "user_\0", "x" * 9999]
    ids += ["track_\0", "album_b3", "genre_jazz", "track_5", "nonsense_1", "dHJhY2s6NQ=="]
    data = await ask(
        client,
        "query N($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }",
        ids=ids,
    )
    assert [node and (node["__typename"], node["id"]) for node in data["nodes"]] == [
        ("Artist", "artist_a1"),
        None,
        ("Track", "track_5"),
        *[None] * 6,
        ("Album", "album_b3"),
        ("Genre", "genre_jazz"),
        ("Track", "track_5"),
        None,
        None,
    ]
    assert await ask(client, '{ node(id: "track_") { id } }') == {"node": None}
    assert await ask(client, '{ track(id: "artist_a1") { id } album(id: "b3") { id } }') == {
        "track": None,
        "album": None,
    }


async def test_all_pages_forward_and_backward_are_the_whole_list(client: httpx.AsyncClient):
    """Nothing is lost or doubled between pages, in either direction."""
    whole = [f"track_{n}" for n in range(1, 151)]
    forward: list[str] = []
    page = {"hasNextPage": True, "endCursor": None}
    while page["hasNextPage"]:
        data = await ask(client, PAGE, first=40, after=page["endCursor"])
        forward += [edge["node"]["id"] for edge in data["tracks"]["edges"]]
        page = data["tracks"]["pageInfo"]
    assert forward == whole
    backward: list[str] = []
    page = {"hasPreviousPage": True, "startCursor": None}
    while page["hasPreviousPage"]:
        data = await ask(client, PAGE, last=40, before=page["startCursor"])
        backward = [edge["node"]["id"] for edge in data["tracks"]["edges"]] + backward
        page = data["tracks"]["pageInfo"]
    assert backward == whole


async def test_a_page_stays_right_while_rows_are_deleted_and_added(
    client: httpx.AsyncClient, catalog: Database
):
    """A cursor is a place, not an offset: it holds even where its own row is gone."""
    first = (await ask(client, PAGE, first=3))["tracks"]
    await catalog.fetch("DELETE FROM tracks WHERE key IN ('1', '3')")
    await catalog.fetch("INSERT INTO tracks (key, title, folded) VALUES ('new', 'N', 'n')")
    following = (await ask(client, PAGE, first=2, after=first["pageInfo"]["endCursor"]))["tracks"]
    assert [edge["node"]["id"] for edge in following["edges"]] == ["track_4", "track_5"]
    last = (await ask(client, PAGE, last=1))["tracks"]
    assert [edge["node"]["id"] for edge in last["edges"]] == ["track_new"]


async def test_an_album_lists_its_tracks_by_number(client: httpx.AsyncClient, catalog: Database):
    """An album is heard in its own order; tracks without a number come last."""
    await catalog.fetch("UPDATE tracks SET disc_number = 2 WHERE key = '1'")
    await catalog.fetch("UPDATE tracks SET track_number = NULL WHERE key = '11'")
    query = """query A($after: String) { album(id: "album_b1") { tracks(first: 4, after: $after) {
        edges { node { id } } pageInfo { hasNextPage endCursor } } } }"""
    ids, after, more = [], None, True
    while more:
        page = (await ask(client, query, after=after))["album"]["tracks"]
        ids += [edge["node"]["id"] for edge in page["edges"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    keys = [n for n in range(1, 151) if n % 10 == 1 and n % 7 and n not in (1, 11)]
    assert ids == [f"track_{n}" for n in [*keys, 11, 1]]


async def test_artists_have_pages_of_tracks_and_albums_of_their_own(client: httpx.AsyncClient):
    """Nested pages belong to their parent, also when many parents load at once."""
    data = await ask(
        client,
        """{ artists(first: 5) { edges { node { id
             tracks(last: 2) { edges { node { artists { id } } } pageInfo { hasPreviousPage } }
             albums(first: 1) { edges { node { artist { id } } } } } } } }""",
    )
    for edge in data["artists"]["edges"]:
        artist = edge["node"]
        assert len(artist["tracks"]["edges"]) == 2
        for track in artist["tracks"]["edges"]:
            assert artist["id"] in [one["id"] for one in track["node"]["artists"]]
        assert artist["tracks"]["pageInfo"]["hasPreviousPage"] is True
        assert artist["albums"]["edges"][0]["node"]["artist"]["id"] == artist["id"]


async def test_tracks_are_filtered_by_genre_and_exclude(client: httpx.AsyncClient):
    """`exclude` is how a client loads more without what it shows already."""
    query = """query T($genres: [String!], $exclude: [ID!]) {
        tracks(first: 3, genres: $genres, exclude: $exclude) { edges { node { id } } } }"""
    data = await ask(client, query, genres=["ROCK", "jazz"], exclude=["track_1", "track_x", "?"])
    ids = [edge["node"]["id"] for edge in data["tracks"]["edges"]]
    assert ids == ["track_3", "track_4", "track_6"]


@pytest.mark.parametrize(
    ("arguments", "argument"),
    [
        ("first: 0", "first"),
        ("first: -1", "first"),
        ("first: 101", "first"),
        ("first: 1000000000", "first"),
        ("first: 1, last: 1", "last"),
        ("last: 101", "last"),
        ('after: "nonsense"', "after"),
        ('before: "WzEsMl0"', "before"),
        ('after: "WyJhIl0"', "after"),
        ('after: "WzFlMzAwXQ"', "after"),
        ('genres: ["rok"]', "genres"),
    ],
)
async def test_wrong_arguments_are_named(client: httpx.AsyncClient, arguments: str, argument: str):
    """A client can point at the field that its user must mend."""
    response = await client.post(
        "/graphql", json={"query": f"{{ tracks({arguments}) {{ edges {{ cursor }} }} }}"}
    )
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["extensions"]["argument"] == argument
    assert "rok" not in arguments or "Rock" in error["message"]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(cursor=st.text(max_size=60), other=st.binary(max_size=40))
async def test_no_cursor_or_id_breaks_the_server(
    client: httpx.AsyncClient, cursor: str, other: bytes
):
    """Whatever comes as a cursor is used or refused; it never is an internal error."""
    for text in (cursor, other.hex(), "track_" + cursor):
        response = await client.post(
            "/graphql",
            json={
                "query": "query Q($c: String!, $i: ID!) "
                "{ tracks(first: 1, after: $c) { edges { cursor } } node(id: $i) { id } }",
                "variables": {"c": text, "i": text},
            },
        )
        for error in response.json().get("errors", []):
            assert error["extensions"]["code"] in ("BAD_USER_INPUT", "BAD_REQUEST")
