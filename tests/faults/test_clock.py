"""The clock of the wall steps back by an hour, as it does when it is set right: nothing waits for
it to catch up.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from gradio_session import CallTimeoutError, Queued
from tests.support.chaos_apps import Clock
from tests.support.fake_gradio import Event, FakeGradio
from tests.support.world import World

HOUR = 3600.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch, "time")


@pytest.fixture
def queued(fake: FakeGradio) -> FakeGradio:
    """An app that starts its first call and lets the others wait in the queue."""
    running: list[str] = []

    async def work(event: Event) -> AsyncIterator[Any]:
        await asyncio.sleep(event.data[0])
        yield event.estimation(rank=len(running))
        running.append(event.id)
        if len(running) == 1:
            yield event.starts()
        await asyncio.Event().wait()

    fake.endpoint("work", work, inputs=("number",))
    return fake


def heard(call: Any) -> bool:
    """Whether a word of a call in the queue has come."""
    return any(isinstance(event, Queued) for event in call.events)


def under_way(
    world: World,
    session: Any,
    wait: float = 0.0,
    move: Callable[[], object] = int,
    **options: Any,
) -> list[Any]:
    """A call that runs, and one of the same endpoint in the queue; the clock may move between the
    acceptance of the latter and the first word of it, which comes after `wait` seconds.
    """
    calls = [world.submit(session, "work", [0.0], **options)]
    assert world.wait_for(lambda: calls[0].status == "running")
    calls.append(world.submit(session, "work", [wait]))
    assert world.wait_for(lambda: calls[1].status == "queued")
    move()
    assert world.wait_for(lambda: heard(calls[1]))
    return calls


@pytest.mark.parametrize("step", [-HOUR, HOUR], ids=["back", "forward"])
def test_cancelling_does_not_wait_for_the_clock(
    world: World, queued: FakeGradio, clock: Clock, step: float
) -> None:
    session = world.open(queued.url, timeout=20)
    running, _ = under_way(world, session)
    clock.move(step)
    world.do(running.cancel, within=3)
    assert running.status == "cancelled"
    assert queued.wait_for(lambda: queued.cancelled == [running.id], within=2)


@pytest.mark.parametrize("step", [-HOUR, HOUR], ids=["back", "forward"])
def test_nor_where_it_steps_before_the_first_word_of_a_sibling(
    world: World, queued: FakeGradio, clock: Clock, step: float
) -> None:
    session = world.open(queued.url, timeout=20)
    running, _ = under_way(world, session, 0.2, lambda: clock.move(step))
    world.do(running.cancel, within=4)
    assert running.status == "cancelled"


def test_the_call_in_the_queue_is_cancelled(world: World, queued: FakeGradio, clock: Clock) -> None:
    session = world.open(queued.url, timeout=20)
    _, waiting = under_way(world, session)
    clock.move(-HOUR)
    world.do(waiting.cancel, within=3)
    assert waiting.status == "cancelled"


def test_a_deadline_ends_a_call_on_the_server(
    world: World, queued: FakeGradio, clock: Clock
) -> None:
    session = world.open(queued.url)
    running, _ = under_way(world, session, timeout=0.8)
    clock.move(-HOUR)
    with pytest.raises(CallTimeoutError):
        world.result(running)
    assert queued.wait_for(lambda: queued.cancelled == [running.id], within=2)


def test_calls_go_on(world: World, fake: FakeGradio, clock: Clock) -> None:
    session = world.open(fake.url, timeout=5)
    assert world.predict(session, "echo", ["before"]) == "before"
    clock.move(-HOUR)
    calls = [world.submit(session, "echo", [str(n)]) for n in range(5)]
    assert [world.result(call) for call in calls] == ["0", "1", "2", "3", "4"]
    events = [event for call in calls for event in world.events(call)]
    assert {type(event).__name__ for event in events} >= {"Queued", "Started", "Completed"}
