"""The command line, `segue …`: one module a command; heavy imports wait until a command runs."""

import typer

app = typer.Typer(
    name="segue",
    help="A self-hosted music-intelligence server. Settings come from SEGUE_… variables or .env.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    rich_markup_mode="markdown",
)


def main() -> None:
    """Run the command line."""
    app()
