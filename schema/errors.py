"""Give every error a code, and let no internal detail reach a client.

Codes are those of Apollo Server 5 and a few of our own. An expected failure (`app.errors`) keeps
its sentence; anything else is logged with its traceback under the request id, and the client gets
that id and a generic sentence.
"""

import re
from collections.abc import Sequence

import structlog
from graphql import GraphQLError, GraphQLSyntaxError

from app.errors import (
    BadInput,
    DeadlineExceeded,
    Forbidden,
    Overloaded,
    SegueError,
    Unauthenticated,
    Unavailable,
)
from schema.context import Context

CODES: dict[type[SegueError], str] = {
    BadInput: "BAD_USER_INPUT",
    Unauthenticated: "UNAUTHENTICATED",
    Forbidden: "FORBIDDEN",
    Overloaded: "OVERLOADED",
    DeadlineExceeded: "TIMEOUT",
    Unavailable: "INTERNAL_SERVER_ERROR",
}
RETRYABLE = (Overloaded, DeadlineExceeded, Unavailable)
MOST_ERRORS = 5
_SUGGESTION = re.compile(r" Did you mean .*\?", re.DOTALL)

log = structlog.get_logger()


def present(
    errors: Sequence[GraphQLError], *, executed: bool, context: Context | None
) -> list[GraphQLError]:
    """The errors as a client may see them: at most five, each with `extensions.code`.

    `executed` says whether the operation was run: before, errors are the parser's and the
    validator's. The cap keeps hostile documents from being answered at length. Where introspection
    is off, suggestions go too: they would give the schema away word by word.
    """
    request_id = context.request_id if context is not None else "-"
    presented = [_presented(error, executed, request_id) for error in errors[:MOST_ERRORS]]
    if context is not None and not context.settings.introspection:
        presented = [
            _copy(error, _SUGGESTION.sub("", error.message), dict(error.extensions or {}))
            for error in presented
        ]
    return presented


def present_failure(failure: SegueError) -> GraphQLError:
    """An expected failure of the whole operation, as a GraphQL error."""
    return GraphQLError(str(failure), extensions=extensions_of(failure))


def extensions_of(failure: SegueError) -> dict[str, object]:
    """The extensions of an expected failure: code, and what helps a client to act on it."""
    code = next((CODES[one] for one in type(failure).__mro__ if one in CODES), "BAD_REQUEST")
    extensions: dict[str, object] = {"code": code}
    if isinstance(failure, BadInput) and failure.argument is not None:
        extensions["argument"] = failure.argument
    if isinstance(failure, RETRYABLE):
        extensions["retryable"] = True
    return extensions


def _presented(error: GraphQLError, executed: bool, request_id: str) -> GraphQLError:
    original = error.original_error
    if isinstance(original, SegueError):
        return _copy(error, str(original), extensions_of(original))
    if error.extensions and "code" in error.extensions:
        return error
    if isinstance(original, RecursionError):
        return _copy(error, "The document is nested too deeply.", _code("GRAPHQL_PARSE_FAILED"))
    code = _own_code(error, executed)
    if code is not None:
        return _copy(error, error.message, _code(code))
    log.error(
        "unexpected error",
        request_id=request_id,
        path=error.path,
        exc_info=original or error,
    )
    return _copy(
        error,
        "Something went wrong inside the server; its log has the details.",
        {"code": "INTERNAL_SERVER_ERROR", "requestId": request_id},
    )


def _own_code(error: GraphQLError, executed: bool) -> str | None:
    """The code of an error that graphql-core itself raised about the request, else None."""
    if not isinstance(error.original_error, GraphQLError | None):
        return None
    if isinstance(error, GraphQLSyntaxError):
        return "GRAPHQL_PARSE_FAILED"
    if not executed:
        return "GRAPHQL_VALIDATION_FAILED"
    if error.path is None or error.message.startswith("Argument '"):
        return "BAD_USER_INPUT"  # variables, and arguments that variables were put into
    return None


def _code(code: str) -> dict[str, object]:
    return {"code": code}


def _copy(error: GraphQLError, message: str, extensions: dict[str, object]) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )
