"""`segue key`: API keys."""

from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.runtime import console, print_result, run_with_database

if TYPE_CHECKING:
    from app.database import Database
    from app.settings import Settings


def create(
    role: Annotated[str, typer.Option(help="listener, editor, analyst or admin.")],
    user: Annotated[
        str | None, typer.Option(help="Whose data it covers: a user id; needed for a listener.")
    ] = None,
) -> None:
    """Create an API key and print it; it is shown this once only.

    Example: `segue key create --role listener --user 42`
    """
    from app.auth import create_key

    user_key = user.removeprefix("user_") if user is not None else None

    async def work(settings: "Settings", database: "Database") -> str:
        return await create_key(database, role, user_key)

    secret = run_with_database(work)
    console.print("Send it as a header: [bold]Authorization: Bearer KEY[/bold]. The key is:")
    print_result(secret)
