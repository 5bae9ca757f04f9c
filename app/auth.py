"""Who is asking, and what they may do: API keys and the four roles."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import BigInteger, DateTime, ForeignKey, Text, func
from sqlalchemy import Identity as IdentityColumn
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Database
from app.database.tables import Table
from app.errors import BadInput, Unauthenticated

Role = Literal["listener", "editor", "analyst", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
_KEY_PREFIX = "segue_"  # lets secret scanners recognize a leaked key
_LONGEST_HEADER = 200


class ApiKey(Table):
    """An API key; only the SHA-256 of its secret is stored."""

    __tablename__ = "api_keys"

    id: Mapped[int] = mapped_column(BigInteger, IdentityColumn(), primary_key=True)
    secret_sha256: Mapped[str] = mapped_column(Text, unique=True)
    role: Mapped[str] = mapped_column(Text)
    user_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


@dataclass(frozen=True)
class Identity:
    """Who is asking; `user_key` is the public user id without its prefix, if they are one."""

    role: Role
    user_key: str | None = None


ADMIN = Identity("admin")  # who everybody is where authentication is off


async def identify(database: Database, authorization: str | None) -> Identity:
    """Who sends this `Authorization` header; raises Unauthenticated unless it holds a valid key.

    The key is looked up by its hash: what a stranger could learn from timing is a hash of their
    own guess, and keys have 256 bits.
    """
    scheme, _, secret = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not secret.startswith(_KEY_PREFIX):
        raise Unauthenticated("An API key is needed: send `Authorization: Bearer segue_…`.")
    digest = _digest(secret[:_LONGEST_HEADER])
    row = await database.fetch_one(
        "SELECT k.secret_sha256, k.role, u.key FROM api_keys k "
        "LEFT JOIN users u ON u.id = k.user_id WHERE k.secret_sha256 = $1",
        digest,
    )
    if row is None or not hmac.compare_digest(row["secret_sha256"], digest):
        raise Unauthenticated("This API key is not valid.")
    return Identity(row["role"], row["key"])


async def create_key(database: Database, role: str, user_key: str | None = None) -> str:
    """Make an API key and return its secret, which is shown once and stored as a hash only.

    `user_key` is the user whose data a listener's key covers (needed for that role); the user is
    made when new. Raises BadInput for a role that does not exist or a listener without a user.
    """
    if role not in ROLES:
        raise BadInput(f"There is no role {role!r}: it must be one of {', '.join(ROLES)}.", "role")
    if role == "listener" and user_key is None:
        raise BadInput("A listener's key needs the user it is for: add --user.", "user")
    secret = _KEY_PREFIX + secrets.token_urlsafe(32)
    async with database.transaction() as connection:
        user_id = None
        if user_key is not None:
            await connection.execute(
                "INSERT INTO users (key) VALUES ($1) ON CONFLICT (key) DO NOTHING", user_key
            )
            user_id = await connection.fetchval("SELECT id FROM users WHERE key = $1", user_key)
        await connection.execute(
            "INSERT INTO api_keys (secret_sha256, role, user_id) VALUES ($1, $2, $3)",
            _digest(secret),
            role,
            user_id,
        )
    return secret


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
