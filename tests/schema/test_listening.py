"""Listeners through HTTP: plays recorded and read back, and who may see whose."""

from collections.abc import AsyncIterator

import httpx
import pytest

from app.auth import create_key
from app.database import Database
from app.settings import Settings
from tests.serving import ask, served

RECORD = """
mutation Record($input: RecordListensInput!) {
  recordListens(input: $input) {
    user { id } added alreadyThere merged problems { index message }
    listens { listenedAt msPlayed skipped counted sources context track { id } }
  }
}
"""
LISTENS = """
query Listens($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
  user(id: $id) {
    id
    listens(first: $first, after: $after, last: $last, before: $before) {
      edges { cursor node { listenedAt track { title artist { name } } } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
}
"""


def plays(count: int) -> list[dict[str, object]]:
    """Plays an hour apart, the last one at `count` o'clock."""
    return [
        {"trackId": f"track_{n}", "listenedAt": f"2024-03-01T{n:02}:00:00Z"}
        for n in range(1, count + 1)
    ]


async def record(client: httpx.AsyncClient, user: str, listens: list[dict[str, object]]):
    data = await ask(client, RECORD, input={"userId": user, "listens": listens})
    return data["recordListens"]


async def errors(client: httpx.AsyncClient, query: str, **variables: object) -> list[dict]:
    response = await client.post("/graphql", json={"query": query, "variables": variables})
    return response.json()["errors"]


async def test_plays_are_recorded_once_and_bad_ones_reported(client: httpx.AsyncClient):
    """A client may repeat a request; it learns which entries to mend, and the rest is kept."""
    listens = [
        {"trackId": "track_3", "listenedAt": "2024-03-01T10:00:00+01:00", "msPlayed": 9000,
         "skipped": True, "context": {"activity": "workout", "timeOfDay": "morning"}},
        {"trackId": "track_nope", "listenedAt": "2024-03-01T10:00:00Z"},
        {"title": "Title 4", "artist": "Artist 4", "listenedAt": "2024-03-01T11:00:00"},
        {"trackId": "track_3", "listenedAt": "2087-01-01T00:00:00Z"},
    ]  # fmt: skip
    first = await record(client, "user_ann", listens)
    assert (first["added"], first["alreadyThere"], first["user"]) == (2, 0, {"id": "user_ann"})
    assert first["problems"] == [
        {"index": 1, "message": "trackId is not in the catalog"},
        {"index": 3, "message": "listened_at is more than a day in the future"},
    ]
    assert first["listens"] == [
        {
            "listenedAt": "2024-03-01T09:00:00+00:00",
            "msPlayed": 9000,
            "skipped": True,
            "counted": False,
            "sources": ["api"],
            "context": {"activity": "workout", "time_of_day": "morning"},
            "track": {"id": "track_3"},
        },
        {
            "listenedAt": "2024-03-01T11:00:00+00:00",
            "msPlayed": None,
            "skipped": False,
            "counted": True,
            "sources": ["api"],
            "context": None,
            "track": {"id": "track_4"},
        },
    ]
    again = await record(client, "user_ann", listens)
    assert (again["added"], again["alreadyThere"]) == (0, 2)


async def test_listens_page_newest_first(client: httpx.AsyncClient):
    """Pages follow each other also when a newer play came in between; backward too."""
    await record(client, "user_ann", plays(5))
    page = (await ask(client, LISTENS, id="user_ann", first=2))["user"]["listens"]
    titles = [edge["node"]["track"]["title"] for edge in page["edges"]]
    assert titles == ["Title 5", "Title 4"]
    assert page["pageInfo"]["hasNextPage"]
    await record(client, "user_ann", plays(6))
    after = page["pageInfo"]["endCursor"]
    rest = (await ask(client, LISTENS, id="user_ann", first=9, after=after))["user"]["listens"]
    titles = [edge["node"]["track"]["title"] for edge in rest["edges"]]
    assert titles == ["Title 3", "Title 2", "Title 1"]
    assert not rest["pageInfo"]["hasNextPage"]
    back = (await ask(client, LISTENS, id="user_ann", last=2, before=after))["user"]["listens"]
    titles = [edge["node"]["track"]["title"] for edge in back["edges"]]
    assert titles == ["Title 6", "Title 5"]


