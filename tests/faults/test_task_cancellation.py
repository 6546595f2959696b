"""A task that is cancelled at any moment leaves nothing behind: no task, no socket in use, no call
running on the server.
"""

from __future__ import annotations

import asyncio
import gc
import warnings
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from gradio_session import AsyncSession, GradioSessionError
from tests.support.fake_gradio import Event, FakeGradio
from tests.support.fault_proxy import FaultProxy, delay

STEPS = 40


async def slow(event: Event) -> AsyncIterator[Any]:
    yield event.estimation()
    yield event.starts()
    for number in range(4):
        await asyncio.sleep(0.005)
        yield event.generating(number)
    await asyncio.sleep(0.01)
    yield event.completed(4)


async def predict(session: AsyncSession) -> None:
    await session.predict("slow", ["x"])


async def iterate(session: AsyncSession) -> None:
    async for _ in session.submit("slow", ["x"]):
        pass


async def stream(session: AsyncSession) -> None:
    async for _ in session.submit("slow", ["x"]).stream():
        pass


async def upload(session: AsyncSession) -> None:
    await session.predict("file", [b"content"])


async def gather(session: AsyncSession) -> None:
    await asyncio.gather(*(session.predict("slow", [str(n)]) for n in range(4)))


async def in_context(session: AsyncSession) -> None:
    async with session.submit("slow", ["x"]) as call:
        async for _ in call:
            pass


USES: dict[str, Callable[[AsyncSession], Any]] = {
    each.__name__: each for each in (predict, iterate, stream, upload, gather, in_context)
}


def others() -> set[asyncio.Task[Any]]:
    return {task for task in asyncio.all_tasks() if task is not asyncio.current_task()}


async def until(condition: Callable[[], bool], within: float = 3.0) -> bool:
    end = asyncio.get_running_loop().time() + within
    while not condition() and asyncio.get_running_loop().time() < end:  # noqa: ASYNC110 - the condition is the server's
        await asyncio.sleep(0.005)
    return condition()


@pytest.fixture
def slow_fake(fake: FakeGradio) -> FakeGradio:
    fake.endpoint("slow", slow)
    fake.endpoint("file", slow, inputs=("file",))
    return fake


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("warm", [True, False], ids=["connected", "not connected"])
async def test_cancellation_at_any_moment(slow_fake: FakeGradio, use: str, warm: bool) -> None:
    with FaultProxy(slow_fake.url) as proxy:
        proxy.down("", delay(0.003))
        async with AsyncSession(proxy.url, timeout=10) as session:
            if warm:
                await session.predict("echo", ["warm"])
            for step in range(STEPS):
                task = asyncio.ensure_future(USES[use](session))
                await asyncio.sleep(step * 0.0025)
                task.cancel()
                with pytest.raises(asyncio.CancelledError) if not task.done() else _nothing():
                    await task
            assert await session.predict("echo", ["after"]) == "after"
            assert await until(lambda: slow_fake.running == 0), "calls run on, on the server"
            assert await until(
                lambda: all(
                    call.status in {"complete", "cancelled", "error"} for call in session.calls
                )
            )
        assert await until(lambda: not others()), others()
        assert await until(lambda: not proxy.links)


@pytest.mark.parametrize("steps", [1, 2, 3, 5, 8, 13, 21, 34])
async def test_cancellation_after_so_many_turns_of_the_loop(
    slow_fake: FakeGradio, steps: int
) -> None:
    async with AsyncSession(slow_fake.url, timeout=10) as session:
        await session.predict("echo", ["warm"])
        task = asyncio.ensure_future(session.predict("slow", ["x"]))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await until(lambda: slow_fake.running == 0)
    assert await until(lambda: not others()), others()


async def test_cancellation_while_the_answer_of_a_join_is_on_its_way(fake: FakeGradio) -> None:
    """R13: the server has the call; the answer is waited for, as nobody can cancel a call without
    its id.
    """
    with FaultProxy(fake.url) as proxy:
        proxy.down("POST /gradio_api/call/forever", delay(0.3))
        async with AsyncSession(proxy.url, timeout=20) as session:
            await session.predict("echo", ["warm"])
            task = asyncio.ensure_future(session.predict("forever", ["x"]))
            assert await until(lambda: fake.count("POST /gradio_api/call/forever") == 1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await until(lambda: len(fake.cancelled) == 1), (
                "the call runs on, and nobody knows it"
            )
            assert await session.predict("echo", ["after"]) == "after"
            assert await until(lambda: fake.running == 0)


async def test_timeout_of_asyncio_cancels_on_the_server(slow_fake: FakeGradio) -> None:
    async with AsyncSession(slow_fake.url) as session:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(session.predict("forever", ["x"]), 0.3)
        assert await until(lambda: len(slow_fake.cancelled) == 1)
        assert await session.predict("echo", ["after"]) == "after"
    assert await until(lambda: not others())


async def test_waiting_for_someone_elses_call_may_be_cancelled_without_harm(
    slow_fake: FakeGradio,
) -> None:
    async with AsyncSession(slow_fake.url) as session:
        call = session.submit("slow", ["x"])

        async def wait() -> Any:
            return await call.result()

        impatient = asyncio.ensure_future(wait())
        patient = asyncio.ensure_future(wait())
        await asyncio.sleep(0.01)
        impatient.cancel()
        with pytest.raises(asyncio.CancelledError):
            await impatient
        try:
            assert await patient == 4
        except GradioSessionError:
            pytest.fail("one waiting task took the call away from the other")


class _nothing:  # noqa: N801 - stands where a context manager does
    def __enter__(self) -> None: ...

    def __exit__(self, *exception: object) -> bool:
        return exception[0] is None or issubclass(exception[0], asyncio.CancelledError)  # type: ignore[arg-type]


async def test_a_call_that_is_left_before_its_task_has_begun_sends_nothing(
    fake: FakeGradio,
) -> None:
    session = AsyncSession(fake.url)
    async with session.submit("echo", ["x"]) as call:
        pass
    assert (call.status, call.id) == ("cancelled", None)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        await asyncio.sleep(0)
        gc.collect()
    assert not [each for each in caught if "never awaited" in str(each.message)]
    assert fake.count("POST /gradio_api/call/echo") == 0
    await session.close()
    assert not others()
