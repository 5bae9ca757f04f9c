"""A pool of worker processes in which one bad file costs one worker and nothing else.

A call that crashes its process, hangs or takes too much memory is reported as that call's failure;
the worker is replaced and the others go on. Workers are started when first needed, each with one
thread of computation, and none outlives the pool or the process that made it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar, TypeVarTuple, cast

from app.audio import worker
from app.errors import DeadlineExceeded, SegueError

Arguments = TypeVarTuple("Arguments")
Result = TypeVar("Result")

_START_TIMEOUT_S = 120.0
_REPOSITORY = Path(__file__).resolve().parents[2]
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


class WorkerDied(SegueError):
    """The process ended in the middle of a call; the message says by which signal."""


class WorkerOutOfMemory(SegueError):
    """The call wanted more memory than the worker may have."""


class WorkerPool:
    """Runs functions in at most `workers` processes; use as an async context manager.

    memory_mb: what a worker may allocate beyond its libraries. preload: modules that each worker
    imports before its first call, so that their import does not count against a call's time.
    """

    def __init__(
        self, workers: int, *, memory_mb: int = 2_048, preload: Sequence[str] = ()
    ) -> None:
        self._workers = [_Worker(memory_mb * 1_000_000, tuple(preload)) for _ in range(workers)]
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="audio-worker")
        self._free: asyncio.Queue[_Worker] = asyncio.Queue()
        for one in self._workers:
            self._free.put_nowait(one)

    @property
    def size(self) -> int:
        """The most processes that it uses."""
        return len(self._workers)

    async def run(
        self,
        function: Callable[[*Arguments], Result],
        *arguments: *Arguments,
        timeout_s: float,
    ) -> Result:
        """`function(*arguments)` in a worker; both must pickle.

        What the function raises of app.errors is raised here. Raises DeadlineExceeded after
        `timeout_s` seconds of running (waiting for a free worker does not count), WorkerDied when
        the process crashed, WorkerOutOfMemory, and RuntimeError with the worker's traceback for
        any other exception. Cancelling it kills the worker.
        """
        one = await self._free.get()
        try:
            call = asyncio.get_running_loop().run_in_executor(
                self._threads, one.call, function, arguments, timeout_s
            )
            try:
                return cast(Result, await asyncio.shield(call))
            except asyncio.CancelledError:
                one.kill()
                with suppress(Exception):
                    await call
                raise
        finally:
            self._free.put_nowait(one)

    async def warm(self) -> None:
        """Start one worker, if none was started, so that the first call need not wait for it."""
        await self.run(os.getpid, timeout_s=10)

    async def close(self) -> None:
        """Kill every worker, in the middle of a call too."""
        for one in self._workers:
            one.close()
        await asyncio.to_thread(self._threads.shutdown)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


class _Worker:
    """One process, started again whenever it is needed and not there."""

    def __init__(self, memory_bytes: int, preload: tuple[str, ...]) -> None:
        self._memory_bytes = memory_bytes
        self._preload = preload
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None
        self._closed = False

    def call(
        self, function: Callable[..., object], arguments: tuple[object, ...], timeout_s: float
    ) -> object:
        """Run one call; blocks, so it is called in a thread."""
        connection = self._started()
        try:
            connection.send((function, arguments, timeout_s))
            if not connection.poll(timeout_s):
                self.kill()
                raise DeadlineExceeded(f"It took longer than {timeout_s:g} s.")
            kind, value = connection.recv()
        except (EOFError, OSError) as error:
            raise self._died() from error
        if kind == worker.DONE:
            return value
        if kind == worker.REFUSED:
            raise cast(SegueError, value)
        if kind == worker.OUT_OF_MEMORY:
            self.kill()  # what a failed allocation left behind is not worth knowing
            megabytes = self._memory_bytes // 1_000_000
            raise WorkerOutOfMemory(f"It needs more than {megabytes:,} MB of memory.")
        raise RuntimeError(f"unexpected failure in a worker:\n{value}")

    def kill(self) -> None:
        """End the process now, from any thread; the call it was in raises WorkerDied."""
        process = self._process
        if process is not None:
            process.kill()
            process.wait()

    def close(self) -> None:
        """End the process and start no other."""
        self._closed = True
        self.kill()

    def _started(self) -> Connection:
        if self._connection is not None and self._process and self._process.poll() is None:
            return self._connection
        if self._closed:
            raise WorkerDied("The pool is closed.")
        if self._connection is not None:
            self._connection.close()
        ours, theirs = socket.socketpair()
        # As a script, so that a worker imports what it runs and not this whole package; -P keeps
        # the script's folder off its path.
        command = [sys.executable, "-P", worker.__file__, str(theirs.fileno())]
        command += [str(os.getpid()), str(self._memory_bytes), *self._preload]
        with theirs:
            self._process = subprocess.Popen(
                command,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # decoders write warnings about damaged files there
                env={**os.environ, **_ONE_THREAD, "PYTHONPATH": str(_REPOSITORY)},
            )
        self._connection = Connection(ours.detach())
        if self._closed:  # closed from another thread meanwhile
            self.kill()
        try:
            if not self._connection.poll(_START_TIMEOUT_S):
                self.kill()
                raise WorkerDied("A worker process did not start.")
            self._connection.recv()
        except (EOFError, OSError) as error:
            raise self._died() from error
        return self._connection

    def _died(self) -> WorkerDied:
        assert self._process is not None
        code = self._process.wait()
        cause = signal.Signals(-code).name if code < 0 else f"exit status {code}"
        return WorkerDied(f"It crashed the process that worked on it ({cause}).")
