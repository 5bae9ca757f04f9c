"""The database: one asyncpg pool a process, the embedded server, migrations."""

from app.database.migration import migrate
from app.database.pool import Connection, Database, Row
from app.database.running import connected, running_server
from app.database.server import EmbeddedServer
from app.database.tables import Table

__all__ = [
    "Connection",
    "Database",
    "EmbeddedServer",
    "Row",
    "Table",
    "connected",
    "migrate",
    "running_server",
]
