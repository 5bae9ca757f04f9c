"""Who is asking."""

from enum import Enum

import strawberry

from app.listening import users_by_key
from schema.context import Info
from schema.listening import User


@strawberry.enum(description="What an identity may do.")
class Role(Enum):
    """The four roles of `app.auth`."""

    LISTENER = strawberry.enum_value("listener", description="Sees and changes what is their own.")
    EDITOR = strawberry.enum_value("editor", description="Keeps the catalog and its playlists.")
    ANALYST = strawberry.enum_value("analyst", description="Sees aggregates, no individual.")
    ADMIN = strawberry.enum_value("admin", description="May do everything.")


@strawberry.type(description="Who is asking, by the key they sent.")
class Viewer:
    """The asker."""

    role: Role = strawberry.field(description="What they may do.")

    @strawberry.field(description="The listener whose key it is; null when it is nobody's.")
    async def user(self, info: Info) -> User | None:
        key = info.context.identity.user_key
        if key is None:
            return None
        row = (await users_by_key(info.context.database, [key])).get(key)
        return User.of(row) if row is not None else None


@strawberry.type
class ViewerQuery:
    """The root field `viewer`."""

    @strawberry.field(description="Who is asking.")
    def viewer(self, info: Info) -> Viewer:
        return Viewer(role=Role(info.context.identity.role))
