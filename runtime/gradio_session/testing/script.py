"""What the calls of a fake do: their outputs come from a script, one step at a time, as wanted."""

from __future__ import annotations

import asyncio
import inspect
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from gradio_session.errors import CallTimeoutError, EndpointNotFoundError
from gradio_session.protocol.base.json_values import JsonObject
from gradio_session.protocol.queue.call_state import CallState
from gradio_session.protocol.queue.messages import Entry, Outcome

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Generator

    from gradio_session.connection.prepare import Params
    from gradio_session.errors import GradioSessionError
    from gradio_session.protocol.app_schema.spec import EndpointSpec

__all__ = ["Answer", "Answers", "Recorded", "Script", "ScriptedState", "Stream"]

_IDLE = 2.0
"""Seconds without a chunk after which an open stream ends, as one of an app does in the end."""

_END: Final = object()


class Stream:
    """Outputs that come one after the other; the last is the result."""

    def __init__(self, outputs: Any) -> None:
        self.outputs = outputs


class Recorded(NamedTuple):
    """A call that was made of a fake.

    Attributes:
        endpoint: The name of the client's method.
        parameters: Parameter to value, defaults included.
    """

    endpoint: str
    parameters: JsonObject


Answer = Callable[[JsonObject], object]
"""Parameters of a call -> a value, a `Stream`, or an awaitable of either; or it raises."""


class Answers:
    """What the endpoints of a fake do, and the calls that were made of them.

    Attributes:
        recorded: The calls, oldest first.
    """

    def __init__(self) -> None:
        self.recorded: list[Recorded] = []
        self._lock = threading.Lock()
        self._answers: dict[str, tuple[str, EndpointSpec, Answer]] = {}

    def set(self, endpoint: str, spec: EndpointSpec, answer: Answer) -> None:
        """Say what an endpoint does."""
        self._answers[spec.api_name] = (endpoint, spec, answer)

    def record(self, spec: EndpointSpec, values: Params) -> tuple[str, Callable[[], object]]:
        """A call was made.

        Returns:
            An event id for it, and what gives its answer.

        Raises:
            EndpointNotFoundError: The client has no such endpoint.
        """
        if spec.api_name not in self._answers:
            known = ", ".join(self._answers)
            raise EndpointNotFoundError(
                f"The client of this fake has no endpoint {spec.api_name}; it has {known}.",
                api_name=spec.api_name,
            )
        endpoint, known_spec, answer = self._answers[spec.api_name]
        if not isinstance(values, Mapping):
            values = dict(zip(known_spec.parameters or (), values, strict=True))
        parameters = dict(values)
        with self._lock:
            self.recorded.append(Recorded(endpoint, parameters))
            return f"fake-{len(self.recorded)}", lambda: answer(dict(parameters))


class _Scripted(Entry):
    """An event whose output is a value already, and no bytes."""

    def __init__(self, msg: str, value: object) -> None:
        super().__init__(msg, time.time())
        self._message = {"msg": msg, "output": {"data": [value]}}


class ScriptedState(CallState):
    """The state of a call that a script answers."""

    def give(self, value: object) -> None:
        """An output came."""
        if self.end is None:
            self._add_output(_Scripted("process_generating", value), b"")

    def complete(self, value: object) -> None:
        """The call ended with that result."""
        if self.end is None:
            entry = _Scripted("process_completed", value)
            self._finish(entry, Outcome([value], None, 0.0))

    @contextmanager
    def failing(self) -> Generator[None]:
        """Whatever the test raises here is how the call ends; it may be of any type."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - see above
            if self.end is None:
                failure = cast("GradioSessionError", error)
                if getattr(error, "api_name", "") is None:
                    failure.api_name, failure.event_id = self.api_name, self.event_id
                end = Entry("failed", time.time())
                self._finish(end, Outcome(None, failure))


class Script:
    """What answers a call, step by step; in synchronous code its coroutines wait for nothing.

    A plain answer is the result; a `Stream` gives its outputs one by one. In a stream of inputs
    every chunk is answered by one output, at once.
    """

    def __init__(self, state: ScriptedState) -> None:
        self._state = state
        self._turn = asyncio.Lock()  # one reader at a time goes on
        self._outputs: AsyncIterator[object] | None = None
        self._latest: object = None
        self._heard = time.monotonic()

    async def ask(self, answer: Callable[[], object]) -> None:
        """Ask for the answer to a call or a chunk, which a `Stream` has already for later chunks.

        Where that has no more outputs, a chunk is answered by the last one again.
        """
        async with self._turn:
            with self._state.failing():
                if self._outputs is None:
                    value = answer()
                    value = await value if inspect.isawaitable(value) else value
                    if isinstance(value, Stream):
                        self._outputs = _asynchronous(value.outputs)
                    else:
                        self._latest = value
                if self._state.input is not None:
                    await self._give(self._latest)
                elif self._outputs is None:
                    self._state.complete(self._latest)
            self._heard = time.monotonic()

    async def step(self) -> None:
        """The next output, or the end; a stream of inputs to which nothing is sent ends."""
        async with self._turn:
            with self._state.failing():
                if self._state.input is not None:
                    self._check_idle()
                elif self._outputs is not None and not self._state.ended:
                    await self._give(_END)

    async def _give(self, default: object) -> None:
        """Give the next output, or `default` where there is no more: after `_END` none follows."""
        value = default if self._outputs is None else await anext(self._outputs, default)
        if isinstance(value, Exception):
            raise value
        if value is _END:
            self.close()
        else:
            self._latest = value
            self._state.give(value)

    def close(self) -> None:
        """No more outputs, or chunks, will come."""
        self._state.complete(self._latest)

    def _check_idle(self) -> None:
        if time.monotonic() - self._heard > _IDLE:
            raise CallTimeoutError(
                f"{self._state.api_name}: this fake waits for a chunk of the stream. Call close() "
                "once there are no more; an app would end the stream after some time, too."
            )


async def _asynchronous(outputs: Any) -> AsyncIterator[object]:
    if hasattr(outputs, "__aiter__"):
        async for output in outputs:
            yield output
    else:
        for output in outputs:
            await asyncio.sleep(0)
            yield output
