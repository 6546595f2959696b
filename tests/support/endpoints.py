"""Endpoints of the scriptable server, and the requests that tests count."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from tests.support.fake_documents import Script
from tests.support.fake_gradio import Event, FakeGradio
from tests.support.patience import opened

CONFIG = "GET /config"
JOIN = "POST /gradio_api/call/"
STREAM = "GET /gradio_api/queue/data"
CANCEL = "POST /gradio_api/cancel"


def saying(*items: Any) -> Script:
    """What an endpoint does that sends these; functions among them get the event."""

    async def script(event: Event) -> AsyncIterator[Any]:
        for item in items:
            yield item(event) if callable(item) else item

    return script


def after_two_outputs(*items: Any) -> Script:
    """What an endpoint does that sends these when it has started and has sent two outputs."""
    return saying(
        Event.estimation,
        Event.starts,
        lambda event: event.generating("one"),
        lambda event: event.generating("two"),
        *items,
    )


def timed(fake: FakeGradio, name: str, seconds: float) -> None:
    """An endpoint that takes so long and answers its input."""

    async def script(event: Event) -> AsyncIterator[Any]:
        yield event.starts()
        await asyncio.sleep(seconds)
        yield event.completed(event.data[0])

    fake.endpoint(name, script)


def gated(fake: FakeGradio, name: str, *outputs: Any) -> threading.Event:
    """An endpoint that sends these outputs at once, and answers its input when the event is set."""
    gate = threading.Event()

    async def script(event: Event) -> AsyncIterator[Any]:
        yield event.starts()
        for output in outputs:
            yield event.generating(output)
        await opened(gate)
        yield event.completed(event.data[0])

    fake.endpoint(name, script)
    return gate


def sending(
    fake: FakeGradio, name: str, *messages: Any, outputs: tuple[str, ...] = ("textbox",)
) -> None:
    """An endpoint that sends these messages at once.

    Args:
        fake: The server.
        name: The endpoint.
        messages: Outputs as lists, or functions that make a message of the event.
        outputs: Component types of what it returns.
    """
    items = [partial(_output, each) if isinstance(each, list) else each for each in messages]
    fake.endpoint(name, saying(Event.starts, *items), outputs=outputs)


def _output(data: list[Any], event: Event) -> dict[str, Any]:
    return event.generating(*data)
