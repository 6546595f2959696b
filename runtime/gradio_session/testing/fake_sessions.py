"""Sessions that answer what a test says, without a network; `testing` makes them.

A fake call is a real `Call` (`AsyncCall`) whose channel has no wire: its outputs come from a
*script*, one step at a time, as they are asked for.
"""
# pyright: reportPrivateUsage=false

from __future__ import annotations

import asyncio
import inspect
import threading
import time
from typing import TYPE_CHECKING, Any, TypeVar

from gradio_session.calls.sync import Call
from gradio_session.connection.aio import AsyncConnection
from gradio_session.connection.options import Options
from gradio_session.connection.sync import Connection
from gradio_session.errors import EventNotFoundError
from gradio_session.protocol.app_schema.config import Dependency
from gradio_session.protocol.queue.call_state import Entry
from gradio_session.protocol.queue.outcome import Outcome
from gradio_session.session.aio import AsyncSession
from gradio_session.session.sync import Session
from gradio_session.stream.reader_aio import AsyncEventStream
from gradio_session.stream.reader_sync import EventStream
from gradio_session.testing.scripted_answers import Answers, Stream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence

    from gradio_session.calls.aio import AsyncCall
    from gradio_session.connection.options import CallOptions
    from gradio_session.protocol.app_schema.spec import EndpointSpec
    from gradio_session.protocol.operations.spaces import Waiting
    from gradio_session.protocol.queue.call_state import CallState, Cursor

__all__ = ["FakeAsyncSession", "FakeSession"]

ADDRESS = "http://fake.invalid"
CallT = TypeVar("CallT")


class _FakeConfig:
    """What `map` asks of an app's configuration."""

    def dependency(self, api_name: str) -> Dependency:
        return Dependency(api_name, 0, {}, (), ())


class _FakeConnection(Connection):
    def ready(self, deadline: float | None = None) -> Any:  # noqa: ARG002 - the connection's interface
        return _FakeConfig()


class _FakeAsyncConnection(AsyncConnection):
    async def ready(self, deadline: float | None = None) -> Any:  # noqa: ARG002 - the connection's interface
        return _FakeConfig()


# What happens to a fake call


def _add_output(state: CallState, value: Any) -> None:
    state._add_output(_entry(state, "process_generating", value), b"")


def _complete(state: CallState, value: Any) -> None:
    state._finish(_entry(state, "process_completed", value), Outcome([value], None, 0.0))


def _fail(state: CallState, error: Exception) -> None:
    if getattr(error, "api_name", "") is None:
        error.api_name, error.event_id = state.api_name, state.event_id  # type: ignore[attr-defined]
    state._finish(Entry(state._count, "failed", time.time()), Outcome(None, error))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def _entry(state: CallState, msg: str, value: Any) -> Entry:
    entry = Entry(state._count, msg, time.time())
    entry._message = {"msg": msg, "output": {"data": [value]}}
    return entry


def _or_raise(value: Any) -> Any:
    if isinstance(value, Exception):
        raise value
    return value


class _Script:
    """The outputs of one call of synchronous code; `step` does the next one."""

    def __init__(self, state: CallState, answer: Callable[[], Any]) -> None:
        self._state = state
        self._latest: Any = None
        self._outputs: Iterator[Any] | None = None
        try:
            value = answer()
            if isinstance(value, Stream):
                self._outputs = iter(value.outputs)
            else:
                _complete(state, value)
        except Exception as error:  # noqa: BLE001 - whatever the test raises is the call's outcome
            _fail(state, error)

    def step(self) -> None:
        """The next output, or the end."""
        if self._state.ended or self._outputs is None:
            return
        try:
            value = _or_raise(next(self._outputs))
        except StopIteration:
            _complete(self._state, self._latest)
        except Exception as error:  # noqa: BLE001 - as above
            _fail(self._state, error)
        else:
            self._latest = value
            _add_output(self._state, value)


class _AsyncScript:
    """The outputs of one call of asynchronous code."""

    def __init__(self, state: CallState, answer: Callable[[], Any]) -> None:
        self._state = state
        self._answer = answer
        self._latest: Any = None
        self._outputs: AsyncIterator[Any] | None = None
        self._turn = asyncio.Lock()
        self._begun = False

    async def begin(self) -> None:
        """Ask for the answer, unless that was done; a plain one ends the call."""
        async with self._turn:
            await self._begin()

    async def _begin(self) -> None:
        if self._begun:
            return
        self._begun = True
        try:
            value = self._answer()
            value = await value if inspect.isawaitable(value) else value
            if isinstance(value, Stream):
                self._outputs = _asynchronous(value.outputs)
            elif not self._state.ended:
                _complete(self._state, value)
        except Exception as error:  # noqa: BLE001 - whatever the test raises is the call's outcome
            _fail(self._state, error)

    async def step(self) -> None:
        """The next output, or the end."""
        async with self._turn:
            await self._begin()
            if self._state.ended or self._outputs is None:
                return
            try:
                value = _or_raise(await anext(self._outputs))
            except StopAsyncIteration:
                _complete(self._state, self._latest)
            except Exception as error:  # noqa: BLE001 - as above
                _fail(self._state, error)
            else:
                self._latest = value
                _add_output(self._state, value)

    async def run(self) -> None:
        """Everything up to the end."""
        while not self._state.ended:
            await self.step()


async def _asynchronous(outputs: Any) -> AsyncIterator[Any]:
    if hasattr(outputs, "__aiter__"):
        async for output in outputs:
            yield output
    else:
        for output in outputs:
            await asyncio.sleep(0)
            yield output


