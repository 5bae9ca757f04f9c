"""Every setting of Segue, typed, with its default and unit.

Values come from the environment (`SEGUE_HOME`, `SEGUE_PORT`, ...) or from a file `.env` in the
working directory; `segue doctor` prints those in force.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class Settings(BaseSettings):
    """Settings of one Segue installation; the field `home` is read from `SEGUE_HOME`, and so on."""

    model_config = SettingsConfigDict(env_prefix="SEGUE_", env_file=".env", extra="ignore")

    home: Path = Field(Path("var"), description="Folder that holds all state.")
    host: str = Field("127.0.0.1", description="Address the server binds.")
    port: int = Field(8000, ge=0, le=65535, description="TCP port the server binds.")
    auth: Literal["on", "off"] = Field(
        "on", description="`off` makes everybody an admin; allowed on loopback addresses only."
    )
    database_url: str | None = Field(
        None, description="PostgreSQL URL; unset, an embedded server runs with its data in home."
    )
    database_pool: int = Field(10, ge=1, le=200, description="Connections per web process.")
    statement_timeout_ms: int = Field(10_000, ge=100, description="Longest SQL statement, in ms.")
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="Where models run.")
    log_format: Literal["auto", "json", "console"] = Field(
        "auto", description="`auto`: colored lines on a terminal, JSON elsewhere."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severe events that are logged."
    )
    introspection: bool = Field(True, description="Whether the schema can be introspected.")
    max_body_bytes: int = Field(1_000_000, ge=1_000, description="Largest GraphQL request body.")
    request_timeout_s: float = Field(30.0, gt=0, description="Deadline of a GraphQL request, s.")
    rate_limit: str = Field(
        "off", description="Requests per client and minute, as a number, or `off`."
    )
    cors_origins: Annotated[list[str], NoDecode] = Field(
        default_factory=list, description="Origins of frontends, comma-separated."
    )
    allowed_hosts: Annotated[list[str], NoDecode] = Field(
        default_factory=list,
        description="Host names the server answers to besides loopback ones, comma-separated.",
    )
    audio_allowed_hosts: Annotated[list[str], NoDecode] = Field(
        default_factory=list,
        description="Hosts `audioUrl` may reach although they are not public, comma-separated.",
    )
    library_dirs: Annotated[list[Path], NoDecode] = Field(
        default_factory=list,
        description="Folders whose files `audioUrl` may name, comma-separated.",
    )
    audio_max_bytes: int = Field(100_000_000, description="Largest audio download, bytes.")
    audio_timeout_s: float = Field(25.0, description="Deadline of one audio analysis, s.")
    text_model: str | None = Field(
        None, description="Folder or hub name of a sentence model; unset: packaged MiniLM."
    )

    @field_validator(
        "cors_origins", "allowed_hosts", "audio_allowed_hosts", "library_dirs", mode="before"
    )
    @classmethod
    def _split_commas(cls, value: object) -> object:
        if isinstance(value, str):
            return [part.strip() for part in value.split(",") if part.strip()]
        return value

    @property
    def artifacts_dir(self) -> Path:
        """Folder of trained models and indexes."""
        return self.home / "artifacts"

    @property
    def models_dir(self) -> Path:
        """Folder of converted pretrained weights."""
        return self.home / "models"

    @property
    def demo_dir(self) -> Path:
        """Folder of the synthesized demo catalog."""
        return self.home / "demo"
