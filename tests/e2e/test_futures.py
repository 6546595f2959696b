"""What the standard library does with futures works with those of calls, in both worlds."""

from __future__ import annotations

import asyncio
import concurrent.futures
import itertools
import threading
from typing import Any

import pytest

from gradio_session import AppError, CallCancelledError, CallTimeoutError, testing
from tests.conftest import LAB, Serve
from tests.support.fake_gradio import FakeGradio
from tests.support.generation import Generate
from tests.support.patience import patience
from tests.support.world import World

SLOW = {"prompt": "sunrise", "frames": 200, "interval": 0.2}


def futures_of(world: World, calls: list[Any]) -> list[Any]:
    return world.do(lambda: [call.future() for call in calls])


def ends(world: World, futures: list[Any]) -> Any:
    """`wait` of the world's own futures."""
    if not world.is_async:
        return concurrent.futures.wait(futures, timeout=patience(20))

    async def wait() -> Any:
        return await asyncio.wait(futures, timeout=patience(20))

    return world.do(wait)


def test_futures_end_with_what_results_are(world: World, serve: Serve) -> None:
    session = world.open(serve(LAB))
    calls = [world.submit(session, "moderate", [text]) for text in ("a cat", "a dog", "a weapon")]
    futures = futures_of(world, calls)
    done, pending = ends(world, futures)
    assert (done, set(pending)) == (set(futures), set())
    assert [future.result() for future in futures[:2]] == ["a cat", "a dog"]
    error = futures[2].exception()
    assert isinstance(error, AppError)
    assert error is calls[2].error
    again = futures_of(world, calls)
    assert ends(world, again)[1] == set()
    assert again[0].result() == "a cat"


def test_as_completed_gives_them_as_they_end(serve: Serve) -> None:
    world = World()
    session = world.open(serve(LAB))
    slow = session.submit("timelapse", SLOW)
    quick = [session.submit("moderate", [str(number)]) for number in range(20)]
    before = threading.active_count()
    futures = {call.future(): call for call in [slow, *quick]}
    assert threading.active_count() <= before + 3  # none of its own for each
    ended = concurrent.futures.as_completed(futures, timeout=patience(30))
    found = [future.result() for future in itertools.islice(ended, len(quick))]
    slow.cancel()
    assert sorted(found, key=int) == [str(number) for number in range(20)]
    world.finish()


def test_cancelling_a_future_cancels_its_call(world: World, serve: Serve) -> None:
    session = world.open(serve(LAB))
    call = world.submit(session, "timelapse", SLOW)
    assert world.first_output(call) is not None
    future = futures_of(world, [call])[0]
    assert world.do(future.cancel)
    assert world.wait_for(lambda: call.status == "cancelled", 20)
    assert future.cancelled()
    with pytest.raises(CallCancelledError):
        world.result(call)


def test_a_cancelled_call_ends_its_future(world: World, serve: Serve) -> None:
    session = world.open(serve(LAB))
    call = world.submit(session, "timelapse", SLOW)
    future = futures_of(world, [call])[0]
    assert world.first_output(call) is not None
    world.cancel(call)
    ends(world, [future])
    assert isinstance(future.exception(), CallCancelledError)


def test_a_deadline_ends_a_future_that_nobody_waits_for(world: World, fake: FakeGradio) -> None:
    fake.heartbeat = 3600.0  # not a byte comes that would wake the reader
    session = world.open(fake.url)
    call = world.submit(session, "forever", ["x"], timeout=0.5)
    future = futures_of(world, [call])[0]
    assert world.wait_for(future.done, 20)
    assert isinstance(future.exception(), CallTimeoutError)


def test_a_detached_call_has_a_future(world: World, serve: Serve) -> None:
    session = world.open(serve(LAB))
    call = world.submit(session, "moderate", ["a cat"], detached=True)
    future = futures_of(world, [call])[0]
    ends(world, [future])
    assert future.result() == "a cat"


def test_closing_the_session_ends_futures(world: World, serve: Serve) -> None:
    session = world.open(serve(LAB))
    call = world.submit(session, "timelapse", SLOW)
    assert world.first_output(call) is not None
    future = futures_of(world, [call])[0]
    world.close(session)
    assert world.wait_for(future.done, 10)
    assert isinstance(future.exception(), CallCancelledError)


def test_wrap_future_awaits_a_plain_call(serve: Serve) -> None:
    world = World()
    session = world.open(serve(LAB))

    async def main() -> None:
        call = session.submit("moderate", ["a cat"])
        assert await asyncio.wrap_future(call.future()) == "a cat"
        slow = session.submit("timelapse", SLOW)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.wrap_future(slow.future()), 0.3)
        assert await asyncio.to_thread(world.wait_for, lambda: slow.status == "cancelled", 20)

    asyncio.run(main())
    world.finish()


def test_done_callbacks_hear_of_the_end(world: World, serve: Serve) -> None:
    session = world.open(serve(LAB))
    call = world.submit(session, "moderate", ["a cat"])
    heard: list[Any] = []
    world.do(lambda: call.add_done_callback(heard.append))
    assert world.result(call) == "a cat"
    assert world.wait_for(lambda: heard == [call])
    world.do(lambda: call.add_done_callback(heard.append))  # at once
    assert world.wait_for(lambda: heard == [call, call])


def test_futures_of_fakes(serve: Serve, generate: Generate) -> None:
    module: Any = generate(serve(LAB))
    lab = testing.fake(module.ImageLab, moderate="fine")
    assert lab.moderate.submit("a cat").future().result(0) == "fine"
    other = testing.fake(module.AsyncImageLab, moderate="fine")

    async def main() -> str:
        answer: str = await other.moderate.submit("a cat").future()
        return answer

    assert asyncio.run(main()) == "fine"
