"""What a resolver can reach: who asks, the database, the running services, the DataLoaders.

There is one context a request. Its loaders are made when first used and live as long as it does: a
DataLoader keeps failed batches, so it must not outlive the request.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import strawberry
from strawberry.dataloader import DataLoader

from app import catalog
from app.auth import Identity
from app.database import Database
from app.errors import Forbidden, Unavailable
from app.settings import Settings
from schema.relay import key_of

if TYPE_CHECKING:
    from app.audio import Analyzer, AudioFeaturesRow
    from app.playlist import PlaylistGenerator
    from app.recommendation import Recommender
    from app.search import Searcher
    from schema.catalog import Track

Service = TypeVar("Service")
Page = TypeVar("Page", bound=Hashable)
Row = TypeVar("Row")
PagedFetch: TypeAlias = Callable[
    [Database, Sequence[int], Page], Awaitable[Mapping[int, list[Row]]]
]


class Services:
    """What the server runs beside requests: made at start, shared by every request.

    Each property raises `app.errors.Unavailable` until its service has started.
    """

    def __init__(
        self,
        *,
        database: Database | None = None,
        recommender: "Recommender | None" = None,
        playlists: "PlaylistGenerator | None" = None,
        searcher: "Searcher | None" = None,
        analyzer: "Analyzer | None" = None,
    ) -> None:
        self._database = database
        self._recommender = recommender
        self._playlists = playlists
        self._searcher = searcher
        self._analyzer = analyzer

    @property
    def database(self) -> Database:
        """The pool of connections to Postgres."""
        if self._database is None:
            raise Unavailable("The database cannot be reached; try again shortly.")
        return self._database

    @property
    def recommender(self) -> "Recommender":
        """Answers `recommendations`."""
        return _started(self._recommender, "recommender")

    @property
    def playlists(self) -> "PlaylistGenerator":
        """Answers `playlist`."""
        return _started(self._playlists, "playlist generator")

    @property
    def searcher(self) -> "Searcher":
        """Answers `search`."""
        return _started(self._searcher, "search index")

    @property
    def analyzer(self) -> "Analyzer":
        """Answers `audioAnalysis`."""
        return _started(self._analyzer, "audio analyzer")

    def problems(self) -> dict[str, str | None]:
        """What is wrong with each started service, by name; None where nothing is."""
        parts = {
            "recommendation": self._recommender,
            "playlist": self._playlists,
            "search": self._searcher,
        }
        return {name: part.problem for name, part in parts.items() if part is not None}


def _started(service: Service | None, name: str) -> Service:
    if service is None:
        raise Unavailable(f"The {name} has not started yet; try again shortly.")
    return service


@dataclass
class Context:
    """The context of one request."""

    settings: Settings
    identity: Identity
    services: Services
    request_id: str = field(default="-")

    @property
    def database(self) -> Database:
        """The database; raises `app.errors.Unavailable` while it was never reached."""
        return self.services.database

    def require_user(self, user_id: str) -> str:
        """The key of the user with this public id, whom the asker must be allowed to speak for.

        Raises Forbidden, before any look-up, when anyone but an admin names another user than
        themselves, whether that user exists or not. A malformed id gives itself as the key, which
        is nobody's.
        """
        key = key_of(user_id, "user")
        own = key is not None and key == self.identity.user_key
        if not own and self.identity.role != "admin":
            raise Forbidden("You may ask about yourself only: your key does not cover this user.")
        return key if key is not None else user_id.replace("\0", "")

    async def load_tracks(self, track_ids: Sequence[int]) -> list["Track"]:
        """The tracks with these ids in this order, unknown ones dropped; one statement."""
        loaded = await self.tracks.load_many(track_ids)
        return [track for track in loaded if track is not None]

    @cached_property
    def tracks(self) -> "DataLoader[int, Track | None]":
        """Track ids to tracks."""
        from schema.catalog import Track  # noqa: PLC0415  (schema.catalog imports this module)

        async def load(ids: list[int]) -> "list[Track | None]":
            rows = await catalog.tracks_by_id(self.database, ids)
            return [Track.of(rows[one]) if one in rows else None for one in ids]

        return DataLoader(load)

    @cached_property
    def artists(self) -> DataLoader[int, catalog.ArtistRow | None]:
        """Artist ids to artists."""

        async def load(ids: list[int]) -> list[catalog.ArtistRow | None]:
            rows = await catalog.artists_by_id(self.database, ids)
            return [rows.get(one) for one in ids]

        return DataLoader(load)

    @cached_property
    def albums(self) -> DataLoader[int, catalog.AlbumRow | None]:
        """Album ids to albums."""

        async def load(ids: list[int]) -> list[catalog.AlbumRow | None]:
            rows = await catalog.albums_by_id(self.database, ids)
            return [rows.get(one) for one in ids]

        return DataLoader(load)

    @cached_property
    def credits(self) -> DataLoader[int, list[catalog.ArtistRow]]:
        """Track ids to their credited artists."""

        async def load(ids: list[int]) -> list[list[catalog.ArtistRow]]:
            rows = await catalog.artists_of_tracks(self.database, ids)
            return [rows.get(one, []) for one in ids]

        return DataLoader(load)

    @cached_property
    def genres(self) -> DataLoader[int, list[catalog.GenreRow]]:
        """Track ids to their genres."""

        async def load(ids: list[int]) -> list[list[catalog.GenreRow]]:
            rows = await catalog.genres_of_tracks(self.database, ids)
            return [rows.get(one, []) for one in ids]

        return DataLoader(load)

    @cached_property
    def tags(self) -> DataLoader[int, list[str]]:
        """Track ids to their tags."""

        async def load(ids: list[int]) -> list[list[str]]:
            rows = await catalog.tags_of_tracks(self.database, ids)
            return [rows.get(one, []) for one in ids]

        return DataLoader(load)

    @cached_property
    def artist_tracks(self) -> DataLoader[tuple[int, catalog.Range], list[catalog.TrackRow]]:
        """(Artist id, page) to the tracks on that page."""
        return self._pages(catalog.tracks_of_artists)

    @cached_property
    def artist_albums(self) -> DataLoader[tuple[int, catalog.Range], list[catalog.AlbumRow]]:
        """(Artist id, page) to the albums on that page."""
        return self._pages(catalog.albums_of_artists)

    @cached_property
    def album_tracks(self) -> DataLoader[tuple[int, catalog.AlbumRange], list[catalog.TrackRow]]:
        """(Album id, page) to the tracks on that page."""
        return self._pages(catalog.tracks_of_albums)

    def _pages(self, fetch: PagedFetch[Page, Row]) -> DataLoader[tuple[int, Page], list[Row]]:
        # Parents on one list ask for the same page, so this is one statement for all of them.
        async def load(keys: list[tuple[int, Page]]) -> list[list[Row]]:
            parents: dict[Page, list[int]] = {}
            for parent, page in keys:
                parents.setdefault(page, []).append(parent)
            fetched = await asyncio.gather(
                *(fetch(self.database, ids, page) for page, ids in parents.items())
            )
            rows = dict(zip(parents, fetched, strict=True))
            return [rows[page].get(parent, []) for parent, page in keys]

        return DataLoader(load)

    @cached_property
    def audio(self) -> "DataLoader[int, AudioFeaturesRow | None]":
        """Track ids to the features of their sound."""
        from app.audio import audio_by_track_id  # noqa: PLC0415  (heavy: loads the analyzer)

        async def load(ids: list[int]) -> "list[AudioFeaturesRow | None]":
            rows = await audio_by_track_id(self.database, ids)
            return [rows.get(one) for one in ids]

        return DataLoader(load)


Info: TypeAlias = strawberry.Info[Context, None]
