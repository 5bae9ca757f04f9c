"""Find the catalog track that somebody else's record of it names, or make an entry for it.

The order is the one that others settled on: MusicBrainz id, ISRC, Spotify id, folded artist and
title, then a fuzzy comparison that never leaves a block: among the titles of the same artist, or
among the artists of the same title. `docs/catalog.md` gives the measured precision and recall.
"""

from collections.abc import Container, Iterable, Sequence
from typing import Literal, NamedTuple, TypeAlias

from rapidfuzz import fuzz, process

from app.catalog.entries import AlbumName, ArtistName, replace_links, store_albums, store_artists
from app.catalog.identifiers import made_key
from app.catalog.names import fold, fold_name, fold_title, split_artists, tidy, version_of
from app.database import Database

How: TypeAlias = Literal["mbid", "isrc", "spotify_id", "exact", "fuzzy", "none"]

TITLE_THRESHOLD = 80.0
"""Least `rapidfuzz.fuzz.ratio` (0..100) of two titles of one artist."""
ARTIST_THRESHOLD = 75.0
"""Least ratio (0..100) of two artists with the very same title."""
WORD_THRESHOLD = 55.0
"""Least ratio (0..100) of a word of four letters or more to some word of the other title."""
_LONG_WORD = 4
_SHORTEST_FUZZY = 5  # characters: in a shorter name one edit is another name


class WantedTrack(NamedTuple):
    """A track as somebody names it; identifiers in the spelling of `app.catalog.identifiers`."""

    artist: str
    title: str
    album: str | None = None
    mbid: str | None = None
    isrc: str | None = None
    spotify_id: str | None = None
    duration_ms: int | None = None


class Match(NamedTuple):
    """The track found (None: none) and what found it."""

    track_id: int | None
    how: How


class Matcher:
    """The catalog's names and ids in memory; about 0.5 kB a track."""

    def __init__(
        self,
        title_threshold: float = TITLE_THRESHOLD,
        artist_threshold: float = ARTIST_THRESHOLD,
    ) -> None:
        self._title_threshold = title_threshold
        self._artist_threshold = artist_threshold
        self._ids: dict[How, dict[str, int]] = {"mbid": {}, "isrc": {}, "spotify_id": {}}
        self._by_artist: dict[str, dict[str, tuple[int, ...]]] = {}
        self._by_title: dict[str, list[str]] = {}
        self._albums: dict[int, str] = {}

    @classmethod
    async def load(cls, db: Database) -> "Matcher":
        """Read the whole catalog. Where several tracks answer, one with audio comes first."""
        matcher = cls()
        async with db.transaction() as connection:
            cursor = connection.cursor(
                "SELECT t.id, t.folded AS title, a.folded AS artist, al.folded AS album, "
                "t.mbid, t.isrc, t.spotify_id FROM tracks t "
                "LEFT JOIN track_artists ta ON ta.track_id = t.id "
                "LEFT JOIN artists a ON a.id = ta.artist_id "
                "LEFT JOIN albums al ON al.id = t.album_id "
                "LEFT JOIN (SELECT DISTINCT track_id FROM audio_files WHERE NOT missing) f "
                "ON f.track_id = t.id "
                "ORDER BY t.missing, f.track_id IS NULL, t.id, ta.position",
                prefetch=10_000,
            )
            async for track_id, title, artist, album, mbid, isrc, spotify_id in cursor:
                matcher._add(track_id, artist or "", title, album, mbid, isrc, spotify_id)
        return matcher

    @property
    def artists(self) -> Container[str]:
        """Folded names of every credited artist."""
        return self._by_artist.keys()

    def add(self, track_id: int, track: WantedTrack) -> None:
        """Know a track that was stored after `load`."""
        album = fold(track.album) if track.album else None
        for artist in split_artists(track.artist, self._by_artist) or [""]:
            self._add(
                track_id, fold_name(artist), fold_title(track.title), album, *track[3:6]
            )  # fmt: skip

    def _add(
        self, track_id: int, artist: str, title: str, album: str | None, *identifiers: str | None
    ) -> None:
        titles = self._by_artist.setdefault(artist, {})
        if title not in titles:
            self._by_title.setdefault(title, []).append(artist)
        if track_id not in titles.get(title, ()):
            titles[title] = (*titles.get(title, ()), track_id)
        if album:
            self._albums[track_id] = album
        for known, identifier in zip(self._ids.values(), identifiers, strict=True):
            if identifier:
                known.setdefault(identifier, track_id)

    def match(self, rows: Iterable[WantedTrack]) -> list[Match]:
        """The track of each row, in order; `Match(None, "none")` where the catalog has none."""
        return [self._match(row) for row in rows]

    def _match(self, row: WantedTrack) -> Match:
        known = zip(self._ids.items(), (row.mbid, row.isrc, row.spotify_id), strict=True)
        for (how, ids), identifier in known:
            if identifier and (track_id := ids.get(identifier)):
                return Match(track_id, how)
        title = fold_title(row.title)
        candidates, how = self._by_name(row.artist, title) if title else (None, "none")
        return Match(self._of_album(candidates, row.album) if candidates else None, how)

    def _by_name(self, credit: str, title: str) -> tuple[tuple[int, ...] | None, How]:
        artists = self._spellings(credit)
        for artist in artists:
            if candidates := self._by_artist.get(artist, {}).get(title):
                return candidates, "exact"
        for artist in artists:
            if candidates := self._similar_title(artist, title):
                return candidates, "fuzzy"
        candidates = self._similar_artist(artists[0], title)
        return candidates, "fuzzy" if candidates else "none"

    def _spellings(self, credit: str) -> list[str]:
        """Folded names the credit may be filed under: the whole, then its first artist."""
        whole = fold_name(credit)
        if whole in self._by_artist:
            return [whole]
        parts = split_artists(credit, self._by_artist)
        return list(dict.fromkeys([whole, *(fold_name(part) for part in parts[:1])]))

    def _of_album(self, candidates: Sequence[int], album: str | None) -> int:
        if album and len(candidates) > 1:
            folded = fold(album)
            for track_id in candidates:
                if self._albums.get(track_id) == folded:
                    return track_id
        return candidates[0]

    def _similar_title(self, artist: str, title: str) -> tuple[int, ...] | None:
        titles = self._by_artist.get(artist)
        if not titles or len(title) < _SHORTEST_FUZZY:
            return None
        version = version_of(title)
        for other, _, _ in process.extract(
            title, titles.keys(), scorer=fuzz.ratio, score_cutoff=self._title_threshold, limit=5
        ):
            if version_of(other) == version and _same_words(title, other):
                return titles[other]
        return None

    def _similar_artist(self, artist: str, title: str) -> tuple[int, ...] | None:
        artists = self._by_title.get(title)
        if not artists or len(artist) < _SHORTEST_FUZZY:
            return None
        best = process.extractOne(
            artist, artists, scorer=fuzz.ratio, score_cutoff=self._artist_threshold
        )  # fmt: skip
        return self._by_artist[best[0]][title] if best else None


