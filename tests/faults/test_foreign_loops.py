"""An `AsyncSession` where it cannot work: outside of asyncio, and in two event loops at once. It
says so, and nothing hangs.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gradio_session import AsyncSession, GradioSessionError
from tests.support import endpoints
from tests.support.background import Background
from tests.support.fake_gradio import FakeGradio

OUTSIDE: dict[str, Callable[[AsyncSession], Any]] = {
    "predict": lambda session: session.predict("echo", ["x"]),
    "submit": lambda session: session.submit("echo", ["x"]).result(),
    "login": lambda session: session.login("ada", "secret"),
    "wait_ready": lambda session: session.wait_ready(3),
}


def by_another_loop(coroutine: Any) -> Any:
    """Run a coroutine as a loop of another library would, which can wait for nothing of asyncio's.

    Raises:
        AssertionError: It waits for something.
    """
    try:
        waits_for = coroutine.send(None)
    except StopIteration as done:
        return done.value
    coroutine.close()
    raise AssertionError(f"it waits for {waits_for!r}, which no other loop knows")


@pytest.fixture
def loops() -> Iterator[tuple[Background, Background]]:
    both = Background("test-loop-1"), Background("test-loop-2")
    yield both
    for loop in both:
        loop.stop()


@pytest.fixture
def gated(fake: FakeGradio) -> Iterator[threading.Event]:
    """Lets the calls of the endpoint "gated" end."""
    gate = endpoints.gated(fake, "gated")
    yield gate
    gate.set()


@pytest.mark.parametrize("use", OUTSIDE)
def test_outside_of_asyncio_it_says_what_it_needs(fake: FakeGradio, use: str) -> None:
    session = AsyncSession(fake.url)
    with pytest.raises(GradioSessionError, match="asyncio"):
        by_another_loop(OUTSIDE[use](session))
    assert fake.received == []
    asyncio.run(session.close())


def test_outside_of_asyncio_a_session_can_be_closed_or_says_what_it_needs(
    fake: FakeGradio,
) -> None:
    session = AsyncSession(fake.url)
    try:
        by_another_loop(session.close())
    except GradioSessionError as error:
        assert "asyncio" in str(error)  # noqa: PT017 - either is right


@pytest.mark.parametrize("use", ["predict", "submit", "await", "iterate"])
def test_two_loops_at_once(
    fake: FakeGradio, loops: tuple[Background, Background], gated: threading.Event, use: str
) -> None:
    first, second = loops
    session = AsyncSession(fake.url, timeout=8)

    async def submit() -> Any:
        call = session.submit("gated", ["mine"])
        while call.status != "running":  # noqa: ASYNC110 - a call has no event for its start
            await asyncio.sleep(0.005)
        return [call]

    call = first.run(submit(), within=5)[0]

    async def elsewhere() -> Any:
        if use == "await":
            return await call
        if use == "iterate":
            return [output async for output in call]
        if use == "submit":
            return await session.submit("echo", ["x"])
        return await session.predict("echo", ["x"])

    with pytest.raises(GradioSessionError, match="loop"):
        second.run(elsewhere(), within=4)
    gated.set()
    assert first.run(call.result(), within=5) == "mine", "the first loop goes on"
    assert first.run(session.predict("echo", ["after"]), within=5) == "after"
    first.run(session.close(), within=5)


def test_one_loop_after_the_other(
    fake: FakeGradio, loops: tuple[Background, Background], gated: threading.Event
) -> None:
    gated.set()
    session = AsyncSession(fake.url, timeout=8)
    for loop in (*loops, *loops):
        assert loop.run(session.predict("gated", ["x"]), within=5) == "x"
        loop.run(asyncio.sleep(0.3))
    loops[0].run(session.close(), within=5)
