"""What the streams of inputs of a fake do: every chunk is answered by one output, at once."""

from __future__ import annotations

import inspect
import time
from typing import TYPE_CHECKING, Any

from gradio_session.errors import CallTimeoutError
from gradio_session.testing.script import Stream, or_raise

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradio_session.testing.script import ScriptedState

__all__ = ["ChunkScript"]

_IDLE = 2.0
"""Seconds without a chunk after which an open stream ends, as one of an app does in the end."""


class ChunkScript:
    """The outputs of one stream of inputs, in both modes.

    Args:
        state: The call.
    """

    def __init__(self, state: ScriptedState) -> None:
        self._state = state
        self._heard = time.monotonic()
        self._latest: object = None
        self._outputs: Any = None

    async def take(self, answer: Callable[[], object]) -> None:
        """Answer a chunk: by what the test says for it, or by the next output of a `stream`.

        In synchronous code this never waits.
        """
        self._heard = time.monotonic()
        try:
            value = None if self._outputs is not None else await self._begin(answer())
            self._latest = or_raise(value if self._outputs is None else await self._next())
        except Exception as error:  # noqa: BLE001 - whatever the test raises is the call's outcome
            self._state.fail_with(error)
        else:
            self._state.give(self._latest)

    async def _begin(self, value: Any) -> object:
        """The answer to a chunk; what begins the outputs of a `stream` is kept."""
        value = await value if inspect.isawaitable(value) else value
        if isinstance(value, Stream):
            outputs = value.outputs
            self._outputs = (aiter if hasattr(outputs, "__aiter__") else iter)(outputs)
        return value

    async def _next(self) -> object:
        """The next output; the last one again where there are no more."""
        if hasattr(self._outputs, "__anext__"):
            return await anext(self._outputs, self._latest)
        return next(self._outputs, self._latest)

    def close(self) -> None:
        """No more chunks will come."""
        self._state.complete(self._latest)

    def step(self) -> None:
        """A reader waits; an open stream to which nothing is sent ends."""
        if time.monotonic() - self._heard > _IDLE:
            text = (
                f"{self._state.api_name}: this fake waits for a chunk of the stream. Call close() "
                "once there are no more; an app would end the stream after some time, too."
            )
            self._state.fail(CallTimeoutError(text), time.monotonic())
