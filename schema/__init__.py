"""The GraphQL face of Segue: builds `schema` from one module a domain."""

from collections.abc import Mapping
from typing import Any

import strawberry
from graphql import (
    GraphQLArgument,
    GraphQLError,
    GraphQLInputField,
    Undefined,
    is_input_object_type,
    is_interface_type,
    is_object_type,
)
from strawberry.extensions import MaxTokensLimiter, ParserCache
from strawberry.schema.config import StrawberryConfig
from strawberry.types.execution import ExecutionContext, ExecutionResult, PreExecutionError

from schema.audio import AudioQuery
from schema.catalog_query import CatalogQuery
from schema.context import Context
from schema.errors import present
from schema.limits import MOST_TOKENS, ValidateWithinLimits
from schema.listening import ListeningMutation, ListeningQuery
from schema.playlist import PlaylistQuery
from schema.recommendation import RecommendationQuery
from schema.search import SearchQuery
from schema.viewer import ViewerQuery


@strawberry.type(description="Everything that can be asked.")
class Query(
    CatalogQuery,
    RecommendationQuery,
    PlaylistQuery,
    AudioQuery,
    SearchQuery,
    ListeningQuery,
    ViewerQuery,
):
    """The root of queries."""


@strawberry.type(description="Everything that can be changed.")
class Mutation(ListeningMutation):
    """The root of mutations."""


class Schema(strawberry.Schema):
    """Strawberry's schema, whose errors are all fit for clients (`schema.errors`).

    A Python default of None means "not given": it is not exported as `= null`.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind in self._schema.type_map.values():
            if is_object_type(kind) or is_interface_type(kind):
                for field in kind.fields.values():
                    _drop_null_defaults(field.args)
            elif is_input_object_type(kind):
                _drop_null_defaults(kind.fields)

    async def execute(self, *args: Any, **kwargs: Any) -> ExecutionResult:
        """Execute a document; every error of the result has a code."""
        result = await super().execute(*args, **kwargs)
        if result.errors:
            context = kwargs.get("context_value")
            result.errors = present(
                result.errors,
                executed=not isinstance(result, PreExecutionError),
                context=context if isinstance(context, Context) else None,
            )
        return result

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Log nothing here: `schema.errors` logs what is unexpected, once."""


def _drop_null_defaults(inputs: Mapping[str, GraphQLArgument | GraphQLInputField]) -> None:
    for one in inputs.values():
        if one.default_value is None:
            one.default_value = Undefined


# Extensions are passed as factories: an instance would be shared by concurrent requests.
schema = Schema(
    query=Query,
    mutation=Mutation,
    extensions=[
        lambda: MaxTokensLimiter(max_token_count=MOST_TOKENS),
        ParserCache,
        ValidateWithinLimits,
    ],
    config=StrawberryConfig(),
)
