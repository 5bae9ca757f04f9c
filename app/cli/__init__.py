"""The command line, `segue …`: one module a command; heavy imports wait until a command runs."""

import typer

from app.cli.doctor import doctor
from app.cli.serve import serve

app = typer.Typer(
    name="segue",
    help="A self-hosted music-intelligence server. Settings come from SEGUE_… variables or .env.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    rich_markup_mode="markdown",
)

app.command()(serve)
app.command()(doctor)


def main() -> None:
    """Run the command line."""
    app()
