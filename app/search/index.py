"""The artifact `search`: both halves in one folder, with a list of files that tells a broken one.

Tantivy and FAISS map their files and do not check them: a file that was cut or changed would
answer wrongly or crash the process, so sizes and CRC-32 are compared before anything is opened.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson
import structlog

from app.search.entries import SearchType
from app.search.meaning import MeaningIndex
from app.search.names import NameIndex

ARTIFACT = "search"
_MANIFEST = "manifest.json"
_NAMES = "names"
_MEANING = "meaning"
_CHUNK = 1 << 20

log = structlog.get_logger()


@dataclass(frozen=True)
class SearchIndex:
    """What could be opened of one version; `problems` says what could not, and why."""

    names: NameIndex | None
    meaning: MeaningIndex | None
    text_model: str | None
    last_ids: Mapping[SearchType, int]  # of the rows the names half has seen
    problems: tuple[str, ...] = ()


def names_folder(folder: Path) -> Path:
    """Where the names half of an artifact is."""
    return folder / _NAMES


def meaning_folder(folder: Path) -> Path:
    """Where the meaning half of an artifact is."""
    return folder / _MEANING


def seal(folder: Path, text_model: str | None, last_ids: Mapping[SearchType, int]) -> None:
    """Write the manifest of a finished folder."""
    files = {
        str(file.relative_to(folder)): {"size": file.stat().st_size, "crc32": _crc32(file)}
        for file in sorted(folder.rglob("*"))
        if file.is_file() and not file.name.endswith(".lock")
    }
    manifest = {
        "text_model": text_model,
        "last_ids": {kind.value: id_ for kind, id_ in last_ids.items()},
        "files": files,
    }
    (folder / _MANIFEST).write_bytes(orjson.dumps(manifest, option=orjson.OPT_INDENT_2))


def open_index(folder: Path) -> SearchIndex:
    """Open what is whole of the artifact in `folder`; never raises for broken files. Blocks."""
    try:
        manifest = orjson.loads((folder / _MANIFEST).read_bytes())
        files: dict[str, dict[str, int]] = manifest["files"]
        last_ids = {SearchType(kind): int(id_) for kind, id_ in manifest["last_ids"].items()}
        text_model: str | None = manifest["text_model"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        log.warning("search index has no manifest", folder=str(folder), reason=str(error))
        return SearchIndex(None, None, None, {}, ("the search index is missing or broken",))
    problems = []
    names: NameIndex | None = None
    meaning: MeaningIndex | None = None
    try:
        _check(folder, _NAMES, files)
        names = NameIndex.open(names_folder(folder))
    except (OSError, ValueError) as error:
        problems.append(f"the index of names does not load: {error}")
    if text_model is None:
        problems.append("the index of meaning was not built: the sentence model did not load")
    else:
        try:
            _check(folder, _MEANING, files)
            meaning = MeaningIndex.load(meaning_folder(folder))
        except (OSError, ValueError, RuntimeError) as error:
            problems.append(f"the index of meaning does not load: {error}")
    for problem in problems:
        log.warning("search is degraded", folder=str(folder), reason=problem)
    return SearchIndex(
        names, meaning, text_model, last_ids if names is not None else {}, tuple(problems)
    )


def _check(folder: Path, half: str, files: Mapping[str, Mapping[str, int]]) -> None:
    for name, expected in files.items():
        if not name.startswith(f"{half}/"):
            continue
        file = folder / name
        if not file.is_file():
            raise ValueError(f"{name} is missing")
        if file.stat().st_size != expected["size"] or _crc32(file) != expected["crc32"]:
            raise ValueError(f"{name} is not as it was written")


def _crc32(file: Path) -> int:
    value = 0
    with file.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            value = zlib.crc32(chunk, value)
    return value
