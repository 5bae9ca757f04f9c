"""`segue analyze`: features of audio files, without a database."""

from dataclasses import asdict
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.runtime import console, fail, load_settings, print_result
from app.errors import SegueError

if TYPE_CHECKING:
    from app.audio import AudioAnalysis
    from app.settings import Settings

_TAGS_IN_JSON = 20
_TAGS_IN_LINE = 4
_FILES_PER_PROCESS = 4


def analyze(
    files: Annotated[list[Path], typer.Argument(help="Audio files, in any format.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON to stdout.")] = False,
) -> None:
    """Analyze audio files: loudness, tempo, key, character, tags.

    Exit status 0 only when every file could be analyzed; one that cannot does not stop the others.

    Example: `segue analyze song.flac --json`
    """
    import asyncio

    settings = load_settings()
    try:
        results = asyncio.run(_analyze_all(files, settings))
    except KeyboardInterrupt as error:
        raise typer.Exit(130) from error
    if as_json:
        import orjson

        entries = [_entry(file, result) for file, result in zip(files, results, strict=True)]
        print_result(orjson.dumps(entries, option=orjson.OPT_INDENT_2).decode())
    else:
        for file, result in zip(files, results, strict=True):
            if not isinstance(result, SegueError):
                print_result(_line(file, result))
    failed = [result for result in results if isinstance(result, SegueError)]
    for problem in failed:
        console.print(str(problem), markup=False, highlight=False, soft_wrap=True)
    if failed:
        raise fail(f"{len(failed)} of {len(files)} files could not be analyzed.")


async def _analyze_all(
    files: list[Path], settings: "Settings"
) -> "list[AudioAnalysis | SegueError]":
    """An analysis or the reason of its failure for each file, in their order."""
    import asyncio

    from app.audio import analysis_pool, analyze_isolated

    async def one(file: Path) -> "AudioAnalysis | SegueError":
        try:
            return await analyze_isolated(pool, file, settings)
        except SegueError as error:
            return error

    # A process takes as long to start as three files take, so few files share one.
    async with analysis_pool(ceil(len(files) / _FILES_PER_PROCESS)) as pool:
        return list(await asyncio.gather(*(one(file) for file in files)))


def _entry(file: Path, result: "AudioAnalysis | SegueError") -> dict[str, object]:
    name = _printable(file)
    if isinstance(result, SegueError):
        return {"file": name, "error": str(result)}
    return {
        "file": name,
        "features": {
            "tempo": result.tempo,
            "tempo_confidence": result.tempo_confidence,
            "key": result.key,
            "mode": result.mode,
            "key_confidence": result.key_confidence,
            "loudness": result.loudness,
            "energy": result.energy,
            "danceability": result.danceability,
            "valence": result.valence,
            "acousticness": result.acousticness,
            "instrumentalness": result.instrumentalness,
            "liveness": None,
            "speechiness": None,
            "time_signature": None,
            "duration_ms": result.duration_ms,
        },
        "format": {
            "container": result.container,
            "codec": result.codec,
            "sample_rate": result.sample_rate,
            "channels": result.channels,
        },
        "analyzed_from_ms": result.analyzed_from_ms,
        "analyzed_ms": result.analyzed_ms,
        "loudness_range": result.loudness_range,
        "beats": result.beats,
        "spectrum": None if result.spectral is None else asdict(result.spectral),
        "tags": None
        if result.tags is None
        else [asdict(tag) for tag in result.tags[:_TAGS_IN_JSON]],
        "source": result.source,
        "version": result.version,
        "cpu_seconds": result.timing,
    }


def _line(file: Path, found: "AudioAnalysis") -> str:
    minutes, seconds = divmod(round(found.duration_ms / 1000), 60)
    parts = [
        f"{minutes}:{seconds:02d}",
        "silent" if found.loudness is None else f"{found.loudness:.1f} LUFS",
        "no pulse" if found.tempo is None else f"{found.tempo:.1f} BPM",
        found.key_name or "no key",
    ]
    if found.analyzed_ms < found.duration_ms * 0.98:
        parts.append(f"{found.analyzed_ms / 60_000:.0f} min from its middle analyzed")
    if found.energy is not None:
        parts.append(f"energy {found.energy:.2f}")
    if found.tags:
        parts.append(", ".join(tag.name for tag in found.tags[:_TAGS_IN_LINE]))
    return f"{_printable(file)}: {'; '.join(parts)}"


def _printable(file: Path) -> str:
    """A path as text, bytes that are not UTF-8 escaped."""
    return str(file).encode("utf-8", "backslashreplace").decode()
