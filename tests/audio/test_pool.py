"""One bad call costs one worker; nothing outlives the pool."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from app.audio.pool import WorkerDied, WorkerOutOfMemory, WorkerPool
from app.errors import BadInput, DeadlineExceeded

REPOSITORY = Path(__file__).resolve().parents[2]


async def test_calls_run_in_other_processes_side_by_side():
    """As many processes as asked for, each used again."""
    async with WorkerPool(2) as pool:
        pids = await asyncio.gather(*(pool.run(os.getpid, timeout_s=10) for _ in range(6)))
    assert os.getpid() not in pids
    assert 1 <= len(set(pids)) <= 2


async def test_a_crash_a_hang_and_a_hog_are_reported_and_the_pool_goes_on():
    """Real crashes: abort() as a C library would, endless sleep, and 2 GB at once."""
    async with WorkerPool(1, memory_mb=500) as pool:
        first = await pool.run(os.getpid, timeout_s=10)
        with pytest.raises(WorkerDied, match="SIGABRT"):
            await pool.run(os.abort, timeout_s=10)
        second = await pool.run(os.getpid, timeout_s=10)
        started = time.monotonic()
        with pytest.raises(DeadlineExceeded):
            await pool.run(time.sleep, 60, timeout_s=0.3)
        assert time.monotonic() - started < 2
        with pytest.raises(WorkerOutOfMemory, match="500 MB"):
            await pool.run(bytearray, 2_000_000_000, timeout_s=10)
        third = await pool.run(os.getpid, timeout_s=10)
        assert len({first, second, third}) == 3
        assert not psutil.pid_exists(first)


async def test_errors_keep_their_meaning():
    """An expected failure arrives as itself, a bug with the worker's traceback."""
    async with WorkerPool(1) as pool:
        with pytest.raises(RuntimeError, match="invalid literal for int"):
            await pool.run(int, "x", timeout_s=10)
        with pytest.raises(BadInput, match="analysis types") as caught:
            from app.audio.analysis import check_analysis_type

            await pool.run(check_analysis_type, "thorough", timeout_s=30)
        assert caught.value.argument == "analysisType"


async def test_cancelling_a_call_ends_its_process():
    """A request that is given up stops costing CPU."""
    async with WorkerPool(1) as pool:
        pid = await pool.run(os.getpid, timeout_s=10)
        call = asyncio.create_task(pool.run(time.sleep, 60, timeout_s=100))
        await asyncio.sleep(0.2)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert not psutil.pid_exists(pid)
        assert await pool.run(os.getpid, timeout_s=10) != pid


async def test_closing_ends_calls_under_way():
    """Shutting down waits for nobody."""
    pool = WorkerPool(1)
    call = asyncio.create_task(pool.run(time.sleep, 60, timeout_s=100))
    await asyncio.sleep(0.5)
    await pool.close()
    with pytest.raises(WorkerDied):
        await call


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_worker_outlives_its_parent(how):
    """Ctrl-C, an orderly stop and a kill of the parent leave no process behind."""
    program = (
        "import asyncio, os, time\n"
        "from app.audio.pool import WorkerPool\n"
        "async def main():\n"
        "    async with WorkerPool(2) as pool:\n"
        "        pids = await asyncio.gather(*(pool.run(os.getpid, timeout_s=9) for _ in '12'))\n"
        "        print(*pids, flush=True)\n"
        "        await asyncio.gather(*(pool.run(time.sleep, 60, timeout_s=99) for _ in '12'))\n"
        "asyncio.run(main())\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert parent.stdout is not None
    pids = [int(pid) for pid in parent.stdout.readline().split()]
    time.sleep(0.3)
    parent.send_signal(how)
    parent.wait(timeout=10)
    deadline = time.monotonic() + 5
    while any(_runs(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert pids
    assert not [pid for pid in pids if _runs(pid)]


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
