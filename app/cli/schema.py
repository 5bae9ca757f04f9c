"""`segue schema`: the GraphQL schema as text."""

from app.cli.runtime import print_result


def schema() -> None:
    """Print the GraphQL schema in its definition language, as client generators read it.

    Example: `segue schema > schema.graphql`
    """
    from schema import schema as graphql_schema

    print_result(graphql_schema.as_str())
