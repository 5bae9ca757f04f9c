"""The micro-batcher keeps its promises to callers, whatever the model or other callers do."""

import asyncio
import threading
from collections.abc import Sequence

import pytest

from app.errors import DeadlineExceeded, Overloaded, Unavailable
from app.inference import Batcher


class Doubler:
    """A real, slow-on-demand model: doubles numbers, remembers its batches, fails on 13."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.threads: set[int] = set()
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, items: list[int]) -> Sequence[int]:
        self.threads.add(threading.get_ident())
        self.batches.append(list(items))
        self.gate.wait(timeout=10)
        if 13 in items:
            raise ZeroDivisionError("thirteen")
        return [2 * item for item in items]


async def test_concurrent_callers_share_batches_and_get_their_own_results():
    """100 callers cost few model calls, in one thread that is not the event loop's."""
    model = Doubler()
    batcher: Batcher[int, int] = Batcher(model, name="double", max_batch=32)
    results = await asyncio.gather(*(batcher.submit(number) for number in range(1000, 1100)))
    await batcher.close()
    assert results == [2 * number for number in range(1000, 1100)]
    assert [len(batch) for batch in model.batches] == [32, 32, 32, 4]
    assert len(model.threads) == 1
    assert threading.get_ident() not in model.threads


async def test_a_lonely_caller_waits_only_a_moment():
    batcher: Batcher[int, int] = Batcher(Doubler(), name="double", max_wait_s=0.01)
    async with asyncio.timeout(1):
        assert await batcher.submit(4) == 8
    await batcher.close()


async def test_items_of_different_length_do_not_share_a_batch():
    """A long text would make every short one in its batch as slow as itself."""
    model = Doubler()
    batcher: Batcher[int, int] = Batcher(model, name="double", length=lambda item: item)
    await asyncio.gather(*(batcher.submit(item) for item in [4, 900, 5, 1000, 6]))
    await batcher.close()
    assert sorted(model.batches) == [[4, 5, 6], [900, 1000]]


async def test_a_full_queue_refuses_at_once():
    model = Doubler()
    model.gate.clear()
    batcher: Batcher[int, int] = Batcher(model, name="double", max_batch=1, queue_limit=2)
    first = asyncio.create_task(batcher.submit(1))
    await until(lambda: model.batches == [[1]])
    waiting = [asyncio.create_task(batcher.submit(number)) for number in (2, 3)]
    await until(lambda: batcher.waiting == 2)
    with pytest.raises(Overloaded, match="double"):
        await batcher.submit(4)
    model.gate.set()
    assert await asyncio.gather(first, *waiting) == [2, 4, 6]
    await batcher.close()


async def test_callers_who_left_are_not_computed_and_free_their_place():
    model = Doubler()
    model.gate.clear()
    batcher: Batcher[int, int] = Batcher(model, name="double", max_batch=8, queue_limit=2)
    first = asyncio.create_task(batcher.submit(1))
    await until(lambda: model.batches == [[1]])
    leaver = asyncio.create_task(batcher.submit(2))
    stayer = asyncio.create_task(batcher.submit(3))
    await until(lambda: batcher.waiting == 2)
    leaver.cancel()
    await until(lambda: batcher.waiting == 1)
    model.gate.set()
    assert await asyncio.gather(first, stayer) == [2, 6]
    assert model.batches == [[1], [3]]
    await batcher.close()


async def test_a_caller_who_leaves_during_its_batch_harms_nobody():
    model = Doubler()
    model.gate.clear()
    batcher: Batcher[int, int] = Batcher(model, name="double")
    leaver, stayer = (asyncio.create_task(batcher.submit(number)) for number in (1, 2))
    await until(lambda: model.batches == [[1, 2]])
    leaver.cancel()
    model.gate.set()
    assert await stayer == 4
    await batcher.close()


async def test_a_deadline_is_kept():
    model = Doubler()
    model.gate.clear()
    batcher: Batcher[int, int] = Batcher(model, name="double")
    with pytest.raises(DeadlineExceeded, match=r"0\.05 s"):
        await batcher.submit(1, deadline_s=0.05)
    model.gate.set()
    await batcher.close()


async def test_a_failing_batch_reaches_only_its_own_callers():
    model = Doubler()
    batcher: Batcher[int, int] = Batcher(model, name="double", max_batch=2)
    results = await asyncio.gather(
        *(batcher.submit(number) for number in (13, 8, 9, 10)), return_exceptions=True
    )
    assert [type(result) for result in results[:2]] == [ZeroDivisionError, ZeroDivisionError]
    assert results[2:] == [18, 20]
    assert await batcher.submit(5) == 10
    await batcher.close()


async def test_a_timeout_raised_by_the_model_is_not_taken_for_the_deadline():
    def slow_upstream(items: list[int]) -> Sequence[int]:
        raise TimeoutError("upstream")

    batcher: Batcher[int, int] = Batcher(slow_upstream, name="upstream")
    with pytest.raises(TimeoutError, match="upstream"):
        await batcher.submit(1, deadline_s=5)
    await batcher.close()


async def test_a_model_that_loses_an_item_is_an_error_not_a_mixed_up_answer():
    batcher: Batcher[int, int] = Batcher(lambda items: items[1:], name="lossy")
    with pytest.raises(RuntimeError, match="0 results for 1 items"):
        await batcher.submit(1)
    await batcher.close()


async def test_close_finishes_what_was_taken_and_then_refuses():
    model = Doubler()
    model.gate.clear()
    batcher: Batcher[int, int] = Batcher(model, name="double", max_batch=1, max_wait_s=60)
    callers = [asyncio.create_task(batcher.submit(number)) for number in (1, 2, 3)]
    await until(lambda: batcher.waiting == 2)
    closing = asyncio.create_task(batcher.close())
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await batcher.submit(4)
    model.gate.set()
    await closing
    assert await asyncio.gather(*callers) == [2, 4, 6]


async def until(condition, seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while True:
            if condition():
                return
            await asyncio.sleep(0.002)
