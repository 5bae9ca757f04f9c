"""What training and clients read is what is stored."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from app.database import Database
from app.listening import (
    ListenRange,
    NewListen,
    history,
    interactions,
    listens_page,
    newest_listen,
    play_counts,
    record_listens,
    user_id_by_key,
    users_page,
)

AT = datetime(2024, 3, 1, 10, 0, tzinfo=UTC)
PLAYS = [
    NewListen(AT, track_key="t1", ms_played=200_000),
    NewListen(AT + timedelta(hours=1), track_key="t1", ms_played=5_000, skipped=True),
    NewListen(AT + timedelta(hours=2), track_key="t2", ms_played=45_000, skipped=True),
    NewListen(AT + timedelta(hours=3), track_key="t2", ms_played=5_000),
    NewListen(AT + timedelta(hours=4), track_key="t1"),
]


@pytest.fixture
async def ann(database: Database, tracks: list[int]) -> int:
    """A user with PLAYS, beside another one."""
    await record_listens(database, "bob", PLAYS[:1])
    report = await record_listens(database, "ann", PLAYS)
    assert report.user_id is not None
    return report.user_id


async def test_history_is_newest_first(database: Database, tracks: list[int], ann: int) -> None:
    """Only what was skipped within 30 s does not count; that is what `skipped` says."""
    found = await history(database, ann, 4)
    assert found.track_id.tolist() == [tracks[1], tracks[2], tracks[2], tracks[1]]
    assert found.time.tolist() == [int(AT.timestamp()) + 3600 * n for n in (4, 3, 2, 1)]
    assert found.ms_played.tolist() == [-1, 5_000, 45_000, 5_000]
    assert found.skipped.tolist() == [False, False, False, True]
    assert found.time.dtype == np.int64


async def test_interactions_hold_every_play(database: Database, ann: int) -> None:
    found = await interactions(database)
    columns = (found.user_id, found.track_id, found.time, found.ms_played, found.skipped)
    rows = sorted(zip(*columns, strict=True))
    expected = await database.fetch(
        "SELECT user_id, track_id, extract(epoch FROM listened_at)::bigint, "
        "coalesce(ms_played, -1), skipped AND ms_played < 30000 FROM listens ORDER BY 1, 2, 3"
    )
    assert [tuple(value.item() for value in row) for row in rows] == [tuple(r) for r in expected]
    assert len(rows) == 6


async def test_interactions_of_many_plays_come_whole(database: Database, ann: int) -> None:
    """More than one block of the copy."""
    async with database.acquire() as connection:
        await connection.execute(
            "INSERT INTO listens (user_id, track_id, listened_at, ms_played) "
            "SELECT $1, (SELECT min(id) FROM tracks), to_timestamp(n), n "
            "FROM generate_series(1, 200000) n",
            ann,
        )
    found = await interactions(database)
    assert len(found.user_id) == 200_006
    many = found.time <= 200_000
    assert np.array_equal(np.sort(found.time[many]), np.arange(1, 200_001))
    assert np.array_equal(found.time[many], found.ms_played[many])


async def test_nothing_played_is_no_error(database: Database) -> None:
    assert len((await interactions(database)).user_id) == 0
    assert len((await play_counts(database)).track_id) == 0
    assert len((await history(database, 1, 10)).track_id) == 0
    assert await newest_listen(database) is None


async def test_counts_leave_out_quick_skips(
    database: Database, tracks: list[int], ann: int
) -> None:
    counts = await play_counts(database)
    rows = zip(counts.track_id.tolist(), counts.plays, counts.listeners, strict=True)
    assert {track: (plays, users) for track, plays, users in rows} == {
        tracks[1]: (3, 2),
        tracks[2]: (2, 1),
    }
    assert await newest_listen(database) == AT + timedelta(hours=4)


async def test_pages_stay_right_while_plays_arrive(database: Database, ann: int) -> None:
    first = await listens_page(database, ann, ListenRange(2))
    assert [row.listened_at.hour for row in first] == [14, 13]
    await record_listens(database, "ann", [NewListen(AT + timedelta(hours=9), track_key="t3")])
    after = (first[-1].listened_at, first[-1].id)
    second = await listens_page(database, ann, ListenRange(9, after=after))
    assert [row.listened_at.hour for row in second] == [12, 11, 10]
    newer = await listens_page(database, ann, ListenRange(9, before=after, backward=True))
    assert [row.listened_at.hour for row in newer] == [14, 19]


async def test_users(database: Database, ann: int) -> None:
    assert [row.key for row in await users_page(database, 10)] == ["bob", "ann"]
    assert [row.key for row in await users_page(database, 1, backward=True)] == ["ann"]
    assert [row.key for row in await users_page(database, 10, before=ann)] == ["bob"]
    assert await user_id_by_key(database, "ann") == ann
    assert await user_id_by_key(database, "nobody") is None
