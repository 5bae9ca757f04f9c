"""What a person finds: names first, misspelt names, meanings; and what odd queries get."""

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.database import Database
from app.errors import BadInput
from app.search import Hit, MatchedBy, Searcher, SearchPage, SearchType

TRACK = [SearchType.TRACK]


@pytest.fixture
def fixed(unchanging: tuple[Database, Searcher]) -> Searcher:
    """A searcher on the catalog that no test of this module changes."""
    return unchanging[1]


@pytest.fixture
def rows(unchanging: tuple[Database, Searcher]) -> Database:
    """The database behind `fixed`."""
    return unchanging[0]


async def titles(db: Database, page: SearchPage) -> list[str]:
    """The names of a page's results, in order."""
    tables = {
        SearchType.TRACK: ("tracks", "title"),
        SearchType.ARTIST: ("artists", "name"),
        SearchType.ALBUM: ("albums", "title"),
        SearchType.PLAYLIST: ("playlists", "title"),
        SearchType.GENRE: ("genres", "name"),
    }
    names = []
    for found in page.found:
        table, column = tables[found.hit.kind]
        names.append(
            await db.fetch_value(f"SELECT {column} FROM {table} WHERE id = $1", found.hit.id)
        )
    return names


def hits(page: SearchPage) -> Sequence[Hit]:
    return [found.hit for found in page.found]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("Yesterday", "Yesterday"),
        ("  yesterday  ", "Yesterday"),
        ("yesterday beatles", "Yesterday"),
        ("beatles yesterday", "Yesterday"),
        ("thunderstuck", "Thunderstruck"),
        ("thudnerstrukc", "Thunderstruck"),
        ("thunder", "Thunderstruck"),
        ("bitter sweet symph", "Bitter Sweet Symphony"),
        ("gymnopedie no 1", "Gymnopédie No. 1"),
        ("GYMNOPÉDIE", "Gymnopédie No. 1"),
        ("crazy in love", "Crazy in Love (feat. JAY-Z)"),
        ("beyonce crazy", "Crazy in Love (feat. JAY-Z)"),
        ("東京", "東京物語"),
        ("物語", "東京物語"),
        ("שלום", "שלום עולם"),
        ("🎵", "🎵"),
        ("t", "Thunderstruck"),
    ],
)
async def test_a_track_is_found_by_its_name(fixed: Searcher, rows, query, expected):
    """Case, accents, order, typing errors and unfinished words do not hide it."""
    page = await fixed.search(query, TRACK)
    assert not page.degraded
    assert (await titles(rows, page))[0] == expected


@pytest.mark.parametrize(
    ("query", "expected", "kind"),
    [
        ("acdc", "AC/DC", SearchType.ARTIST),
        ("ac/dc", "AC/DC", SearchType.ARTIST),
        ("motorhead", "Motörhead", SearchType.ARTIST),
        ("moterhead", "Motörhead", SearchType.ARTIST),
        ("beatles", "The Beatles", SearchType.ARTIST),
        ("!!!", "!!!", SearchType.ARTIST),
        ("urban hymns", "Urban Hymns", SearchType.ALBUM),
        ("rainy sunday", "Rainy Sunday", SearchType.PLAYLIST),
        ("hard rock", "hard rock", SearchType.GENRE),
    ],
)
async def test_other_kinds_are_found_by_their_names(fixed: Searcher, rows, query, expected, kind):
    page = await fixed.search(query)
    assert (await titles(rows, page))[0] == expected
    assert page.found[0].hit.kind is kind


async def test_exact_names_come_first_and_the_more_popular_of_them_before(fixed, rows):
    """A more popular title that only begins so stands behind both."""
    page = await fixed.search("hello", TRACK)
    assert (await titles(rows, page))[:3] == ["Hello", "Hello", "Hello, Goodbye"]
    first, second = page.found[:2]
    keys = [
        await rows.fetch_value("SELECT key FROM tracks WHERE id = $1", found.hit.id)
        for found in (first, second)
    ]
    assert keys == ["hello1", "hello2"]
    assert first.hit.matched_by is MatchedBy.NAME


