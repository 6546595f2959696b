"""The races of a stream that is shared by overlapping calls, behind a proxy that makes them
certain.

Natural load does not show them. Each test names the order of events that it forces.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gradio_session import CallCancelledError
from tests.support.fake_gradio import Event, FakeGradio
from tests.support.fault_proxy import Fault, FaultProxy, Link, delay
from tests.support.patience import patience, stays_so
from tests.support.world import World

JOIN = "POST /gradio_api/call/"
STREAM = "GET /gradio_api/queue/data"
CANCEL = "POST /gradio_api/cancel"


def timed(fake: FakeGradio, name: str, seconds: float) -> None:
    """An endpoint that takes so long and answers its input."""

    async def script(event: Event) -> AsyncIterator[Any]:
        yield event.starts()
        await asyncio.sleep(seconds)
        yield event.completed(event.data[0])

    fake.endpoint(name, script)


def gated(fake: FakeGradio, name: str) -> threading.Event:
    """An endpoint that starts at once and answers its input when the event that this returns is
    set.
    """
    gate = threading.Event()

    async def script(event: Event) -> AsyncIterator[Any]:
        yield event.starts()
        await opened(gate)
        yield event.completed(event.data[0])

    fake.endpoint(name, script)
    return gate


async def opened(gate: threading.Event) -> None:
    """Wait for an event of threads on a loop."""
    while not gate.is_set():  # noqa: ASYNC110 - set from another thread
        await asyncio.sleep(0.002)


def hold_from(mark: bytes, gate: threading.Event) -> Fault:
    """What comes before `mark` goes on at once, the rest when the gate opens."""

    async def fault(link: Link, data: bytes) -> bytes:
        place = data.find(mark)
        if place < 0:
            return data
        link.client.write(data[:place])
        await opened(gate)
        return data[place:]

    return fault


def test_messages_overtake_the_answer_of_their_join(world: World, fake: FakeGradio) -> None:
    """R1: a call's messages arrive on an open stream before its id is known."""
    with FaultProxy(fake.url) as proxy:
        session = world.open(proxy.url)
        keep = world.submit(session, "forever", ["holds the stream open"])
        assert fake.wait_for(lambda: fake.streams == 1)
        proxy.down(JOIN, delay(0.06))
        calls = [world.submit(session, "echo", [str(n)]) for n in range(8)]
        assert [world.result(call) for call in calls] == [str(n) for n in range(8)]
        assert proxy.count(STREAM) == 1
        world.cancel(keep)


def test_many_calls_whose_joins_are_answered_late(world: World, fake: FakeGradio) -> None:
    """R1, R2, R3, R4 at once: 120 calls, every answer of a join held back, none lost."""
    timed(fake, "quick", 0.01)
    with FaultProxy(fake.url) as proxy:
        proxy.down(JOIN, delay(0.06))
        session = world.open(proxy.url, max_calls=500)
        waiting = [world.start(lambda n=n: session.predict("quick", [str(n)])) for n in range(60)]
        assert [each.result(20) for each in waiting] == [str(n) for n in range(60)]


def test_many_calls_whose_stream_is_late(world: World, fake: FakeGradio) -> None:
    """R3, R5: every chunk of the stream held back, its end included."""
    timed(fake, "quick", 0.005)
    with FaultProxy(fake.url) as proxy:
        proxy.down(STREAM, delay(0.03))
        session = world.open(proxy.url, max_calls=500)
        waiting = [world.start(lambda n=n: session.predict("quick", [str(n)])) for n in range(60)]
        assert [each.result(20) for each in waiting] == [str(n) for n in range(60)]


def test_call_that_is_complete_before_its_join_is_answered_opens_no_stream_for_ever(
    world: World, fake: FakeGradio
) -> None:
    """R2: all of a call came on a stream that has ended when the answer of its join arrives."""
    timed(fake, "quick", 0.05)
    with FaultProxy(fake.url) as proxy:
        session = world.open(proxy.url)
        first = world.submit(session, "quick", ["first"])
        assert fake.wait_for(lambda: fake.streams == 1)
        proxy.down(JOIN, delay(0.3))
        assert world.predict(session, "echo", ["second"]) == "second"
        assert world.result(first) == "first"
        assert fake.wait_for(lambda: fake.streams == 0), "a stream with nothing to come stays open"


