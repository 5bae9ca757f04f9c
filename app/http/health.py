"""`/healthz`: the process is alive. `/readyz`: what it depends on, one by one."""

import asyncio

import orjson
from starlette.requests import Request
from starlette.responses import Response

from app.errors import SegueError
from app.http.server import Server

_DATABASE_TIMEOUT_S = 1.0


async def healthz(request: Request) -> Response:
    """Always 200: a process that cannot say so is dead."""
    return _answer({"ok": True}, 200)


async def readyz(request: Request) -> Response:
    """200 when requests can be answered, 503 otherwise; each part with `ok` and `problem`.

    Models that are not trained yet are a problem worth naming, but no reason to send requests
    elsewhere: an empty catalog answers with empty lists.
    """
    server: Server = request.app.state.server
    database = await _database_problem(server)
    parts = {"database": database, "services": server.problem, **server.services.problems()}
    ready = database is None and server.problem is None
    return _answer(
        {
            "ready": ready,
            "parts": {
                name: {"ok": problem is None, "problem": problem} for name, problem in parts.items()
            },
        },
        200 if ready else 503,
    )


async def _database_problem(server: Server) -> str | None:
    try:
        async with asyncio.timeout(_DATABASE_TIMEOUT_S):
            await server.services.database.fetch_value("SELECT 1")
    except SegueError as error:
        return str(error)
    except TimeoutError:
        return f"The database does not answer within {_DATABASE_TIMEOUT_S:g} s."
    return None


def _answer(body: dict[str, object], status: int) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")
