"""Listens and playlists find their track in the catalog; what is not there gets one entry."""

import pytest

from app.catalog.matching import Matcher, WantedTrack, add_unmatched
from app.database import Database

MBID = "8f3471b5-7e6a-48da-86a9-c1c07a0f47ae"
CATALOG = [
    WantedTrack("Radiohead", "Paranoid Android", "OK Computer", mbid=MBID),
    WantedTrack("Radiohead", "Paranoid Android", "Live at Glastonbury"),
    WantedTrack("Radiohead", "Karma Police", isrc="GBAYE9701274"),
    WantedTrack("Nils Frahm", "Says", spotify_id="4uLU6hMCjMI75M1A2tKUQC"),
    WantedTrack("Rihanna feat. JAY-Z", "Umbrella"),
    WantedTrack("Beethoven", "Symphony 12"),
    WantedTrack("Johnny Cash", "Hurt"),
    WantedTrack("!!!", "Heart of Hearts"),
    WantedTrack("Björk", "Jóga"),
    WantedTrack("Queen", "Under Pressure"),
    WantedTrack("David Bowie", "Heroes"),
]


@pytest.fixture
async def matcher(database: Database) -> Matcher:
    await add_unmatched(database, CATALOG)
    return await Matcher.load(database)


async def titles(database: Database, ids: list[int | None]) -> list[str | None]:
    named = {
        row["id"]: row["title"] for row in await database.fetch("SELECT id, title FROM tracks")
    }
    return [named[i] if i is not None else None for i in ids]


@pytest.mark.parametrize(
    ("row", "title", "how"),
    [
        (WantedTrack("someone", "something", mbid=MBID), "Paranoid Android", "mbid"),
        (WantedTrack("x", "y", isrc="GBAYE9701274"), "Karma Police", "isrc"),
        (WantedTrack("x", "y", spotify_id="4uLU6hMCjMI75M1A2tKUQC"), "Says", "spotify_id"),
        (WantedTrack("RADIOHEAD", "Karma Police - Remastered 2011"), "Karma Police", "exact"),
        (WantedTrack("Rihanna", "Umbrella (feat. JAY-Z)"), "Umbrella", "exact"),
        (WantedTrack("Jay-Z", "Umbrella"), "Umbrella", "exact"),
        (WantedTrack("Queen & David Bowie", "Under Pressure"), "Under Pressure", "exact"),
        (WantedTrack("!!!", "Heart of Hearts"), "Heart of Hearts", "exact"),
        (WantedTrack("Bjork", "Joga"), "Jóga", "exact"),
        (WantedTrack("Radiohead", "Paranoid Andriod"), "Paranoid Android", "fuzzy"),
        (WantedTrack("Radiohaed", "Karma Police"), "Karma Police", "fuzzy"),
        (WantedTrack("Beethoven", "Symphony 13"), None, "none"),
        (WantedTrack("Johnny Cash", "Hurt (Live)"), None, "none"),
        (WantedTrack("Johnny Cash", "Hurt - Club Remix"), None, "none"),
        (WantedTrack("Nine Inch Nails", "Hurt"), None, "none"),
        (WantedTrack("Radiohead", ""), None, "none"),
    ],
)
async def test_a_row_finds_its_track_or_nothing(
    database: Database, matcher: Matcher, row: WantedTrack, title: str | None, how: str
) -> None:
    """Ids first, then names; other versions and other numbers are other recordings."""
    [match] = matcher.match([row])
    assert (await titles(database, [match.track_id]), match.how) == ([title], how)


async def test_unmatched_tracks_are_added_once(database: Database) -> None:
    """A second import of the same history adds nothing, whatever the spelling."""
    first = await add_unmatched(
        database, [WantedTrack("The Cure", "A Forest", "Seventeen Seconds")]
    )
    again = await add_unmatched(
        database, [WantedTrack("Cure", "a forest"), WantedTrack("Cure, The", "A FOREST!")]
    )
    assert again == first * 2
    assert await database.fetch_value("SELECT count(*) FROM tracks") == 1
    assert await database.fetch_value("SELECT count(*) FROM artists") == 1


async def test_a_matcher_learns_what_was_added(database: Database) -> None:
    matcher = await Matcher.load(database)
    row = WantedTrack("Can", "Vitamin C", mbid=MBID)
    [track_id] = await add_unmatched(database, [row], matcher)
    assert matcher.match([row])[0] == (track_id, "mbid")
    assert matcher.match([WantedTrack("Can", "Vitamin C")])[0] == (track_id, "exact")


async def test_the_album_decides_between_tracks_of_one_name(database: Database) -> None:
    await database.fetch(
        "WITH a AS (INSERT INTO artists (key, name, folded) VALUES ('a', 'A', 'a') RETURNING id), "
        "al AS (INSERT INTO albums (key, title, folded) VALUES ('x', 'X', 'x'), ('y', 'Y', 'y') "
        "RETURNING id, key), t AS (INSERT INTO tracks (key, title, folded, album_id) "
        "SELECT key, 'Song', 'song', id FROM al RETURNING id) "
        "INSERT INTO track_artists (track_id, position, artist_id) SELECT t.id, 0, a.id FROM t, a"
    )
    matcher = await Matcher.load(database)
    matches = matcher.match([WantedTrack("A", "Song", "X"), WantedTrack("A", "Song", "Y")])
    keys = [
        await database.fetch_value("SELECT key FROM tracks WHERE id = $1", match.track_id)
        for match in matches
    ]
    assert keys == ["x", "y"]
