"""Tracks, artists, albums and genres: the types that every other answer refers to."""

from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from app.catalog import (
    LAST_PLACE,
    AlbumRange,
    AlbumRow,
    ArtistRow,
    GenreRow,
    Range,
    TrackRow,
)
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
    page_window,
    public_id,
)

if TYPE_CHECKING:
    from schema.audio import AudioFeatures


@strawberry.type(description="A genre, as the operator's catalog names it.")
class Genre(Node):
    """A genre."""

    name: str = strawberry.field(description="Its name.")
    pk: strawberry.Private[int]

    @classmethod
    def of(cls, row: GenreRow) -> Self:
        """The genre of a row."""
        return cls(id=public_id("genre", row.key), name=row.name, pk=row.id)


@strawberry.type(description="A credited artist: a person, a group, an orchestra.")
class Artist(Node):
    """An artist."""

    name: str = strawberry.field(description="The name as credited.")
    mbid: str | None = strawberry.field(description="MusicBrainz artist id.")
    spotify_id: str | None = strawberry.field(description="Spotify artist id.")
    pk: strawberry.Private[int]

    @classmethod
    def of(cls, row: ArtistRow) -> Self:
        """The artist of a row."""
        return cls(
            id=public_id("artist", row.key),
            name=row.name,
            mbid=row.mbid,
            spotify_id=row.spotify_id,
            pk=row.id,
        )

    @strawberry.field(description="Tracks they are credited on, in the order they were added.")
    async def tracks(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection["Track"]:
        window = page_window(first, last, after, before)
        rows = await info.context.artist_tracks.load((self.pk, id_range(window)))
        return build_connection(window, rows, lambda row: encode_cursor(row.id), Track.of)

    @strawberry.field(description="Albums of theirs, in the order they were added.")
    async def albums(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection["Album"]:
        window = page_window(first, last, after, before)
        rows = await info.context.artist_albums.load((self.pk, id_range(window)))
        return build_connection(window, rows, lambda row: encode_cursor(row.id), Album.of)


@strawberry.type(description="A release that holds tracks.")
class Album(Node):
    """An album."""

    title: str = strawberry.field(description="Its title.")
    mbid: str | None = strawberry.field(description="MusicBrainz release id.")
    release_date: str | None = strawberry.field(
        description="When it was released, as far as known: `1997`, `1997-05` or `1997-05-21`."
    )
    pk: strawberry.Private[int]
    artist_pk: strawberry.Private[int | None]

    @classmethod
    def of(cls, row: AlbumRow) -> Self:
        """The album of a row."""
        return cls(
            id=public_id("album", row.key),
            title=row.title,
            mbid=row.mbid,
            release_date=row.release_date,
            pk=row.id,
            artist_pk=row.artist_id,
        )

    @strawberry.field(description="The album artist; null when it is by various artists.")
    async def artist(self, info: Info) -> Artist | None:
        if self.artist_pk is None:
            return None
        row = await info.context.artists.load(self.artist_pk)
        return Artist.of(row) if row is not None else None

    @strawberry.field(description="Its tracks by disc and number; those without a number last.")
    async def tracks(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection["Track"]:
        window = page_window(first, last, after, before, kinds=(int, int, int))
        rows = await info.context.album_tracks.load((self.pk, album_range(window)))
        return build_connection(window, rows, lambda row: encode_cursor(*row.album_place), Track.of)


@strawberry.type(description="A recording.")
class Track(Node):
    """A track. Leaf fields are plain attributes: they cost a tenth of an async resolver."""

    title: str = strawberry.field(description="Its title, with its version (`Live`, `Remix`).")
    duration_ms: int | None = strawberry.field(description="Its length, in milliseconds.")
    disc_number: int | None = strawberry.field(description="Disc of its album, from 1.")
    track_number: int | None = strawberry.field(description="Number on that disc, from 1.")
    isrc: str | None = strawberry.field(description="International Standard Recording Code.")
    mbid: str | None = strawberry.field(description="MusicBrainz recording id.")
    spotify_id: str | None = strawberry.field(description="Spotify track id.")
    explicit: bool | None = strawberry.field(
        description="Whether its words are marked explicit; null when not known."
    )
    popularity: float | None = strawberry.field(
        description="How popular it is, 0 to 100, as the catalog was told; null when not told."
    )
    release_date: str | None = strawberry.field(
        description="When it was released, as far as known: `1997`, `1997-05` or `1997-05-21`."
    )
    pk: strawberry.Private[int]
    album_pk: strawberry.Private[int | None]

    @classmethod
    def of(cls, row: TrackRow) -> Self:
        """The track of a row."""
        return cls(
            id=public_id("track", row.key),
            title=row.title,
            duration_ms=row.duration_ms,
            disc_number=row.disc_number,
            track_number=row.track_number,
            isrc=row.isrc,
            mbid=row.mbid,
            spotify_id=row.spotify_id,
            explicit=row.explicit,
            popularity=row.popularity,
            release_date=row.release_date,
            pk=row.id,
            album_pk=row.album_id,
        )

    @strawberry.field(description="The first credited artist.")
    async def artist(self, info: Info) -> Artist | None:
        rows = await info.context.credits.load(self.pk)
        return Artist.of(rows[0]) if rows else None

    @strawberry.field(description="Every credited artist, in the order of the credits.")
    async def artists(self, info: Info) -> list[Artist]:
        return [Artist.of(row) for row in await info.context.credits.load(self.pk)]

    @strawberry.field(description="The album it is on.")
    async def album(self, info: Info) -> Album | None:
        if self.album_pk is None:
            return None
        row = await info.context.albums.load(self.album_pk)
        return Album.of(row) if row is not None else None

    @strawberry.field(description="Its genres, the most fitting first.")
    async def genres(self, info: Info) -> list[Genre]:
        return [Genre.of(row) for row in await info.context.genres.load(self.pk)]

    @strawberry.field(description="Free words about it, by the alphabet.")
    async def tags(self, info: Info) -> list[str]:
        return await info.context.tags.load(self.pk)

    @strawberry.field(description="Features of its sound; null when not analyzed nor imported.")
    async def audio(
        self, info: Info
    ) -> Annotated["AudioFeatures", strawberry.lazy("schema.audio")] | None:
        from schema.audio import AudioFeatures  # noqa: PLC0415  (schema.audio imports the context)

        row = await info.context.audio.load(self.pk)
        return AudioFeatures.of(row) if row is not None else None


def id_range(window: Window) -> Range:
    """The range of ids that a window asks for."""
    page = Range(window.limit)
    (after,) = window.after or (page.after,)
    (before,) = window.before or (page.before,)
    return Range(window.limit, int(after), int(before), window.backward)


def album_range(window: Window) -> AlbumRange:
    """The range of places on an album that a window asks for."""
    page = AlbumRange(window.limit, backward=window.backward)
    after = window.after or page.after
    before = window.before or page.before
    return AlbumRange(window.limit, _place(after), _place(before), window.backward)


def _place(values: tuple[int | str, ...]) -> tuple[int, int, int]:
    disc, number, track = (int(value) for value in values)
    # Cursors come from outside: what int4 cannot hold is as good as the end.
    disc, number = (max(-LAST_PLACE, min(LAST_PLACE, value)) for value in (disc, number))
    return disc, number, track
