"""A server that answers two calls with one event id: no call gets the other's value."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gradio_session import ProtocolError
from tests.support.chaos_streams import JOIN
from tests.support.fake_gradio import END, Answer, Event, FakeGradio
from tests.support.world import World

ID = "0123456789abcdef"


@pytest.fixture
def twins(fake: FakeGradio) -> FakeGradio:
    """An app that gives every call of an endpoint one id; each sends its input under it, in order.

    Which of them a message is for cannot be told: the first that completes is the first call.
    """

    async def twin(event: Event) -> AsyncIterator[Any]:
        event.id = ID
        yield event.starts()
        while fake.count(f"{JOIN}twin") < 2:  # noqa: ASYNC110 - requests have no event
            await asyncio.sleep(0.005)
        await asyncio.sleep(0.1 if event.data[0] == "one" else 0.3)
        yield event.completed(event.data[0])
        yield END

    fake.endpoint("twin", twin)
    fake.always(f"{JOIN}twin", Answer(200, {"event_id": ID}, run=True))
    return fake


def second(world: World, session: Any) -> Any:
    return world.result(world.submit(session, "twin", ["two"]))


def test_the_second_call_is_refused_and_the_first_keeps_its_value(
    world: World, twins: FakeGradio
) -> None:
    session = world.open(twins.url, timeout=4)
    first = world.submit(session, "twin", ["one"])
    assert world.wait_for(lambda: first.status == "running")
    with pytest.raises(ProtocolError, match=ID) as caught:
        second(world, session)
    assert "/twin" in str(caught.value)
    assert world.result(first) == "one"
    assert session.calls[ID] is first
    assert world.predict(session, "echo", ["after"]) == "after"


def test_the_first_call_can_still_be_cancelled(world: World, twins: FakeGradio) -> None:
    session = world.open(twins.url, timeout=4)
    first = world.submit(session, "twin", ["one"])
    assert world.wait_for(lambda: first.status == "running")
    with pytest.raises(ProtocolError):
        second(world, session)
    world.cancel(first)
    assert first.done
    assert world.predict(session, "echo", ["after"]) == "after"
