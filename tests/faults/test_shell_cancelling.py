"""Cancelling: who is told, when, and what becomes of those who wait."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gradio_session import AsyncSession, CallCancelledError, CallTimeoutError
from gradio_session.events import Cancelled
from tests.support.endpoints import CANCEL, JOIN, gated
from tests.support.fake_gradio import Answer, Event, FakeGradio
from tests.support.fault_proxy import FaultProxy, delay
from tests.support.patience import stays_so
from tests.support.scripts import Script
from tests.support.world import World


def queued(fake: FakeGradio, name: str) -> None:
    """An endpoint that keeps its calls in the queue."""

    async def script(event: Event) -> AsyncIterator[Any]:
        yield event.estimation()
        await asyncio.Event().wait()

    fake.endpoint(name, script)


def test_whoever_waits_for_a_cancelled_call_wakes(world: World, fake: FakeGradio) -> None:
    session = world.open(fake.url)
    call = world.submit(session, "forever", ["x"])
    assert world.wait_for(lambda: call.status == "running")
    waiting = [world.start(call.result), world.start(call.result)]
    found: list[Any] = []
    reading = world.start(lambda: world_outputs(call, found))
    assert world.cancel(call) is True
    for each in (*waiting, reading):
        with pytest.raises(CallCancelledError):
            each.result()
    assert fake.cancelled == [call.id]
    assert call.events[-1] == Cancelled(on_server=True)


def world_outputs(call: Any, into: list[Any]) -> Any:
    """Read every output, in the way of the call's own world."""
    if hasattr(call, "__aiter__"):

        async def read() -> None:
            async for output in call:
                into.append(output)  # noqa: PERF401

        return read()
    into.extend(call)
    return None


@pytest.mark.parametrize("answer", [Answer(500, {"detail": "no"}), Answer(None, then="reset")])
def test_a_cancellation_that_does_not_reach_the_server_still_ends_the_call(
    world: World, fake: FakeGradio, answer: Answer
) -> None:
    fake.always(CANCEL, answer)
    session = world.open(fake.url)
    call = world.submit(session, "forever", ["x"])
    assert world.wait_for(lambda: call.status == "running")
    assert world.cancel(call) is False
    assert call.events[-1] == Cancelled(on_server=False)
    with pytest.raises(CallCancelledError):
        world.result(call)
    assert world.predict(session, "echo", ["after"]) == "after"


def test_two_who_cancel_at_once_ask_once(world: World, fake: FakeGradio) -> None:
    with FaultProxy(fake.url) as proxy:
        session = world.open(proxy.url)
        call = world.submit(session, "forever", ["x"])
        assert world.wait_for(lambda: call.status == "running")
        proxy.down(CANCEL, delay(0.2))
        first = world.start(call.cancel)
        assert fake.wait_for(lambda: fake.count(CANCEL) == 1)
        second = world.start(call.cancel)
        assert first.result() is True
        second.result()
        assert fake.cancelled == [call.id]
        assert call.status == "cancelled"


def test_a_call_is_cancelled_beside_a_queued_one_that_may_just_have_started(
    world: World, fake: FakeGradio
) -> None:
    queued(fake, "queued")
    session = world.open(fake.url)
    call, sibling = world.submit(session, "queued", ["x"]), world.submit(session, "queued", ["y"])
    assert world.wait_for(
        lambda: (
            call.status == sibling.status == "queued" and bool(call.events) and bool(sibling.events)
        )
    )
    assert world.cancel(call) is True
    assert (fake.cancelled, sibling.status) == ([call.id], "queued")


def test_a_call_given_up_beside_its_sibling_is_cancelled_when_that_ends(
    world: World, fake: FakeGradio
) -> None:
    """Its own function never ends, so that only the request held back can end it."""
    may_end = threading.Event()

    async def script(event: Event) -> AsyncIterator[Any]:
        yield event.starts()
        mine = event.data[0] == "sibling"
        while not (mine and may_end.is_set()):  # noqa: ASYNC110 - set from another thread
            await asyncio.sleep(0.002)
        yield event.completed(event.data[0])

    fake.endpoint("slow", script)
    session = world.open(fake.url)
    late = world.submit(session, "slow", ["late"], timeout=0.4)
    victim, sibling = (
        world.submit(session, "slow", ["victim"]),
        world.submit(session, "slow", ["sibling"]),
    )
    assert world.wait_for(lambda: sibling.status == victim.status == late.status == "running")
    assert world.cancel(victim) is False
    with pytest.raises(CallTimeoutError):
        world.result(late)
    assert fake.cancelled == []
    may_end.set()
    assert world.result(sibling) == "sibling"
    assert fake.wait_for(lambda: sorted(fake.cancelled) == sorted([late.id, victim.id]))
    assert fake.wait_for(lambda: fake.running == 0)


def test_a_deadline_that_nobody_watches_ends_the_call(world: World, fake: FakeGradio) -> None:
    fake.heartbeat = 0.05
    session = world.open(fake.url)
    call = world.submit(session, "forever", ["x"], timeout=0.3)
    assert world.wait_for(lambda: call.done)
    assert isinstance(call.error, CallTimeoutError)
    assert fake.wait_for(lambda: fake.cancelled == [call.id])
    assert world.predict(session, "echo", ["after"]) == "after"


