"""What carries out the calls of fake sessions, without a network: backends and event streams.

Scripts are stepped on as their outputs are wanted.
"""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from gradio_session.connection.options import Options
from gradio_session.connection.prepare import PreparedCall, PreparingConnection, Wiring
from gradio_session.errors import EventNotFoundError, GradioSessionError
from gradio_session.protocol.app_schema.config import Dependency
from gradio_session.protocol.base.effects import finished
from gradio_session.session.aio import AsyncWire
from gradio_session.session.sync import Wire
from gradio_session.stream.base import EventStreamBase
from gradio_session.stream.reader_aio import AsyncEventStream
from gradio_session.stream.reader_sync import EventStream
from gradio_session.testing.script import Script, ScriptedState

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from gradio_session.connection.call_options import CallOptions
    from gradio_session.connection.prepare import Params
    from gradio_session.protocol.app_schema.info import EndpointDescription
    from gradio_session.protocol.app_schema.spec import EndpointSpec
    from gradio_session.protocol.base.effects import Flow
    from gradio_session.protocol.queue.call_state import CallState, Cursor, Entry
    from gradio_session.testing.script import Answers

__all__ = ["AsyncScriptBackend", "ScriptBackend", "ScriptBackendBase"]

T = TypeVar("T")

_VERSION = (0, 0, 0)

_PAUSE = 0.001
"""Seconds between looks at a stream of inputs that waits for a chunk."""


class _FakeEvents(EventStreamBase):
    """What an event stream does without a server. The data of a call is its id and its answer."""

    _scripts: dict[CallState, Script]

    def posting(self, state: CallState, prepared: PreparedCall, data: Any) -> Flow[None]:
        """Accept a call and ask for its answer."""
        if state.end is None:
            event_id = yield from self.submission(state, prepared, data)
            state.accept(event_id)
            self.play(state, data[1])

    def submission(
        self,
        state: CallState,  # noqa: ARG002 - as in the base
        prepared: PreparedCall,  # noqa: ARG002 - as in the base
        data: Any,
        *_: object,
        **__: object,
    ) -> Flow[str]:
        """Accept a call; its event id."""
        return finished(data[0])

    def play(self, state: CallState, answer: Callable[[], object]) -> None:
        """Begin the script of a call."""
        assert isinstance(state, ScriptedState)  # noqa: S101 - `call_state` has seen to it
        self._scripts[state] = Script(state)
        self._do(self._scripts[state].ask(answer))

    def post_chunk(
        self,
        state: CallState,
        prepared: PreparedCall,  # noqa: ARG002 - as in the base
        data: Any,
    ) -> Flow[None]:
        """Ask for the answer to a chunk."""
        self._do(self._scripts[state].ask(data[1]))
        yield from ()

    def close_input(
        self,
        state: CallState,
        prepared: PreparedCall,  # noqa: ARG002 - as in the base
    ) -> Flow[None]:
        """No chunk will come any more."""
        self._scripts[state].close()
        self._after()
        yield from ()

    def _do(self, work: Coroutine[object, None, T]) -> object:
        """Do something of a script, and tell of what came of it."""
        raise NotImplementedError  # abstract: each mode has its own

    async def _advance(self, state: CallState) -> float:
        """Go on with a call; seconds until that is worth another try.

        One that waits for its turn needs the others to go on.
        """
        script = self._scripts.get(state)
        for each in [script] if script is not None else list(self._scripts.values()):
            await each.step()
        return 0.0 if state.input is None else _PAUSE

    def _cancelling(self, state: CallState) -> Flow[bool]:
        going = not state.ended
        state.cancel(time.monotonic(), on_server=True)
        self._after()
        return finished(going)


class ScriptEvents(_FakeEvents, EventStream):
    """The event stream of a synchronous fake: everything is done at once, as nothing takes time."""

    def __init__(self, backend: Wire) -> None:
        super().__init__(backend)
        self._scripts = {}
        self._stepping = threading.RLock()

    def start_flow(self, flow: Flow[object]) -> None:
        """Run a flow."""
        self._connection.run(flow)

    def spawn(self, work: Callable[..., object], *arguments: object) -> None:
        """Do something."""
        work(*arguments)

    def wait(self, state: CallState, timeout: float | None = None) -> bool:  # noqa: ARG002
        """Run a call to its end."""
        state.begin_wait()
        while not state.ended:
            self.pause(state)
        state.end_wait()
        return True

    def take(self, state: CallState, cursor: Cursor) -> Entry | None:
        """The next event of a reader."""
        while (entry := state.take(cursor)) is None and not state.ended:
            self.pause(state)
        return entry

    def on_end(self, state: CallState, action: Callable[[], object]) -> None:
        """Run a call to its end, and do something then."""
        self.wait(state)
        action()

    def watch(self, state: CallState) -> None:
        """A script runs to its end as soon as that is asked for."""

    def _do(self, work: Coroutine[object, None, T]) -> T:
        with self._stepping:
            done = _now(work)
        self._after()
        return done

    def pause(self, state: CallState) -> None:
        """Go on with a call."""
        time.sleep(self._do(self._advance(state)))  # a chunk comes from another thread


