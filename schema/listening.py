"""Listeners and their listens, and how a client reports a play."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated, Self

import strawberry
from strawberry.dataloader import DataLoader
from strawberry.scalars import JSON

from app.errors import Forbidden
from app.listening import (
    ListenRange,
    ListenRow,
    NewListen,
    RecordReport,
    UserRow,
    listens_of_users,
    record_listens,
    users_by_key,
    users_page,
)
from app.recommendation import ListeningContext, RecommendationRequest
from schema.catalog import Track
from schema.context import Context, Info
from schema.recommendation import ContextInput
from schema.relay import (
    After,
    Before,
    Connection,
    First,
    Last,
    Node,
    Window,
    build_connection,
    encode_cursor,
    key_of,
    page_window,
    public_id,
    register_node,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

UserId = Annotated[strawberry.ID, strawberry.argument(description="As in `user_abc`.")]


@strawberry.type(description="One play of a track.")
class Listen:
    """A play."""

    listened_at: datetime = strawberry.field(description="When the play started, UTC.")
    ms_played: int | None = strawberry.field(
        description="How long it was played, in milliseconds; null when not known."
    )
    skipped: bool = strawberry.field(description="Whether the listener skipped on.")
    counted: bool = strawberry.field(
        description="Whether it counts as a listen: not when skipped within 30 seconds."
    )
    device: str | None = strawberry.field(description="What it was played on, as its source says.")
    country: str | None = strawberry.field(description="Where, as its source says.")
    context: JSON | None = strawberry.field(description="The circumstances it was recorded with.")
    sources: list[str] = strawberry.field(
        description="Who told of it: `listenbrainz`, `spotify`, `csv`, `api`."
    )
    track_pk: strawberry.Private[int]

    @classmethod
    def of(cls, row: ListenRow) -> Self:
        """The play of a row."""
        return cls(
            listened_at=row.listened_at,
            ms_played=row.ms_played,
            skipped=row.skipped,
            counted=row.counted,
            device=row.device,
            country=row.country,
            context=JSON(row.context) if row.context is not None else None,
            sources=row.sources,
            track_pk=row.track_id,
        )

    @strawberry.field(description="What was played.")
    async def track(self, info: Info) -> Track | None:
        return await info.context.tracks.load(self.track_pk)


@strawberry.type(description="A listener.")
class User(Node):
    """A listener."""

    country: str | None = strawberry.field(description="Country, ISO 3166-1 alpha-2, when known.")
    pk: strawberry.Private[int]

    @classmethod
    def of(cls, row: UserRow) -> Self:
        """The user of a row."""
        return cls(id=public_id("user", row.key), country=row.country, pk=row.id)

    @strawberry.field(description="What they played, newest first; skipped plays too.")
    async def listens(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Listen]:
        window = page_window(first, last, after, before, kinds=(int, int))
        rows = await _listens(info.context).load((self.pk, _range(window)))
        return build_connection(window, rows, _cursor, Listen.of)


@strawberry.input(description="A play to record: of `trackId`, or of `title` and `artist`.")
class NewListenInput:
    """A play."""

    listened_at: datetime = strawberry.field(
        description="When it started: from 1900 to a day from now; UTC without a time zone."
    )
    track_id: strawberry.ID | None = strawberry.field(default=None, description="As `track_abc`.")
    title: str | None = strawberry.field(default=None, description="Title, without `trackId`.")
    artist: str | None = strawberry.field(default=None, description="Artist, without `trackId`.")
    ms_played: int | None = strawberry.field(
        default=None, description="How long, in milliseconds; without it the play counts as whole."
    )
    skipped: bool | None = strawberry.field(
        default=None, description="Whether the listener skipped on; false by default."
    )
    context: ContextInput | None = strawberry.field(
        default=None, description="What was known of the moment."
    )

    def listen(self) -> NewListen:
        """The play for the domain; raises BadInput for a word that no context has."""
        track = self.track_id
        context = self.context.as_context() if self.context is not None else ListeningContext()
        RecommendationRequest(context=context).check()
        return NewListen(
            listened_at=self.listened_at,
            track_key=(key_of(track, "track") or track) if track is not None else None,
            title=self.title,
            artist=self.artist,
            ms_played=self.ms_played,
            skipped=bool(self.skipped),
            context={name: word for name, word in asdict(context).items() if word} or None,
        )


@strawberry.input(description="What `recordListens` takes.")
class RecordListensInput:
    """Plays of one user."""

    user_id: strawberry.ID = strawberry.field(description="Whose they are; made when new.")
    listens: list[NewListenInput] = strawberry.field(description="The plays, at most 1,000.")


@strawberry.type(description="A play that was not recorded, and why.")
class ListenProblem:
    """A play that was refused."""

    index: int = strawberry.field(description="Its place in `listens`, from 0.")
    message: str = strawberry.field(description="What is wrong with it.")


@strawberry.type(description="What `recordListens` did: every play is in exactly one count.")
class RecordListensPayload:
    """What became of the plays."""

    user: User | None = strawberry.field(description="Whose they are; null when none was kept.")
    added: int = strawberry.field(description="How many are new.")
    already_there: int = strawberry.field(description="How many had been recorded before.")
    merged: int = strawberry.field(
        description="How many another source had told of: each is one listen with two sources."
    )
    listens: list[Listen] = strawberry.field(
        description="All that are stored now, in the order given."
    )
    problems: list[ListenProblem] = strawberry.field(description="Those that were not recorded.")

    @classmethod
    def of(cls, report: RecordReport, user: User | None) -> Self:
        """The payload of a report."""
        return cls(
            user=user,
            added=report.added,
            already_there=report.already_there,
            merged=report.merged,
            listens=[Listen.of(row) for row in report.listens],
            problems=[ListenProblem(index=index, message=why) for index, why in report.problems],
        )


@strawberry.type
class ListeningQuery:
    """Root fields of listeners."""

    @strawberry.field(description="A listener by their id; null when there is none.")
    async def user(self, info: Info, id: UserId) -> User | None:
        key = info.context.require_user(id)
        return (await _users(info.context, [key])).get(key)

    @strawberry.field(description="All listeners, in the order they came; for admins only.")
    async def users(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[User]:
        if info.context.identity.role != "admin":
            raise Forbidden("Only an admin may list users.")
        window = page_window(first, last, after, before)
        rows = await users_page(
            info.context.database,
            window.limit,
            after=int(window.after[0]) if window.after else None,
            before=int(window.before[0]) if window.before else None,
            backward=window.backward,
        )
        return build_connection(window, rows, lambda row: encode_cursor(row.id), User.of)


@strawberry.type
class ListeningMutation:
    """Mutations of listeners."""

    @strawberry.mutation(
        description="Record plays as they happen; the same plays again change nothing."
    )
    async def record_listens(
        self,
        info: Info,
        input: Annotated[
            RecordListensInput, strawberry.argument(description="Whose plays, and which.")
        ],
    ) -> RecordListensPayload:
        key = info.context.require_user(input.user_id)
        listens = [one.listen() for one in input.listens]
        report = await record_listens(info.context.database, key, listens)
        return RecordListensPayload.of(report, (await _users(info.context, [key])).get(key))


async def _users(context: Context, keys: Sequence[str]) -> dict[str, User]:
    rows = await users_by_key(context.database, keys)
    return {key: User.of(row) for key, row in rows.items()}


async def _visible_users(info: Info, keys: list[str]) -> dict[str, Node]:
    identity = info.context.identity
    visible = [key for key in keys if identity.role == "admin" or key == identity.user_key]
    return dict(await _users(info.context, visible)) if visible else {}


def _listens(context: Context) -> DataLoader[tuple[int, ListenRange], list[ListenRow]]:
    """The request's loader of (user, page) to the plays on that page: one statement a page."""
    loaders = vars(context)  # where cached_property keeps the loaders of other domains
    if "user_listens" not in loaders:
        loaders["user_listens"] = DataLoader(partial(_load_listens, context))
    loader: DataLoader[tuple[int, ListenRange], list[ListenRow]] = loaders["user_listens"]
    return loader


async def _load_listens(
    context: Context, keys: list[tuple[int, ListenRange]]
) -> list[list[ListenRow]]:
    users: dict[ListenRange, list[int]] = {}
    for user, page in keys:
        users.setdefault(page, []).append(user)
    rows = {
        page: await listens_of_users(context.database, ids, page) for page, ids in users.items()
    }
    return [rows[page].get(user, []) for user, page in keys]


def _cursor(row: ListenRow) -> str:
    return encode_cursor((row.listened_at - _EPOCH) // _MICROSECOND, row.id)


def _range(window: Window) -> ListenRange:
    page = ListenRange(window.limit)
    return ListenRange(
        window.limit,
        _place(window.after) if window.after else page.after,
        _place(window.before) if window.before else page.before,
        window.backward,
    )


def _place(values: tuple[int | str, ...]) -> tuple[datetime, int]:
    start, listen = (int(value) for value in values)
    # Cursors come from outside: what no date can hold is as good as the end.
    limit = 200_000_000_000_000_000
    return _EPOCH + max(-30_000_000_000_000_000, min(limit, start)) * _MICROSECOND, listen


register_node("user", _visible_users)
