"""Tables of who listens to what, and when."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.database.tables import Table


class User(Table):
    """A listener; `key` is the public id without its prefix `user_`."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(Text, unique=True)
    country: Mapped[str | None] = mapped_column(Text, comment="ISO 3166-1 alpha-2")
    time_zone: Mapped[str | None] = mapped_column(Text, comment="IANA name")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Listen(Table):
    """One play of a track, known by who, what and when it started.

    The same play from two sources is one row with two `sources`; `source_starts` remembers when
    each of them says it started, so that importing either again recognizes it. `skipped` plays of
    under 30 s are kept but do not count as listens: they are the only negative that a history has.
    """

    __tablename__ = "listens"
    __table_args__ = (
        UniqueConstraint("user_id", "track_id", "listened_at"),
        Index("ix_listens_user_id_listened_at", "user_id", "listened_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("users.id", ondelete="CASCADE"))
    track_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("tracks.id", ondelete="CASCADE"), index=True
    )
    listened_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), comment="start of the play, UTC"
    )
    ms_played: Mapped[int | None] = mapped_column(Integer)
    skipped: Mapped[bool] = mapped_column(Boolean, server_default="false")
    device: Mapped[str | None] = mapped_column(Text)
    country: Mapped[str | None] = mapped_column(Text)
    context: Mapped[dict[str, object] | None] = mapped_column(JSONB)
    sources: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    source_starts: Mapped[list[datetime]] = mapped_column(
        ARRAY(DateTime(timezone=True)),
        server_default="{}",
        comment="start of the play by each of sources, in their order",
    )
