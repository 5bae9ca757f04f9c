"""GraphiQL, served by ourselves: it works where there is no internet."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

DIST = Path(__file__).resolve().parents[2] / "web" / "dist"
# The editor (Monaco) sets styles from scripts and has its icons in data: addresses.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; worker-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_NOT_BUILT = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Segue</title>
<h1>Segue is running</h1>
<p>GraphiQL is not built yet. Build it once, with Node 20 or newer:</p>
<pre>cd web && npm ci && npm run build</pre>
<p>The API itself answers here already: send GraphQL to this address by POST.</p>
</html>
"""


def wants_page(request: Request) -> bool:
    """Whether a browser navigates here, and wants something to look at."""
    return request.method == "GET" and "text/html" in request.headers.get("accept", "")


class Page:
    """GraphiQL's page, or how to build it; an ASGI application."""

    def __init__(self, dist: Path = DIST) -> None:
        self._file = dist / "index.html"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the page."""
        try:
            html = self._file.read_text()
        except FileNotFoundError:
            html = _NOT_BUILT
        response = HTMLResponse(html, headers={"Content-Security-Policy": _POLICY})
        await response(scope, receive, send)


class Assets(StaticFiles):
    """Scripts, styles and fonts of the page: kept by browsers, asked again whether they changed."""

    def __init__(self, dist: Path = DIST) -> None:
        super().__init__(directory=dist, check_dir=False)

    def file_response(self, *args: object, **kwargs: object) -> Response:
        """The file, with its caching rule."""
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = "no-cache"
        return response
