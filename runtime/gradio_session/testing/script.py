"""What the calls of a fake do: their outputs come from a script, one step at a time, as wanted."""

from __future__ import annotations

import asyncio
import inspect
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from gradio_session.errors import EndpointNotFoundError
from gradio_session.protocol.base.json_values import JsonObject
from gradio_session.protocol.queue.call_state import CallState
from gradio_session.protocol.queue.messages import Entry, Outcome

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from gradio_session.connection.prepare import Params
    from gradio_session.errors import GradioSessionError
    from gradio_session.protocol.app_schema.spec import EndpointSpec

__all__ = [
    "Answer",
    "Answers",
    "AsyncScript",
    "Recorded",
    "Script",
    "ScriptedState",
    "Stream",
    "or_raise",
]


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


Answer = Callable[[JsonObject], Any]
"""Parameters of a call -> a value, a `Stream`, or an awaitable of either; or it raises."""


class Answers:
    """What the endpoints of a fake do, and the calls that were made of them.

    Attributes:
        recorded: The calls, oldest first.
    """

    def __init__(self) -> None:
        self.recorded: list[Recorded] = []
        self._lock = threading.Lock()
        self._answers: dict[str, tuple[str, tuple[str, ...], Answer]] = {}
        self._count = 0

    def set(
        self, api_name: str, endpoint: str, parameters: tuple[str, ...], answer: Answer
    ) -> None:
        """Say what an endpoint does."""
        self._answers[api_name] = (endpoint, parameters, answer)

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
        endpoint, names, answer = self._answers[spec.api_name]
        parameters = (
            dict(values) if isinstance(values, Mapping) else dict(zip(names, values, strict=True))
        )
        with self._lock:
            self._count += 1
            self.recorded.append(Recorded(endpoint, parameters))
            return f"fake-{self._count}", lambda: answer(dict(parameters))


class _Scripted(Entry):
    """An event whose output is a value already, and no bytes."""

    def __init__(self, number: int, msg: str, value: object) -> None:
        super().__init__(number, msg, time.time())
        self._message = {"msg": msg, "output": {"data": [value]}}


class ScriptedState(CallState):
    """The state of a call that a script answers."""

    def give(self, value: object) -> None:
        """An output came."""
        if self.end is None:
            self._add_output(_Scripted(self._count, "process_generating", value), b"")

    def complete(self, value: object) -> None:
        """The call ended with that result."""
        if self.end is None:
            entry = _Scripted(self._count, "process_completed", value)
            self._finish(entry, Outcome([value], None, 0.0))

    def fail_with(self, error: Exception) -> None:
        """The call ended with an error, which may be of any type."""
        if self.end is not None:
            return
        failure = cast("GradioSessionError", error)
        if getattr(error, "api_name", "") is None:
            failure.api_name, failure.event_id = self.api_name, self.event_id
        self._finish(Entry(self._count, "failed", time.time()), Outcome(None, failure))


class Script:
    """The outputs of one call of synchronous code.

    Args:
        state: The call.
        answer: Gives its result, or its outputs as a `Stream`; or raises.
    """

    def __init__(self, state: ScriptedState, answer: Callable[[], object]) -> None:
        self.state = state
        self._latest: object = None
        self._outputs: Iterator[object] | None = None
        try:
            value = answer()
            if isinstance(value, Stream):
                self._outputs = iter(value.outputs)
            else:
                state.complete(value)
        except Exception as error:  # noqa: BLE001 - whatever the test raises is the call's outcome
            state.fail_with(error)

    def step(self) -> None:
        """The next output, or the end."""
        if self.state.ended or self._outputs is None:
            return
        try:
            value = or_raise(next(self._outputs))
        except StopIteration:
            self.state.complete(self._latest)
        except Exception as error:  # noqa: BLE001 - as above
            self.state.fail_with(error)
        else:
            self._latest = value
            self.state.give(value)


class AsyncScript:
    """The outputs of one call of asynchronous code; see `Script`."""

    def __init__(self, state: ScriptedState, answer: Callable[[], object]) -> None:
        self.state = state
        self._answer: Callable[[], object] | None = answer
        self._latest: object = None
        self._outputs: AsyncIterator[object] | None = None
        self._turn = asyncio.Lock()

    async def begin(self) -> None:
        """Ask for the answer, unless that was done; a plain one ends the call."""
        async with self._turn:
            await self._begin()

    async def _begin(self) -> None:
        answer, self._answer = self._answer, None
        if answer is None:
            return
        try:
            value = answer()
            value = await value if inspect.isawaitable(value) else value
            if isinstance(value, Stream):
                self._outputs = _asynchronous(value.outputs)
            else:
                self.state.complete(value)
        except Exception as error:  # noqa: BLE001 - whatever the test raises is the call's outcome
            self.state.fail_with(error)

    async def step(self) -> None:
        """The next output, or the end."""
        async with self._turn:
            await self._begin()
            if self.state.ended or self._outputs is None:
                return
            try:
                value = or_raise(await anext(self._outputs))
            except StopAsyncIteration:
                self.state.complete(self._latest)
            except Exception as error:  # noqa: BLE001 - as above
                self.state.fail_with(error)
            else:
                self._latest = value
                self.state.give(value)


def or_raise(value: object) -> object:
    """An output, unless it is an exception, which is raised."""
    if isinstance(value, Exception):
        raise value
    return value


async def _asynchronous(outputs: Any) -> AsyncIterator[Any]:
    if hasattr(outputs, "__aiter__"):
        async for output in outputs:
            yield output
    else:
        for output in outputs:
            await asyncio.sleep(0)
            yield output
