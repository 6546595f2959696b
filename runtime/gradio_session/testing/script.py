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
    from contextlib import AbstractAsyncContextManager

    from gradio_session.connection.prepare import Params
    from gradio_session.errors import GradioSessionError
    from gradio_session.protocol.app_schema.spec import EndpointSpec

__all__ = ["Answer", "Answers", "ChunkScript", "Recorded", "Script", "ScriptedState", "Stream"]

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
    """The outputs of one call; in synchronous code its coroutines wait for nothing.

    Args:
        state: The call.
        answer: Gives its result, or its outputs as a `Stream`; or raises.
        turn: Lets one reader at a time go on.
    """

    def __init__(
        self,
        state: ScriptedState,
        answer: Callable[[], object],
        turn: AbstractAsyncContextManager[object],
    ) -> None:
        self._state = state
        self._answer: Callable[[], object] | None = answer
        self._turn = turn
        self._latest: object = None
        self._outputs: AsyncIterator[object] | None = None

    async def begin(self) -> None:
        """Ask for the answer, unless that was done; a plain one ends the call."""
        async with self._turn:
            await self._begin()

    async def step(self) -> None:
        """The next output, or the end."""
        async with self._turn:
            await self._begin()
            if self._state.ended or self._outputs is None:
                return
            with self._state.failing():
                value = _or_raise(await anext(self._outputs, _END))
                if value is _END:
                    self._state.complete(self._latest)
                else:
                    self._latest = value
                    self._state.give(value)

    async def _begin(self) -> None:
        answer, self._answer = self._answer, None
        if answer is not None:
            with self._state.failing():
                value = await self._answered(answer)
                if self._outputs is None:
                    self._state.complete(value)

    async def _answered(self, answer: Callable[[], object]) -> object:
        """What the test says; what begins the outputs of a `stream` is kept."""
        value = answer()
        value = await value if inspect.isawaitable(value) else value
        if isinstance(value, Stream):
            self._outputs = _asynchronous(value.outputs)
        return value


class ChunkScript(Script):
    """The outputs of one stream of inputs: every chunk is answered by one, at once."""

    _heard = 0.0

    async def begin(self) -> None:
        """Answer the first chunk."""
        if self._answer is not None:
            await self.take(self._answer)

    async def take(self, answer: Callable[[], object]) -> None:
        """Answer a chunk: by what the test says for it, or by the next output of a `stream`.

        Where that has no more, it is the last one again.
        """
        async with self._turn:
            self._heard = time.monotonic()
            with self._state.failing():
                value = None if self._outputs is not None else await self._answered(answer)
                if self._outputs is not None:
                    value = await anext(self._outputs, self._latest)
                self._latest = _or_raise(value)
                self._state.give(self._latest)

    def close(self) -> None:
        """No more chunks will come."""
        self._state.complete(self._latest)

    async def step(self) -> None:
        """A reader waits; an open stream to which nothing is sent ends."""
        if self._heard and time.monotonic() - self._heard > _IDLE:
            text = (
                f"{self._state.api_name}: this fake waits for a chunk of the stream. Call close() "
                "once there are no more; an app would end the stream after some time, too."
            )
            self._state.fail(CallTimeoutError(text), time.monotonic())


def _or_raise(value: object) -> object:
    """An output, unless it is an exception, which is raised."""
    if isinstance(value, Exception):
        raise value
    return value


async def _asynchronous(outputs: Any) -> AsyncIterator[object]:
    if hasattr(outputs, "__aiter__"):
        async for output in outputs:
            yield output
    else:
        for output in outputs:
            await asyncio.sleep(0)
            yield output
