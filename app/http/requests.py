"""What happens to every request: an id, a line in the log, safe headers, and a last resort."""

import time
import uuid

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.answers import error_response

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
_QUIET_PATHS = ("/healthz", "/readyz", "/graphiql/")

log = structlog.get_logger()


class Requests:
    """The outermost middleware. `scope["state"]["request_id"]` is the id of the request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; what nobody else caught becomes a masked 500."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.perf_counter()
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                headers["X-Request-Id"] = request_id
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception:
            log.exception("unexpected error")
            if status == 0:
                response = error_response(
                    500,
                    "Something went wrong inside the server; its log has the details.",
                    {"code": "INTERNAL_SERVER_ERROR", "requestId": request_id},
                )
                await response(scope, receive, send_with_headers)
        finally:
            self._log(scope, status, time.perf_counter() - started)

    def _log(self, scope: Scope, status: int, took_s: float) -> None:
        write = log.debug if scope["path"].startswith(_QUIET_PATHS) else log.info
        write(
            "request",
            method=scope["method"],
            path=scope["path"],
            status=status,
            took_ms=round(took_s * 1000, 1),
            operation=scope["state"].get("operation"),
            client=scope["client"][0] if scope.get("client") else None,
        )
