"""What every command does: settings, logs, the database, and errors as one sentence."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

import typer
from pydantic import ValidationError
from rich.console import Console

from app.errors import SegueError
from app.settings import Settings

if TYPE_CHECKING:
    from app.database import Database

Result = TypeVar("Result")

console = Console(stderr=True)  # results go to stdout, everything else here


def load_settings() -> Settings:
    """Settings from the environment; a wrong one ends the command with a sentence."""
    try:
        return Settings()
    except ValidationError as error:
        for problem in error.errors():
            name = "SEGUE_" + "_".join(str(part) for part in problem["loc"]).upper()
            console.print(f"[red]{name}[/red]: {problem['msg']} (it is {problem['input']!r})")
        raise typer.Exit(2) from error


def fail(message: str) -> typer.Exit:
    """Say why on stderr; raise what this returns."""
    console.print("[red]Error:[/red]", end=" ")
    console.print(message, markup=False, emoji=False, highlight=False, soft_wrap=True)
    return typer.Exit(1)


def run_with_database(work: "Callable[[Settings, Database], Awaitable[Result]]") -> Result:
    """Run `work` on the migrated database of the settings, starting the embedded server if needed.

    Expected failures end the command with exit status 1 and their sentence; Ctrl-C with 130.
    """
    from app.database import connected, running_server
    from app.logs import configure_logs

    settings = load_settings()
    configure_logs(settings)  # to stderr: stdout is for results

    async def main(url: str) -> Result:
        async with connected(url, settings) as database:
            return await work(settings, database)

    try:
        with running_server(
            settings, lambda message: console.print(f"[dim]{message}[/dim]")
        ) as url:
            return asyncio.run(main(url))
    except SegueError as error:
        raise fail(str(error)) from error
    except KeyboardInterrupt as error:
        console.print("interrupted; what was finished is kept, the same command goes on from there")
        raise typer.Exit(130) from error


def print_result(text: str) -> None:
    """Print a result to stdout as it is."""
    sys.stdout.write(text + "\n")
