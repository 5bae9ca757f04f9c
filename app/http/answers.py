"""Answers that are refusals: always GraphQL JSON, with a code, whatever went wrong."""

from collections.abc import Mapping, Sequence

import orjson
from starlette.responses import Response

from app.errors import (
    BadInput,
    DeadlineExceeded,
    Forbidden,
    Overloaded,
    SegueError,
    Unauthenticated,
    Unavailable,
)
from schema.errors import extensions_of

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
RETRY_AFTER_S = 1
_STATUS: dict[type[SegueError], int] = {
    BadInput: 400,
    Unauthenticated: 401,
    Forbidden: 403,
    Overloaded: 503,
    Unavailable: 503,
    DeadlineExceeded: 504,
}
# The draft of 2026-08 asks for 422 where a document is at fault, and 294 for data with errors; its
# audit suite and today's clients expect 400 and 200.
STATUS_OF_CODE = {
    "UNAUTHENTICATED": 401,
    "FORBIDDEN": 403,
    "OVERLOADED": 503,
    "TIMEOUT": 504,
    "INTERNAL_SERVER_ERROR": 500,
}


class Refusal(Exception):
    """A request that will not be run, and what to answer."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = headers

    def response(self, media_type: str = JSON) -> Response:
        """The answer."""
        return error_response(self.status, str(self), {"code": self.code}, self.headers, media_type)


def error_response(
    status: int,
    message: str,
    extensions: Mapping[str, object],
    headers: Mapping[str, str] | None = None,
    media_type: str = JSON,
) -> Response:
    """One GraphQL error as a whole response."""
    body = {"errors": [{"message": message, "extensions": dict(extensions)}]}
    return Response(orjson.dumps(body), status, headers, media_type)


def failure_response(failure: SegueError, media_type: str = JSON) -> Response:
    """The response to an expected failure that stopped the whole request."""
    status = next((_STATUS[one] for one in type(failure).__mro__ if one in _STATUS), 400)
    headers = {}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="segue"'
    if status == 503:
        headers["Retry-After"] = str(RETRY_AFTER_S)
    return error_response(status, str(failure), extensions_of(failure), headers, media_type)


def status_of(errors: Sequence[Mapping[str, object]]) -> int:
    """The status of an answer without data, by its first error's code; 400 for most."""
    extensions = errors[0].get("extensions") if errors else None
    code = extensions.get("code") if isinstance(extensions, Mapping) else None
    return STATUS_OF_CODE.get(str(code), 400)
