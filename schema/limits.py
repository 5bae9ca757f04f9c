"""Refuse a document that is too deep, too repetitive or too costly before it is validated.

One pass over the document, memoised by fragment name: a diamond of fragments, each spreading the
next twice, doubles the work of a naive walk with every level. Cost counts the objects that a
document may return: a field costs 1 (more for those that run a model), times the sizes of the
pages it lies in.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    IntValueNode,
    ListValueNode,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
)
from strawberry.extensions import ValidationCache

from schema.context import Context

MOST_TOKENS = 2_000
DEEPEST = 20
MOST_ALIASES = 30
MOST_REPEATS = 30  # the validator compares each with every other
MOST_DIRECTIVES = 30
MOST_COST = 20_000
_NESTING = 100  # of fields and fragments together: bounds this module's own recursion
_PAGE_ARGUMENTS = ("first", "last", "count", "ids")
_DEFAULT_PAGE = 20
_CONNECTIONS = frozenset({"tracks", "artists", "albums", "users", "listens", "search", "playlists"})
_MODEL_FIELDS = {"recommendations": 100, "playlist": 200, "search": 50, "audioAnalysis": 2_000}


@dataclass(frozen=True, slots=True)
class Extent:
    """How large a selection is: levels of fields, aliases, repeated fields, directives, cost."""

    depth: int = 0
    aliases: int = 0
    repeats: int = 0
    directives: int = 0
    cost: int = 0

    def beside(self, other: "Extent") -> "Extent":
        """Both selections in one."""
        return Extent(
            max(self.depth, other.depth),
            self.aliases + other.aliases,
            self.repeats + other.repeats,
            self.directives + other.directives,
            self.cost + other.cost,
        )


class _TooNested(Exception):
    """A signal inside this module: deeper than this walk goes."""


class _Measure:
    def __init__(self, document: DocumentNode, variables: Mapping[str, object]) -> None:
        self._fragments = {
            one.name.value: one
            for one in document.definitions
            if isinstance(one, FragmentDefinitionNode)
        }
        self._variables = dict(variables)
        self._measured: dict[str, Extent] = {}
        self._open: set[str] = set()

    def operation(self, operation: OperationDefinitionNode) -> Extent:
        for definition in operation.variable_definitions or ():
            if definition.default_value is not None:
                default = self._number(definition.default_value)
                self._variables.setdefault(definition.variable.name.value, default)
        own = Extent(directives=len(operation.directives or ()))
        return own.beside(self._selections(operation.selection_set, 0, set()))

    def _selections(
        self, selection_set: SelectionSetNode | None, level: int, names: set[str]
    ) -> Extent:
        """`names` collects what the fields here are called, inline fragments included."""
        if level > _NESTING:
            raise _TooNested
        total = Extent()
        for node in selection_set.selections if selection_set is not None else ():
            own = Extent(directives=len(node.directives or ()))
            if isinstance(node, FieldNode):
                name = (node.alias or node.name).value
                own = own.beside(Extent(repeats=name in names))
                names.add(name)
                inner = self._field(node, level)
            elif isinstance(node, FragmentSpreadNode):
                inner = self._fragment(node.name.value, level)
            else:
                inner = self._selections(getattr(node, "selection_set", None), level + 1, names)
            total = total.beside(own.beside(inner))
        return total

    def _field(self, node: FieldNode, level: int) -> Extent:
        name = node.name.value
        inner = self._selections(node.selection_set, level + 1, set())
        # Introspection answers from memory, a plain list of the schema's own size.
        weight = 0 if name.startswith("__") else _MODEL_FIELDS.get(name, 1)
        return Extent(
            inner.depth + 1,
            inner.aliases + (node.alias is not None),
            inner.repeats,
            inner.directives,
            0 if name.startswith("__") else weight + self._page(node) * inner.cost,
        )

    def _fragment(self, name: str, level: int) -> Extent:
        fragment = self._fragments.get(name)
        if fragment is None or name in self._open:
            return Extent()  # unknown or circular: the validator says so
        if name not in self._measured:
            self._open.add(name)
            self._measured[name] = self._selections(fragment.selection_set, level + 1, set())
            self._open.discard(name)
        return self._measured[name]

    def _page(self, node: FieldNode) -> int:
        sizes = [
            size
            for argument in node.arguments or ()
            if argument.name.value in _PAGE_ARGUMENTS
            and (size := self._number(argument.value)) is not None
        ]
        if sizes:
            # Sizes that are not allowed at all are refused by the field itself.
            return max(1, min(max(sizes), 100))
        return _DEFAULT_PAGE if node.name.value in _CONNECTIONS and node.selection_set else 1

    def _number(self, value: ValueNode) -> int | None:
        if isinstance(value, IntValueNode):
            return int(value.value[:10])
        if isinstance(value, ListValueNode):
            return len(value.values)
        if isinstance(value, VariableNode):
            given = self._variables.get(value.name.value)
            if isinstance(given, list):
                return len(given)
            return given if isinstance(given, int) else None
        return None


def refusals(
    document: DocumentNode, variables: Mapping[str, object], operation_name: str | None
) -> list[GraphQLError]:
    """Why this document will not be run; empty when it may be."""
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    if len(operations) > 1 and operation_name is None:
        return [
            GraphQLError(
                "The document has several operations: `operationName` must say which to run.",
                extensions={"code": "OPERATION_RESOLUTION_FAILURE"},
            )
        ]
    measure = _Measure(document, variables)
    total = Extent()
    try:
        for operation in operations:
            total = total.beside(measure.operation(operation))
    except _TooNested:
        return [_refusal(f"The document nests more than {_NESTING} levels of selections.")]
    return [_refusal(reason) for reason in _reasons(total)]


def _reasons(total: Extent) -> Iterator[str]:
    if total.depth > DEEPEST:
        yield f"The document is {total.depth} levels deep: at most {DEEPEST} are allowed."
    if total.aliases > MOST_ALIASES:
        yield f"The document has {total.aliases} aliases: at most {MOST_ALIASES} are allowed."
    if total.repeats > MOST_REPEATS:
        yield (
            f"The document repeats fields {total.repeats} times: "
            f"at most {MOST_REPEATS} repetitions are allowed."
        )
    if total.directives > MOST_DIRECTIVES:
        yield (
            f"The document has {total.directives} directives: "
            f"at most {MOST_DIRECTIVES} are allowed."
        )
    if total.cost > MOST_COST:
        yield (
            f"The document may return {total.cost} fields: at most {MOST_COST} are allowed. "
            "Ask for smaller pages."
        )


def _refusal(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": "GRAPHQL_VALIDATION_FAILED"})


class ValidateWithinLimits(ValidationCache):
    """Validates a document that is within the limits, and remembers the outcome."""

    def on_validate(self) -> Iterator[None]:
        """Set the errors before the stock validation would run: afterwards is too late."""
        context = self.execution_context
        document = context.graphql_document
        if isinstance(context.context, Context) and not context.context.settings.introspection:
            context.validation_rules += (NoSchemaIntrospectionCustomRule,)
        errors = (
            refusals(document, context.variables or {}, context._provided_operation_name)
            if document is not None
            else []
        )
        if errors:
            context.pre_execution_errors = errors
            yield
        else:
            yield from super().on_validate()