# Synchronous


class _FakeChannel(EventStream):
    def __init__(self, connection: Any) -> None:
        super().__init__(connection)
        self._scripts: dict[int, _Script] = {}
        self._stepping = threading.RLock()

    def play(self, state: CallState, answer: Callable[[], Any]) -> None:
        with self._stepping:
            self._scripts[id(state)] = _Script(state, answer)
        self._after(self.multiplexer)

    def wait(self, state: CallState, timeout: float | None) -> bool:  # noqa: ARG002 - nothing here takes time
        state.begin_wait()
        while not state.ended:
            self._step(state)
        state.end_wait()
        return True

    def take(self, state: CallState, cursor: Cursor) -> Entry | None:
        while True:
            entry = cursor.take()
            if entry is not None or state.ended:
                return entry
            self._step(state)

    def cancel(self, state: CallState) -> bool:
        if state.ended:
            return False
        state.cancel(time.time(), on_server=True)
        self._after(self.multiplexer)
        return True

    def on_end(self, state: CallState, action: Callable[[], object]) -> None:
        self.wait(state, None)
        super().on_end(state, action)

    def _step(self, state: CallState) -> None:
        with self._stepping:
            self._scripts[id(state)].step()
        self._after(self.multiplexer)


class FakeSession(Session):
    """A session whose calls are answered by `Answers`."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        options = Options()
        self._open(_FakeConnection(ADDRESS, options), options, None, force=False)
        self._channel: _FakeChannel = _FakeChannel(self._connection)

    def _register(self) -> None:
        self._name = "fake"

    def _start(
        self, spec: EndpointSpec, params: Sequence[Any] | Mapping[str, Any], options: CallOptions
    ) -> Call[Any]:
        self._check_open()
        self.calls.check()
        event_id, answer = self.answers.record(spec, params)
        call: Call[Any] = Call(self, spec, self._state(spec, options, threading.Lock()))
        self._listen(call, self._channel)
        call._state.accept(event_id)
        self.calls.add(call)
        self.calls.name(call, event_id)
        self._channel.play(call._state, answer)
        return call

    def _attach(self, spec: EndpointSpec, event_id: str, options: CallOptions) -> Call[Any]:  # noqa: ARG002 - the session's interface
        return _known(self.calls.get(event_id), event_id)

    def _typed(
        self, spec: EndpointSpec, dependency: Any, data: list[Any], event_id: str | None
    ) -> Any:
        return data[0]

    def tab(self) -> FakeSession:
        """Another tab, with the same answers."""
        return FakeSession(self.answers)

    def login(self, user: str, password: str) -> None:
        """Nobody has to log in."""

    def wait_ready(
        self, timeout: float | None = 60, *, progress: Callable[[Waiting], object] | None = None
    ) -> None:
        """It is ready."""


# Asynchronous


class _FakeAsyncChannel(AsyncEventStream):
    def __init__(self, connection: Any) -> None:
        super().__init__(connection)
        self._scripts: dict[int, _AsyncScript] = {}

    def play(self, state: CallState, answer: Callable[[], Any]) -> None:
        script = self._scripts[id(state)] = _AsyncScript(state, answer)
        self.spawn(self._heard(script.begin()))

    async def wait(self, state: CallState, timeout: float | None) -> bool:
        if not state.ended:
            self.spawn(self._heard(self._scripts[id(state)].run()))
        return await super().wait(state, timeout)

    async def take(self, state: CallState, cursor: Cursor) -> Entry | None:
        while True:
            entry = cursor.take()
            if entry is not None or state.ended:
                return entry
            await self._heard(self._scripts[id(state)].step())

    async def cancel(self, state: CallState) -> bool:
        if state.ended:
            return False
        state.cancel(time.time(), on_server=True)
        self._after(self.multiplexer)
        return True

    async def _heard(self, work: Any) -> None:
        await work
        self._after(self.multiplexer)


class FakeAsyncSession(AsyncSession):
    """The same for asyncio."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        options = Options()
        self._open(_FakeAsyncConnection(ADDRESS, options), options, None, force=False)
        self._channel: _FakeAsyncChannel = _FakeAsyncChannel(self._connection)

    def _register(self) -> None:
        self._name = "fake"

    def _start(
        self, spec: EndpointSpec, params: Sequence[Any] | Mapping[str, Any], options: CallOptions
    ) -> AsyncCall[Any]:
        event_id, answer = self.answers.record(spec, params)
        call = self._new_call(spec, options)
        self._listen(call, self._channel)
        call._state.accept(event_id)
        self.calls.name(call, event_id)
        self._channel.play(call._state, answer)
        return call

    def _attach(self, spec: EndpointSpec, event_id: str, options: CallOptions) -> AsyncCall[Any]:  # noqa: ARG002 - the session's interface
        return _known(self.calls.get(event_id), event_id)

    def _typed(
        self, spec: EndpointSpec, dependency: Any, data: list[Any], event_id: str | None
    ) -> Any:
        return data[0]

    def tab(self) -> FakeAsyncSession:
        """Another tab, with the same answers."""
        return FakeAsyncSession(self.answers)

    async def login(self, user: str, password: str) -> None:
        """Nobody has to log in."""

    async def wait_ready(
        self, timeout: float | None = 60, *, progress: Callable[[Waiting], object] | None = None
    ) -> None:
        """It is ready."""


def _known(call: CallT | None, event_id: str) -> CallT:
    if call is None:
        raise EventNotFoundError(f"This fake made no call {event_id}.", event_id=event_id)
    return call
