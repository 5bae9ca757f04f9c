"""Who is asking."""

from enum import Enum

import strawberry

from schema.context import Info


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


@strawberry.type
class ViewerQuery:
    """The root field `viewer`."""

    @strawberry.field(description="Who is asking.")
    def viewer(self, info: Info) -> Viewer:
        return Viewer(role=Role(info.context.identity.role))
