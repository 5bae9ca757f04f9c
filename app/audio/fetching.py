"""Getting the sound that an `audioUrl` names onto this machine's disk, or refusing to.

http and https URLs are downloaded from public addresses and allow-listed hosts, within limits of
size and time; `file://` URLs and plain paths are read in place, inside the library folders only.
What is refused is refused with one sentence, and nothing is said about files or hosts that the
asker may not reach.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

import httpcore

from app.audio.addresses import PinnedNetwork, literal_address
from app.audio.containers import HEAD_BYTES, container_of, is_markup
from app.errors import BadInput, DeadlineExceeded
from app.settings import Settings

_ARGUMENT = "audioUrl"
_MAX_REDIRECTS = 5
_MAX_URL = 4_096
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HEADERS = (
    (b"User-Agent", b"segue"),
    (b"Accept", b"audio/*, */*;q=0.5"),
    (b"Accept-Encoding", b"identity"),
)


@dataclass(frozen=True)
class Source:
    """A file to analyze. name: what messages call it."""

    path: Path
    name: str


@asynccontextmanager
async def fetched(url: str, settings: Settings) -> AsyncIterator[Source]:
    """The file that `url` names; a download is deleted when the context ends.

    Raises BadInput (argument `audioUrl`) for what may not or cannot be fetched, and
    DeadlineExceeded when it takes longer than `settings.audio_timeout_s`.
    """
    if not url or len(url) > _MAX_URL or not url.isprintable():
        raise BadInput(f"A URL has 1 to {_MAX_URL:,} printable characters.", _ARGUMENT)
    scheme = _split(url).scheme.lower() if ":" in url else ""
    if scheme in ("http", "https"):
        with tempfile.TemporaryDirectory(prefix="segue-audio-") as folder:
            yield Source(await _download(url, Path(folder), settings), "The file at this URL")
    elif scheme == "file" or "://" not in url:
        path = await asyncio.to_thread(_in_library, url, settings.library_dirs)
        yield Source(path, path.name)
    else:
        raise BadInput(
            "Only http://, https:// and file:// URLs, paths in a library folder and ids of tracks "
            "can be analyzed.",
            _ARGUMENT,
        )


def _in_library(url: str, folders: list[Path]) -> Path:
    """The file behind a `file://` URL or a path, when it lies in one of `folders`.

    Symbolic links are followed before the check, on both sides.
    """
    refusal = BadInput(
        "There is no such file in the library folders (SEGUE_LIBRARY_DIRS).", _ARGUMENT
    )
    text = url
    if url.lower().startswith("file:"):
        parts = _split(url)
        if parts.netloc not in ("", "localhost"):
            raise BadInput("A file:// URL names no host: write file:///path.", _ARGUMENT)
        text = unquote(parts.path, errors="surrogateescape")
    if "\0" in text or not text.startswith("/"):
        raise refusal
    try:
        path = Path(text).resolve(strict=True)
        inside = any(path.is_relative_to(folder.resolve()) for folder in folders)
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links
        raise refusal from error
    if not inside or not path.is_file():
        raise refusal
    return path


async def _download(url: str, folder: Path, settings: Settings) -> Path:
    network = PinnedNetwork(settings.audio_allowed_hosts)
    try:
        async with (
            asyncio.timeout(settings.audio_timeout_s),
            httpcore.AsyncConnectionPool(network_backend=network, retries=0) as client,
        ):
            for _ in range(_MAX_REDIRECTS + 1):
                _check_url(url)
                async with client.stream("GET", url.encode("ascii"), headers=_HEADERS) as response:
                    if response.status not in _REDIRECTS:
                        return await _save(response, folder, settings.audio_max_bytes)
                    url = urljoin(url, _header(response, b"location"))
    except TimeoutError as error:
        raise DeadlineExceeded(
            f"Fetching the URL took longer than {settings.audio_timeout_s:g} s."
        ) from error
    except (
        httpcore.NetworkError,
        httpcore.ProtocolError,
        httpcore.TimeoutException,
        httpcore.UnsupportedProtocol,
        UnicodeEncodeError,
        ValueError,
        OSError,
    ) as error:
        raise BadInput(
            "The URL cannot be fetched: its server gave no answer.", _ARGUMENT
        ) from error
    raise BadInput(f"The URL redirects more than {_MAX_REDIRECTS} times.", _ARGUMENT)


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError as error:
        raise BadInput("This is not a valid URL.", _ARGUMENT) from error


def _check_url(url: str) -> None:
    """Refuse what a redirect must not lead to either; addresses are checked when connecting."""
    parts = _split(url)
    if parts.scheme.lower() not in ("http", "https"):
        raise BadInput("The URL redirects to something else than http:// or https://.", _ARGUMENT)
    if parts.username is not None or parts.password is not None:
        raise BadInput("A URL with a user name or password is not fetched.", _ARGUMENT)
    if not parts.hostname:
        raise BadInput("The URL names no host.", _ARGUMENT)
    literal_address(parts.hostname)
    if not url.isascii():
        raise BadInput(
            "Write the URL in ASCII: %-escapes in the path, xn-- in the host.", _ARGUMENT
        )


async def _save(response: httpcore.Response, folder: Path, max_bytes: int) -> Path:
    if response.status != 200:
        raise BadInput(f"The URL's server answered with status {response.status}.", _ARGUMENT)
    kind = _header(response, b"content-type").split(";")[0].strip().lower()
    if kind in ("text/html", "application/xhtml+xml", "application/json", "text/xml"):
        raise BadInput(f"The URL leads to {kind}, not to audio.", _ARGUMENT)
    if _header(response, b"content-encoding") not in ("", "identity"):
        raise BadInput("The URL's server sends compressed content; audio is not.", _ARGUMENT)
    length = _header(response, b"content-length")
    if length.isdigit() and int(length) > max_bytes:
        raise _too_large(max_bytes)
    unnamed = folder / "download"
    with unnamed.open("wb") as file:
        container = await _receive(response, file, max_bytes)
    return unnamed.rename(folder / f"download.{container}")  # MP3 is known by its name's ending


async def _receive(response: httpcore.Response, file: BinaryIO, max_bytes: int) -> str:
    """Write the body to `file`; the container, by the first bytes, before the rest is read."""
    container: str | None = None
    head = b""
    size = 0
    async for chunk in response.aiter_stream():
        size += len(chunk)
        if size > max_bytes:
            raise _too_large(max_bytes)
        if container is None:
            head += chunk[:HEAD_BYTES]
            if len(head) >= HEAD_BYTES:
                container = _audio_container(head)
        file.write(chunk)
    if size == 0:
        raise BadInput("The URL leads to an empty file.", _ARGUMENT)
    return container or _audio_container(head.ljust(HEAD_BYTES, b"\0"))


def _audio_container(head: bytes) -> str:
    container = container_of(head)
    if container is None:
        what = "a web page or text" if is_markup(head) else "something else"
        raise BadInput(f"The URL leads to {what}, not to audio that can be read.", _ARGUMENT)
    return container


def _too_large(max_bytes: int) -> BadInput:
    return BadInput(
        f"The file at this URL is larger than {max_bytes / 1e6:,.0f} MB, the most allowed.",
        _ARGUMENT,
    )


def _header(response: httpcore.Response, name: bytes) -> str:
    for key, value in response.headers:
        if key.lower() == name:
            return str(value.decode("latin-1")).strip()
    return ""
