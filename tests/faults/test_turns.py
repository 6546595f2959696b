"""Turns under `max_concurrency`: no slot is lost, however a call that waits for one ends, and a
higher limit lets those who wait go at once.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from gradio_session import CallTimeoutError, Completed, Event
from tests.conftest import Serve
from tests.support.environments import ROOT
from tests.support.world import World

DEADLINE = 3.0
"""Seconds that a call has for its own end: a lost slot shows as its time-out."""


@pytest.fixture(scope="module")
def url(serve: Serve) -> str:
    return serve(ROOT / "tests" / "apps" / "load.py")


def one_by_one(world: World, url: str, limit: int = 1) -> Any:
    session = world.open(url, max_concurrency=limit, timeout=DEADLINE)
    assert world.predict(session, "echo", ["warm"]) == "warm"
    return session


def cancel_as_its_turn_comes(world: World, first: Any, second: Any, later: int) -> None:
    """Wait for a call, and cancel the next one a moment later: at that time it is about to be sent.

    Args:
        world: The world of both calls.
        first: The call that is waited for.
        second: The call that waits for its slot.
        later: How many turns of the loop (or steps of 0.2 ms) go by before the cancellation.
    """

    async def asynchronous() -> None:
        await first
        for _ in range(later):
            await asyncio.sleep(0)
        await second.cancel()

    def plain() -> None:
        first.result()
        time.sleep(later * 0.0002)
        second.cancel()

    world.do(asynchronous if world.is_async else plain)


def all_slots_are_free(world: World, session: Any) -> None:
    """As many calls as there are slots run at the same time."""
    calls = [
        world.submit(session, "slow", [str(n), 0.05]) for n in range(session.max_concurrency + 1)
    ]
    assert [world.result(call) for call in calls] == [str(n) for n in range(len(calls))]


@pytest.mark.parametrize("later", range(4))
def test_a_call_cancelled_as_its_turn_comes(world: World, url: str, later: int) -> None:
    session = one_by_one(world, url)
    first = world.submit(session, "slow", ["first", 0.05])
    second = world.submit(session, "echo", ["second"])
    cancel_as_its_turn_comes(world, first, second, later)
    assert world.predict(session, "echo", ["third"]) == "third"
    all_slots_are_free(world, session)


def test_a_call_cancelled_by_a_listener_to_the_end_of_the_one_before(
    world: World, url: str
) -> None:
    calls: list[Any] = []

    def listener(call: Any, event: Event[Any]) -> None:
        if isinstance(event, Completed) and calls and call is calls[0]:
            cancelling = calls[1].cancel()
            if world.is_async:
                cancellations.append(asyncio.ensure_future(cancelling))

    cancellations: list[Any] = []
    session = world.open(url, max_concurrency=1, timeout=DEADLINE, on_event=listener)
    calls += [world.submit(session, "slow", ["first", 0.1])]
    calls += [world.submit(session, "echo", ["second"])]
    assert world.result(calls[0]) == "first"
    assert world.predict(session, "echo", ["third"]) == "third"
    all_slots_are_free(world, session)


def test_a_call_cancelled_while_it_waits(world: World, url: str) -> None:
    session = one_by_one(world, url)
    first = world.submit(session, "slow", ["first", 0.2])
    others = [world.submit(session, "echo", [str(n)]) for n in range(3)]
    world.cancel(others[0])
    world.cancel(others[2])
    assert [world.result(call) for call in (first, others[1])] == ["first", "1"]
    all_slots_are_free(world, session)


def test_a_call_whose_deadline_passes_while_it_waits(world: World, url: str) -> None:
    session = one_by_one(world, url)
    first = world.submit(session, "slow", ["first", 0.4])
    second = world.submit(session, "echo", ["second"], timeout=0.1)
    third = world.submit(session, "echo", ["third"])
    with pytest.raises(CallTimeoutError):
        world.result(second)
    assert [world.result(call) for call in (first, third)] == ["first", "third"]
    all_slots_are_free(world, session)


def test_the_first_answer_is_enough_and_the_others_are_dropped(world: World, url: str) -> None:
    session = one_by_one(world, url, limit=2)

    async def asynchronous() -> None:
        tasks = [asyncio.ensure_future(session.predict("slow", [str(n), 0.01])) for n in range(4)]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def plain() -> None:
        calls = [session.submit("slow", [str(n), 0.01]) for n in range(4)]
        while not any(call.done for call in calls):
            time.sleep(0.0005)
        for call in calls:
            call.cancel()

    for _ in range(8):
        world.do(asynchronous if world.is_async else plain)
    assert world.predict(session, "echo", ["after"]) == "after"
    all_slots_are_free(world, session)


@pytest.mark.parametrize("limit", [3, None])
def test_a_higher_limit_lets_those_who_wait_go(world: World, url: str, limit: int | None) -> None:
    session = one_by_one(world, url)
    long = world.submit(session, "slow", ["long", 20], timeout=30)
    waiting = [world.submit(session, "echo", [str(n)]) for n in range(4)]

    def rise() -> None:
        session.max_concurrency = limit

    world.do(rise)
    assert [world.result(call) for call in waiting] == ["0", "1", "2", "3"]
    assert not long.done
    world.cancel(long)
