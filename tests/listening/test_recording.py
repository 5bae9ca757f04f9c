"""Plays reported one by one: kept at once, told twice without harm, refused with a reason."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.database import Database
from app.errors import BadInput
from app.listening import NewListen, import_listens, record_listens, user_id_by_key

AT = datetime(2024, 3, 1, 10, 0, tzinfo=UTC)


async def test_plays_are_stored_for_a_new_user(database: Database, tracks: list[int]) -> None:
    report = await record_listens(
        database,
        "ann",
        [
            NewListen(AT, track_key="t1", ms_played=1000, skipped=True),
            NewListen(AT + timedelta(hours=1), artist="ARTIST 2", title="Song 2"),
            NewListen(AT, artist="Nobody", title="Unheard", context={"device": "tv"}),
        ],
    )
    assert report.user_id == await user_id_by_key(database, "ann")
    assert (report.added, report.already_there, report.merged, report.problems) == (3, 0, 0, [])
    first, second, third = report.listens
    assert (first.track_id, first.skipped, first.counted) == (tracks[1], True, False)
    assert (second.track_id, second.ms_played, second.counted) == (tracks[2], None, True)
    assert (third.context, third.device, third.sources) == ({"device": "tv"}, "tv", ["api"])


async def test_the_same_plays_again_change_nothing(database: Database, tracks: list[int]) -> None:
    plays = [NewListen(AT, track_key="t1"), NewListen(AT, artist="New", title="Track")]
    first = await record_listens(database, "ann", plays)
    again = await record_listens(database, "ann", [*plays, plays[0]])
    assert (again.added, again.already_there) == (0, 3)
    assert [one.id for one in again.listens] == [
        one.id for one in (*first.listens, first.listens[0])
    ]
    assert await database.fetch_value("SELECT count(*) FROM listens") == 2


async def test_bad_plays_are_reported_and_the_rest_kept(
    database: Database, tracks: list[int]
) -> None:
    report = await record_listens(
        database,
        "ann",
        [
            NewListen(AT, track_key="nowhere"),
            NewListen(AT, track_key="t1"),
            NewListen(datetime(2087, 1, 1, tzinfo=UTC), track_key="t1"),
            NewListen(AT, title="Only a title"),
            NewListen(AT, track_key="t1\0"),
            NewListen(AT, track_key="t2", ms_played=-5),
        ],
    )
    assert report.added == 1
    assert report.problems == [
        (0, "trackId is not in the catalog"),
        (2, "listened_at is more than a day in the future"),
        (3, "give trackId, or title and artist"),
        (4, "trackId contains a NUL character"),
        (5, "ms_played is not between 0 and 2147483647"),
    ]


async def test_nothing_kept_makes_no_user(database: Database, tracks: list[int]) -> None:
    report = await record_listens(database, "ann", [NewListen(AT, track_key="nowhere")])
    assert report.user_id is None
    assert await user_id_by_key(database, "ann") is None


async def test_a_thousand_plays_are_the_most(database: Database, tracks: list[int]) -> None:
    plays = [NewListen(AT + timedelta(minutes=n), track_key=f"t{n % 20}") for n in range(1001)]
    with pytest.raises(BadInput, match="1,001 entries; at most 1,000"):
        await record_listens(database, "ann", plays)
    assert (await record_listens(database, "ann", plays[:1000])).added == 1000


@pytest.mark.parametrize("user", ["", "  ", "a\0b", "x" * 201])
async def test_bad_users(database: Database, user: str) -> None:
    with pytest.raises(BadInput) as error:
        await record_listens(database, user, [])
    assert error.value.argument == "userId"


async def test_requests_at_once_tell_a_play_once(database: Database, tracks: list[int]) -> None:
    """A client that repeats a request while the first is under way."""
    plays = [NewListen(AT + timedelta(minutes=n), track_key=f"t{n}") for n in range(20)]
    reports = await asyncio.gather(*(record_listens(database, "ann", plays) for _ in range(6)))
    assert sum(report.added for report in reports) == 20
    assert sum(report.already_there for report in reports) == 100


async def test_a_recorded_play_and_its_import_are_one(
    database: Database, tracks: list[int], write: Callable[[str, str | bytes], Path]
) -> None:
    """A player reports live; later the person imports the service's export."""
    await record_listens(database, "ann", [NewListen(AT, track_key="t1", context={"mood": "calm"})])
    file = write("a.csv", f"user,track_id,listened_at,ms_played\nann,t1,{AT.isoformat()},150000\n")
    report = await import_listens(database, file)
    assert (report.updated, report.added) == (1, 0)
    row = await database.fetch_one("SELECT sources, ms_played, context FROM listens")
    assert tuple(row) == (["api", "csv"], 150000, {"mood": "calm"})
