"""Playlists: made to wishes with `playlist`, stored ones with `savedPlaylist` and `playlists`."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Self

import strawberry
from strawberry.dataloader import DataLoader

from app import playlist as domain
from app.catalog import track_ids_by_key
from app.errors import BadInput
from app.listening import user_id_by_key
from app.playlist import MOST_EXCLUDED, PlaylistRequest, Span, StoredPlaylist
from schema.catalog import Track
from schema.context import Info
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
    load_nodes,
    page_window,
    public_id,
    register_node,
)

TracksLoader = DataLoader[tuple[int, Span], list[tuple[int, int]]]


@strawberry.input(description="What a playlist should be like; what is left out does not matter.")
class PreferencesInput:
    """Wishes beyond the mood."""

    genres: list[str] | None = strawberry.field(
        default=None,
        description="Only tracks of any of these genres, by name; an unknown one is refused and "
        "the nearest are offered.",
    )
    energy_level: str | None = strawberry.field(
        default=None, description="How energetic: `low`, `medium` or `high`."
    )
    familiar_ratio: float | None = strawberry.field(
        default=None,
        description="Share, 0 to 1, of tracks that the user has listened to; needs a user.",
    )


@strawberry.type(description="A track in a generated playlist.")
class PlaylistItem:
    """What is said of a track in this one list."""

    track: Track = strawberry.field(description="The track.")
    position: int = strawberry.field(description="Its place, from 0.")
    starts_at_ms: int = strawberry.field(description="When it starts, in ms from the beginning.")
    fit: float | None = strawberry.field(
        description="How well it suits mood, activity and energy, 0 to 1 (.5: nothing known of "
        "its sound); null when none was asked for."
    )
    familiar: bool | None = strawberry.field(
        description="Whether the user has listened to it; null without a user."
    )


@strawberry.type(description="How one track follows another. Scores are 0 to 1, 1 for no step.")
class Transition:
    """A step between neighbors."""

    from_track: Track = strawberry.field(description="The track that ends.")
    to_track: Track = strawberry.field(description="The track that begins.")
    score: float = strawberry.field(description="How smooth it is; unknown parts count as .5.")
    known: bool = strawberry.field(description="Whether every part of the score is known.")
    certainty: float = strawberry.field(
        description="Share of the score, 0 to 1, that rests on known parts."
    )
    tempo: float | None = strawberry.field(
        description="Nearness in tempo, half and double nearly the same; null when not known."
    )
    key: float | None = strawberry.field(
        description="Nearness in key on the circle of fifths; null when not known."
    )
    energy: float | None = strawberry.field(description="Nearness in energy; null when not known.")
    loudness: float | None = strawberry.field(
        description="Nearness in loudness; null when not known."
    )


@strawberry.type(
    description="How good a whole playlist is: 0 to 1, null where too little is known."
)
class PlaylistMeasures:
    """Five measures; docs/playlist.md defines them."""

    fit: float | None = strawberry.field(
        description="Mean fit of the tracks to the wishes, by length; null without a wish."
    )
    coherence: float | None = strawberry.field(
        description="1: all sound alike; 0: as different as tracks drawn at random."
    )
    diversity: float | None = strawberry.field(
        description="Mean difference of two tracks in artist and genres."
    )
    smoothness: float | None = strawberry.field(description="Mean score of the transitions.")
    familiarity: float | None = strawberry.field(
        description="Share of tracks that the user has listened to; null without a user."
    )


@strawberry.type(description="A playlist made to wishes.")
class PlaylistResult:
    """The answer of `playlist`."""

    tracks: list[Track] = strawberry.field(description="The tracks in order.")
    items: list[PlaylistItem] = strawberry.field(description="The same, with what is said of each.")
    transitions: list[Transition] = strawberry.field(
        description="Each step from a track to the next: one fewer than there are tracks."
    )
    duration_ms: int = strawberry.field(description="Length of the list, in milliseconds.")
    shortfall_ms: int = strawberry.field(
        description="How much shorter than asked it is, where that is more than 5 s; else 0."
    )
    notes: list[str] = strawberry.field(
        description="Sentences on wishes that could not be met; empty when all were."
    )
    measures: PlaylistMeasures = strawberry.field(description="How good the list is.")
    seed: int = strawberry.field(description="Give it again to get the same list again.")


@strawberry.type(description="A stored playlist.")
class Playlist(Node):
    """A playlist that was imported or saved."""

    title: str = strawberry.field(description="Its title.")
    description: str | None = strawberry.field(description="What it says of itself.")
    created_at: datetime = strawberry.field(description="When it was made, in UTC.")
    track_count: int = strawberry.field(description="How many entries it has.")
    pk: strawberry.Private[int]
    tracks_loader: strawberry.Private[TracksLoader]

    @classmethod
    def of(cls, row: StoredPlaylist, loader: TracksLoader) -> Self:
        """The playlist of a row; those of one answer share a loader, so that pages are batched."""
        return cls(
            id=public_id("playlist", row.key),
            title=row.title,
            description=row.description,
            created_at=row.created_at,
            track_count=row.track_count,
            pk=row.id,
            tracks_loader=loader,
        )

    @strawberry.field(description="Its tracks in order; a track may stand in it more than once.")
    async def tracks(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Track]:
        """A page of the tracks."""
        window = page_window(first, last, after, before)
        entries = await self.tracks_loader.load((self.pk, _span(window)))
        loaded = await info.context.tracks.load_many([track for _, track in entries])
        rows = [
            (position, track)
            for (position, _), track in zip(entries, loaded, strict=True)
            if track is not None
        ]
        return build_connection(window, rows, lambda row: encode_cursor(row[0]), lambda row: row[1])


Mood = Annotated[
    str | None,
    strawberry.argument(
        description="happy, calm, energetic, sad, relaxed, focused, romantic, angry, melancholic, "
        "uplifting or dark."
    ),
]
Duration = Annotated[
    int | None,
    strawberry.argument(description="Length in minutes, 1 to 1440; 60 when null or left out."),
]
Preferences = Annotated[
    PreferencesInput | None, strawberry.argument(description="What else it should be like.")
]
Activity = Annotated[
    str | None,
    strawberry.argument(description="workout, studying, party, sleep, commute, work or relaxing."),
]
ForUser = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="Whose taste counts; a listener's own when left out."),
]
Excluded = Annotated[
    list[strawberry.ID] | None,
    strawberry.argument(description="Tracks to leave out, by id, at most 1000."),
]
Seed = Annotated[
    int | None,
    strawberry.argument(
        description="Another number gives another list to the same wishes; 0 when left out."
    ),
]
PlaylistId = Annotated[strawberry.ID, strawberry.argument(description="As in `playlist_abc`.")]


@strawberry.type
class PlaylistQuery:
    """Root fields about playlists."""

    @strawberry.field(
        description="Make a playlist: tracks that suit, of the length asked, in a smooth order. "
        "Wishes that cannot be met together give the nearest list, and `notes` say so."
    )
    async def playlist(
        self,
        info: Info,
        mood: Mood = None,
        duration: Duration = None,
        preferences: Preferences = None,
        *,
        activity: Activity = None,
        user_id: ForUser = None,
        exclude: Excluded = None,
        seed: Seed = None,
    ) -> PlaylistResult | None:
        """Generate a list."""
        wishes = preferences or PreferencesInput()
        request = PlaylistRequest(
            mood=mood,
            activity=activity,
            duration_minutes=duration,
            genres=tuple(wishes.genres or ()),
            energy_level=wishes.energy_level,
            familiar_ratio=wishes.familiar_ratio,
            user_id=await _user(info, user_id),
            exclude=await _excluded(info, exclude or []),
            seed=seed or 0,
        )
        made = await info.context.services.playlists.generate(request)
        return await _result(info, made)

    @strawberry.field(description="A stored playlist by its id; null when there is none.")
    async def saved_playlist(self, info: Info, id: PlaylistId) -> Playlist | None:
        """Find a stored list."""
        (node,) = await load_nodes(info, [id])
        return node if isinstance(node, Playlist) else None

    @strawberry.field(description="All stored playlists, in the order they were added.")
    async def playlists(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Playlist]:
        """A page of stored lists."""
        window = page_window(first, last, after, before)
        rows = await domain.playlist_page(info.context.database, _span(window), _seen_by(info))
        loader = _tracks_loader(info)
        return build_connection(
            window, rows, lambda row: encode_cursor(row.id), lambda row: Playlist.of(row, loader)
        )


async def _user(info: Info, user_id: str | None) -> int | None:
    """The primary key of whom the list is for; None for nobody or a user not known yet."""
    key = info.context.identity.user_key
    if user_id is not None:
        key = info.context.require_user(user_id)
    return None if key is None else await user_id_by_key(info.context.database, key)


async def _excluded(info: Info, ids: list[strawberry.ID]) -> frozenset[int]:
    if len(ids) > MOST_EXCLUDED:
        raise BadInput(
            f"`exclude` has {len(ids)} entries: at most {MOST_EXCLUDED} are allowed.", "exclude"
        )
    keys = [key for one in ids if (key := key_of(one, "track")) is not None]
    if not keys:
        return frozenset()
    found = await track_ids_by_key(info.context.database, keys)
    return frozenset(found.values())


async def _result(info: Info, made: domain.GeneratedPlaylist) -> PlaylistResult:
    tracks = await info.context.load_tracks([item.track_id for item in made.items])
    by_id = {track.pk: track for track in tracks}
    return PlaylistResult(
        tracks=tracks,
        items=_items(made.items, by_id),
        transitions=_transitions(made.transitions, by_id),
        duration_ms=made.duration_ms,
        shortfall_ms=made.shortfall_ms,
        notes=made.notes,
        measures=PlaylistMeasures(
            fit=made.measures.fit,
            coherence=made.measures.coherence,
            diversity=made.measures.diversity,
            smoothness=made.measures.smoothness,
            familiarity=made.measures.familiarity,
        ),
        seed=made.seed,
    )


def _items(made: Iterable[domain.PlaylistItem], tracks: dict[int, Track]) -> list[PlaylistItem]:
    return [
        PlaylistItem(
            track=tracks[item.track_id],
            position=item.position,
            starts_at_ms=item.starts_at_ms,
            fit=item.fit,
            familiar=item.familiar,
        )
        for item in made
        if item.track_id in tracks
    ]


def _transitions(made: Iterable[domain.Transition], tracks: dict[int, Track]) -> list[Transition]:
    return [
        Transition(
            from_track=tracks[step.from_track_id],
            to_track=tracks[step.to_track_id],
            score=step.score,
            known=step.certainty > 1 - 1e-9,
            certainty=step.certainty,
            tempo=step.tempo,
            key=step.key,
            energy=step.energy,
            loudness=step.loudness,
        )
        for step in made
        if step.from_track_id in tracks and step.to_track_id in tracks
    ]


def _span(window: Window) -> Span:
    after, before = window.after or (-1,), window.before or (2**63 - 1,)
    return Span(window.limit, int(after[0]), int(before[0]), window.backward)


def _seen_by(info: Info) -> str | None:
    """Whose playlists may be seen beside those without an owner; None: everybody's."""
    identity = info.context.identity
    return None if identity.role in ("admin", "editor") else identity.user_key or ""


def _tracks_loader(info: Info) -> TracksLoader:
    async def load(wanted: list[tuple[int, Span]]) -> list[list[tuple[int, int]]]:
        pages: dict[tuple[int, Span], list[tuple[int, int]]] = {}
        for span in dict.fromkeys(span for _, span in wanted):
            ids = [one for one, own in wanted if own == span]
            found = await domain.tracks_of_playlists(info.context.database, ids, span)
            pages |= {(one, span): entries for one, entries in found.items()}
        return [pages[one] for one in wanted]

    return DataLoader(load)


async def _playlists_by_key(info: Info, keys: list[str]) -> dict[str, Node]:
    rows = await domain.playlists_by_key(info.context.database, keys, _seen_by(info))
    loader = _tracks_loader(info)
    return {key: Playlist.of(row, loader) for key, row in rows.items()}


register_node("playlist", _playlists_by_key)
