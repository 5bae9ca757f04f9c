"""`recommendations` through HTTP: the promised signature, errors with codes, effects of listens."""

from typing import Any

import httpx
import pytest

from app.auth import create_key
from app.database import Database
from app.settings import Settings
from tests.serving import ask, served

RECOMMEND = """
query Recommend($user: ID!, $context: ContextInput, $count: Int, $algorithm: String,
                $exclude: [ID!], $known: Boolean) {
  recommendations(userId: $user, context: $context, count: $count, algorithm: $algorithm,
                  exclude: $exclude, includeKnown: $known) {
    tracks { id title artist { name } }
    items {
      track { id } rank score confidence
      reasons { type text share tracks { id } artist { name } }
    }
    confidence
    explanation
    metadata {
      algorithm algorithmUsed note modelVersion trainedAt calibrated
      candidates { source count } context { name value applied how } stages { stage ms }
    }
  }
}
"""
RECORD = """
mutation Record($input: RecordListensInput!) { recordListens(input: $input) { added } }
"""


async def recommend(client: httpx.AsyncClient, user: str, **variables: Any) -> Any:
    data = await ask(client, RECOMMEND, user=user, **variables)
    return data["recommendations"]


async def test_nulls_are_the_defaults(client: httpx.AsyncClient) -> None:
    """`count: null` and leaving it out are the same: ten tracks, by `hybrid`."""
    answer = await recommend(client, "user_nobody", count=None, algorithm=None, known=None)
    assert len(answer["tracks"]) == len(answer["items"]) == 10
    assert [item["rank"] for item in answer["items"]] == list(range(1, 11))
    assert [item["track"]["id"] for item in answer["items"]] == [t["id"] for t in answer["tracks"]]
    assert answer["metadata"]["algorithm"] == "hybrid"
    assert "No model is trained yet" in answer["explanation"]
    assert answer["metadata"]["calibrated"] is False and answer["confidence"] == 0


@pytest.mark.parametrize(
    ("variables", "argument", "allowed"),
    [
        ({"count": 0}, "count", "1 to 100"),
        ({"count": -1}, "count", "1 to 100"),
        ({"count": 10**9}, "count", "1 to 100"),
        ({"algorithm": "magic"}, "algorithm", "hybrid_deep"),
        ({"context": {"mood": "so-so"}}, "context.mood", "romantic"),
        ({"context": {"timeOfDay": "noon"}}, "context.timeOfDay", "afternoon"),
        ({"exclude": ["track_1"] * 1001}, "exclude", "1000"),
    ],
)
async def test_bad_input_names_the_argument_and_what_is_allowed(
    client: httpx.AsyncClient, variables: dict[str, Any], argument: str, allowed: str
) -> None:
    given = {"query": RECOMMEND, "variables": {"user": "user_1", **variables}}
    body = (await client.post("/graphql", json=given)).json()
    (error,) = body["errors"]
    assert error["path"] == ["recommendations"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["extensions"]["argument"] == argument
    assert allowed in error["message"]
    assert body["data"] == {"recommendations": None}


async def test_exclude_loads_more_and_ignores_ids_that_are_none(client: httpx.AsyncClient) -> None:
    first = await recommend(client, "user_1", count=5)
    seen = [track["id"] for track in first["tracks"]]
    more = await recommend(client, "user_1", count=5, exclude=[*seen, "artist_1", "", "track_no"])
    assert len(more["tracks"]) == 5
    assert not set(seen) & {track["id"] for track in more["tracks"]}


async def test_a_recorded_listen_changes_the_very_next_answer(client: httpx.AsyncClient) -> None:
    """No training in between: what was just heard is not recommended again."""
    before = await recommend(client, "user_ann", count=3)
    heard = before["tracks"][0]["id"]
    listen = {"trackId": heard, "listenedAt": "2024-05-01T10:00:00Z"}
    await ask(client, RECORD, input={"userId": "user_ann", "listens": [listen]})
    after = await recommend(client, "user_ann", count=100)
    assert heard not in {track["id"] for track in after["tracks"]}
    known = await recommend(client, "user_ann", count=1, known=True)
    assert known["tracks"][0]["id"] == heard  # the only track that anybody plays


async def test_a_listener_may_ask_for_themselves_only(
    catalog: Database, served_settings: Settings
) -> None:
    """Forbidden before any look-up, so that nobody learns which listeners exist."""
    await catalog.fetch("INSERT INTO users (key) VALUES ('ann'), ('bob')")
    secret = await create_key(catalog, "listener", "ann")
    async with served(served_settings.model_copy(update={"auth": "on"})) as client:
        client.headers["Authorization"] = f"Bearer {secret}"
        own = await recommend(client, "user_ann", count=2)
        assert len(own["tracks"]) == 2
        for other in ("user_bob", "user_nobody", "rubbish"):
            given = {"query": RECOMMEND, "variables": {"user": other}}
            body = (await client.post("/graphql", json=given)).json()
            assert body["errors"][0]["extensions"]["code"] == "FORBIDDEN"
            assert body["data"] == {"recommendations": None}
