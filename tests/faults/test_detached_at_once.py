"""A detached call that is waited for or iterated before the server has accepted it."""

from __future__ import annotations

from typing import Any

import pytest

from gradio_session import AsyncSession, Session
from tests.support.fake_gradio import FakeGradio
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
            return [event async for event in call.stream()][-1].data
        return await call

    def plain() -> Any:
        assert isinstance(session, Session)
        call = session.submit("echo", ["x"], detached=True)
        if use == "iterate":
            return list(call)[-1]
        if use == "stream":
            return list(call.stream())[-1].data
        return call.result()

    assert world.do(asynchronous if world.is_async else plain) == "x"