def _same_words(left: str, right: str) -> bool:
    """Whether each longer word that only one title has is a spelling of one only the other has.

    Long titles may differ by a whole word and be alike: "… (Marnik remix)", "… (Brooks remix)".
    """
    lefts, rights = set(left.split()), set(right.split())
    for words, others in ((lefts - rights, rights - lefts), (rights - lefts, lefts - rights)):
        for word in words:
            if len(word) >= _LONG_WORD and not any(
                fuzz.ratio(word, other, score_cutoff=WORD_THRESHOLD) for other in others
            ):
                return False
    return True


async def add_unmatched(
    db: Database, rows: Sequence[WantedTrack], matcher: Matcher | None = None
) -> list[int]:
    """Make catalog entries without audio for tracks that nothing matched; their ids, in order.

    Rows of the same folded artist and title share one entry, and so does a later call: the key is
    made of both. `matcher`, when given, learns the new entries. Every row needs a title.
    """
    rows = [row._replace(artist=tidy(row.artist), title=tidy(row.title)) for row in rows]
    known = matcher.artists if matcher else ()
    credits = [split_artists(row.artist, known) or ["Unknown Artist"] for row in rows]
    keys = [
        made_key(fold_name(names[0]), fold_title(row.title))
        for names, row in zip(credits, rows, strict=True)
    ]
    first = {key: index for index, key in reversed(list(enumerate(keys)))}
    async with db.transaction() as connection:
        artists = await store_artists(
            connection, (ArtistName(name) for index in first.values() for name in credits[index])
        )
        album_of = {
            key: AlbumName(tidy(str(rows[index].album)), ArtistName(credits[index][0]))
            for key, index in first.items()
            if fold(tidy(rows[index].album or ""))
        }
        albums = await store_albums(connection, album_of.values(), artists)
        made = await connection.fetch(
            "INSERT INTO tracks "
            "(key, title, folded, album_id, mbid, isrc, spotify_id, duration_ms) "
            "SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], "
            "$6::text[], $7::text[], $8::int[]) ON CONFLICT (key) DO NOTHING RETURNING key, id",
            list(first),
            [rows[index].title for index in first.values()],
            [fold_title(rows[index].title) for index in first.values()],
            [albums[album_of[key]] if key in album_of else None for key in first],
            [rows[index].mbid for index in first.values()],
            [rows[index].isrc for index in first.values()],
            [rows[index].spotify_id for index in first.values()],
            [rows[index].duration_ms for index in first.values()],
        )
        ids = {row["key"]: row["id"] for row in made}
        links = {
            ids[key]: [artists[ArtistName(name)].id for name in credits[index]]
            for key, index in first.items()
            if key in ids
        }
        await replace_links(connection, artists=links)
        there = await connection.fetch(
            "SELECT key, id FROM tracks WHERE key = ANY($1)",
            [key for key in first if key not in ids],
        )
        ids |= {row["key"]: row["id"] for row in there}
    if matcher:
        for key, index in first.items():
            matcher.add(ids[key], rows[index])
    return [ids[key] for key in keys]
