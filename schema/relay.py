"""Relay's conventions: readable ids, the `Node` interface, connections with keyset cursors.

A public id is a type's prefix and the key its operator knows it by: `track_abc`. A cursor holds the
values that a list is ordered by, so that a page stays right while rows are inserted before it.
See the GraphQL Cursor Connections Specification and the Global Object Identification one.
"""

import base64
import binascii
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, TypeAlias, TypeVar

import orjson
import strawberry

from app.errors import BadInput

DEFAULT_PAGE = 20
LARGEST_PAGE = 100
_LONGEST_ID = 500
_LARGEST_INTEGER = 2**63 - 1

Item = TypeVar("Item")
Row = TypeVar("Row")
CursorValue: TypeAlias = int | str

First = Annotated[
    int | None,
    strawberry.argument(description="How many to return, from the start: 1 to 100, by default 20."),
]
Last = Annotated[
    int | None,
    strawberry.argument(description="How many to return, from the end: 1 to 100."),
]
After = Annotated[
    str | None, strawberry.argument(description="Only what follows this cursor (`endCursor`).")
]
Before = Annotated[
    str | None, strawberry.argument(description="Only what precedes this cursor (`startCursor`).")
]


@strawberry.interface(description="Anything that has an id of its own and can be fetched by it.")
class Node:
    """What `node(id:)` returns."""

    id: strawberry.ID = strawberry.field(
        description="Globally unique and readable: the type and the key, as in `track_abc`."
    )


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    """Relay's page information."""

    has_next_page: bool = strawberry.field(description="Whether more follow this page.")
    has_previous_page: bool = strawberry.field(description="Whether more precede this page.")
    start_cursor: str | None = strawberry.field(description="Cursor of the first edge.")
    end_cursor: str | None = strawberry.field(description="Cursor of the last edge.")


@strawberry.type(description="An item of a list, with its place in it.")
class Edge(Generic[Item]):
    """One entry of a connection."""

    cursor: str = strawberry.field(description="The place of this item: for `after` and `before`.")
    node: Item = strawberry.field(description="The item itself.")


@strawberry.type(description="One page of a list, and how to get the next.")
class Connection(Generic[Item]):
    """A page of a list."""

    edges: list[Edge[Item]] = strawberry.field(description="The items of this page, in order.")
    page_info: PageInfo = strawberry.field(description="Where this page lies in its list.")


@dataclass(frozen=True, slots=True)
class Window:
    """A page that was asked for.

    `after` and `before` are the decoded cursors, exclusive bounds. When `backward`, rows are to be
    read from the end. Queries read `limit` rows: one more than the page, to know whether it ends.
    """

    size: int
    backward: bool = False
    after: tuple[CursorValue, ...] | None = None
    before: tuple[CursorValue, ...] | None = None

    @property
    def limit(self) -> int:
        """How many rows a query should read for this page."""
        return self.size + 1


def page_size(first: int | None, last: int | None) -> int:
    """How many items a page has: 20 by default; raises BadInput outside 1..100 or for both."""
    if first is not None and last is not None:
        raise BadInput("`first` and `last` cannot be used together: give one of them.", "last")
    for name, size in (("first", first), ("last", last)):
        if size is not None and not 1 <= size <= LARGEST_PAGE:
            raise BadInput(f"`{name}` is {size}: it must be 1 to {LARGEST_PAGE}.", name)
    return first or last or DEFAULT_PAGE


def page_window(
    first: int | None,
    last: int | None,
    after: str | None,
    before: str | None,
    kinds: Sequence[type] = (int,),
) -> Window:
    """The page that a connection's arguments ask for; `kinds`: types of the values in a cursor."""
    return Window(
        size=page_size(first, last),
        backward=last is not None,
        after=decode_cursor(after, kinds, "after") if after is not None else None,
        before=decode_cursor(before, kinds, "before") if before is not None else None,
    )


def encode_cursor(*values: CursorValue) -> str:
    """An opaque cursor that holds the values a list is ordered by."""
    return base64.urlsafe_b64encode(orjson.dumps(values)).decode().rstrip("=")


def decode_cursor(
    cursor: str, kinds: Sequence[type] = (int,), argument: str | None = None
) -> tuple[CursorValue, ...]:
    """The values in a cursor; raises BadInput unless they are of exactly these `kinds`."""
    wrong = BadInput("The cursor is not one that this list gave.", argument)
    if len(cursor) > 2 * _LONGEST_ID or not cursor.isascii():
        raise wrong
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        values = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, orjson.JSONDecodeError) as error:
        raise wrong from error
    if not isinstance(values, list) or [type(value) for value in values] != list(kinds):
        raise wrong
    if any(isinstance(value, int) and abs(value) > _LARGEST_INTEGER for value in values):
        raise wrong
    if any(isinstance(value, str) and "\0" in value for value in values):
        raise wrong
    return tuple(values)


def build_connection(
    window: Window,
    rows: Sequence[Row],
    cursor: Callable[[Row], str],
    node: Callable[[Row], Item],
) -> Connection[Item]:
    """The connection of `rows`: up to `window.limit` of them, from the end when backward."""
    kept = list(rows[: window.size])
    more = len(rows) > window.size
    if window.backward:
        kept.reverse()
    edges = [Edge(cursor=cursor(row), node=node(row)) for row in kept]
    return Connection(
        edges=edges,
        page_info=PageInfo(
            has_next_page=window.before is not None if window.backward else more,
            has_previous_page=more if window.backward else window.after is not None,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        ),
    )


def key_of(public_id: str, prefix: str) -> str | None:
    """The key in a public id of the type `prefix` (`track`); None when it is not such an id."""
    found, _, key = public_id.partition("_")
    if found != prefix or not key or "\0" in key or len(key) > _LONGEST_ID:
        return None
    return key


def public_id(prefix: str, key: str) -> strawberry.ID:
    """The public id of `key`, as in `track_abc`."""
    return strawberry.ID(f"{prefix}_{key}")


NodeLoader: TypeAlias = Callable[[strawberry.Info, list[str]], Awaitable[dict[str, Node]]]
_node_loaders: dict[str, NodeLoader] = {}


def register_node(prefix: str, load: NodeLoader) -> None:
    """Let `node(id:)` find a type: `load(info, keys)` returns those that exist, by key.

    It leaves out what the asker may not see, so that nobody learns what exists.
    """
    _node_loaders[prefix] = load


async def load_nodes(info: strawberry.Info, ids: Sequence[str]) -> list[Node | None]:
    """The nodes with these public ids, in order; None for a missing or malformed id.

    One call of a loader for each type that is asked for.
    """
    if len(ids) > LARGEST_PAGE:
        raise BadInput(f"`ids` has {len(ids)} entries: at most {LARGEST_PAGE} are allowed.", "ids")
    keys: dict[str, list[str]] = {}
    for one in ids:
        prefix = one.partition("_")[0]
        key = key_of(one, prefix)
        if key is not None and prefix in _node_loaders:
            keys.setdefault(prefix, []).append(key)
    found: dict[str, Node] = {}
    for prefix, wanted in keys.items():
        nodes = await _node_loaders[prefix](info, list(dict.fromkeys(wanted)))
        found.update({f"{prefix}_{key}": node for key, node in nodes.items()})
    return [found.get(one) for one in ids]
