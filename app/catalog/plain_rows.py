"""The plain catalog file: its columns, and how the text of a row becomes values.

Columns: `id,title,artist`, optionally `album,album_artist,genres,tags,release_date,duration_ms,
isrc,mbid,spotify_id,popularity,explicit,path`, and any of Spotify's audio features by its name.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache, partial
from typing import Any

from app.catalog.identifiers import isrc_of, mbid_of, spotify_id_of
from app.catalog.names import LONGEST_NAME, split_artists
from app.errors import BadInput

_LONGEST_KEY = 200
_ISO_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T ].*)?)?)?")
_BAR = re.compile(r"(?<!\\)\|")


@dataclass(slots=True)
class CatalogRow:
    """One row. Lists that the file does not state are None; so is every other missing value."""

    line: int
    key: str
    title: str
    artists: list[str]
    album: str | None = None
    album_artist: str | None = None
    genres: list[str] | None = None
    tags: list[str] | None = None
    release_date: str | None = None
    duration_ms: int | None = None
    isrc: str | None = None
    mbid: str | None = None
    spotify_id: str | None = None
    popularity: float | None = None
    explicit: bool | None = None
    path: str | None = None
    features: dict[str, float] = field(default_factory=dict)


def row_of(line: int, cells: Mapping[str, Any]) -> CatalogRow:
    """Read one row; empty cells and nulls are left out.

    Raises BadInput with what is wrong, its `argument` naming the column where one is at fault.
    """
    values: dict[str, Any] = {}
    features: dict[str, float] = {}
    for column, cell in cells.items():
        if cell is None or cell in ("", []):
            continue
        try:
            if column in FEATURES:
                features[column] = FEATURES[column](cell)
            elif column in COLUMNS:
                values[column] = COLUMNS[column](cell)
        except BadInput as error:
            raise BadInput(str(error), column) from None
    for column in REQUIRED:
        if not values.get(column):
            raise BadInput(f"no {column}")
    return CatalogRow(
        line, values.pop("id"), artists=values.pop("artist"), features=features, **values
    )  # fmt: skip


def _name(column: str, cell: object) -> str:
    if not isinstance(cell, str):
        raise BadInput(f"{column} must be text, it is {_shown(cell)}")
    text = " ".join(cell.split())
    if len(text) > LONGEST_NAME:
        raise BadInput(f"{column} is longer than {LONGEST_NAME} characters")
    if "\0" in text:
        raise BadInput(f"{column} holds a NUL character")
    return text


def _key(cell: object) -> str:
    key = _name("id", str(cell) if isinstance(cell, int) else cell).removeprefix("track_")
    if len(key) > _LONGEST_KEY:
        raise BadInput(f"id is longer than {_LONGEST_KEY} characters")
    return key


def _list(column: str, cell: object) -> list[str]:
    if isinstance(cell, str):
        parts = _BAR.split(cell) if "\\" in cell else cell.split("|")
        items: list[object] = [part.replace("\\|", "|") for part in parts]
    else:
        items = cell if isinstance(cell, list) else [cell]
    names = (_name(column, item) for item in items)
    return list(dict.fromkeys(name for name in names if name))


def _artists(cell: object) -> list[str]:
    return list(dict.fromkeys(a for name in _list("artist", cell) for a in split_artists(name)))


def _tags(cell: object) -> list[str]:
    return sorted({tag.lower() for tag in _list("tags", cell)})


@lru_cache(maxsize=10_000)
def _date(cell: object) -> str:
    text = str(cell).strip()
    found = _ISO_DATE.fullmatch(text)
    if found is None:
        raise BadInput(f"release_date must be 1997, 1997-05 or 1997-05-21, it is {_shown(cell)}")
    year, month, day = (int(part) if part else None for part in found.groups())
    try:
        when = date(year or 0, month or 1, day or 1)
    except ValueError:
        raise BadInput(f"release_date {_shown(cell)} is no day of the calendar") from None
    if when > date.today() + timedelta(days=366):
        raise BadInput(f"release_date {_shown(cell)} is more than a year in the future")
    return "-".join(part for part in found.groups() if part)


def _number(column: str, low: float, high: float, cell: object) -> float:
    try:
        value = float(cell) if isinstance(cell, (str, int, float)) else math.nan
    except ValueError:
        value = math.nan
    if not low <= value <= high:
        raise BadInput(f"{column} must be a number from {low:g} to {high:g}, it is {_shown(cell)}")
    return value


def _integer(column: str, low: int, high: int, cell: object) -> int:
    value = _number(column, low, high, cell)
    if not value.is_integer():
        raise BadInput(f"{column} must be a whole number, it is {_shown(cell)}")
    return int(value)


def _yes_or_no(cell: object) -> bool:
    word = str(cell).strip().lower()
    if word not in ("true", "false", "1", "0"):
        raise BadInput(f"explicit must be true or false, it is {_shown(cell)}")
    return word in ("true", "1")


def _identifier(column: str, known: Callable[[str], str | None], cell: object) -> str:
    found = known(str(cell))
    if found is None:
        raise BadInput(f"{column} has not the form of one: {_shown(cell)}")
    return found


def _shown(cell: object) -> str:
    text = repr(cell)
    return text if len(text) <= 40 else text[:40] + "…"


REQUIRED = ("id", "title", "artist")
COLUMNS: dict[str, Callable[[Any], Any]] = {
    "id": _key,
    "title": partial(_name, "title"),
    "artist": _artists,
    "album": partial(_name, "album"),
    "album_artist": partial(_name, "album_artist"),
    "genres": partial(_list, "genres"),
    "tags": _tags,
    "release_date": _date,
    "duration_ms": partial(_integer, "duration_ms", 1, 86_400_000),
    "isrc": partial(_identifier, "isrc", isrc_of),
    "mbid": partial(_identifier, "mbid", mbid_of),
    "spotify_id": partial(_identifier, "spotify_id", spotify_id_of),
    "popularity": partial(_number, "popularity", 0, 100),
    "explicit": _yes_or_no,
    "path": str,
}
# Ranges by the public OpenAPI description of Spotify's endpoint, wide enough for its real data.
FEATURES: dict[str, Callable[[Any], float]] = {
    "tempo": partial(_number, "tempo", 0, 1000),
    "key": partial(_integer, "key", -1, 11),
    "mode": partial(_integer, "mode", 0, 1),
    "loudness": partial(_number, "loudness", -100, 20),
    "time_signature": partial(_integer, "time_signature", 0, 16),
    **{
        name: partial(_number, name, 0, 1)
        for name in (
            "energy", "danceability", "valence", "acousticness", "instrumentalness", "liveness",
            "speechiness",
        )
    },
}  # fmt: skip
