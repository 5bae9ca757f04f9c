"""A small load generator: keep-alive connections that post GraphQL documents one after another."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import orjson


@dataclass(frozen=True)
class Measured:
    """Latencies of one run, ms, and how many answers had errors."""

    milliseconds: list[float]
    seconds: float
    errors: int

    def percentile(self, share: float) -> float:
        return float(np.percentile(self.milliseconds, share))

    @property
    def per_second(self) -> float:
        return len(self.milliseconds) / self.seconds


async def _ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes, body: bytes
) -> dict[str, object]:
    writer.write(head + b"%d\r\n\r\n" % len(body) + body)
    answer = await reader.readuntil(b"\r\n\r\n")
    headers = answer.lower().split(b"\r\n")
    length = next(int(h.split(b":")[1]) for h in headers if h.startswith(b"content-length:"))
    parsed: dict[str, object] = orjson.loads(await reader.readexactly(length))
    return parsed


async def run(
    host: str, port: int, bodies: Sequence[dict[str, object]], connections: int
) -> Measured:
    """Post every body once, over `connections` connections to 127.0.0.1; `host` is sent along."""
    pending = [orjson.dumps(body) for body in reversed(bodies)]
    head = (
        f"POST /graphql HTTP/1.1\r\nHost: {host}:{port}\r\n"
        "Content-Type: application/json\r\nAccept: application/json\r\nContent-Length: "
    ).encode()
    milliseconds: list[float] = []
    errors = 0

    async def work() -> None:
        nonlocal errors
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 24)
        while pending:
            body = pending.pop()
            asked_at = time.perf_counter()
            answer = await _ask(reader, writer, head, body)
            milliseconds.append((time.perf_counter() - asked_at) * 1000)
            errors += "errors" in answer
        writer.close()

    started_at = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(connections)))
    return Measured(milliseconds, time.perf_counter() - started_at, errors)
