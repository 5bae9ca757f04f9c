"""The command line, `segue …`: one module a command; heavy imports wait until a command runs."""

import typer

from app.cli.analyze import analyze
from app.cli.demo import demo
from app.cli.doctor import doctor
from app.cli.evaluate import evaluate
from app.cli.import_catalog import import_catalog
from app.cli.import_listens import import_listens
from app.cli.import_playlists import import_playlists
from app.cli.key import create
from app.cli.playlist import playlist
from app.cli.scan import scan
from app.cli.schema import schema
from app.cli.serve import serve
from app.cli.train import train

app = typer.Typer(
    name="segue",
    help="A self-hosted music-intelligence server. Settings come from SEGUE_… variables or .env.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    rich_markup_mode="markdown",
)
importing = typer.Typer(no_args_is_help=True, help="Read catalogs, histories and playlists.")
keys = typer.Typer(no_args_is_help=True, help="Manage API keys.")

app.command()(serve)
app.command()(demo)
app.command()(scan)
app.add_typer(importing, name="import")
app.command()(train)
app.command()(evaluate)
app.command()(analyze)
app.command()(playlist)
app.add_typer(keys, name="key")
app.command()(schema)
app.command()(doctor)

importing.command("catalog")(import_catalog)
importing.command("listens")(import_listens)
importing.command("playlists")(import_playlists)
keys.command("create")(create)


def main() -> None:
    """Run the command line."""
    app()
