"""Read JSPF: XSPF's fields as one JSON object (xspf.org/jspf, and ListenBrainz' exports)."""

import orjson

from app.errors import BadInput
from app.playlist.entries import (
    Entry,
    ReadPlaylist,
    duration_of,
    identifiers_of,
    says_something,
    text_of,
    time_of,
)

UNUSABLE = "the entry has no title, id or path"


def read_jspf(data: bytes, name: str) -> ReadPlaylist:
    """The list in `data`; `name` is the file's, for messages and as a title of last resort.

    Raises BadInput unless it is a JSON object with a `playlist` that has `track`, a list.
    """
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise BadInput(f"{name} is not valid JSON: {error}") from error
    playlist = document.get("playlist") if isinstance(document, dict) else None
    if not isinstance(playlist, dict) or not isinstance(playlist.get("track", []), list):
        raise BadInput(f'{name} is not JSPF: it needs {{"playlist": {{"track": [...]}}}}')
    read = ReadPlaylist(
        source="jspf",
        title=text_of(playlist.get("title")) or name,
        line=1,
        entries=[],
        description=text_of(playlist.get("annotation")),
        identifier=next(iter(texts_of(playlist.get("identifier"))), None),
        created_at=time_of(playlist.get("date")),
    )
    for place, track in enumerate(playlist.get("track", []), start=1):
        entry = entry_of(place, track if isinstance(track, dict) else {})
        if says_something(entry):
            read.entries.append(entry)
        else:
            read.problems.append((place, UNUSABLE))
    return read


def entry_of(place: int, track: dict[str, object]) -> Entry:
    """An entry from the fields that XSPF and JSPF share."""
    locations = texts_of(track.get("location"))
    return Entry(
        place=place,
        title=text_of(track.get("title")),
        artist=text_of(track.get("creator")),
        album=text_of(track.get("album")),
        path=next((one for one in locations if is_path(one)), None),
        duration_ms=duration_of(track.get("duration")),
        **identifiers_of([*texts_of(track.get("identifier")), *locations]),
    )


def texts_of(value: object) -> list[str]:
    """A text or a list of texts, as JSPF has both, as a list."""
    values = value if isinstance(value, list) else [value]
    return [text for one in values if (text := text_of(one)) is not None]


def is_path(location: str) -> bool:
    """Whether a location is a file's, not a web address or an id of another kind."""
    scheme = location.partition(":")[0].lower()
    return ":" not in location or scheme == "file" or len(scheme) == 1 or "/" in scheme
