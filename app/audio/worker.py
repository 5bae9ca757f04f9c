"""The process that decodes and analyzes, one call at a time: `python worker.py FD …`.

Audio files are hostile input to C libraries, so they are opened here and not in the server. The
process answers calls that arrive, pickled, on the socket with descriptor FD. It has a memory limit,
an alarm that ends it when a call outlasts its time even inside C code, and it ends with its parent.
"""

import ctypes
import importlib
import os
import resource
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from app.errors import SegueError

READY = "ready"
DONE = "done"
REFUSED = "refused"  # an expected failure: the exception itself
OUT_OF_MEMORY = "out of memory"
FAILED = "failed"  # a bug: its traceback
_PR_SET_PDEATHSIG = 1
_ALARM_GRACE_S = 2.0  # the parent kills first; the alarm is for a parent that is gone


def main(descriptor: int, parent: int, memory_bytes: int, preload: list[str]) -> None:
    """Serve calls until the parent closes its end."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the line above
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all; the parent decides
    for module in preload:
        importlib.import_module(module)
    _limit_memory(memory_bytes)
    connection = Connection(socket.socket(fileno=descriptor).detach())
    connection.send((READY, None))
    while True:
        try:
            function, arguments, timeout_s = connection.recv()
        except EOFError:
            return
        signal.setitimer(signal.ITIMER_REAL, timeout_s + _ALARM_GRACE_S)
        answer = _call(function, arguments)
        signal.setitimer(signal.ITIMER_REAL, 0)
        connection.send(answer)


def _call(function: Callable[..., object], arguments: tuple[object, ...]) -> tuple[str, object]:
    try:
        return DONE, function(*arguments)
    except SegueError as error:
        return REFUSED, error
    except MemoryError:
        return OUT_OF_MEMORY, None
    except Exception:
        return FAILED, traceback.format_exc()


def _limit_memory(more_bytes: int) -> None:
    """Let this process take `more_bytes` beyond what its libraries hold now."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + more_bytes
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
