"""Who may knock: pages of other origins, rebound names, and clients in a hurry may not."""

from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.http.access import RateLimit
from app.settings import Settings
from tests.serving import served

QUERY = {"query": "{ viewer { role } }"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "127.0.0.1:8000"}, 200),
        ({"Host": "[::1]:8000"}, 200),
        ({"Host": "LOCALHOST"}, 200),
        ({"Host": "evil.example"}, 403),
        ({"Host": "localhost.evil.example"}, 403),
        ({"Host": "127.0.0.1.nip.io"}, 403),
        ({"Host": "localhost@evil.example"}, 403),
        ({"Host": "localhost:port"}, 403),
        ({"Host": ""}, 403),
        ({"Origin": "http://localhost"}, 200),
        ({"Origin": "http://localhost:3000"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost.evil.example"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}, 200),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 200),
    ],
)
async def test_pages_of_others_cannot_use_a_loopback_server(
    client: httpx.AsyncClient, headers: dict[str, str], status: int
):
    """DNS rebinding and cross-site requests are how a web page would reach it."""
    response = await client.post("/graphql", json=QUERY, headers=headers)
    assert response.status_code == status
    if status == 403:
        assert response.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_frontends_are_let_in_by_setting(catalog: object, served_settings: Settings):
    """SEGUE_CORS_ORIGINS is what a frontend on another origin needs."""
    origin = "https://app.example"
    with_frontend = served_settings.model_copy(
        update={"cors_origins": [origin], "allowed_hosts": ["music.example"]}
    )
    async with served(with_frontend) as client:
        preflight = await client.options(
            "/graphql",
            headers={
                "Origin": origin,
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "content-type, authorization",
            },
        )
        assert preflight.status_code == 200
        assert preflight.headers["access-control-allow-origin"] == origin
        answer = await client.post(
            "/graphql", json=QUERY, headers={"Origin": origin, "Host": "music.example"}
        )
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == origin
        other = await client.post("/graphql", json=QUERY, headers={"Origin": "https://b.example"})
        assert other.status_code == 403


async def test_a_client_in_a_hurry_is_told_when_to_come_back(
    catalog: object, served_settings: Settings
):
    """429 with Retry-After, while health checks always pass."""
    limited = served_settings.model_copy(update={"rate_limit": "3"})
    async with served(limited) as client:
        statuses = [(await client.post("/graphql", json=QUERY)).status_code for _ in range(4)]
        refused = await client.post("/graphql", json=QUERY)
        health = await client.get("/healthz")
    assert statuses == [200, 200, 200, 429]
    assert refused.json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert health.status_code == 200


async def _nothing(*args: Any) -> None:
    """An application that is never reached."""


@given(
    gaps=st.lists(st.floats(0, 90, allow_nan=False), min_size=1, max_size=200),
    limit=st.integers(1, 20),
)
def test_no_minute_lets_many_more_than_the_limit_through(gaps: list[float], limit: int):
    """The window slides: a client cannot double its share around a full minute."""
    now = 1000.0
    limiter = RateLimit(_nothing, limit, clock=lambda: now)
    passed: list[float] = []
    for gap in gaps:
        now += gap
        if limiter.wait_s("client") == 0:
            passed.append(now)
    windows = [sum(1 for one in passed if start // 60 == one // 60) for start in passed]
    assert max(windows, default=0) <= limit
    assert passed, "the first request of a client always passes"
