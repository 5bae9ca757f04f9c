"""What `audioUrl` may reach: tried against a real server, real links and real names."""

import asyncio
import contextlib
import ipaddress
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.audio.addresses import PinnedNetwork, is_public
from app.audio.decoding import decode
from app.audio.fetching import fetched
from app.errors import BadInput, DeadlineExceeded
from tests.audio.sounds import sine, write

METADATA = "http://169.254.169.254/latest/meta-data/"


class Handler(BaseHTTPRequestHandler):
    """Serves one good file and many bad answers."""

    song = b""
    requests: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.requests.append(self.path)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            getattr(self, "_" + self.path.strip("/"))()

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def _song(self) -> None:
        self._answer(self.song, Content_Type="audio/ogg")

    def _nameless(self) -> None:
        self._answer(self.song, Content_Type="application/octet-stream")

    def _html(self) -> None:
        self._answer(b"<!DOCTYPE html><p>no song", Content_Type="text/html; charset=utf-8")

    def _disguised(self) -> None:
        self._answer(b"  <html><p>no song" * 10, Content_Type="audio/mpeg")

    def _zeros(self) -> None:
        self._answer(bytes(5000), Content_Type="audio/mpeg")

    def _nothing(self) -> None:
        self._answer(b"", Content_Type="audio/ogg")

    def _gone(self) -> None:
        self._answer(b"gone", 404)

    def _gzip(self) -> None:
        self._answer(self.song, Content_Encoding="gzip")

    def _metadata(self) -> None:
        self._answer(b"", 302, Location=METADATA)

    def _file(self) -> None:
        self._answer(b"", 302, Location="file:///etc/passwd")

    def _loop(self) -> None:
        self._answer(b"", 302, Location="/loop")

    def _relative(self) -> None:
        self._answer(b"", 307, Location="song")

    def _huge(self) -> None:
        self._answer(b"OggS", Content_Length=str(10**12))

    def _endless(self) -> None:
        self._answer(b"OggS" + bytes(100), Content_Type="audio/ogg")
        while True:
            self.wfile.write(bytes(65_536))

    def _drip(self) -> None:
        self._answer(b"OggS", Content_Type="audio/ogg")
        for _ in range(100):
            self.wfile.write(b"\0")
            time.sleep(0.05)


@pytest.fixture(scope="module")
def port(tmp_path_factory) -> Iterator[int]:
    path = write(tmp_path_factory.mktemp("served") / "song.ogg", sine(440, 2.0))
    Handler.song = path.read_bytes()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()


@pytest.fixture
def local(settings):
    """Settings that allow this machine's own server."""
    return settings.model_copy(
        update={
            "audio_allowed_hosts": ["127.0.0.1", "localhost"],
            "audio_max_bytes": 3_000_000,
            "audio_timeout_s": 1.5,
        }
    )


async def refusal(url: str, settings) -> str:
    with pytest.raises(BadInput) as caught:
        async with fetched(url, settings):
            raise AssertionError(f"{url} was fetched")
    assert caught.value.argument == "audioUrl"
    return str(caught.value)


@pytest.mark.parametrize("path", ["song", "nameless", "relative"])
async def test_an_allowed_host_is_fetched(port, local, path):
    """By address and by name, through a relative redirect, and deleted afterwards."""
    for host in ("127.0.0.1", "localhost", "LOCALHOST"):
        async with fetched(f"http://{host}:{port}/{path}", local) as source:
            assert decode(source.path).seconds == pytest.approx(2.0)
        assert not source.path.exists()


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("html", "leads to text/html"),
        ("disguised", "a web page or text"),
        ("zeros", "not to audio"),
        ("nothing", "empty"),
        ("gone", "status 404"),
        ("gzip", "compressed"),
        ("metadata", "not on the public internet"),
        ("file", "redirects to something else"),
        ("loop", "more than 5 times"),
        ("huge", "larger than 3 MB"),
        ("endless", "larger than 3 MB"),
    ],
)
async def test_what_an_allowed_host_may_not_send(port, local, path, sentence):
    """Limits and redirects hold for allow-listed hosts too."""
    assert sentence in await refusal(f"http://127.0.0.1:{port}/{path}", local)