def test_call_that_is_made_just_as_the_stream_ends(world: World, fake: FakeGradio) -> None:
    """R3: the end of the stream arrives while a new call is already registered; that is no loss."""
    with FaultProxy(fake.url) as proxy:
        proxy.down(STREAM, delay(0.05))
        session = world.open(proxy.url)
        for step in range(15):
            first = world.submit(session, "echo", ["a"])
            time.sleep(0.008 * step)
            second = world.submit(session, "echo", ["b"])
            assert (world.result(first), world.result(second)) == ("a", "b")


def test_sequential_calls_use_one_connection(world: World, fake: FakeGradio) -> None:
    """R5: the next call waits a moment for the last stream to end, and reuses its connection."""
    session = world.open(fake.url)
    for number in range(30):
        assert world.predict(session, "echo", [str(number)]) == str(number)
    assert fake.made <= 4


def test_call_waits_for_a_stream_that_is_about_to_end(
    world: World, fake: FakeGradio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R5: between the last completion and the end of the stream no call is posted: it would need a
    connection of its own.
    """
    reader = "reader_aio" if world.is_async else "reader_sync"
    monkeypatch.setattr(f"gradio_session.stream.{reader}.DRAIN_WAIT", 1000.0)
    end = threading.Event()
    with FaultProxy(fake.url) as proxy:
        proxy.down(STREAM, hold_from(b"close_stream", end))
        session = world.open(proxy.url)
        assert world.predict(session, "echo", ["first"]) == "first"
        second = world.start(lambda: session.predict("echo", ["second"]))
        assert stays_so(lambda: fake.count(JOIN) == 1), "posted beside the stream"
        end.set()
        assert second.result() == "second"
        assert proxy.made == 1


def test_stream_that_does_not_end_holds_neither_results_nor_calls_back(
    world: World, fake: FakeGradio
) -> None:
    """R5: the result is told before the stream has ended, and the next call waits for that end only
    a moment.
    """
    end = threading.Event()
    with FaultProxy(fake.url) as proxy:
        proxy.down(STREAM, hold_from(b"close_stream", end))
        session = world.open(proxy.url)
        try:
            assert world.predict(session, "echo", ["first"], within=10) == "first"
            second = world.submit(session, "echo", ["second"])
            assert fake.wait_for(lambda: fake.count(JOIN) == 2), "waits for ever"
        finally:
            end.set()
        assert world.result(second) == "second"


def test_stream_is_read_on_while_a_join_is_under_way(world: World, fake: FakeGradio) -> None:
    """R6: nobody here knows of a call yet, but the server does: a stream left now would take that
    call along.
    """
    first_may_end, second_may_end, answered = (
        gated(fake, "first"),
        gated(fake, "second"),
        threading.Event(),
    )
    with FaultProxy(fake.url) as proxy:
        session = world.open(proxy.url)
        first = world.submit(session, "first", ["1"])
        assert world.wait_for(lambda: first.status == "running")
        proxy.down(JOIN, hold_from(b"", answered))
        second = world.start(lambda: session.predict("second", ["2"]))
        assert fake.wait_for(lambda: fake.running == 2)
        first_may_end.set()
        assert world.result(first) == "1"
        assert stays_so(lambda: fake.running > 0 and fake.streams > 0), (
            "the stream was left, and the server forgot the session"
        )
        second_may_end.set()
        answered.set()
        assert second.result() == "2"
        assert proxy.count(STREAM) == 1


def test_no_stream_is_left_short_of_its_end(world: World, fake: FakeGradio) -> None:
    """R6: the server forgets a session whose stream is dropped, with the calls that were made
    meanwhile.
    """
    timed(fake, "quick", 0.01)
    session = world.open(fake.url)
    for _ in range(10):
        calls = [world.submit(session, "quick", [str(n)]) for n in range(5)]
        assert [world.result(call) for call in calls] == [str(n) for n in range(5)]
        assert fake.wait_for(lambda: fake.running == 0)
    hashes = {request.json["session_hash"] for request in fake.find(JOIN)}
    assert len(hashes) == 1


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


def test_second_stream_is_never_opened_beside_the_first(world: World, fake: FakeGradio) -> None:
    """R7: two readers of one session would take each other's messages."""
    most: list[int] = []

    async def watched(event: Event) -> AsyncIterator[Any]:
        most.append(fake.streams)
        yield event.starts()
        await asyncio.sleep(0.01)
        most.append(fake.streams)
        yield event.completed(event.data[0])

    fake.endpoint("watched", watched)
    session = world.open(fake.url, max_calls=500)
    waiting = [world.start(lambda n=n: session.predict("watched", [str(n)])) for n in range(50)]
    assert [each.result() for each in waiting] == [str(n) for n in range(50)]
    assert max(most) == 1


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
