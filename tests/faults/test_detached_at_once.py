"""A detached call that is waited for or iterated before the server has accepted it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gradio_session import AsyncSession, Completed, Session
from tests.support.fake_gradio import Event, FakeGradio
from tests.support.world import World


@pytest.mark.parametrize("use", ["result", "iterate", "stream"])
def test_it_is_read_at_once(world: World, fake: FakeGradio, use: str) -> None:
    session: Any = world.open(fake.url, timeout=8)

    async def asynchronous() -> Any:
        assert isinstance(session, AsyncSession)
        call = session.submit("echo", ["x"], detached=True)
        if use == "iterate":
            return [output async for output in call][-1]
        if use == "stream":
            events = [event async for event in call.stream()]
            return getattr(events[-1], "data", None)
        return await call

    def plain() -> Any:
        assert isinstance(session, Session)
        call = session.submit("echo", ["x"], detached=True)
        if use == "iterate":
            return list(call)[-1]
        if use == "stream":
            return getattr(list(call.stream())[-1], "data", None)
        return call.result()

    assert world.do(asynchronous if world.is_async else plain) == "x"


def test_it_is_read_when_it_waited_for_its_turn(world: World, fake: FakeGradio) -> None:
    async def slow(event: Event) -> AsyncIterator[Any]:
        yield event.starts()
        await asyncio.sleep(0.3)
        yield event.completed("slow")

    fake.endpoint("slow", slow)
    session = world.open(fake.url, timeout=8, max_concurrency=1)
    first = world.submit(session, "slow", ["x"])
    second = world.submit(session, "echo", ["y"], detached=True)
    assert world.result(second) == "y"
    assert world.result(first) == "slow"


def test_its_end_is_told_once(world: World, fake: FakeGradio) -> None:
    told: list[Any] = []
    session = world.open(
        fake.url, timeout=8, on_event=lambda call, event: told.append((call, event))
    )
    call = world.submit(session, "echo", ["x"], detached=True)
    assert world.result(call) == "x"
    assert world.predict(session, "echo", ["y"]) == "y"  # a word on the session's own stream
    assert [type(event) for heard, event in told if heard is call].count(Completed) == 1
