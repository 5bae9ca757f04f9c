"""The schema is manual and contract: complete, described, and what clients were promised."""

from collections.abc import Iterator
from pathlib import Path

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    build_schema,
    print_type,
)

from schema import schema

REPOSITORY = Path(__file__).resolve().parents[2]


def described() -> Iterator[tuple[str, str | None]]:
    """Every element of the schema that we define, with its description."""
    for name, kind in build_schema(schema.as_str()).type_map.items():
        if name.startswith("__") or name in ("String", "Int", "Float", "Boolean", "ID"):
            continue
        yield name, kind.description
        if isinstance(kind, GraphQLEnumType):
            yield from ((f"{name}.{value}", one.description) for value, one in kind.values.items())
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            for field_name, field in kind.fields.items():
                yield f"{name}.{field_name}", field.description
                for argument, one in getattr(field, "args", {}).items():
                    yield f"{name}.{field_name}({argument})", one.description


def test_the_committed_schema_is_the_schema():
    """Client generators read the file; `make schema` writes it."""
    assert (REPOSITORY / "schema.graphql").read_text() == schema.as_str() + "\n"


def test_every_element_is_described():
    """GraphiQL shows descriptions as the manual: none may be missing."""
    elements = list(described())
    assert len(elements) > 200
    assert [name for name, text in elements if not text or not text.strip()] == []


def test_the_promised_fields_are_as_promised():
    """Names, arguments, types, defaults and nullability that clients build on."""
    text = " ".join(
        print_type(build_schema(schema.as_str()).type_map[name])
        for name in ("Query", "RecommendationResult", "ContextInput", "PreferencesInput")
    )
    lines = [line.strip() for line in text.splitlines() if not line.strip().startswith('"')]
    for promised in (
        "userId: ID!",
        "context: ContextInput",
        "count: Int = 10",
        'algorithm: String = "hybrid"',
        "): RecommendationResult",
        "tracks: [Track!]!",
        "confidence: Float!",
        "explanation: String",
        "metadata: RecommendationMetadata",
        "mood: String",
        "duration: Int",
        "preferences: PreferencesInput",
        "): PlaylistResult",
        "audioUrl: String!",
        'analysisType: String = "basic"',
        "): AudioAnalysisResult",
        "timeOfDay: String",
        "genres: [String!]",
        "energyLevel: String",
        "familiarRatio: Float",
    ):
        assert promised in lines, promised


def test_connections_and_nodes_follow_relay():
    """Relay clients need these shapes."""
    types = build_schema(schema.as_str()).type_map
    page = types["PageInfo"]
    assert isinstance(page, GraphQLObjectType)
    assert set(page.fields) == {"hasNextPage", "hasPreviousPage", "startCursor", "endCursor"}
    connections = [name for name in types if name.endswith("Connection")]
    assert {"TrackConnection", "ListenConnection", "SearchConnection"} <= set(connections)
    for name in connections:
        kind = types[name]
        assert isinstance(kind, GraphQLObjectType)
        edge = types[name.removesuffix("Connection") + "Edge"]
        assert isinstance(edge, GraphQLObjectType)
        assert str(kind.fields["edges"].type) == f"[{edge.name}!]!"
        assert str(kind.fields["pageInfo"].type) == "PageInfo!"
        assert str(edge.fields["cursor"].type) == "String!"
