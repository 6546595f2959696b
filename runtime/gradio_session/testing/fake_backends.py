"""The backends of fake sessions: what carries out their calls, without a network."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from gradio_session._log import logger
from gradio_session.connection.prepare import PreparedCall, Wiring
from gradio_session.errors import EventNotFoundError, GradioSessionError
from gradio_session.protocol.app_schema.config import Dependency
from gradio_session.protocol.base.credentials import Credentials
from gradio_session.stream.control import CLOSE_TIMEOUT
from gradio_session.stream.errors import timeout_error
from gradio_session.testing.script import AsyncScript, Script, ScriptedState

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, Sequence

    from gradio_session.connection.call_options import CallOptions
    from gradio_session.files.upload import UploadProgress, Uploads
    from gradio_session.protocol.app_schema.config import AppConfig
    from gradio_session.protocol.app_schema.spec import EndpointSpec
    from gradio_session.protocol.base.effects import Flow
    from gradio_session.protocol.operations.spaces import Waiting
    from gradio_session.protocol.queue.call_state import CallState, Cursor, Entry
    from gradio_session.testing.scripted_answers import Answers

__all__ = ["AsyncScriptBackend", "ScriptBackend", "ScriptBackendBase"]

T = TypeVar("T")

_VERSION = (0, 0, 0)


class ScriptBackendBase:
    """An app that is a script. Its flows ask for nothing; see `session.backend.App`.

    Args:
        answers: What its endpoints do.
    """

    call_state: type[CallState] = ScriptedState
    scripted = True

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.app_url = "http://fake.invalid"
        self.auth: tuple[str, str] | None = None
        self.config: AppConfig | None = None
        self.credentials = Credentials("")
        self.last_config: AppConfig | None = None
        self.logins = 0
        self.tabs = 0
        self.user: str | None = None
        self._detached: dict[str, Callable[[], Any]] = {}

    def prepare(
        self, spec: EndpointSpec, params: Sequence[Any] | Mapping[str, Any], options: CallOptions
    ) -> Flow[PreparedCall]:
        """Note the call; its values are its event id and what answers it."""
        scripted = self.answers.record(spec, params)
        dependency = Dependency(spec.api_name, 0, {}, (), ())
        return _flow(PreparedCall(spec, dependency, _VERSION, scripted, (), options))

    def load(
        self,
        prepared: PreparedCall,
        uploads: Uploads,  # noqa: ARG002 - the interface
        progress: Callable[[UploadProgress], object] | None = None,  # noqa: ARG002
    ) -> Flow[list[Any]]:
        """Nothing is uploaded."""
        return _flow(list(prepared.values))

    def wiring(self, api_name: str) -> Flow[Wiring]:  # noqa: ARG002 - the interface
        """Nothing is known of any endpoint."""
        return _flow(Wiring(None, _VERSION))

    def explain(
        self,
        spec: EndpointSpec,  # noqa: ARG002 - the interface
        error: GradioSessionError,
    ) -> Flow[GradioSessionError]:
        """There is nothing to find out."""
        return _flow(error)

    def log_in(self, auth: tuple[str, str]) -> Flow[object]:  # noqa: ARG002 - the interface
        """Nobody has to log in."""
        return _flow(None)

    def renew_login(self, seen: int) -> Flow[bool]:  # noqa: ARG002 - the interface
        """Nobody has to log in."""
        return _flow(False)

    def wait_ready(
        self,
        timeout: float | None,  # noqa: ARG002 - the interface
        progress: Callable[[Waiting], object] | None,  # noqa: ARG002
    ) -> Flow[None]:
        """It is ready."""
        return _flow(None)

    def after_fork(self) -> None:
        """Nothing belongs to the parent."""

    def keep(self, event_id: str, answer: Callable[[], Any]) -> None:
        """Keep what answers a detached call until its events are asked for."""
        self._detached[event_id] = answer

    def kept(self, event_id: str | None) -> Callable[[], Any]:
        """What answers a detached call.

        Raises:
            EventNotFoundError: There is no such call.
        """
        answer = self._detached.pop(event_id or "", None)
        if answer is None:
            raise EventNotFoundError(f"This fake made no call {event_id}.", event_id=event_id)
        return answer


class ScriptBackend(ScriptBackendBase):
    """The backend of synchronous fakes; see `session.backend.Backend`."""

    def ready(self, deadline: float | None = None) -> None:
        """Nothing has to be read."""

    def run(self, flow: Flow[T], deadline: float | None = None) -> T:  # noqa: ARG002 - the interface
        """Run a flow, which asks for nothing."""
        return _result(flow)

    def events(self) -> _Events:
        """A new event stream."""
        return _Events(self)

    def events_of(self, state: CallState, options: CallOptions) -> _Events:  # noqa: ARG002 - the interface
        """The event stream of a detached call."""
        events = _Events(self)
        events.play(state, self.kept(state.event_id))
        return events

    def close(self) -> None:
        """Nothing is open."""


class AsyncScriptBackend(ScriptBackendBase):
    """The backend of asynchronous fakes; see `session.backend.AsyncBackend`."""

    async def ready(self, deadline: float | None = None) -> None:
        """Nothing has to be read."""

    async def run(self, flow: Flow[T], deadline: float | None = None) -> T:  # noqa: ARG002 - the interface
        """Run a flow, which asks for nothing."""
        return _result(flow)

    def events(self) -> _AsyncEvents:
        """A new event stream."""
        return _AsyncEvents(self)

    def events_of(self, state: CallState, options: CallOptions) -> _AsyncEvents:  # noqa: ARG002 - the interface
        """The event stream of a detached call."""
        events = _AsyncEvents(self)
        events.play(state, self.kept(state.event_id))
        return events

    async def close(self) -> None:
        """Nothing is open."""


class _EventsBase:
    """What the event streams of both modes do alike; see `session.backend.Posting`."""

    def __init__(self, backend: ScriptBackendBase) -> None:
        self._backend = backend
        self._callbacks: deque[Callable[[], object]] = deque()

    def open(self, state: CallState, *, all_events: bool) -> Cursor:
        """A new reader of a call."""
        return state.open(all_events=all_events)

    def close_cursor(self, state: CallState, cursor: Cursor) -> None:
        """A reader has finished."""
        state.close(cursor)

    leave = close_cursor

    def forget(self, state: CallState) -> None:
        """The outputs of a call that still wait are not wanted."""
        state.drop_unread()

    def want_result(self, state: CallState) -> None:
        """Keep no outputs of a call before its result."""
        state.begin_wait()

    def in_time(
        self,
        state: CallState,  # noqa: ARG002 - the interface
        error: GradioSessionError,
    ) -> GradioSessionError:
        """Nothing here takes time."""
        return error

    def fail(self, state: CallState, error: GradioSessionError) -> None:
        """A call ends with an error."""
        state.fail(error, time.monotonic())
        self._tell()

    def uploading(self, state: CallState, step: UploadProgress) -> None:
        """Nothing is uploaded."""

    def listen(self, state: CallState, listener: Callable[[Entry], object]) -> None:
        """Let a listener hear of every entry of a call."""
        state.listener = lambda entry: self._callbacks.append(partial(listener, entry))

    def follow(self) -> None:
        """A script needs no reader."""

    def after_fork(self) -> None:
        """Nothing belongs to the parent."""

    def _cancel(self, state: CallState, *, on_server: bool) -> bool:
        if state.ended:
            return False
        state.cancel(time.monotonic(), on_server=on_server)
        self._tell()
        return True

    def _tell(self) -> None:
        while self._callbacks:
            _perform(self._callbacks.popleft())


class _Events(_EventsBase):
    """The event stream of a synchronous fake; see `session.backend.Events`."""

    def __init__(self, backend: ScriptBackendBase) -> None:
        super().__init__(backend)
        self._scripts: dict[CallState, Script] = {}
        self._stepping = threading.RLock()

    def post(self, state: CallState, prepared: PreparedCall, data: list[Any]) -> None:  # noqa: ARG002 - the interface
        """Accept a call and ask for its answer."""
        event_id, answer = data
        state.accept(event_id)
        self.play(state, answer)

    def post_detached(
        self,
        prepared: PreparedCall,  # noqa: ARG002 - the interface
        data: list[Any],
        deadline: float | None,  # noqa: ARG002
    ) -> str:
        """Accept a call that stands by itself."""
        event_id: str = data[0]
        self._backend.keep(event_id, data[1])
        return event_id

    def play(self, state: CallState, answer: Callable[[], Any]) -> None:
        """Begin the script of a call."""
        assert isinstance(state, ScriptedState)  # noqa: S101 - `call_state` has seen to it
        with self._stepping:
            self._scripts[state] = Script(state, answer)
        self._tell()

    def wait(self, state: CallState, timeout: float | None) -> bool:  # noqa: ARG002 - nothing here takes time
        """Run a call to its end."""
        state.begin_wait()
        while not state.ended:
            self._step(state)
        state.end_wait()
        return True

    def take(self, state: CallState, cursor: Cursor) -> Entry | None:
        """The next event of a reader."""
        while True:
            entry = cursor.take()
            if entry is not None or state.ended:
                return entry
            self._step(state)

    def cancel(self, state: CallState) -> bool:
        """Cancel a call."""
        return self._cancel(state, on_server=True)

    def on_end(self, state: CallState, action: Callable[[], object]) -> None:
        """Run a call to its end, and do something then."""
        self.wait(state, None)
        action()

    def spawn(self, work: Callable[[], None]) -> None:
        """Do something at once, as nothing here takes time."""
        work()

    def close(self) -> None:
        """Nothing is open."""

    def _step(self, state: CallState) -> None:
        """Go on with a call; one that waits for its turn needs the others to go on."""
        with self._stepping:
            script = self._scripts.get(state)
            for each in [script] if script is not None else list(self._scripts.values()):
                each.step()
        self._tell()


class _AsyncEvents(_EventsBase):
    """The event stream of an asynchronous fake; see `session.backend.AsyncEvents`."""

    def __init__(self, backend: ScriptBackendBase) -> None:
        super().__init__(backend)
        self._scripts: dict[CallState, AsyncScript] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    async def post(self, state: CallState, prepared: PreparedCall, data: list[Any]) -> None:  # noqa: ARG002 - the interface
        """Accept a call and ask for its answer."""
        event_id, answer = data
        state.accept(event_id)
        self.play(state, answer)

    async def post_detached(
        self,
        prepared: PreparedCall,  # noqa: ARG002 - the interface
        data: list[Any],
        deadline: float | None,  # noqa: ARG002
    ) -> str:
        """Accept a call that stands by itself."""
        event_id: str = data[0]
        self._backend.keep(event_id, data[1])
        return event_id

    def play(self, state: CallState, answer: Callable[[], Any]) -> None:
        """Begin the script of a call."""
        assert isinstance(state, ScriptedState)  # noqa: S101 - `call_state` has seen to it
        script = self._scripts[state] = AsyncScript(state, answer)
        self.spawn(self._heard(script.begin()))

    async def wait(self, state: CallState, timeout: float | None) -> bool:
        """Run a call to its end; False when it has not ended after `timeout` seconds."""
        if state.end is None:
            self.spawn(self._run(state))
            ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            wake = partial(_wake, ended)
            state.begin_wait()
            state.on_end(wake)
            try:
                await asyncio.wait([ended], timeout=timeout)
            finally:
                state.end_wait()
                state.forget(wake)
        return state.ended

    async def take(self, state: CallState, cursor: Cursor) -> Entry | None:
        """The next event of a reader."""
        while True:
            entry = cursor.take()
            if entry is not None or state.ended:
                return entry
            await self._step(state)

    async def cancel(self, state: CallState) -> bool:
        """Cancel a call."""
        return self._cancel(state, on_server=True)

    def drop(self, state: CallState) -> None:
        """A call is given up before it began."""
        self._cancel(state, on_server=False)

    def on_end(self, state: CallState, action: Callable[[], object]) -> None:
        """Do something once a call has ended."""
        state.on_end(action)

    def watch(self, state: CallState) -> None:
        """End a call when its deadline comes."""
        if state.deadline is not None:
            left = max(0.0, state.deadline - time.monotonic())
            late = asyncio.get_running_loop().call_later(left, self._end_late, state)
            state.on_end(late.cancel)

    def _end_late(self, state: CallState) -> None:
        self.fail(state, timeout_error(state))

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Do something in a task of its own, which `close` waits for."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        """Wait a while for what is under way, then end it."""
        tasks = [task for task in self._tasks if task is not asyncio.current_task()]
        if tasks:
            await asyncio.wait(tasks, timeout=CLOSE_TIMEOUT)
        for task in tasks:
            task.cancel()

    async def _run(self, state: CallState) -> None:
        while not state.ended:
            await self._step(state)

    async def _step(self, state: CallState) -> None:
        """Go on with a call; one that waits for its turn needs the others to go on."""
        script = self._scripts.get(state)
        if script is None:
            await asyncio.sleep(0)
        for each in [script] if script is not None else list(self._scripts.values()):
            await self._heard(each.step())

    async def _heard(self, work: Coroutine[Any, Any, None]) -> None:
        await work
        self._tell()


def _perform(callback: Callable[[], object]) -> None:
    try:
        callback()
    except Exception:  # noqa: BLE001 - a listener's failure is its own
        logger.exception("a listener of events failed")


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _flow(result: T) -> Flow[T]:
    """A flow that asks for nothing."""
    yield from ()
    return result


def _result(flow: Flow[T]) -> T:
    """The result of a flow that asks for nothing."""
    try:
        next(flow)
    except StopIteration as end:
        result: T = end.value
        return result
    raise AssertionError("the flow of a fake asks for something")
