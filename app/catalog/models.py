"""Tables of the catalog: tracks, artists, albums, genres, tags, and the audio files behind them."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    DateTime,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    func,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.database.tables import Table


class Artist(Table):
    """A credited artist; `key` is the public id without its prefix `artist_`."""

    __tablename__ = "artists"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    folded: Mapped[str] = mapped_column(Text, index=True, comment="catalog.fold_name(name)")
    mbid: Mapped[str | None] = mapped_column(Text, index=True)
    spotify_id: Mapped[str | None] = mapped_column(Text, index=True)


class Album(Table):
    """An album; `key` is the public id without its prefix `album_`."""

    __tablename__ = "albums"
    __table_args__ = (Index("ix_albums_folded_artist_id", "folded", "artist_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(Text, unique=True)
    title: Mapped[str] = mapped_column(Text)
    folded: Mapped[str] = mapped_column(Text)
    artist_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("artists.id"), index=True, comment="album artist; null: various"
    )
    mbid: Mapped[str | None] = mapped_column(Text, index=True)
    release_date: Mapped[str | None] = mapped_column(Text, comment="1997, 1997-05 or 1997-05-21")


class Genre(Table):
    """A genre; `key` is the public id without its prefix `genre_`."""

    __tablename__ = "genres"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    folded: Mapped[str] = mapped_column(Text, unique=True)


class Track(Table):
    """A recording; `key` is the public id without its prefix `track_`."""

    __tablename__ = "tracks"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(Text, unique=True)
    title: Mapped[str] = mapped_column(Text)
    folded: Mapped[str] = mapped_column(Text, index=True, comment="catalog.fold_title(title)")
    album_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("albums.id"), index=True)
    disc_number: Mapped[int | None] = mapped_column(Integer)
    track_number: Mapped[int | None] = mapped_column(Integer)
    duration_ms: Mapped[int | None] = mapped_column(Integer)
    isrc: Mapped[str | None] = mapped_column(Text, index=True)
    mbid: Mapped[str | None] = mapped_column(Text, index=True)
    spotify_id: Mapped[str | None] = mapped_column(Text, index=True)
    explicit: Mapped[bool | None] = mapped_column(Boolean)
    popularity: Mapped[float | None] = mapped_column(Float, comment="0..100, as imported")
    release_date: Mapped[str | None] = mapped_column(Text)
    missing: Mapped[bool] = mapped_column(
        Boolean, server_default="false", comment="its files are gone: never recommended"
    )
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class TrackArtist(Table):
    """Credits of a track in order; position 0 is the first credited artist."""

    __tablename__ = "track_artists"

    track_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("tracks.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    artist_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("artists.id"), index=True)


class TrackGenre(Table):
    """Genres of a track in the order given."""

    __tablename__ = "track_genres"

    track_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("tracks.id", ondelete="CASCADE"), primary_key=True
    )
    genre_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("genres.id"), primary_key=True, index=True
    )
    position: Mapped[int] = mapped_column(SmallInteger, server_default="0")


class TrackTag(Table):
    """Free words on a track, lower-case."""

    __tablename__ = "track_tags"

    track_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("tracks.id", ondelete="CASCADE"), primary_key=True
    )
    tag: Mapped[str] = mapped_column(Text, primary_key=True)


class AudioFile(Table):
    """An audio file that a scan has seen.

    `path` is bytes because a path need not be valid UTF-8 and may hold a newline. A file is known
    by `audio_hash`, a hash of its audio without tags, so that moving or retagging it changes
    nothing that was computed from the sound.
    """

    __tablename__ = "audio_files"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    path: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    track_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("tracks.id", ondelete="CASCADE"), index=True
    )
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    modified_ns: Mapped[int] = mapped_column(BigInteger)
    audio_hash: Mapped[str | None] = mapped_column(Text, index=True)
    codec: Mapped[str | None] = mapped_column(Text)
    missing: Mapped[bool] = mapped_column(Boolean, server_default="false")
    scan_error: Mapped[str | None] = mapped_column(Text)
    analysis_error: Mapped[str | None] = mapped_column(
        Text, comment="why the sound could not be analyzed; cleared when the file changes"
    )
    scanned_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