async def test_a_slow_body_ends_in_time(port, local):
    """A byte every 50 ms keeps every socket timeout quiet; the total time does not."""
    started = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        async with fetched(f"http://127.0.0.1:{port}/drip", local):
            pass
    assert time.monotonic() - started < 3


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "0.0.0.0",
        "10.0.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "[fe80::1]",
        "[fd00::1]",
    ],
)
async def test_addresses_that_are_not_public(port, settings, host):
    """Refused before a connection is made."""
    Handler.requests.clear()
    sentence = await refusal(f"http://{host}:{port}/song", settings)
    assert "not on the public internet" in sentence
    assert Handler.requests == []


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0x7f.1"])
async def test_other_spellings_of_addresses(port, local, host):
    """Resolvers read these as 127.0.0.1; they are refused even where that is allowed."""
    assert "is not a host name" in await refusal(f"http://{host}:{port}/song", local)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("", "printable characters"),
        ("http://a\nb/", "printable characters"),
        ("http://" + "x" * 5000, "printable characters"),
        ("ftp://example.org/a.ogg", "Only http"),
        ("gopher://127.0.0.1/", "Only http"),
        ("concat:/etc/passwd|/etc/group", "no such file"),
        ("http://", "names no host"),
        ("http://[::1", "not a valid URL"),
        ("http://user:secret@example.org/a.ogg", "user name or password"),
        ("http://nosuchhost.invalid/a.ogg", "cannot be found"),
        ("http://exämple.org/ä.ogg", "ASCII"),
        ("http://127.0.0.1:99999/", "cannot be fetched"),
    ],
)
async def test_urls_that_are_none(local, url, sentence):
    """One sentence for each way to be wrong."""
    assert sentence in await refusal(url, local)


async def test_a_refused_connection_says_nothing_about_ports(local):
    """Closed and silent ports look the same, so nobody maps an allowed host through Segue."""
    assert "gave no answer" in await refusal("http://127.0.0.1:1/a.ogg", local)


async def test_a_name_that_changes_its_address_gains_nothing(port, local, monkeypatch):
    """DNS rebinding: a name is looked up once, and the connection goes to what was checked."""
    answers = iter(["8.8.8.8", "127.0.0.1", "127.0.0.1"])
    looked_up, connected = [], []

    async def look_up(host, port, **_):
        looked_up.append(host)
        return [(0, 0, 0, "", (next(answers), port))]

    async def connect(self, host, port, *_):
        connected.append(host)
        raise ConnectionError

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", look_up, raising=False)
    network = PinnedNetwork([])
    monkeypatch.setattr(type(network._network), "connect_tcp", connect)
    with pytest.raises(ConnectionError):
        await network.connect_tcp("rebinding.example", port)
    assert (looked_up, connected) == (["rebinding.example"], ["8.8.8.8"])
    with pytest.raises(BadInput):
        await network.connect_tcp("rebinding.example", port)
    assert connected == ["8.8.8.8"]


@given(st.ip_addresses(v=4, network="0.0.0.0/0"))
def test_an_ipv4_address_inside_an_ipv6_one_gains_nothing(address):
    """Mapped, 6to4 and NAT64 forms are public only where the address itself is."""
    number = int(address)
    for wrapped in (0xFFFF << 32 | number, 0x2002 << 112 | number << 80, 0x64FF9B << 96 | number):
        assert not is_public(ipaddress.IPv6Address(wrapped)) or is_public(address)


@pytest.fixture
def library(tmp_path, settings):
    folder = tmp_path / "library"
    folder.mkdir()
    write(folder / "a song.ogg", sine(440, 1.0))
    write(tmp_path / "outside.ogg", sine(440, 1.0))
    (folder / "link.ogg").symlink_to(tmp_path / "outside.ogg")
    (folder / "loop.ogg").symlink_to(folder / "loop.ogg")
    return settings.model_copy(update={"library_dirs": [folder]})


async def test_files_of_the_library_are_read_in_place(library):
    """As a plain path and as a file URL with escapes."""
    (folder,) = library.library_dirs
    urls = [
        f"{folder}/a song.ogg",
        f"file://{folder}/a%20song.ogg",
        f"FILE://localhost{folder}/a song.ogg",
    ]
    for url in urls:
        async with fetched(url, library) as source:
            assert source.path == folder.resolve() / "a song.ogg"
        assert source.path.exists()


@pytest.mark.parametrize(
    "path",
    [
        "{folder}/../outside.ogg",
        "{folder}/link.ogg",
        "{folder}/loop.ogg",
        "{folder}/missing.ogg",
        "{folder}",
        "{folder}/%2e%2e/outside.ogg",
        "file://{folder}/%2e%2e/outside.ogg",
        "file://{folder}/link.ogg",
        "file://{folder}/a%00b",
        "file:{folder}/../outside.ogg",
        "/etc/passwd",
        "library/a song.ogg",
        "/dev/zero",
        "/proc/self/environ",
    ],
)
async def test_nothing_outside_the_library_is_read(library, path):
    """Links and dots are resolved first; what exists outside is not told."""
    (folder,) = library.library_dirs
    sentence = await refusal(path.format(folder=folder), library)
    assert sentence == "There is no such file in the library folders (SEGUE_LIBRARY_DIRS)."


async def test_a_file_url_with_a_host_is_refused(library):
    """file://server/share is another machine."""
    assert "names no host" in await refusal("file://example.org/a.ogg", library)


async def test_without_library_folders_no_file_is_read(settings, tmp_path):
    """The default."""
    path = Path(write(tmp_path / "a.ogg", sine(440, 1.0)))
    assert "no such file" in await refusal(str(path), settings)
