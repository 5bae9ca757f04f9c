"""A catalog file ends up in the database once, whatever its form and however broken it is."""

import json
import time
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalog.importer import import_catalog
from app.catalog.matching import WantedTrack, add_unmatched
from app.catalog.plain_rows import row_of
from app.database import Database
from app.errors import BadInput
from tests.catalog.spotify_songs import plain_rows, write_csv

CSV = """id,title,artist,album,genres,tags,release_date,duration_ms,isrc,popularity,energy,key
1,Creep,Radiohead,Pablo Honey,Alt Rock|Britpop,sad|90s,1993-02-22,238640,GBAYE9200070,86,.43,7
track_2,Umbrella,Rihanna feat. JAY-Z,Good Girl Gone Bad,R&B\\|Soul,,2007,275986,USUM70722806,79,,
3,Halo,Beyoncé,"I Am... Sasha, Fierce",Pop,,2008-11,,,,0.72,11
"""
BASE = "id,title,artist\n"


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    file = tmp_path / "catalog.csv"
    file.write_text(CSV)
    return file


async def contents(database: Database) -> list[object]:
    """Everything the catalog says, without primary keys."""
    return [
        tuple(row)
        for row in await database.fetch(
            """
            SELECT t.key, t.title, t.folded, al.title, aa.name, t.release_date, t.duration_ms,
              t.isrc, t.mbid, t.spotify_id, t.popularity, t.explicit, t.missing,
              (SELECT array_agg(a.name ORDER BY ta.position) FROM track_artists ta
               JOIN artists a ON a.id = ta.artist_id WHERE ta.track_id = t.id),
              (SELECT array_agg(g.name ORDER BY tg.position) FROM track_genres tg
               JOIN genres g ON g.id = tg.genre_id WHERE tg.track_id = t.id),
              (SELECT array_agg(tag ORDER BY tag) FROM track_tags WHERE track_id = t.id),
              f.source, f.energy, f.key, f.duration_ms
            FROM tracks t LEFT JOIN albums al ON al.id = t.album_id
            LEFT JOIN artists aa ON aa.id = al.artist_id
            LEFT JOIN audio_features f ON f.track_id = t.id ORDER BY t.key
            """
        )
    ]


async def test_every_column_arrives(database: Database, catalog: Path) -> None:
    report = await import_catalog(database, catalog)
    assert (report.read, report.added, report.problems) == (3, 3, [])
    creep, umbrella, halo = await contents(database)
    assert creep == (
        "1", "Creep", "creep", "Pablo Honey", "Radiohead", "1993-02-22", 238640, "GBAYE9200070",
        None, None, 86.0, None, False, ["Radiohead"], ["Alt Rock", "Britpop"],
        ["90s", "sad"], "import", 0.43, 7, 238640,
    )  # fmt: skip
    assert umbrella[0] == "2"  # an id that has its prefix keeps it: track_2
    assert umbrella[13:15] == (["Rihanna", "JAY-Z"], ["R&B|Soul"])
    assert halo[3] == "I Am... Sasha, Fierce"


async def test_the_same_file_twice_adds_nothing(database: Database, catalog: Path) -> None:
    await import_catalog(database, catalog)
    before = await contents(database)
    report = await import_catalog(database, catalog)
    assert (report.added, report.updated, report.already_there) == (0, 0, 3)
    assert await contents(database) == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Creep", "Creep (Acoustic)"),
        ("Radiohead", "Radiohead|Thom Yorke"),
        ("Alt Rock|Britpop", "Britpop|Alt Rock"),
        ("sad|90s", "sad"),
        (",.43,", ",.44,"),
        ("Pablo Honey", "Pablo Honey (Deluxe)"),
    ],
)
async def test_a_changed_row_updates_its_track(
    database: Database, catalog: Path, old: str, new: str
) -> None:
    await import_catalog(database, catalog)
    before = await contents(database)
    catalog.write_text(CSV.replace(old, new))
    report = await import_catalog(database, catalog)
    assert (report.added, report.updated, report.already_there) == (0, 1, 2)
    after = await contents(database)
    assert after[0] != before[0]
    assert after[1:] == before[1:]


