"""Tables of what is known about the sound of a track."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    DateTime,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.database.tables import Table


class AudioFeatures(Table):
    """Features of a track by the names of Spotify's closed endpoint; null where not known."""

    __tablename__ = "audio_features"

    track_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("tracks.id", ondelete="CASCADE"), primary_key=True
    )
    source: Mapped[str] = mapped_column(Text, comment="import, or the engine that analyzed")
    version: Mapped[str] = mapped_column(Text, comment="version of that engine and its models")
    audio_hash: Mapped[str | None] = mapped_column(
        Text, comment="hash of the sound that was analyzed; null for imported features"
    )
    tempo: Mapped[float | None] = mapped_column(Float, comment="BPM")
    tempo_confidence: Mapped[float | None] = mapped_column(Float, comment="0..1")
    key: Mapped[int | None] = mapped_column(SmallInteger, comment="0..11 from C, -1 none found")
    mode: Mapped[int | None] = mapped_column(SmallInteger, comment="0 minor, 1 major")
    key_confidence: Mapped[float | None] = mapped_column(Float, comment="0..1")
    loudness: Mapped[float | None] = mapped_column(Float, comment="LUFS when analyzed, dB else")
    time_signature: Mapped[int | None] = mapped_column(SmallInteger)
    energy: Mapped[float | None] = mapped_column(Float)
    danceability: Mapped[float | None] = mapped_column(Float)
    valence: Mapped[float | None] = mapped_column(Float)
    acousticness: Mapped[float | None] = mapped_column(Float)
    instrumentalness: Mapped[float | None] = mapped_column(Float)
    liveness: Mapped[float | None] = mapped_column(Float)
    speechiness: Mapped[float | None] = mapped_column(Float)
    duration_ms: Mapped[int | None] = mapped_column(Integer)
    details: Mapped[dict[str, object] | None] = mapped_column(
        JSONB, comment="what the analysis found beyond the columns, e.g. spectral summary, tags"
    )
    analyzed_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )


class TrackEmbedding(Table):
    """A vector of a track's sound."""

    __tablename__ = "track_embeddings"

    track_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("tracks.id", ondelete="CASCADE"), primary_key=True
    )
    model: Mapped[str] = mapped_column(Text, primary_key=True, comment="e.g. msd-musicnn-1")
    vector: Mapped[bytes] = mapped_column(LargeBinary, comment="little-endian float32")
