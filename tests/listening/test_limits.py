"""Dates, lines and CSV records keep their limits whatever comes."""

import csv
import io
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.listening.lines import MAX_LINE, bounded_lines
from app.listening.plain_csv import read_csv
from app.listening.plays import BadRow, Play, Skip, checked_text, moment_of, parse_start

ALLOWED = st.datetimes(
    min_value=datetime(1900, 1, 1),
    max_value=datetime.now() - timedelta(days=1),
    timezones=st.sampled_from([UTC]),
)


@given(ALLOWED, st.integers(-14, 14))
def test_iso_dates_in_any_zone_name_their_moment(moment: datetime, hours: int) -> None:
    local = moment.replace(tzinfo=None) + timedelta(hours=hours)
    text = f"{local.isoformat()}{hours:+03d}:00"
    assert moment_of(parse_start(text)) == moment


@given(ALLOWED)
def test_without_a_zone_utc_is_meant(moment: datetime) -> None:
    assert moment_of(parse_start(moment.replace(tzinfo=None).isoformat(" "))) == moment


@given(st.integers(-2_208_988_800, 1_700_000_000), st.integers(0, 999_999))
def test_unix_seconds(seconds: int, micros: int) -> None:
    assert parse_start(str(seconds)) == seconds * 1_000_000
    if seconds > 0:
        assert parse_start(f"{seconds}.{micros:06d}") == seconds * 1_000_000 + micros


@given(st.text(max_size=30))
def test_any_text_is_a_date_in_range_or_refused(text: str) -> None:
    """No date that Postgres could not store, and no other exception."""
    try:
        start = parse_start(text)
    except BadRow:
        return
    assert datetime(1900, 1, 1, tzinfo=UTC) <= moment_of(start)
    assert start <= (time.time() + 86_400) * 1e6


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2087-01-01T00:00:00Z", "more than a day in the future"),
        ("1899-12-31", "before 1900"),
        ("1700000000000", "milliseconds"),
        ("99999999999999999", "milliseconds"),
        ("9999-12-31T23:59:59-23:59", "future"),
        ("1e9", "neither ISO 8601 nor Unix seconds"),
        ("nan", "neither"),
        ("١٧٠٠٠٠٠٠٠٠", "neither"),
        ("", "neither"),
    ],
)
def test_dates_that_are_refused(text: str, reason: str) -> None:
    with pytest.raises(BadRow, match=reason):
        parse_start(text)


@given(st.text(max_size=20))
def test_text_that_is_kept_can_be_stored(text: str) -> None:
    try:
        kept = checked_text(text, "title")
    except BadRow:
        return
    assert kept is None or (kept.strip() == kept and "\0" not in kept and kept.encode())


@given(st.lists(st.binary(max_size=30).map(lambda b: b.replace(b"\n", b"")), max_size=20))
def test_lines_are_numbered_and_whole(lines: list[bytes]) -> None:
    stream = io.BytesIO(b"".join(line + b"\n" for line in lines))
    found = list(bounded_lines(stream))
    assert [line.number for line in found] == list(range(1, len(lines) + 1))
    expected = [line.rstrip(b"\r") for line in lines]
    if expected:
        expected[0] = lines[0].removeprefix(b"\xef\xbb\xbf").rstrip(b"\r")
    assert [line.data for line in found] == expected


@pytest.mark.parametrize("length", [MAX_LINE - 1, MAX_LINE, MAX_LINE + 1, 3 * MAX_LINE])
def test_a_line_over_the_limit_is_passed_over(length: int) -> None:
    stream = io.BytesIO(b"a\n" + b"x" * length + b"\nb\n")
    first, long, last = bounded_lines(stream)
    assert (first.data, last.data) == (b"a", b"b")
    assert (long.data is None) == (length > MAX_LINE)


NAMES = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Zs", "Cf", "Co", "Cn"]), min_size=1
).filter(lambda text: text.strip() == text)


@given(st.lists(st.tuples(NAMES, NAMES), max_size=10))
def test_what_a_csv_writer_writes_is_read(names: list[tuple[str, str]]) -> None:
    """Commas and quotes in names survive."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["user", "artist", "track", "listened_at"])
    for artist, title in names:
        writer.writerow(["ann", artist, title, "1700000000"])
    rows = list(read_csv(io.BytesIO(text.getvalue().encode())))
    assert [(row.track.artist, row.track.title) for row in rows if isinstance(row, Play)] == names


@given(st.binary(max_size=200))
def test_any_bytes_after_a_header_give_rows_or_reasons(data: bytes) -> None:
    """A reader never fails, and never invents more rows than there are lines."""
    header = b"user,track_id,listened_at\n"
    rows = list(read_csv(io.BytesIO(header + data + b"\nann,t1,1700000000\n" * 12)))
    assert all(isinstance(row, (Play, Skip)) for row in rows)
    assert len(rows) <= data.count(b"\n") + 1 + 12
    # Good lines after bad ones are kept: an open quote costs its own line only.
    assert sum(isinstance(row, Play) for row in rows) >= 11
