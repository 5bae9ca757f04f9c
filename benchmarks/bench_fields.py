"""The four headline fields on the demo, over HTTP, at 16 connections with one web process."""

import asyncio
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.request

from app.demo import plan_catalog
from benchmarks.load import Measured, run

CONNECTIONS = 16
REQUESTS = {"recommendations": 2000, "playlist": 800, "search": 2000, "audioAnalysis": 64}

RECOMMENDATIONS = """
query ($user: ID!) { recommendations(userId: $user, count: 10) {
  confidence explanation tracks { id title artist { id name } durationMs } } }"""
PLAYLIST = """
query ($mood: String!) { playlist(mood: $mood, duration: 60) {
  tracks { id title artist { id name } } } }"""
SEARCH = """
query ($words: String!) { search(query: $words, first: 10) { edges { node {
  __typename ... on Track { id title } ... on Artist { id name } } } } }"""
AUDIO = """
query ($url: String!) { audioAnalysis(audioUrl: $url) { tempo key } }"""
MOODS = ["happy", "calm", "energetic", "sad", "relaxed", "focused", "romantic", "angry"]
MEANINGS = ["slow sad piano", "music to run to", "warm electronic evening", "loud guitars"]


def bodies(field: str, count: int) -> list[dict[str, object]]:
    """Requests that differ, drawn with a fixed seed."""
    draw = random.Random(f"bench {field}")
    pieces = plan_catalog()

    def words() -> str:
        piece = draw.choice(pieces)
        return draw.choice([piece.title, piece.artist, piece.title[:-1], draw.choice(MEANINGS)])

    make = {
        "recommendations": lambda: (
            RECOMMENDATIONS,
            {"user": f"user_demo-{draw.randint(1, 500):03d}"},
        ),
        "playlist": lambda: (PLAYLIST, {"mood": draw.choice(MOODS)}),
        "search": lambda: (SEARCH, {"words": words()}),
        "audioAnalysis": lambda: (AUDIO, {"url": f"track_{draw.choice(pieces).id}"}),
    }[field]
    drawn = (make() for _ in range(count))
    return [{"query": document, "variables": variables} for document, variables in drawn]


def wait_ready(port: int) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("the server was not ready within two minutes")


def measure() -> dict[str, tuple[Measured, Measured]]:
    """For each field: one connection, then sixteen."""
    environment = os.environ | {"SEGUE_AUTH": "off", "SEGUE_LOG_LEVEL": "warning"}
    subprocess.run(
        [sys.executable, "-m", "app.cli", "demo", "--if-empty"], env=environment, check=True
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "app.cli", "serve", "--port", str(port)]
    server = subprocess.Popen(command, env=environment)
    measured = {}
    try:
        wait_ready(port)
        for field, count in REQUESTS.items():
            warm_up = bodies(field, max(count // 10, 4))
            asyncio.run(run("127.0.0.1", port, warm_up, 4))
            single = asyncio.run(run("127.0.0.1", port, bodies(field, max(count // 5, 8)), 1))
            many = asyncio.run(run("127.0.0.1", port, bodies(field, count), CONNECTIONS))
            measured[field] = (single, many)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=60)
    return measured


def table() -> list[str]:
    """Lines of Markdown."""
    lines = [
        "## The four headline fields on the demo",
        "",
        f"One web process on {os.cpu_count()} cores, the load generator beside it.",
        "",
        "| field | p50 alone | p95 alone | p50 at 16 | p95 at 16 | requests/s at 16 | errors |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for field, (single, many) in measure().items():
        lines.append(
            f"| `{field}` | {single.percentile(50):.1f} ms | {single.percentile(95):.1f} ms "
            f"| {many.percentile(50):.1f} ms | {many.percentile(95):.1f} ms "
            f"| {many.per_second:.0f} | {single.errors + many.errors} |"
        )
    return lines