async def test_what_a_row_does_not_state_stays(
    database: Database, catalog: Path, tmp_path: Path
) -> None:
    await import_catalog(database, catalog)
    before = await contents(database)
    part = tmp_path / "part.jsonl"
    part.write_text('{"id": "1", "title": "Creep", "artist": "Radiohead"}\n')
    report = await import_catalog(database, part)
    assert report.already_there == 1
    assert await contents(database) == before


async def test_json_lines_say_the_same_as_csv(
    database: Database, catalog: Path, tmp_path: Path
) -> None:
    """The form is known by its content: this one is called .csv."""
    await import_catalog(database, catalog)
    before = await contents(database)
    lines = [
        {
            "id": 1,
            "title": "Creep",
            "artist": ["Radiohead"],
            "album": "Pablo Honey",
            "genres": ["Alt Rock", "Britpop"],
            "tags": ["90s", "sad"],
            "duration_ms": 238640,
            "energy": 0.43,
        },
        {"id": "track_2", "title": "Umbrella", "artist": ["Rihanna", "JAY-Z"], "tags": None},
    ]
    file = tmp_path / "lines.csv"
    file.write_text("\n".join(map(json.dumps, lines)))
    report = await import_catalog(database, file)
    assert (report.read, report.already_there) == (2, 2)
    assert await contents(database) == before


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (b"9,,Someone", "no title"),
        (b"9,Title,", "no artist"),
        (b",Title,Someone", "no id"),
        (b"9,Title", "the row has 2 columns, the header has 3"),
        (b'9,"Title,Someone', "the row cannot be split into columns: unexpected end of data"),
        (b"9,M\xf6t\xf6rhead,Someone", "not UTF-8 (byte 0xF6 at 4); save the file as UTF-8"),
        (b"9,Title," + b"x" * 10_000_000, "the line is longer than 1,000,000 bytes"),
        (b"9," + b"x" * 501 + b",Someone", "title is longer than 500 characters"),
        (b"9,a\0b,Someone", "title holds a NUL character"),
        (b"1,Another,Someone", "the id '1' is line 2's already"),
        (b"track_1,Another,Someone", "the id '1' is line 2's already"),
    ],
)
async def test_a_bad_row_is_reported_and_the_rest_kept(
    database: Database, tmp_path: Path, row: bytes, problem: str
) -> None:
    """Each problem comes with its line, and the counts add up to what the database holds."""
    file = tmp_path / "bad.csv"
    file.write_bytes(BASE.encode() + b"1,First,A\n" + row + b"\n")
    report = await import_catalog(database, file)
    [(line, shown)] = report.problems
    assert (line, problem in shown) == (3, True), shown
    assert (report.read, report.added, report.skipped.total()) == (2, 1, 1)
    assert await database.fetch_value("SELECT count(*) FROM tracks") == 1


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({"release_date": "2087-01-01"}, "release_date '2087-01-01' is more than a year in the"),
        ({"release_date": "1997-13"}, "is no day of the calendar"),
        ({"release_date": "May 97"}, "release_date must be 1997, 1997-05 or 1997-05-21"),
        ({"duration_ms": "-3"}, "duration_ms must be a number from 1 to 8.64e+07"),
        ({"energy": "1.2"}, "energy must be a number from 0 to 1, it is '1.2'"),
        ({"energy": "nan"}, "energy must be a number"),
        ({"key": "C#"}, "key must be a number from -1 to 11"),
        ({"isrc": "XX"}, "isrc has not the form of one: 'XX'"),
        ({"explicit": "maybe"}, "explicit must be true or false"),
        ({"title": 5}, "title must be text, it is 5"),
    ],
)
def test_a_wrong_value_is_named(cells: dict[str, object], problem: str) -> None:
    with pytest.raises(BadInput, match=problem.replace("+", r"\+")) as raised:
        row_of(1, {"id": "1", "title": "T", "artist": "A"} | cells)
    assert raised.value.argument in cells


