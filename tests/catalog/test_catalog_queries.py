"""What the catalog is asked, against real rows: order, pages, genres by any spelling."""

import pytest

from app.catalog import match_genres, track_ids_by_key, tracks_by_id
from app.catalog.queries import AlbumRange, Range, track_page, tracks_of_albums, tracks_of_artists
from app.database import Database
from app.errors import BadInput
from tests.serving import add_catalog


@pytest.fixture
async def filled(database: Database) -> Database:
    """The catalog of `serving.add_catalog`."""
    await add_catalog(database, tracks=60)
    return database


async def test_rows_are_found_by_key_and_id_and_missing_ones_left_out(filled: Database):
    """Domains translate public keys once, and then speak of ids."""
    ids = await track_ids_by_key(filled, ["3", "1", "unknown"])
    assert set(ids) == {"3", "1"}
    rows = await tracks_by_id(filled, [*ids.values(), 10**12])
    assert {row.title for row in rows.values()} == {"Title 1", "Title 3"}


async def test_genres_are_matched_by_any_spelling_or_near_ones_offered(filled: Database):
    """A client's user types `ROCK`; a typing error is told with what was meant."""
    matched = await match_genres(filled, ["ROCK", " jazz "])
    assert [name for _, name in matched] == ["Rock", "Jazz"]
    with pytest.raises(BadInput, match="Electronic") as refused:
        await match_genres(filled, ["electrnic"])
    assert refused.value.argument == "genres"


async def test_a_range_is_read_from_either_end(filled: Database):
    """Backward pages come in falling order, between the same bounds."""
    whole = [row.id for row in await track_page(filled, Range(100))]
    inside = Range(3, after=whole[9], before=whole[20])
    assert [row.id for row in await track_page(filled, inside)] == whole[10:13]
    backward = Range(3, after=whole[9], before=whole[20], backward=True)
    assert [row.id for row in await track_page(filled, backward)] == whole[17:20][::-1]


async def test_each_parent_gets_its_own_page_from_one_statement(filled: Database):
    """A limit counts for each artist, not for all of them together."""
    artists = [row["id"] for row in await filled.fetch("SELECT id FROM artists ORDER BY id")]
    pages = await tracks_of_artists(filled, artists, Range(4))
    assert {len(rows) for rows in pages.values()} == {4}
    for artist, rows in pages.items():
        credited = await filled.fetch(
            "SELECT DISTINCT track_id FROM track_artists WHERE artist_id = $1 ORDER BY 1 LIMIT 4",
            artist,
        )
        assert [row.id for row in rows] == [row["track_id"] for row in credited]


async def test_an_album_page_goes_by_place_in_both_directions(filled: Database):
    """Forward and backward walks of an album see the same order."""
    album = await filled.fetch_value("SELECT id FROM albums WHERE key = 'b1'")
    forward = (await tracks_of_albums(filled, [album], AlbumRange(50)))[album]
    backward = (await tracks_of_albums(filled, [album], AlbumRange(50, backward=True)))[album]
    assert forward == backward[::-1]
    assert [row.album_place for row in forward] == sorted(row.album_place for row in forward)
    after = AlbumRange(50, after=forward[1].album_place)
    assert (await tracks_of_albums(filled, [album], after))[album] == forward[2:]