@pytest.mark.parametrize("how", ["result", "outputs", "stream"])
def test_a_deadline_wakes_whoever_waits(world: World, fake: FakeGradio, how: str) -> None:
    session = world.open(fake.url)
    call = world.submit(session, "forever", ["x"], timeout=0.3)
    if how == "stream":
        assert isinstance(world.events(call)[-1].error, CallTimeoutError)
    else:
        with pytest.raises(CallTimeoutError, match="did not end within its timeout"):
            world.result(call) if how == "result" else world.outputs(call)
    assert fake.wait_for(lambda: fake.cancelled == [call.id])


def test_a_call_without_a_bound_has_no_deadline(world: World, fake: FakeGradio) -> None:
    gate = gated(fake, "slow")
    session = world.open(fake.url, timeout=0.2)
    call = world.submit(session, "slow", ["x"], timeout=float("inf"))
    with pytest.raises(CallTimeoutError, match="It goes on"):
        world.result(call, 0.4)
    gate.set()
    assert world.result(call) == "x"


@pytest.mark.parametrize("ended", [False, True])
def test_leaving_the_block_of_a_call_cancels_it_unless_it_has_ended(
    world: World, fake: FakeGradio, ended: bool
) -> None:
    session = world.open(fake.url)
    name = "echo" if ended else "forever"

    def plain() -> Any:
        with session.submit(name, ["x"]) as call:
            if ended:
                call.result()
            while call.status not in {"running", "complete"}:
                time.sleep(0.005)
        return call

    async def asynchronous() -> Any:
        async with session.submit(name, ["x"]) as call:
            if ended:
                await call
            while call.status not in {"running", "complete"}:  # noqa: ASYNC110 - it has no event
                await asyncio.sleep(0.005)
        return call

    call = world.do(asynchronous if world.is_async else plain)
    assert call.status == ("complete" if ended else "cancelled")
    assert fake.cancelled == ([] if ended else [call.id])


def test_what_the_server_ends_while_it_is_cancelled_is_no_cancellation(
    world: World, fake: FakeGradio
) -> None:
    """R10: `/cancel` came too late: the result stands, and whoever asked is told so."""
    gate = gated(fake, "slow")
    fake.always(CANCEL, Answer(200, {"success": True}, wait=0.3))
    session = world.open(fake.url)
    call = world.submit(session, "slow", ["came first"])
    assert world.wait_for(lambda: call.status == "running")
    cancelling = [world.start(call.cancel), world.start(call.cancel)]
    assert fake.wait_for(lambda: fake.count(CANCEL) == 1)
    gate.set()
    assert world.result(call) == "came first"
    assert [each.result() for each in cancelling] == [False, False]
    assert call.status == "complete"


# Whoever waits is interrupted


@pytest.mark.parametrize("how", ["result", "outputs", "stream"])
@pytest.mark.parametrize("others", ["nobody", "one waits", "one reads"])
async def test_a_cancelled_task_cancels_its_call_unless_another_wants_it(
    fake: FakeGradio, how: str, others: str
) -> None:
    gate = gated(fake, "slow", "1")
    async with AsyncSession(fake.url) as session:
        call = session.submit("slow", ["x"])
        while call.data is None:  # noqa: ASYNC110 - it has no event
            await asyncio.sleep(0.005)

        async def want(how: str) -> None:
            if how == "result":
                await call.result()
            async for _ in call if how == "outputs" else call.stream():
                pass

        other = (
            None
            if others == "nobody"
            else asyncio.ensure_future(want("result" if others == "one waits" else "stream"))
        )
        task = asyncio.ensure_future(want(how))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(0.1)
        assert len(fake.cancelled) == (1 if other is None else 0)
        gate.set()
        if other is not None:
            await other
        assert call.status == ("cancelled" if other is None else "complete")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="signals of POSIX")
@pytest.mark.parametrize("how", ["call.result()", "list(call)", "list(call.stream())"])
@pytest.mark.parametrize("others", ["", "call.result()", "list(call)"])
def test_ctrl_c_cancels_the_call_unless_another_thread_wants_it(
    fake: FakeGradio, how: str, others: str
) -> None:
    gate = gated(fake, "slow", "1")
    body = f"""
    session = Session(URL)
    call = session.submit("slow", ["x"])
    while call.data is None:
        time.sleep(0.005)
    other = threading.Thread(target=lambda: {others or None})
    other.start()
    time.sleep(0.1)
    say("ready")
    try:
        {how}
    except KeyboardInterrupt:
        say("interrupted")
    other.join()
    say(call.status)
    """
    with Script(body, fake.url) as script:
        script.wait_line("ready")
        time.sleep(0.2)
        script.signal(signal.SIGINT)
        script.wait_line("interrupted")
        assert stays_so(lambda: len(fake.cancelled) <= (0 if others else 1), 0.1)
        gate.set()
        ended = script.end(10)
    assert ended.out == ("complete\n" if others else "cancelled\n")
    assert len(fake.cancelled) == (0 if others else 1)


async def test_a_call_that_is_cancelled_before_it_was_posted_sends_nothing(
    fake: FakeGradio,
) -> None:
    fake.answer("GET /config", Answer(None, wait=0.3))
    async with AsyncSession(fake.url) as session:
        call = session.submit("echo", ["x"])
        while fake.count("GET /config") == 0:  # noqa: ASYNC110 - the server runs in a thread
            await asyncio.sleep(0.005)
        assert await call.cancel() is False
        with pytest.raises(CallCancelledError):
            await call
        assert await call.cancel() is False
    assert fake.count(JOIN) == 0
