from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.ext.asyncio import create_async_engine

from app.database import Database, Table, migrate
from app.database.migration import sqlalchemy_url


async def test_migrations_go_down_and_up_again(empty_database_url: str) -> None:
    database = await Database.connect(empty_database_url, pool_size=1)
    count = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
    tables = await database.fetch_value(count)
    await migrate(empty_database_url, "base")
    assert await database.fetch_value(count) == 1  # alembic's own
    await migrate(empty_database_url)
    assert await database.fetch_value(count) == tables
    await database.close()


async def test_migrations_make_the_tables_that_the_models_declare(empty_database_url: str) -> None:
    """Whoever changes a model must write the migration for it."""
    engine = create_async_engine(sqlalchemy_url(empty_database_url))
    async with engine.connect() as connection:
        difference = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync), Table.metadata)
        )
    await engine.dispose()
    assert difference == []
