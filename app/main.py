"""The web application: routes, the order of what every request passes, and the lifespan."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route

from app.errors import BadInput
from app.http.access import CheckHostAndOrigin, RateLimit, is_loopback, requests_per_minute
from app.http.answers import error_response
from app.http.graphiql import Assets, Page
from app.http.graphql import GraphQLEndpoint
from app.http.health import healthz, readyz
from app.http.requests import Requests
from app.http.server import Server
from app.logs import configure_logs
from app.settings import Settings


def application() -> Starlette:
    """The application by the environment's settings: `uvicorn --factory app.main:application`."""
    settings = Settings()
    configure_logs(settings)
    return create_app(settings)


def create_app(settings: Settings) -> Starlette:
    """The ASGI application; `settings.database_url` must say where Postgres is.

    Raises BadInput for settings that would be unsafe or make no sense.
    """
    if settings.auth == "off" and not is_loopback(settings.host):
        raise BadInput(
            "SEGUE_AUTH=off makes everybody an admin, so it is allowed on loopback addresses only, "
            f"not on {settings.host}: set SEGUE_AUTH=on."
        )
    if settings.database_url is None:
        raise BadInput("SEGUE_DATABASE_URL is not set: `segue serve` sets it for the embedded one.")
    server = Server(settings, settings.database_url)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await server.start()
        try:
            yield
        finally:
            await server.stop()

    app = Starlette(
        routes=[
            Route("/graphql", GraphQLEndpoint(server, Page())),
            Mount("/graphiql", Assets()),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/", _home),
        ],
        middleware=_middleware(settings),
        exception_handlers={HTTPException: _no_such_page},
        lifespan=lifespan,
    )
    app.state.server = server
    return app


def _middleware(settings: Settings) -> list[Middleware]:
    """Outermost first."""
    middleware = [Middleware(Requests), Middleware(CheckHostAndOrigin, settings=settings)]
    if settings.cors_origins:
        middleware.append(
            Middleware(
                CORSMiddleware,
                allow_origins=settings.cors_origins,
                allow_methods=["GET", "POST"],
                allow_headers=["Authorization", "Content-Type"],
                expose_headers=["Retry-After", "X-Request-Id"],
            )
        )
    per_minute = requests_per_minute(settings.rate_limit)
    if per_minute is not None:
        middleware.append(Middleware(RateLimit, per_minute=per_minute))
    return middleware


async def _home(request: Request) -> Response:
    return RedirectResponse("/graphql")


async def _no_such_page(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = error.headers if isinstance(error, HTTPException) else None
    message = f"There is nothing at this path; the API is at /graphql. ({status})"
    return error_response(status, message, {"code": "BAD_REQUEST"}, headers)
