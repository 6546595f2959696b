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

from tests.support.endpoints import JOIN, STREAM, gated, timed
from tests.support.fake_gradio import Event, FakeGradio
from tests.support.fault_proxy import FaultProxy, delay, hold_from
from tests.support.patience import stays_so
from tests.support.world import World


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
