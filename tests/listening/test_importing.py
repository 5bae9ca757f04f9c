"""Imports end with counts that the database confirms, however often and in whatever order."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.catalog import ImportReport
from app.database import Database
from app.errors import BadInput
from app.listening import import_listens

Write = Callable[[str, str | bytes], Path]
pytestmark = pytest.mark.usefixtures("tracks")


async def count(database: Database) -> int:
    return int(await database.fetch_value("SELECT count(*) FROM listens"))


def assert_adds_up(report: ImportReport) -> None:
    assert report.read == (
        report.added + report.updated + report.already_there + report.skipped.total()
    )


async def test_csv_by_track_id(database: Database, write: Write) -> None:
    """The plain form, with both kinds of time, and prefixes that public ids have."""
    file = write(
        "plays.csv",
        "user,track_id,listened_at,ms_played,skipped,device,country\n"
        "ann,t1,2024-03-01T10:00:00Z,200000,false,phone,DE\n"
        "user_bob,track_t2,1709287200,,,,\n"
        "ann,t1,2024-03-01T12:00:00+01:00,5000,true,,\n",
    )
    report = await import_listens(database, file)
    assert (report.read, report.added, report.skipped.total()) == (3, 3, 0)
    rows = await database.fetch(
        "SELECT u.key AS who, t.key AS what, extract(epoch FROM listened_at)::bigint AS at, "
        "ms_played, skipped, device, l.country, sources FROM listens l "
        "JOIN users u ON u.id = user_id JOIN tracks t ON t.id = track_id ORDER BY u.key, at"
    )
    assert [tuple(row) for row in rows] == [
        ("ann", "t1", 1709287200, 200000, False, "phone", "DE", ["csv"]),
        ("ann", "t1", 1709290800, 5000, True, None, None, ["csv"]),
        ("bob", "t2", 1709287200, None, False, None, None, ["csv"]),
    ]


async def test_the_same_file_twice_adds_nothing(database: Database, write: Write) -> None:
    file = write(
        "plays.csv",
        "user,artist,track,album,listened_at\n"
        "ann,Artist 1,Song 1,,1709287200\n"
        "ann,Nobody,Never Heard,Lost,1709287300\n"
        "ann,artist 1,SONG 1,,1709287201\n",
    )
    first = await import_listens(database, file)
    again = await import_listens(database, file)
    assert (first.added, first.matched) == (3, {"exact": 2, "new": 1})
    assert (again.added, again.already_there, again.matched["new"]) == (0, 3, 0)
    assert await count(database) == 3


async def test_every_bad_row_is_counted_and_the_rest_kept(database: Database, write: Write) -> None:
    """A reason and a line for each; none may stop the import or swallow its neighbors."""
    file = write(
        "plays.csv",
        b"user,track_id,listened_at,ms_played\n"
        b"ann,t1,2024-03-01T10:00:00Z,\n"
        b"ann,t1,2024-03-01T10:00:00Z,\n"  # 3: a duplicate
        b"ann,t1,soon,\n"
        b"ann,t1,2087-01-01,\n"
        b"ann,t1,1899-12-31T23:59:59Z,\n"
        b"ann,t1,1709287200000,\n"  # 7: milliseconds
        b",t1,1709287200,\n"
        b"ann,,1709287200,\n"
        b"ann,no such track,1709287200,\n"
        b"ann,t1,1709287200\n"  # 11: a column missing
        b"ann,t1,1709287200,,\n"
        b"ann,t\x001,1709287200,\n"
        b"ann,t\xe9,1709287200,\n"
        b"ann,t1,1709287200,-1\n"
        b"ann,t1,1709287200,many\n"
        b"ann," + b"x" * 10_000_000 + b",1709287200,\n"
        b"ann,t2,1709287200,\n"
        b'ann,"t3,1709287200,\n'  # 19: a quote that is never closed
        b"ann,t4,1709287200,\n"
        b"ann,t5,170928",
    )
    report = await import_listens(database, file)
    assert_adds_up(report)
    assert report.read == 20
    assert report.added == await count(database) == 3
    assert sorted(report.problems) == [
        (3, "the same play as in line 2"),
        (4, "listened_at is neither ISO 8601 nor Unix seconds"),
        (5, "listened_at is more than a day in the future"),
        (6, "listened_at is before 1900-01-01"),
        (7, "listened_at is too large for Unix seconds (milliseconds?)"),
        (8, "user is missing"),
        (9, "the row names no track: give track_id, or artist and track"),
        (10, "track_id is not in the catalog"),
        (11, "the row has too few columns"),
        (12, "too many columns"),
        (13, "the line contains a NUL byte"),
        (14, "not valid UTF-8"),
        (15, "ms_played is not between 0 and 2147483647"),
        (16, "ms_played is not a whole number"),
        (17, "the line is longer than 1,000,000 bytes"),
        (19, "a quote is not closed"),
        (21, "the row has too few columns"),
    ]


async def test_wrong_columns_are_named(database: Database, write: Write) -> None:
    file = write("plays.csv", "who,what,when\nann,t1,1709287200\n")
    with pytest.raises(BadInput, match=r"user,track_id or user,artist,track.*It has: who,what"):
        await import_listens(database, file)


async def test_quoted_fields_may_hold_commas_quotes_and_line_breaks(
    database: Database, write: Write
) -> None:
    file = write(
        "plays.csv",
        'user,artist,track,listened_at\nann,"Earth, Wind & Fire","12"" mix\nlong",1709287200\n'
        'ann,Artist 1,7" Song,1709287200\n',
    )
    report = await import_listens(database, file)
    assert (report.added, report.skipped) == (2, {})
    titles = {row[0] for row in await database.fetch("SELECT title FROM tracks")}
    assert {'12" mix long', '7" Song'} <= titles
