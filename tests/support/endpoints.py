"""Endpoints of the scriptable server, and the requests that tests count."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

from tests.support.fake_gradio import Event, FakeGradio

CONFIG = "GET /config"
JOIN = "POST /gradio_api/call/"
STREAM = "GET /gradio_api/queue/data"
CANCEL = "POST /gradio_api/cancel"


def gated(fake: FakeGradio, name: str, *outputs: Any) -> threading.Event:
    """An endpoint that sends these outputs at once, and answers its input when the event is set."""
    gate = threading.Event()

    async def script(event: Event) -> AsyncIterator[Any]:
        yield event.starts()
        for output in outputs:
            yield event.generating(output)
        while not gate.is_set():  # noqa: ASYNC110 - set from another thread
            await asyncio.sleep(0.002)
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

    async def script(event: Event) -> AsyncIterator[Any]:
        yield event.starts()
        for message in messages:
            yield event.generating(*message) if isinstance(message, list) else message(event)

    fake.endpoint(name, script, outputs=outputs)
