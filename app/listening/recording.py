"""Plays that a client reports as they happen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.database import Connection, Database
from app.errors import BadInput
from app.listening.merging import ARRIVING, make_arriving, merge_arriving
from app.listening.plays import (
    BadRow,
    TrackReference,
    checked_text,
    moment_of,
    parse_ms,
    start_of,
)
from app.listening.queries import ListenRow, listens_by_id
from app.listening.resolution import resolve_few

SOURCE = "api"
MOST_LISTENS = 1_000
_MAX_KEY = 200
_MAX_CONTEXT = 50  # entries

_STORED = """
SELECT s.number, l.id FROM unnest($2::bigint[], $3::bigint[], $4::timestamptz[])
    AS s (number, track_id, start)
JOIN listens l ON l.user_id = $1 AND l.track_id = s.track_id
    AND l.listened_at BETWEEN s.start - interval '1 day' AND s.start + interval '1 day'
    AND l.source_starts[array_position(l.sources, $5)] = s.start
"""


@dataclass(frozen=True, slots=True)
class NewListen:
    """A play to record: a track by its key, or by title and artist; `listened_at` is its start.

    Without `ms_played` it counts as played. `context` is what was known of the moment; its
    "device" is also the device of the play.
    """

    listened_at: datetime
    track_key: str | None = None
    title: str | None = None
    artist: str | None = None
    ms_played: int | None = None
    skipped: bool = False
    context: Mapping[str, object] | None = None


@dataclass
class RecordReport:
    """What became of the plays: added + already_there + merged + len(problems) are all of them.

    `merged` are plays that another source had told. `listens` are the rows of all that are stored,
    in the order given; `problems` are (index from 0, reason) of those that are not.
    """

    user_id: int | None = None
    added: int = 0
    already_there: int = 0
    merged: int = 0
    listens: list[ListenRow] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Valid:
    index: int
    track: TrackReference
    start: int
    listen: NewListen
    ms_played: int | None


async def record_listens(db: Database, user: str, listens: Sequence[NewListen]) -> RecordReport:
    """Record plays of the user with the key `user`, who is made when new; the same again is no-op.

    A play that cannot be kept (unknown track, a date before 1900 or more than a day ahead) is
    reported and the rest is kept. Tracks that nothing matches by name become entries without
    audio. Raises BadInput for a bad user key and for more than 1,000 plays.
    """
    user = _checked_user(user)
    if len(listens) > MOST_LISTENS:
        raise BadInput(
            f"`listens` has {len(listens):,} entries; at most {MOST_LISTENS:,} are allowed.",
            "listens",
        )
    report = RecordReport()
    valid = _validated(listens, report)
    resolved = await resolve_few(db, [one.track for one in valid])
    plays: dict[tuple[int, int], _Valid] = {}
    order: list[tuple[int, int]] = []
    for one, (track_id, _) in zip(valid, resolved, strict=True):
        if track_id is None:
            report.problems.append((one.index, "trackId is not in the catalog"))
            continue
        play = (track_id, one.start)
        report.already_there += play in plays  # told twice in one request
        plays.setdefault(play, one)
        order.append(play)
    report.problems.sort()
    if plays:
        await _store(db, user, plays, order, report)
    return report


async def _store(
    db: Database,
    user: str,
    plays: dict[tuple[int, int], _Valid],
    order: list[tuple[int, int]],
    report: RecordReport,
) -> None:
    async with db.transaction() as connection:
        user_id = await _user_id(connection, user)
        await make_arriving(connection)
        await connection.copy_records_to_table(
            "arriving",
            records=[
                (
                    number,
                    user_id,
                    track_id,
                    moment_of(start),
                    one.ms_played,
                    one.listen.skipped,
                    (one.listen.context or {}).get("device"),
                    None,
                    dict(one.listen.context) if one.listen.context else None,
                )
                for number, ((track_id, start), one) in enumerate(plays.items())
            ],
            columns=ARRIVING,
        )
        outcome = await merge_arriving(connection, SOURCE)
        stored = await connection.fetch(
            _STORED,
            user_id,
            list(range(len(plays))),
            [track_id for track_id, _ in plays],
            [moment_of(start) for _, start in plays],
            SOURCE,
        )
    report.user_id = user_id
    report.added = outcome.added
    report.merged = len(outcome.merged)
    report.already_there += len(outcome.known)
    keys = list(plays)
    ids = {keys[number]: listen_id for number, listen_id in stored}
    rows = await listens_by_id(db, list(ids.values()))
    report.listens = [rows[ids[play]] for play in order if play in ids and ids[play] in rows]


async def _user_id(connection: Connection, key: str) -> int:
    await connection.execute("INSERT INTO users (key) VALUES ($1) ON CONFLICT DO NOTHING", key)
    user_id: int = await connection.fetchval("SELECT id FROM users WHERE key = $1", key)
    return user_id


def _checked_user(key: str) -> str:
    try:
        text = checked_text(key, "user")
    except BadRow as error:
        raise BadInput(f"The user id is not allowed: {error}.", "userId") from error
    if text is None or len(text) > _MAX_KEY:
        raise BadInput(f"The user id must have 1 to {_MAX_KEY} characters.", "userId")
    return text


def _validated(listens: Sequence[NewListen], report: RecordReport) -> list[_Valid]:
    valid: list[_Valid] = []
    for index, listen in enumerate(listens):
        try:
            valid.append(
                _Valid(
                    index,
                    _reference(listen),
                    start_of(listen.listened_at),
                    listen,
                    parse_ms(listen.ms_played),
                )
            )
        except BadRow as error:
            report.problems.append((index, str(error)))
    return valid


def _reference(listen: NewListen) -> TrackReference:
    key = checked_text(listen.track_key, "trackId")
    title = checked_text(listen.title, "title")
    artist = checked_text(listen.artist, "artist")
    if listen.context is not None and len(listen.context) > _MAX_CONTEXT:
        raise BadRow(f"context has more than {_MAX_CONTEXT} entries")
    if key is not None:
        return TrackReference(key)
    if title is None or artist is None:
        raise BadRow("give trackId, or title and artist")
    return TrackReference(artist=artist, title=title)
