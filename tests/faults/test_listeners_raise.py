"""Listeners that raise what ends threads and loops: the reader outlives them, and calls end as if
nobody had listened.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gradio_session import AsyncSession, Session
from tests.support.chaos_runs import in_thread, predictions
from tests.support.fake_gradio import FakeGradio
from tests.support.world import World

RAISED = [SystemExit, KeyboardInterrupt, GeneratorExit, asyncio.CancelledError, ValueError]
CALLS = [("echo", ["a"]), ("echo", ["b"])]


def raising(error: type[BaseException], heard: list[str]) -> Any:
    def listener(*arguments: Any) -> None:
        heard.append(type(arguments[-1]).__name__)
        raise error("of the listener")

    return listener


@pytest.mark.parametrize("error", RAISED)
def test_on_event_that_raises(
    world: World, fake: FakeGradio, error: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[str] = []
    options = {"on_event": raising(error, heard), "timeout": 4}
    assert predictions(world, fake.url, CALLS, **options) == ["a", "b"]
    assert heard.count("Completed") == 2, "it hears on"
    assert "a listener of events failed" in caplog.text


@pytest.mark.parametrize("error", RAISED)
def test_a_done_callback_that_raises(
    world: World, fake: FakeGradio, error: type[BaseException]
) -> None:
    heard: list[str] = []

    def plain() -> list[str]:
        with Session(fake.url, timeout=4) as session:
            calls = [session.submit(*call) for call in CALLS]
            for call in calls:
                call.add_done_callback(raising(error, heard))
            results = [call.result() for call in calls]
            return [*results, session.predict("echo", ["after"])]

    async def asynchronous() -> list[str]:
        async with AsyncSession(fake.url, timeout=4) as session:
            calls = [session.submit(*call) for call in CALLS]
            for call in calls:
                call.add_done_callback(raising(error, heard))
            results = [await call for call in calls]
            return [*results, await session.predict("echo", ["after"])]

    run = (lambda: asyncio.run(asynchronous())) if world.is_async else plain
    assert in_thread(run) == ["a", "b", "after"]
    assert len(heard) == 2