@pytest.mark.parametrize("values", ["[0]", "[9223372036854775807,9223372036854775807]", "[-9e9,1]"])
async def test_strange_cursors_are_answered(client: httpx.AsyncClient, values: str):
    """A cursor comes from outside: no number in it may reach Postgres as a date out of range."""
    import base64

    await record(client, "user_ann", plays(2))
    cursor = base64.urlsafe_b64encode(values.encode()).decode().rstrip("=")
    response = await client.post(
        "/graphql",
        json={"query": LISTENS, "variables": {"id": "user_ann", "first": 5, "after": cursor}},
    )
    body = response.json()
    assert all(e["extensions"]["code"] == "BAD_USER_INPUT" for e in body.get("errors", []))


async def test_users_and_nodes(client: httpx.AsyncClient):
    for name in ("ann", "bob"):
        await record(client, f"user_{name}", plays(1))
    data = await ask(
        client,
        "{ users { edges { node { id listens(first: 1) { edges { node { listenedAt } } } } } } "
        'node(id: "user_bob") { id } nobody: user(id: "user_nobody") { id } }',
    )
    assert [edge["node"]["id"] for edge in data["users"]["edges"]] == ["user_ann", "user_bob"]
    assert data["node"] == {"id": "user_bob"}
    assert data["nobody"] is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"context": {"mood": "purple"}}, "context.mood must be one of"),
        ({"listenedAt": "soon"}, "soon"),
    ],
)
async def test_wrong_words_are_bad_input(
    client: httpx.AsyncClient, change: dict[str, object], words: str
):
    listens = [plays(1)[0] | change]
    (error,) = await errors(client, RECORD, input={"userId": "user_ann", "listens": listens})
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert words in error["message"]


async def test_more_than_a_thousand_plays_are_refused(client: httpx.AsyncClient):
    listens = plays(1) * 1001
    (error,) = await errors(client, RECORD, input={"userId": "user_ann", "listens": listens})
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "argument": "listens"}


@pytest.fixture
async def listener(
    catalog: Database, served_settings: Settings
) -> AsyncIterator[httpx.AsyncClient]:
    """A client with the key of the listener `ann`, on a server that asks for keys."""
    secret = await create_key(catalog, "listener", "ann")
    async with served(served_settings.model_copy(update={"auth": "on"})) as client:
        client.headers["authorization"] = f"Bearer {secret}"
        yield client


async def test_a_listener_reaches_nobody_else(listener: httpx.AsyncClient, catalog: Database):
    """Whether the other exists or not: the same refusal, and nothing changes."""
    assert (await record(listener, "user_ann", plays(2)))["added"] == 2
    assert (await ask(listener, '{ node(id: "user_ann") { id } }'))["node"] == {"id": "user_ann"}
    await catalog.fetch("INSERT INTO users (key) VALUES ('bob') RETURNING id")
    for other in ("user_bob", "user_nobody", "bob"):
        for query, variables in (
            (RECORD, {"input": {"userId": other, "listens": plays(1)}}),
            (LISTENS, {"id": other}),
        ):
            (error,) = await errors(listener, query, **variables)
            assert error["extensions"]["code"] == "FORBIDDEN"
        assert (await ask(listener, f'{{ node(id: "{other}") {{ id }} }}'))["node"] is None
    (error,) = await errors(listener, "{ users { edges { node { id } } } }")
    assert error["extensions"]["code"] == "FORBIDDEN"
    assert await catalog.fetch_value("SELECT count(*) FROM listens") == 2
