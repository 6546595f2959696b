"""A call that was accepted by a server which is then replaced: the stream of its successor has
heartbeats and words of other calls, and never one of this call.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from gradio_session import ConnectionLostError, Heartbeat
from tests.support.chaos_apps import Address
from tests.support.chaos_streams import JOIN, STREAM, closing
from tests.support.fake_gradio import Answer, Event, FakeGradio
from tests.support.fault_proxy import Link
from tests.support.world import World

SOON = 2.0
"""Seconds within which it must be told; its own deadline is an hour."""


@pytest.fixture
def successor() -> Iterator[FakeGradio]:
    with FakeGradio(heartbeat=0.2) as server:
        server.app_id = 2
        yield server


def test_a_call_that_the_next_server_does_not_know_is_lost(
    world: World, fake: FakeGradio, successor: FakeGradio
) -> None:
    """The session is known to it, by a call that was made later."""
    later = threading.Event()

    async def hand_over(link: Link, data: bytes) -> bytes:
        address.turn_to(successor.url)
        return await closing()(link, data)

    async def hold(link: Link, data: bytes) -> bytes:
        while not later.is_set():  # noqa: ASYNC110 - set from another thread
            await asyncio.sleep(0.002)
        return data

    with Address(fake.url) as address:
        address.down(f"{JOIN}forever", hand_over)
        address.up(STREAM, hold)
        session = world.open(address.url)
        forgotten = world.submit(session, "forever", ["x"])
        assert world.wait_for(lambda: forgotten.id is not None)
        echo = world.submit(session, "echo", ["later"])
        assert successor.wait_for(lambda: successor.count(JOIN) == 1)
        later.set()
        assert world.result(echo) == "later"
        with pytest.raises(ConnectionLostError, match="/forever"):
            world.result(forgotten, timeout=SOON)
        assert world.predict(session, "echo", ["after"]) == "after"


def test_a_call_of_which_only_later_ones_are_spoken_of_is_lost(
    world: World, fake: FakeGradio
) -> None:
    """In steady use no stream ends, and heartbeats are rare. So it is where a proxy repeats the
    answer to a call that the session has never heard of.
    """
    session = world.open(fake.url)
    running = world.submit(session, "forever", ["x"])
    assert world.wait_for(lambda: running.status == "running")
    fake.answer(f"{JOIN}echo", Answer(200, {"event_id": "0" * 32}, run=True))
    unknown = world.submit(session, "echo", ["x"])
    assert world.wait_for(lambda: unknown.id is not None)
    assert world.predict(session, "echo", ["later"]) == "later"
    with pytest.raises(ConnectionLostError, match=r"/echo.*no longer knows it") as caught:
        world.result(unknown, timeout=SOON)
    assert caught.value.event_id == "0" * 32
    assert not running.done


def test_heartbeats_lose_no_call_that_waits_in_a_long_queue(world: World, fake: FakeGradio) -> None:
    fake.heartbeat = 0.02
    released = threading.Event()

    async def queued(event: Event) -> AsyncIterator[Any]:
        yield event.estimation(rank=3)
        while not released.is_set():  # noqa: ASYNC110 - set from another thread
            await asyncio.sleep(0.002)
        yield event.completed(event.data[0])

    fake.endpoint("queued", queued)
    session = world.open(fake.url)
    calls = [world.submit(session, "queued", [str(number)]) for number in range(3)]

    def heartbeats(call: Any) -> int:
        return sum(isinstance(event, Heartbeat) for event in call.events)

    assert world.wait_for(lambda: all(heartbeats(call) > 5 for call in calls))
    released.set()
    assert [world.result(call) for call in calls] == ["0", "1", "2"]
