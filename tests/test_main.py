"""The server as a whole: it starts without Postgres, answers at once, and recovers by itself."""

import asyncio
import time

import asyncpg
import pytest

from app.errors import BadInput
from app.main import create_app
from app.settings import Settings
from tests.serving import ask, served


@pytest.fixture
def away(settings: Settings) -> Settings:
    """Settings of a server whose Postgres is not there."""
    url = "postgresql://postgres@127.0.0.1:1/segue"
    return settings.model_copy(update={"database_url": url})


async def test_without_a_database_it_starts_and_says_so(away: Settings):
    """An operator sees what is wrong; clients get an error at once, not a hang."""
    async with served(away) as client:
        started = time.perf_counter()
        response = await client.post(
            "/graphql", json={"query": "{ viewer { role } genres { id } }"}
        )
        assert time.perf_counter() - started < 1
        (error,) = response.json()["errors"]
        assert error["extensions"] == {"code": "INTERNAL_SERVER_ERROR", "retryable": True}
        assert "database" in error["message"]
        assert error["path"] == ["genres"]
        assert (await client.get("/healthz")).status_code == 200
        ready = await client.get("/readyz")
        assert ready.status_code == 503
        assert ready.json()["ready"] is False
        assert ready.json()["parts"]["database"]["ok"] is False
        assert "postgres@" not in ready.text


async def test_it_recovers_when_the_database_comes(settings: Settings, server_url: str):
    """Nobody restarts a server because Postgres was late."""
    name = "segue_late"
    head, _, query = server_url.partition("?")
    late = f"{head.rsplit('/', 1)[0]}/{name}" + (f"?{query}" if query else "")
    admin = await asyncpg.connect(server_url)
    await admin.execute(f"DROP DATABASE IF EXISTS {name}")
    async with served(settings.model_copy(update={"database_url": late})) as client:
        assert (await client.get("/readyz")).status_code == 503
        await admin.execute(f"CREATE DATABASE {name} TEMPLATE segue_template")
        for _ in range(100):
            if (await client.get("/readyz")).status_code == 200:
                break
            await asyncio.sleep(0.1)
        assert await ask(client, "{ genres { id } }") == {"genres": []}
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()


async def test_an_empty_catalog_is_ready(settings: Settings, empty_database_url: str):
    """A fresh installation answers, with nothing: that is not a fault."""
    fresh = settings.model_copy(update={"database_url": empty_database_url})
    async with served(fresh) as client:
        ready = await client.get("/readyz")
        assert ready.status_code == 200
        assert ready.json()["ready"] is True
        data = await ask(client, "{ tracks { edges { cursor } pageInfo { hasNextPage } } }")
        assert data == {"tracks": {"edges": [], "pageInfo": {"hasNextPage": False}}}


async def test_lost_connections_are_replaced(settings: Settings, empty_database_url: str):
    """When Postgres restarts, a client may have to try again, but never for long."""
    running = settings.model_copy(update={"database_url": empty_database_url})
    async with served(running) as client:
        await ask(client, "{ genres { id } }")
        admin = await asyncpg.connect(empty_database_url)
        await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await admin.close()
        for _ in range(10):
            body = (await client.post("/graphql", json={"query": "{ genres { id } }"})).json()
            if "errors" not in body:
                break
            assert body["errors"][0]["extensions"]["retryable"] is True
            await asyncio.sleep(0.05)
        assert body == {"data": {"genres": []}}


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "music.example", "::"])
def test_without_authentication_only_loopback_is_served(settings: Settings, host: str):
    """Everybody is admin then, so nobody else may be able to connect."""
    open_to_all = settings.model_copy(update={"host": host, "database_url": "postgresql://x/y"})
    with pytest.raises(BadInput, match="SEGUE_AUTH=off"):
        create_app(open_to_all)


@pytest.mark.parametrize("limit", ["0", "-1", "many", "1.5"])
def test_a_rate_limit_that_makes_no_sense_stops_the_start(settings: Settings, limit: str):
    """A typing error must not switch a protection off."""
    wrong = settings.model_copy(update={"rate_limit": limit, "database_url": "postgresql://x/y"})
    with pytest.raises(BadInput, match="SEGUE_RATE_LIMIT"):
        create_app(wrong)
