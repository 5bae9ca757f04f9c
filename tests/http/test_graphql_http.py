"""GraphQL over HTTP: statuses, media types, and bodies that are always GraphQL JSON."""

import json
import time
from typing import Any

import httpx
import pytest

from app.settings import Settings
from tests.serving import ask, served

GRAPHQL_JSON = "application/graphql-response+json"
QUERY = {"query": "{ viewer { role } }"}
ANSWER = {"data": {"viewer": {"role": "ADMIN"}}}


def code_of(response: httpx.Response) -> str:
    """The code of a refusal, which is GraphQL JSON without data."""
    body = response.json()
    assert "data" not in body
    code: str = body["errors"][0]["extensions"]["code"]
    return code


@pytest.mark.parametrize(
    ("accept", "media_type", "status"),
    [
        (GRAPHQL_JSON, GRAPHQL_JSON, 400),
        ("application/json", "application/json", 200),
        ("*/*", "application/json", 200),
        (f"application/json;q=0.5, {GRAPHQL_JSON}", GRAPHQL_JSON, 400),
        (f"{GRAPHQL_JSON};q=0.1, application/json;q=0.2", "application/json", 200),
    ],
)
async def test_the_media_type_is_agreed_on_and_decides_the_status(
    client: httpx.AsyncClient, accept: str, media_type: str, status: int
):
    """The newer media type says by status that nothing was run; the older one is always 200."""
    good = await client.post("/graphql", json=QUERY, headers={"Accept": accept})
    assert good.headers["content-type"].partition(";")[0] == media_type
    assert (good.status_code, good.json()) == (200, ANSWER)
    for bad in ("{ nothing }", "{", "query Q($n: Int!) { tracks(first: $n) { edges { cursor } } }"):
        refused = await client.post("/graphql", json={"query": bad}, headers={"Accept": accept})
        assert refused.status_code == status
        assert code_of(refused) in (
            "GRAPHQL_VALIDATION_FAILED",
            "GRAPHQL_PARSE_FAILED",
            "BAD_USER_INPUT",
        )


def posted(body: bytes | str, content_type: str = "application/json") -> dict[str, Any]:
    return {"method": "POST", "content": body, "headers": {"Content-Type": content_type}}


@pytest.mark.parametrize(
    ("request_of", "status"),
    [
        (posted('{"query": "{ viewer { role } }", "variables": {"n": NaN}}'), 400),
        (posted(json.dumps(QUERY).encode("utf-16")), 400),
        (posted(json.dumps(QUERY), "application/json; charset=utf-16"), 415),
        (posted('{"query": "{ a }", "variables": ' + '{"a":' * 100_000 + "1" + "}" * 100_001), 400),
        (posted("[" * 100_000), 400),
        (posted("["), 400),
        (posted("null"), 400),
        (posted("5"), 400),
        (posted("{}"), 400),
        (posted('{"query": 5}'), 400),
        (posted('{"query": "{ viewer { role } }", "variables": "x"}'), 400),
        (posted('{"query": "{ viewer { role } }", "operationName": 7}'), 400),
        (posted(json.dumps([QUERY] * 1000)), 400),
        (posted("query={viewer{role}}", "application/x-www-form-urlencoded"), 415),
        (posted("--x\r\n\r\n--x--", "multipart/form-data; boundary=x"), 415),
        (posted("{ viewer { role } }", "text/plain"), 415),
        (posted(b"x" * 10_000_000), 413),
        ({"method": "POST", "json": QUERY, "headers": {"Accept": "text/plain"}}, 406),
        ({"method": "PUT", "json": QUERY}, 405),
        ({"method": "DELETE"}, 405),
        ({"method": "GET"}, 400),
        ({"method": "GET", "params": {"query": "mutation { a }"}}, 405),
        ({"method": "POST", "json": {"query": "subscription { a }"}}, 400),
        ({"method": "GET", "params": {**QUERY, "variables": "{"}}, 400),
        ({"method": "GET", "params": {**QUERY, "variables": "[]"}}, 400),
    ],
)
async def test_a_request_that_is_none_is_refused_in_json_at_once(
    client: httpx.AsyncClient, request_of: dict[str, Any], status: int
):
    """A client can always parse the answer; the server goes on."""
    started = time.perf_counter()
    response = await client.request(url="/graphql", **request_of)
    assert time.perf_counter() - started < 0.3
    assert response.status_code == status
    assert code_of(response) in ("BAD_REQUEST", "GRAPHQL_VALIDATION_FAILED")
    assert ("allow" in response.headers) == (status == 405)
    assert await ask(client, "{ viewer { role } }") == ANSWER["data"]


async def test_a_chunked_body_is_limited_too(client: httpx.AsyncClient):
    """Without Content-Length the limit holds all the same."""

    async def endless() -> Any:
        for _ in range(200):
            yield b"x" * 10_000

    response = await client.post(
        "/graphql", content=endless(), headers={"Content-Type": "application/json"}
    )
    assert (response.status_code, code_of(response)) == (413, "BAD_REQUEST")


async def test_a_query_may_be_sent_by_get(client: httpx.AsyncClient):
    """So that answers can be linked to; variables are JSON in the address."""
    response = await client.get(
        "/graphql",
        params={
            "query": "query Q($id: ID!) { track(id: $id) { title } }",
            "variables": '{"id": "track_3"}',
            "operationName": "Q",
        },
    )
    assert response.json() == {"data": {"track": {"title": "Title 3"}}}


async def test_a_browser_gets_a_page_that_needs_no_other_server(client: httpx.AsyncClient):
    """GraphiQL works offline; its page may load nothing from elsewhere."""
    page = await client.get("/graphql", headers={"Accept": "text/html,*/*;q=0.8"})
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "http://" not in page.text
    assert "https://" not in page.text
    assert (await client.get("/graphiql/../settings.py")).status_code == 404


async def test_a_request_has_a_deadline(catalog: object, served_settings: Settings):
    """Nobody waits for ever, and nothing of the server is told."""
    hurried = served_settings.model_copy(update={"request_timeout_s": 0.000001})
    async with served(hurried) as client:
        response = await client.post(
            "/graphql", json={"query": "{ genres { id } }"}, headers={"Accept": GRAPHQL_JSON}
        )
    assert (response.status_code, code_of(response)) == (504, "TIMEOUT")


async def test_production_hides_the_schema(catalog: object, served_settings: Settings):
    """With introspection off, neither `__schema` nor suggestions tell what there is."""
    closed = served_settings.model_copy(update={"introspection": False})
    async with served(closed) as client:
        asked = {"query": '{ __schema { types { name } } __type(name: "Track") { name } }'}
        response = (await client.post("/graphql", json=asked)).json()
        codes = {error["extensions"]["code"] for error in response["errors"]}
        assert codes == {"GRAPHQL_VALIDATION_FAILED"}
        guess = (await client.post("/graphql", json={"query": "{ trackz { id } }"})).json()
        assert "Did you mean" not in guess["errors"][0]["message"]
        assert await ask(client, "{ __typename }") == {"__typename": "Query"}


async def test_every_answer_has_an_id_and_safe_headers(client: httpx.AsyncClient):
    """The id finds the request in the log; the headers keep browsers from guessing."""
    first = await client.post("/graphql", json=QUERY)
    second = await client.get("/nothing")
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    assert (second.status_code, code_of(second)) == (404, "BAD_REQUEST")
    for response in (first, second):
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["x-frame-options"] == "DENY"
        assert response.headers["cache-control"] == "no-store"
