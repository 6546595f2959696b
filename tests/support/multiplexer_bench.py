"""A multiplexer that a test drives by hand, and the messages that it is fed."""

from __future__ import annotations

import json
from typing import Any

from gradio_session.protocol.queue.call_state import CallState
from gradio_session.protocol.queue.multiplexer import StreamMultiplexer


def message(msg: str, event_id: str | None, **rest: Any) -> bytes:
    """A message of an event, or of the stream itself."""
    return json.dumps({"msg": msg, "event_id": event_id, **rest}).encode()


def started(event_id: str) -> bytes:
    """The event runs."""
    return message("process_starts", event_id)


def completed(event_id: str, value: Any = 1) -> bytes:
    """The event has ended with a value."""
    return message("process_completed", event_id, output={"data": [value]}, success=True)


def cancelled(event_id: str) -> bytes:
    """The event has ended as one does that was cancelled."""
    return message("process_completed", event_id, output={}, success=True)


LATER = 10.0
"""Long after every message, which all arrive at 0."""

CLOSE = message("close_stream", None)


class Bench:
    """A multiplexer, driven by hand."""

    def __init__(self) -> None:
        self.multiplexer = StreamMultiplexer("hash")

    def post(self, function: str = "/f") -> int:
        """Begin a POST."""
        number = self.multiplexer.begin_post(function)
        assert number is not None
        return number

    def answer(self, number: int, event_id: str, function: str = "/f") -> tuple[CallState, bool]:
        """Answer it: the call, and whether a stream is to be opened."""
        state = CallState(function)
        return state, self.multiplexer.accept(number, event_id, state, 0.0)

    def call(self, event_id: str, function: str = "/f", *, running: bool = False) -> CallState:
        """A call that was posted and accepted."""
        state, _ = self.answer(self.post(function), event_id, function)
        if running:
            self.feed(started(event_id))
        return state

    def feed(self, *frames: bytes) -> None:
        """What comes on the stream."""
        for frame in frames:
            self.multiplexer.feed(frame, 0.0)
