"""The races of a cancellation with the other calls of its stream, behind a proxy that makes them
certain.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gradio_session import CallCancelledError
from tests.support.endpoints import CANCEL, STREAM, gated, timed
from tests.support.fake_gradio import Event, FakeGradio
from tests.support.fault_proxy import FaultProxy, delay, hold_from
from tests.support.patience import opened, patience, stays_so
from tests.support.world import World


def test_join_while_a_sibling_is_cancelled_waits(world: World, fake: FakeGradio) -> None:
    """R8: a join of the same function must not be sent while `/cancel` is under way: the server
    would kill it too.
    """
    answered = threading.Event()
    with FaultProxy(fake.url) as proxy:
        session = world.open(proxy.url)
        victim = world.submit(session, "forever", ["victim"])
        assert world.wait_for(lambda: victim.status == "running")
        proxy.down(CANCEL, hold_from(b"", answered))
        cancelling = world.start(victim.cancel)
        assert fake.wait_for(lambda: fake.count(CANCEL) == 1)
        sibling = world.start(lambda: [session.submit("forever", ["sibling"])])
        other = world.predict(session, "echo", ["another function"])
        assert other == "another function", "does not wait"
        assert stays_so(lambda: fake.count("POST /gradio_api/call/forever") == 1)
        answered.set()
        assert cancelling.result() is True
        assert fake.wait_for(lambda: fake.count("POST /gradio_api/call/forever") == 2)
        [call] = sibling.result()
        assert world.wait_for(lambda: call.status == "running")
        world.cancel(call)


def test_running_call_is_not_cancelled_on_the_server_while_a_sibling_runs(
    world: World, fake: FakeGradio
) -> None:
    """`/cancel` kills every running call of the function: the request is held back, the caller is
    not.
    """
    may_end = gated(fake, "quick")
    session = world.open(fake.url)
    victim = world.submit(session, "quick", ["victim"])
    sibling = world.submit(session, "quick", ["sibling"])
    assert world.wait_for(lambda: victim.status == sibling.status == "running")
    world.cancel(victim)
    with pytest.raises(CallCancelledError):
        world.result(victim)
    may_end.set()
    assert world.result(sibling) == "sibling"


def test_completion_that_follows_a_cancellation_is_dropped(world: World, fake: FakeGradio) -> None:
    """R9: completions come twice after `/cancel`, sometimes on the next stream."""
    completions: list[dict[str, Any]] = []

    async def stubborn(event: Event) -> AsyncIterator[Any]:
        yield event.starts()
        completions.append(event.completed("too late"))
        await asyncio.Event().wait()

    async def carrier(event: Event) -> AsyncIterator[Any]:
        from tests.support.fake_gradio import frame

        for completion in completions:
            yield frame(completion)
        yield event.completed("mine")

    fake.endpoint("stubborn", stubborn)
    fake.endpoint("carrier", carrier)
    session = world.open(fake.url)
    victim = world.submit(session, "stubborn", ["x"])
    assert world.wait_for(lambda: victim.status == "running")
    assert world.cancel(victim) is True
    assert world.predict(session, "carrier", ["x"]) == "mine"
    assert victim.status == "cancelled"
    with pytest.raises(CallCancelledError):
        world.result(victim)


@pytest.mark.parametrize("first", ["answer", "message"])
def test_cancelled_before_its_start_and_started_all_the_same(
    world: World, fake: FakeGradio, first: str
) -> None:
    """R11: a cancellation that falls between queue and start: the caller is told, the function
    runs, and its end is nobody's.
    """
    told, may_start, ran = threading.Event(), threading.Event(), threading.Event()

    async def unstoppable(event: Event) -> AsyncIterator[Any]:
        yield event.estimation()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await opened(may_start)
        yield event.starts()
        yield event.completed("ran all the same")
        ran.set()

    fake.endpoint("unstoppable", unstoppable)
    with FaultProxy(fake.url) as proxy:
        session = world.open(proxy.url)
        victim = world.submit(session, "unstoppable", ["x"])
        assert world.wait_for(lambda: len(victim.events) == 1)
        if first == "answer":
            world.submit(session, "forever", ["all on one stream, the second end too"])
            proxy.down(STREAM, hold_from(b"process_completed", told))
        else:
            proxy.down(CANCEL, hold_from(b"", told))
        cancelling = world.start(victim.cancel)
        assert world.wait_for(lambda: victim.status == "cancelled")
        told.set()
        assert cancelling.result() is True
        may_start.set()
        assert ran.wait(patience(5))
        assert world.predict(session, "echo", ["mine"]) == "mine"
        assert victim.status == "cancelled"
        with pytest.raises(CallCancelledError):
            world.result(victim)
        assert len(fake.cancelled) == 1


def test_cancel_that_meets_the_natural_end(world: World, fake: FakeGradio) -> None:
    """R10: a call that ends while `/cancel` is under way is either complete (and `cancel` says no)
    or cancelled, never both.
    """
    timed(fake, "quick", 0.05)
    with FaultProxy(fake.url) as proxy:
        proxy.down(CANCEL, delay(0.02))
        session = world.open(proxy.url)
        for step in range(12):
            call = world.submit(session, "quick", ["x"])
            time.sleep(0.006 * step)
            told = world.cancel(call)
            if call.status == "complete":
                assert told is False
                assert world.result(call) == "x"
            else:
                assert call.status == "cancelled"
                with pytest.raises(CallCancelledError):
                    world.result(call)


def test_finished_call_cannot_be_cancelled(world: World, fake: FakeGradio) -> None:
    session = world.open(fake.url)
    call = world.submit(session, "echo", ["x"])
    assert world.result(call) == "x"
    assert world.cancel(call) is False
    assert fake.cancelled == []
    assert world.result(call) == "x"


@pytest.mark.parametrize("lag", [0.0, 0.4])
def test_cancelled_calls_of_a_slow_server_take_no_sibling_along(
    world: World, fake: FakeGradio, lag: float
) -> None:
    """`/cancel` kills every sibling that has started by the time it arrives, known to the client or
    not.
    """
    running: dict[str, asyncio.Task[Any]] = {}

    async def job(event: Event) -> AsyncIterator[Any]:
        yield event.estimation()
        await asyncio.sleep(0.05)
        running[event.id] = asyncio.current_task()  # type: ignore[assignment]
        yield event.starts()
        await asyncio.sleep(0.2)
        running.pop(event.id, None)
        yield event.completed(event.data[0])

    def kill_siblings(event_id: str) -> None:
        for other, task in list(running.items()):
            if other != event_id:
                task.cancel()

    fake.endpoint("job", job)
    fake.on_cancel = kill_siblings
    with FaultProxy(fake.url) as proxy:
        proxy.down(STREAM, delay(lag))
        session = world.open(proxy.url, max_calls=500)
        kept, given_up = [], []
        for number in range(12):
            call = world.submit(session, "job", [str(number)])
            if number % 3 == 1:
                given_up.append(
                    world.start(
                        lambda call=call: [call.cancel()] if not world.is_async else call.cancel()
                    )
                )
            else:
                kept.append((str(number), call))
            time.sleep(0.02)
        assert [world.result(call) for _, call in kept] == [number for number, _ in kept]
        for each in given_up:
            each.result()