async def test_reasons_and_scores_are_told(fixed, rows):
    assert hits(await fixed.search("thunderstruck", TRACK))[0].matched_by is MatchedBy.NAME
    assert hits(await fixed.search("thunderstuck", TRACK))[0].matched_by is MatchedBy.SPELLING
    page = await fixed.search("gentle quiet piano music", TRACK)
    assert (await titles(rows, page))[0] == "Gymnopédie No. 1"
    assert hits(page)[0].matched_by is MatchedBy.MEANING
    scores = [hit.score for hit in hits(page)]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


async def test_missing_tracks_stay_findable_below_present_ones(fixed, rows):
    """The missing one is the most popular, and yet behind; asked for by name, it is there."""
    page = await fixed.search("yesterday", TRACK)
    names = await titles(rows, page)
    assert names[0] == "Yesterday"
    assert "Yesterday Once More" in names
    assert (await titles(rows, await fixed.search("yesterday once more", TRACK)))[0] == (
        "Yesterday Once More"
    )


async def test_a_track_that_went_missing_since_the_build_is_known_as_missing(searcher, database):
    before = hits(await searcher.search("ace of spade", TRACK))[0]
    await database.fetch("UPDATE tracks SET missing = true WHERE key = 'ace'")
    after = hits(await searcher.search("ace of spade", TRACK))[0]
    assert after.id == before.id
    assert after.score == pytest.approx(before.score / 2)


async def test_types_limit_the_answer(fixed):
    page = await fixed.search("hello", [SearchType.ALBUM, SearchType.ARTIST])
    assert {hit.kind for hit in hits(page)} <= {SearchType.ALBUM, SearchType.ARTIST}
    everything = await fixed.search("help")
    assert {SearchType.TRACK, SearchType.ALBUM} <= {hit.kind for hit in hits(everything)}


async def test_nonsense_finds_little_and_is_no_error(fixed):
    page = await fixed.search("xqzvw kjhgf")
    assert all(hit.matched_by is MatchedBy.MEANING for hit in hits(page))


@pytest.mark.parametrize("query", ["", " ", "\t\n", "\x00", "\u200b\u200d", "\u202e", "\ud800"])
async def test_a_blank_query_is_refused(fixed, query):
    with pytest.raises(BadInput, match="blank") as refused:
        await fixed.search(query)
    assert refused.value.argument == "query"


async def test_a_query_of_a_thousand_characters_is_the_longest(fixed):
    await fixed.search("hello " * 166 + "hell")
    with pytest.raises(BadInput, match="1,001"):
        await fixed.search("x" * 1001)


@pytest.mark.parametrize(
    "query",
    [
        "title:foo AND (",
        'name:"hello',
        "hello'; DROP TABLE tracks; --",
        "hello:* & !world | <->",
        "*", "?", "~", "^2", "%", "_", "\\", "[a TO z]", "/re.*gex/", "+hello -world",
        "hello\x00world", "hello \ud800 sad piano", "👩‍👩‍👧‍👦🎉", "((((((((((",
        "ﷺ" * 900, "a\u0301" * 400,
    ],
)  # fmt: skip
async def test_every_syntax_is_plain_text(fixed, rows, query):
    await fixed.search(query)
    assert await rows.fetch_value("SELECT count(*) FROM tracks") == 14


async def test_text_with_a_zero_byte_finds_what_is_around_it(fixed, rows):
    page = await fixed.search("hello\x00goodbye", TRACK)
    assert (await titles(rows, page))[0] == "Hello, Goodbye"


@given(query=st.text(min_size=1, max_size=60))
@hypothesis_settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_any_text_gets_an_answer_or_is_called_blank(fixed, query):
    """No text is a parse error, and no answer has a result twice or out of order."""
    try:
        page = await fixed.search(query)
    except BadInput as refused:
        assert "blank" in str(refused)
        return
    found = [(hit.kind, hit.id) for hit in hits(page)]
    assert len(found) == len(set(found))
    scores = [hit.score for hit in hits(page)]
    assert scores == sorted(scores, reverse=True)