class AsyncScriptEvents(_FakeEvents, AsyncEventStream):
    """The event stream of an asynchronous fake: a task for each script whose end is wanted."""

    def __init__(self, backend: AsyncWire) -> None:
        super().__init__(backend)
        self._scripts = {}

    async def wait(self, state: CallState, timeout: float | None) -> bool:
        """Run a call to its end; False when it has not ended after `timeout` seconds."""
        if not state.ended:
            self.spawn(self._run(state))
        return await super().wait(state, timeout)

    async def take(self, state: CallState, cursor: Cursor) -> Entry | None:
        """The next event of a reader."""
        while (entry := state.take(cursor)) is None and not state.ended:
            await self.pause(state)
        return entry

    def _do(self, work: Coroutine[object, None, T]) -> object:
        return self.spawn(self._told(work))

    async def _told(self, work: Coroutine[object, None, T]) -> T:
        done = await work
        self._after()
        return done

    async def pause(self, state: CallState) -> None:
        """Go on with a call."""
        await asyncio.sleep(await self._told(self._advance(state)))

    async def _run(self, state: CallState) -> None:
        while not state.ended:
            await self.pause(state)


class ScriptBackendBase(PreparingConnection):
    """An app that is a script, in place of a connection. Its flows ask for nothing.

    Args:
        answers: What its endpoints do.
    """

    call_state = ScriptedState
    scripted = True
    _kind: ClassVar[Any]

    def __init__(self, answers: Answers) -> None:
        super().__init__("http://fake.invalid", Options())
        self.answers = answers
        self._detached: dict[str, Callable[[], object]] = {}

    @property
    def transport(self) -> Any:
        """What runs flows: they ask for nothing."""
        return self

    def prepare(
        self, spec: EndpointSpec, params: Params, options: CallOptions
    ) -> Flow[PreparedCall]:
        """Note the call; its values are its event id and what answers it."""
        scripted = self.answers.record(spec, params)
        dependency = Dependency(spec.api_name, 0, {}, (), ())
        return finished(PreparedCall(spec, dependency, _VERSION, scripted, (), options))

    def load(self, prepared: PreparedCall, *_: object, **__: object) -> Flow[Any]:
        """Nothing is uploaded. What answers a detached call is kept until its events are wanted."""
        if prepared.options.detached:
            event_id, answer = cast("tuple[str, Callable[[], object]]", prepared.values)
            self._detached[event_id] = answer
        return finished(prepared.values)

    def wiring(self, *_: object, **__: object) -> Flow[Wiring]:
        """Nothing is known of any endpoint."""
        return finished(Wiring(None, _VERSION))

    def explain(
        self,
        spec: EndpointSpec,  # noqa: ARG002
        error: GradioSessionError,
    ) -> Flow[GradioSessionError]:
        """There is nothing to find out."""
        return finished(error)

    def endpoints(self) -> Flow[dict[str, EndpointDescription]]:
        """A fake describes no endpoints."""
        return finished({})

    def log_in(self, *_: object, **__: object) -> Flow[bool]:
        """No login is needed."""
        return finished(False)

    def wait_ready(self, *_: object, **__: object) -> Flow[Any]:
        """It is ready."""
        return finished(None)

    def events(self, follows: CallState | None = None, *_: object, **__: object) -> Any:
        """A new event stream, of a session or of a detached call.

        Raises:
            EventNotFoundError: There is no such call.
        """
        events = self._kind(self)
        if follows is None:
            return events
        event_id = follows.event_id
        answer = self._detached.pop(event_id or "", None)
        if answer is None:
            raise EventNotFoundError(f"This fake made no call {event_id}.", event_id=event_id)
        events.play(follows, answer)
        return events


class ScriptBackend(ScriptBackendBase, Wire):
    """The backend of synchronous fakes."""

    _kind = ScriptEvents

    def ready(self, *_: object, **__: object) -> None:
        """Nothing has to be read."""

    def run(self, flow: Flow[T], *_: object, **__: object) -> T:
        """Run a flow, which asks for nothing."""
        return _result(flow)

    def carry(self, flow: Flow[None], deadline: float | None = None) -> None:  # noqa: ARG002
        """Carry it out at once, as nothing here takes time."""
        _result(flow)


class AsyncScriptBackend(ScriptBackendBase, AsyncWire):
    """The backend of asynchronous fakes."""

    _kind = AsyncScriptEvents

    async def ready(self, *_: object, **__: object) -> None:
        """Nothing has to be read."""

    async def run(self, flow: Flow[T], *_: object, **__: object) -> T:
        """Run a flow, which asks for nothing."""
        return _result(flow)


def _result(flow: Flow[T]) -> T:
    """The result of a flow that asks for nothing."""
    try:
        next(flow)
    except StopIteration as end:
        result: T = end.value
        return result
    raise AssertionError("the flow of a fake asks for something")


def _now(work: Coroutine[object, None, T]) -> T:
    """Run a coroutine to its end; it may let others go first, but waits for nothing."""
    try:
        while True:
            if work.send(None) is not None:
                work.throw(TypeError("a fake of a synchronous client cannot wait: use `def`"))
    except StopIteration as end:
        done: T = end.value
        return done
