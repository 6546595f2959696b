"""A call that ends here at its deadline while a sibling in the queue may just have started: the
request to cancel it is held back for a moment, and not until the stream happens to say something.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from gradio_session import CallTimeoutError, Queued
from tests.support.fake_gradio import Event, FakeGradio
from tests.support.world import World


@pytest.fixture
def fake() -> Iterator[FakeGradio]:
    """An app whose streams have no heartbeats."""
    with FakeGradio(heartbeat=3600) as server:
        yield server


def test_a_request_that_was_held_back_is_sent_without_a_word_of_the_server(
    world: World, fake: FakeGradio
) -> None:
    async def work(event: Event) -> AsyncIterator[Any]:
        await asyncio.sleep(event.data[0])
        yield event.estimation()
        if not event.data[0]:
            yield event.starts()
        await asyncio.Event().wait()

    fake.endpoint("work", work, inputs=("number",))
    session = world.open(fake.url, heartbeat_timeout=3600)
    running = world.submit(session, "work", [0], timeout=1.2)
    assert world.wait_for(lambda: running.status == "running")
    queued = world.submit(session, "work", [0.6])
    assert world.wait_for(lambda: any(isinstance(each, Queued) for each in queued.events))
    with pytest.raises(CallTimeoutError):
        world.result(running)
    assert fake.wait_for(lambda: fake.cancelled == [running.id])
    assert not queued.done
