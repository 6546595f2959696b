"""A call that was accepted by a server which is then replaced: the stream of its successor has
heartbeats and words of other calls, and never one of this call.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from gradio_session import ConnectionLostError
from tests.support.chaos_apps import Address
from tests.support.chaos_streams import JOIN, STREAM, closing
from tests.support.fake_gradio import FakeGradio
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