@given(
    st.dictionaries(
        st.sampled_from(["id", "title", "artist", "album", "genres", "tags", "energy", "mbid"]),
        st.none() | st.text() | st.integers() | st.floats() | st.lists(st.text() | st.integers()),
    )
)
def test_no_cell_breaks_the_reader(cells: dict[str, object]) -> None:
    """Whatever JSON a row holds, it is read or refused with a sentence."""
    try:
        row = row_of(1, cells)
    except BadInput as error:
        assert str(error)
    else:
        assert row.key
        assert row.title
        assert row.artists


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is empty"),
        (b"title,artist\nA,B\n", "no column id; a catalog needs the columns id, title, artist"),
        (b"user,artist,track,listened_at\n", "no column id and no column title"),
        (b"[{}]", "one JSON array"),
        (b"PK\x03\x04abc", "zip archive; unpack it first"),
        (b"\x1f\x8babc", "compressed by gzip"),
        (b"\xff\xfei\0d\0", "UTF-16 text; save it as UTF-8"),
    ],
)
async def test_a_file_that_is_no_catalog_is_refused(
    database: Database, tmp_path: Path, content: bytes, problem: str
) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    with pytest.raises(BadInput, match=problem):
        await import_catalog(database, file)


async def test_a_file_cut_in_the_middle_gives_what_is_whole(
    database: Database, tmp_path: Path
) -> None:
    lines = [json.dumps({"id": str(n), "title": f"T {n}", "artist": "A"}) for n in range(10)]
    file = tmp_path / "cut.jsonl"
    file.write_text("\n".join(lines)[:-9])
    report = await import_catalog(database, file)
    assert (report.added, report.problems) == (9, [(10, "the line is not valid JSON")])


async def test_unknown_columns_are_named(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_text("id;title;artist;Mood\n1;T;A;sad\n")
    report = await import_catalog(database, file)
    assert report.added == 1
    assert report.problems == [(2, "the column 'mood' is not known and is not read")]


async def test_an_entry_made_for_a_history_takes_the_id_of_the_catalog(
    database: Database, catalog: Path
) -> None:
    """A history imported before the catalog keeps its listens on the catalog's tracks."""
    [creep] = await add_unmatched(database, [WantedTrack("Radiohead", "Creep (Remastered)")])
    report = await import_catalog(database, catalog)
    assert (report.added, report.updated) == (2, 1)
    assert await database.fetch_value("SELECT id FROM tracks WHERE key = '1'") == creep
    assert (await import_catalog(database, catalog)).already_there == 3


async def test_an_analysis_is_not_overwritten(database: Database, catalog: Path) -> None:
    await import_catalog(database, catalog)
    await database.fetch("UPDATE audio_features SET source = 'essentia', energy = 0.9")
    await import_catalog(database, catalog)
    assert await database.fetch_value("SELECT min(energy) FROM audio_features") == 0.9


@pytest.mark.parametrize("failing", [1, 2, 3])
async def test_an_interrupted_import_is_finished_by_the_next(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    """Interrupted after any batch and run again, the database is as after one clean run."""
    monkeypatch.setattr("app.catalog.importer._BATCH", 3)
    rows = [f"{n},Song {n % 7},Artist {n % 4} feat. Guest {n % 3}" for n in range(10)]
    file = tmp_path / "catalog.csv"
    file.write_text(BASE + "\n".join(rows))
    batches = 0

    def interrupt(done: int, total: int | None) -> None:
        nonlocal batches
        batches += 1
        if batches == failing:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await import_catalog(database, file, interrupt)
    await import_catalog(database, file)
    interrupted = await contents(database)
    await database.fetch("TRUNCATE tracks, artists, albums, genres CASCADE")
    report = await import_catalog(database, file)
    assert report.added == 10
    assert await contents(database) == interrupted


async def test_a_real_catalog_is_imported_fast(
    database: Database, shared_data: Path, tmp_path: Path
) -> None:
    """28,356 real tracks in 20 columns: 4,000 rows a second of this process's CPU at the least.

    CPU time, because other work on the machine must not fail the test.
    """
    rows = plain_rows(shared_data)
    file = write_csv(rows, tmp_path / "spotify.csv")
    start = time.process_time()
    report = await import_catalog(database, file)
    took = time.process_time() - start
    print(f"{report.read / took:,.0f} rows a CPU second", report.lines())
    assert report.read == len(rows) == 28_356
    assert report.added == await database.fetch_value("SELECT count(*) FROM tracks")
    assert report.added + report.skipped.total() == report.read
    assert report.skipped.total() <= 10
    assert report.read / took > 4_000
    again = await import_catalog(database, file)
    assert (again.added, again.updated) == (0, 0)


def test_next_year_is_a_release_date() -> None:
    """An announced release is no mistake."""
    row = {"id": "1", "title": "T", "artist": "A", "release_date": str(date.today().year)}
    assert row_of(1, row).release_date == str(date.today().year)
