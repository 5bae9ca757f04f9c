import asyncio

import asyncpg
import pytest

from app.database import Database
from app.errors import Overloaded, Unavailable


async def test_json_goes_in_and_comes_out_also_by_copy(database: Database) -> None:
    assert await database.fetch_value("SELECT $1::jsonb", {"a": [1, None]}) == {"a": [1, None]}
    async with database.transaction() as connection:
        await connection.execute("CREATE TEMP TABLE documents (body jsonb) ON COMMIT DROP")
        await connection.copy_records_to_table("documents", records=[({"b": "é"},)])
        assert await connection.fetchval("SELECT body FROM documents") == {"b": "é"}


async def test_a_failed_transaction_leaves_nothing(database: Database) -> None:
    with pytest.raises(asyncpg.UniqueViolationError):
        async with database.transaction() as connection:
            for _ in range(2):
                await connection.execute("INSERT INTO users (key) VALUES ('ann')")
    assert await database.fetch_value("SELECT count(*) FROM users") == 0


async def test_connections_that_were_cut_are_replaced(database: Database) -> None:
    """A restarted Postgres costs a read nothing: the pool's dead connections are tried anew."""
    await asyncio.gather(*(database.fetch("SELECT pg_sleep(0.05)") for _ in range(4)))
    await database.fetch(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    for _ in range(8):
        assert await database.fetch_value("SELECT 1") == 1


async def test_a_server_that_is_away_is_said_at_once(tmp_path) -> None:
    with pytest.raises(Unavailable):
        await Database.connect(f"postgresql://segue:x@/segue?host={tmp_path}")


async def test_an_exhausted_pool_is_overloaded_not_a_hang(empty_database_url: str) -> None:
    database = await Database.connect(empty_database_url, pool_size=1)
    async with database.acquire():
        with pytest.raises(Overloaded):
            await database.fetch("SELECT 1")
    await database.close()
