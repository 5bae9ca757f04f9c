"""An asyncio micro-batcher: many callers, one model, one worker thread.

Callers `submit` one item each. A batch closes when it holds `max_batch` items, or `max_wait_s`
after its first item came; while the model runs, the next batch gathers. Items of one batch come
from one length bucket (powers of two), so that short texts are not padded to a long one.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

from app.errors import DeadlineExceeded, Overloaded, Unavailable

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(eq=False)
class _Pending(Generic[Item, Result]):
    item: Item
    answer: "asyncio.Future[Result]"
    arrived: float  # event loop time, s


class Batcher(Generic[Item, Result]):
    """Runs `model(items) -> results` (one result an item, in order) for many concurrent callers.

    `queue_limit` bounds the items that wait; `length` gives the size that buckets are made by
    (without it there is one bucket). One Batcher belongs to one event loop: the one that first
    calls `submit`.
    """

    def __init__(
        self,
        model: Callable[[list[Item]], Sequence[Result]],
        *,
        name: str,
        max_batch: int = 32,
        max_wait_s: float = 0.003,
        queue_limit: int = 256,
        length: Callable[[Item], int] = lambda item: 1,
    ) -> None:
        self._model = model
        self._name = name
        self._max_batch = max_batch
        self._max_wait_s = max_wait_s
        self._queue_limit = queue_limit
        self._length = length
        self._buckets: dict[int, deque[_Pending[Item, Result]]] = {}
        self._changed = asyncio.Event()
        self._closing = False
        self._worker: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"model-{name}")

    @property
    def waiting(self) -> int:
        """How many items wait for a batch."""
        return sum(len(bucket) for bucket in self._buckets.values())

    async def submit(self, item: Item, deadline_s: float | None = None) -> Result:
        """The model's result for `item`.

        Raises `Overloaded` at once when the queue is full, `DeadlineExceeded` after `deadline_s`
        seconds, `Unavailable` after `close`, and whatever the model raised for its batch. A caller
        that is cancelled or out of time leaves the queue.
        """
        if self._closing:
            raise Unavailable(f"The model {self._name} is shutting down.")
        if self.waiting >= self._queue_limit:
            raise Overloaded(f"The model {self._name} has too much to do; try again shortly.")
        loop = asyncio.get_running_loop()
        if self._worker is None:
            self._worker = loop.create_task(self._work(), name=f"batcher {self._name}")
        pending: _Pending[Item, Result] = _Pending(item, loop.create_future(), loop.time())
        bucket = self._buckets.setdefault(self._length(item).bit_length(), deque())
        bucket.append(pending)
        self._changed.set()
        try:
            async with asyncio.timeout(deadline_s):
                return await pending.answer
        except TimeoutError as error:
            if not pending.answer.cancelled():
                raise  # the model's own
            raise DeadlineExceeded(
                f"The model {self._name} did not answer within {deadline_s} s."
            ) from error
        finally:
            if pending in bucket:
                bucket.remove(pending)

    async def close(self) -> None:
        """Take nothing more, finish what was taken, and end the worker thread."""
        self._closing = True
        self._changed.set()
        if self._worker is not None:
            await self._worker
        self._thread.shutdown(wait=False)

    async def _work(self) -> None:
        while True:
            bucket = await self._next_bucket()
            if bucket is None:
                return
            count = min(self._max_batch, len(bucket))
            await self._run([bucket.popleft() for _ in range(count)])

    async def _next_bucket(self) -> deque[_Pending[Item, Result]] | None:
        """The bucket to take a batch from, once one is due; None when all is done for good."""
        while True:
            self._changed.clear()
            filled = [bucket for bucket in self._buckets.values() if bucket]
            if not filled and self._closing:
                return None
            if not filled:
                await self._changed.wait()
                continue
            oldest = min(filled, key=lambda bucket: bucket[0].arrived)
            left = oldest[0].arrived + self._max_wait_s - asyncio.get_running_loop().time()
            if left <= 0 or self._closing:
                return oldest
            full = [bucket for bucket in filled if len(bucket) >= self._max_batch]
            if full:
                return min(full, key=lambda bucket: bucket[0].arrived)
            try:
                async with asyncio.timeout(left):
                    await self._changed.wait()
            except TimeoutError:
                continue

    async def _run(self, batch: list[_Pending[Item, Result]]) -> None:
        loop = asyncio.get_running_loop()
        try:
            results = await loop.run_in_executor(
                self._thread, self._call, [pending.item for pending in batch]
            )
        except Exception as error:
            for pending in batch:
                if not pending.answer.done():
                    pending.answer.set_exception(error)
            return
        for pending, result in zip(batch, results, strict=True):
            if not pending.answer.done():
                pending.answer.set_result(result)

    def _call(self, items: list[Item]) -> Sequence[Result]:
        try:
            results = self._model(items)
        except Exception:
            raise
        except BaseException as error:  # a panic in native code must not end the worker
            raise RuntimeError(f"the model {self._name} crashed: {error}") from error
        if len(results) != len(items):
            raise RuntimeError(
                f"the model {self._name} gave {len(results)} results for {len(items)} items"
            )
        return results
