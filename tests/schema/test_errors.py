"""No internal detail reaches a client; every error has a code; the log has the rest."""

import pytest
import strawberry
import structlog
from graphql import GraphQLError

from app import errors
from app.auth import Identity
from app.settings import Settings
from schema import Schema
from schema.context import Context, Services
from schema.errors import CODES, extensions_of, present


@strawberry.type
class Query:
    @strawberry.field
    def secret(self) -> str | None:
        raise RuntimeError("the password is swordfish")

    @strawberry.field
    def refused(self, kind: str) -> str | None:
        raise getattr(errors, kind)("a sentence")

    @strawberry.field
    def number(self) -> int:
        return "swordfish"  # type: ignore[return-value]

    @strawberry.field
    def doubled(self, of: int = 1) -> int:
        return 2 * of


@pytest.fixture
def context(settings: Settings) -> Context:
    return Context(settings, Identity("admin"), Services(), request_id="request-1")


@pytest.mark.parametrize("query", ["{ secret }", "{ number }"])
async def test_what_nobody_expected_is_masked_and_logged(context: Context, query: str):
    """The operator finds the cause by the id that the client was told."""
    with structlog.testing.capture_logs() as logs:
        result = await Schema(Query).execute(query, context_value=context)
    assert result.errors is not None
    (error,) = result.errors
    assert error.extensions == {"code": "INTERNAL_SERVER_ERROR", "requestId": "request-1"}
    assert "swordfish" not in str(error.formatted)
    assert error.path is not None
    assert logs[0]["request_id"] == "request-1"
    assert "swordfish" in str(logs[0]["exc_info"])


@pytest.mark.parametrize("kind", [kind.__name__ for kind in CODES])
async def test_expected_failures_keep_their_sentence(context: Context, kind: str):
    """`app.errors` says what is safe to show."""
    result = await Schema(Query).execute(f'{{ refused(kind: "{kind}") }}', context_value=context)
    assert result.errors is not None
    (error,) = result.errors
    assert error.message == "a sentence"
    assert error.extensions == extensions_of(getattr(errors, kind)("a sentence"))


def test_every_expected_failure_has_a_code():
    """A class added to `app.errors` must be added to the table."""
    kinds = {
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.SegueError)
    }
    assert kinds - {errors.SegueError} == set(CODES)
    assert extensions_of(errors.BadInput("no", "count"))["argument"] == "count"
    assert extensions_of(errors.Unavailable("no"))["retryable"] is True


@pytest.mark.parametrize(
    ("query", "variables", "code"),
    [
        ("{", None, "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", None, "GRAPHQL_VALIDATION_FAILED"),
        ('{ doubled(of: "x") }', None, "GRAPHQL_VALIDATION_FAILED"),
        ("query Q($n: Int!) { doubled(of: $n) }", {"n": "x"}, "BAD_USER_INPUT"),
        ("query Q($n: Int!) { doubled(of: $n) }", {}, "BAD_USER_INPUT"),
        ("query Q($n: Int = 1) { doubled(of: $n) }", {"n": None}, "BAD_USER_INPUT"),
    ],
)
async def test_errors_of_the_language_have_the_usual_codes(
    context: Context, query: str, variables: dict[str, object] | None, code: str
):
    """Clients know these names from Apollo Server."""
    result = await Schema(Query).execute(query, variables, context)
    assert result.errors is not None
    assert [error.extensions and error.extensions["code"] for error in result.errors] == [code]


async def test_errors_are_capped_and_suggestions_go_with_introspection(settings: Settings):
    """A stranger cannot read the schema from "Did you mean", nor ask for an endless answer."""
    closed = settings.model_copy(update={"introspection": False})
    context = Context(closed, Identity("admin"), Services())
    raw = [GraphQLError("Cannot query field 'x'. Did you mean 'y' or 'z'?")] * 9
    presented = present(raw, executed=False, context=context)
    assert [error.message for error in presented] == ["Cannot query field 'x'."] * 5
