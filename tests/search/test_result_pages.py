"""Pages and cursors: whatever way a client walks, it sees every result once, in order."""

import pytest

from app.database import Database
from app.errors import BadInput
from app.search import Searcher, SearchType


@pytest.fixture
def fixed(unchanging: tuple[Database, Searcher]) -> Searcher:
    """A searcher on the catalog that no test of this module changes."""
    return unchanging[1]


async def test_pages_forward_and_backward_give_the_whole_list(fixed):
    whole = await fixed.search("the beatles", first=100)
    everything = [found.hit for found in whole.found]
    assert whole.total == len(everything) > 4
    assert not whole.has_next
    assert not whole.has_previous

    forward, after = [], None
    while True:
        page = await fixed.search("the beatles", first=2, after=after)
        forward += [found.hit for found in page.found]
        if not page.has_next:
            break
        after = page.found[-1].cursor
    assert forward == everything

    backward, before = [], None
    while True:
        page = await fixed.search("the beatles", last=2, before=before)
        backward = [found.hit for found in page.found] + backward
        if not page.has_previous:
            break
        before = page.found[0].cursor
    assert backward == everything


async def test_a_window_between_two_cursors(fixed):
    whole = (await fixed.search("the beatles", first=100)).found
    page = await fixed.search("the beatles", after=whole[0].cursor, before=whole[3].cursor)
    assert [found.hit for found in page.found] == [found.hit for found in whole[1:3]]
    assert page.has_next
    assert page.has_previous


async def test_beyond_the_end_is_empty(fixed):
    last = (await fixed.search("the beatles", first=100)).found[-1]
    page = await fixed.search("the beatles", after=last.cursor)
    assert page.found == []
    assert not page.has_next


@pytest.mark.parametrize("size", [0, -1, 101, 10**9])
@pytest.mark.parametrize("argument", ["first", "last"])
async def test_page_sizes_outside_1_to_100_are_refused(fixed, argument, size):
    with pytest.raises(BadInput, match="1 to 100") as refused:
        await fixed.search("hello", **{argument: size})
    assert refused.value.argument == argument


async def test_first_and_last_together_are_refused(fixed):
    with pytest.raises(BadInput, match="together"):
        await fixed.search("hello", first=1, last=1)


@pytest.mark.parametrize("cursor", ["", "x", "Zm9v", "????", "é", "A" * 5000, "AAAAAAAAAAAAAAAA"])
async def test_what_is_no_cursor_is_refused(fixed, cursor):
    with pytest.raises(BadInput, match="cursor") as refused:
        await fixed.search("hello", after=cursor)
    assert refused.value.argument == "after"


async def test_a_cursor_of_another_query_or_other_types_is_refused(fixed):
    cursor = (await fixed.search("hello")).found[0].cursor
    await fixed.search(" HELLO ", after=cursor)
    with pytest.raises(BadInput, match="another search"):
        await fixed.search("hullo", after=cursor)
    with pytest.raises(BadInput, match="another search"):
        await fixed.search("hello", [SearchType.TRACK], before=cursor)


async def test_no_types_at_all_is_refused(fixed):
    with pytest.raises(BadInput, match="types"):
        await fixed.search("hello", [])
