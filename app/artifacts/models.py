"""Tables of versioned models and indexes, and of the aliases that serving processes follow."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    DateTime,
    ForeignKeyConstraint,
    Integer,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.database.tables import Table


class ArtifactVersion(Table):
    """One trained version of a named artifact; its files are in `artifacts/NAME/VERSION/`."""

    __tablename__ = "artifact_versions"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    parameters: Mapped[dict[str, object]] = mapped_column(JSONB, server_default="{}")
    metrics: Mapped[dict[str, object]] = mapped_column(JSONB, server_default="{}")
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class ArtifactAlias(Table):
    """What an alias (`champion`) of an artifact points to."""

    __tablename__ = "artifact_aliases"
    __table_args__ = (
        ForeignKeyConstraint(
            ["name", "version"], ["artifact_versions.name", "artifact_versions.version"]
        ),
    )

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    alias: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int] = mapped_column(Integer)
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
