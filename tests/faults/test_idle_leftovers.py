"""What is left once nobody uses a session: no dead sockets while it rests, and no thread, task or
stream once it was dropped.
"""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import psutil
import pytest

from gradio_session import AsyncSession, Session
from tests.support.fake_gradio import Event, FakeGradio
from tests.support.probe import threads_end
from tests.support.world import World

CROWD = 32


@pytest.fixture
def fake() -> Iterator[FakeGradio]:
    """An app that closes idle connections, as real ones do, but sooner."""
    with FakeGradio(idle_timeout=1.0) as server:
        server.endpoint("ticks", ticks)
        yield server


async def ticks(event: Event) -> AsyncIterator[Any]:
    """A generator that goes on until it is stopped."""
    yield event.starts()
    while True:
        yield event.generating("tick")
        await asyncio.sleep(0.02)


def dead_sockets(port: int) -> int:
    """Connections to that port that the server has closed and we have not."""
    links = psutil.Process().net_connections(kind="tcp")
    return sum(
        bool(link.raddr) and link.raddr.port == port and link.status == "CLOSE_WAIT"
        for link in links
    )


def crowd(world: World, session: Any) -> list[Any]:
    """The results of many calls at once, from as many threads or tasks."""

    async def asynchronous() -> list[Any]:
        return await asyncio.gather(*(session.predict("echo", [str(n)]) for n in range(CROWD)))

    def plain() -> list[Any]:
        results: list[Any] = []
        together = threading.Barrier(CROWD)

        def user(number: int) -> None:
            together.wait(10)
            results.append(session.predict("echo", [str(number)]))

        threads = [
            threading.Thread(target=user, args=(n,), name=f"test-user-{n}", daemon=True)
            for n in range(CROWD)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(15)
        return sorted(results, key=int)

    return list(world.do(asynchronous if world.is_async else plain, within=40))


def test_no_socket_that_the_server_has_closed_stays_open(world: World, fake: FakeGradio) -> None:
    session = world.open(fake.url)
    assert crowd(world, session) == [str(n) for n in range(CROWD)]
    assert fake.wait_for(lambda: fake.open == 0, within=10), "the server closes what is idle"
    assert world.wait_for(lambda: dead_sockets(fake.port) == 0, within=6)
    assert threads_end() == ()
    assert world.wait_for(lambda: not world.tasks())
    assert world.predict(session, "echo", ["after"]) == "after"


def test_a_dropped_session_stops_what_it_left_running(world: World, fake: FakeGradio) -> None:
    async def asynchronous() -> None:
        session = AsyncSession(fake.url)
        async for _ in session.submit("ticks", ["x"]):
            return

    def plain() -> None:
        session = Session(fake.url)
        for _ in session.submit("ticks", ["x"]):
            return

    def gone() -> bool:
        gc.collect()
        return fake.streams == 0 and fake.running == 0

    world.do(asynchronous if world.is_async else plain)
    assert world.wait_for(gone, within=5)
    assert threads_end() == ()
    assert world.wait_for(lambda: not world.tasks())
    assert world.wait_for(lambda: fake.open == 0, within=5)


def test_a_call_that_is_held_keeps_its_dropped_session(world: World, fake: FakeGradio) -> None:
    async def late(event: Event) -> AsyncIterator[Any]:
        yield event.starts()
        await asyncio.sleep(0.3)
        yield event.completed("late")

    fake.endpoint("late", late)
    call = world.do(
        lambda: [(AsyncSession if world.is_async else Session)(fake.url).submit("late", ["x"])]
    )[0]
    gc.collect()
    assert world.result(call) == "late"
