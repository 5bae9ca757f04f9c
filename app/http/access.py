"""Who may knock: the Host and Origin of a request, and how often a client may ask.

Browsers let any page send requests to loopback addresses, also under a name that the page's owner
points there (DNS rebinding), so both headers are checked even where nobody else can connect.
"""

import ipaddress
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from app.errors import BadInput
from app.http.answers import Refusal
from app.settings import Settings

HEALTH_PATHS = ("/healthz", "/readyz")
_WINDOW_S = 60.0
_MOST_CLIENTS = 100_000


def is_loopback(host: str) -> bool:
    """Whether `host` names this machine itself: `localhost`, 127.0.0.0/8 or ::1."""
    if host.lower() in ("localhost", "localhost."):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class CheckHostAndOrigin:
    """Refuses requests under a foreign host name, or from a page of a foreign origin."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._loopback_only = is_loopback(settings.host)
        self._hosts = {host.lower() for host in settings.allowed_hosts}
        self._origins = {origin.rstrip("/").lower() for origin in settings.cors_origins}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 403."""
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            reason = self._refusal(scope["path"], headers)
            if reason is not None:
                await Refusal(403, "FORBIDDEN", reason).response()(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _refusal(self, path: str, headers: Headers) -> str | None:
        host = headers.get("host", "")
        if not self._may_be_called(host, path):
            return "This host name is not served; SEGUE_ALLOWED_HOSTS lists those that are."
        origin = headers.get("origin")
        if origin is not None:
            allowed = origin.lower() in self._origins or urlsplit(origin).netloc == host
            return None if allowed else _FOREIGN_ORIGIN
        # A page can embed an address (<img>, <script>) without an Origin; links are fine.
        embedded = headers.get("sec-fetch-site") in ("cross-site", "same-site")
        if embedded and headers.get("sec-fetch-mode") != "navigate":
            return _FOREIGN_ORIGIN
        return None

    def _may_be_called(self, host: str, path: str) -> bool:
        name = _host_name(host)
        if name is None:
            return False
        if is_loopback(name) or name in self._hosts:
            return True
        if self._loopback_only:
            return False
        return not self._hosts or path in HEALTH_PATHS


_FOREIGN_ORIGIN = (
    "Pages of this origin may not call Segue; SEGUE_CORS_ORIGINS lists those that may."
)


def _host_name(host: str) -> str | None:
    """The name or address in a Host header, without port; None when malformed."""
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
    except ValueError:
        return None
    if parts.hostname is None or "@" in host or parts.path:
        return None
    return parts.hostname


class RateLimit:
    """Lets each client ask `SEGUE_RATE_LIMIT` times a minute; more get 429.

    A sliding window: the last minute's count weighs by how much of it still lies within 60 s.
    """

    def __init__(
        self, app: ASGIApp, per_minute: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._app = app
        self._limit = per_minute
        self._clock = clock
        self._window = 0
        self._now: dict[str, int] = {}
        self._before: dict[str, int] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 429 with Retry-After."""
        if scope["type"] == "http" and scope["path"] not in HEALTH_PATHS:
            client = scope["client"][0] if scope.get("client") else "?"
            wait_s = self.wait_s(client)
            if wait_s > 0:
                refusal = Refusal(
                    429,
                    "RATE_LIMITED",
                    f"More than {self._limit} requests a minute; try again in {wait_s} s.",
                    {"Retry-After": str(wait_s)},
                )
                await refusal.response()(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def wait_s(self, client: str) -> int:
        """Count a request of `client`; 0 when it may pass, else the seconds to wait."""
        window, passed = divmod(self._clock(), _WINDOW_S)
        if window != self._window:
            self._before = self._now if window == self._window + 1 else {}
            self._now, self._window = {}, int(window)
        weighted = self._before.get(client, 0) * (1 - passed / _WINDOW_S)
        if weighted + self._now.get(client, 0) >= self._limit:
            return max(1, round(_WINDOW_S - passed))
        if len(self._now) < _MOST_CLIENTS:
            self._now[client] = self._now.get(client, 0) + 1
        return 0


def requests_per_minute(rate_limit: str) -> int | None:
    """The number in SEGUE_RATE_LIMIT, None for `off`; raises BadInput for anything else."""
    if rate_limit == "off":
        return None
    if not rate_limit.isdecimal() or int(rate_limit) < 1:
        raise BadInput(f"SEGUE_RATE_LIMIT is {rate_limit!r}: it must be a number from 1, or `off`.")
    return int(rate_limit)
