"""The event streams of fake sessions: scripts are stepped on as their outputs are wanted."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, TypeVar

from gradio_session.protocol.base.effects import finished
from gradio_session.stream.base import EventStreamBase
from gradio_session.stream.reader_aio import AsyncEventStream
from gradio_session.stream.reader_sync import EventStream
from gradio_session.testing.script import ChunkScript, Script, ScriptedState

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from contextlib import AbstractAsyncContextManager

    from gradio_session.connection.prepare import PreparedCall
    from gradio_session.protocol.base.effects import Flow
    from gradio_session.protocol.queue.call_state import CallState, Cursor, Entry
    from gradio_session.session.calling_aio import AsyncWire
    from gradio_session.session.calling_sync import Wire

__all__ = ["AsyncScriptEvents", "ScriptEvents"]

T = TypeVar("T")

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
        kind = Script if state.input is None else ChunkScript
        script = self._scripts[state] = kind(state, answer, self._new_turn())
        self._do(script.begin())

    def post_chunk(
        self,
        state: CallState,
        prepared: PreparedCall,  # noqa: ARG002 - as in the base
        data: Any,
    ) -> Flow[None]:
        """Ask for the answer to a chunk."""
        self._do(self._chunks(state).take(data[1]))
        yield from ()

    def close_input(
        self,
        state: CallState,
        prepared: PreparedCall,  # noqa: ARG002 - as in the base
    ) -> Flow[None]:
        """No chunk will come any more."""
        self._chunks(state).close()
        self._after()
        yield from ()

    def _chunks(self, state: CallState) -> ChunkScript:
        """The script of a stream of inputs."""
        script = self._scripts[state]
        assert isinstance(script, ChunkScript)  # noqa: S101 - `play` has seen to it
        return script

    def _new_turn(self) -> AbstractAsyncContextManager[object]:
        """What lets one reader at a time go on with a script."""
        raise NotImplementedError  # abstract: each mode has its own

    def _do(self, work: Coroutine[object, None, T]) -> object:
        """Do something of a script, and tell of what came of it."""
        raise NotImplementedError  # abstract: each mode has its own

    async def _advance(self, state: CallState) -> Script | None:
        """Go on with a call; one that waits for its turn needs the others to go on."""
        script = self._scripts.get(state)
        for each in [script] if script is not None else list(self._scripts.values()):
            await each.step()
        return script

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

    def _new_turn(self) -> AbstractAsyncContextManager[object]:
        return nullcontext()

    def _do(self, work: Coroutine[object, None, T]) -> T:
        with self._stepping:
            done = _now(work)
        self._after()
        return done

    def pause(self, state: CallState) -> None:
        """Go on with a call."""
        script = self._do(self._advance(state))
        if isinstance(script, ChunkScript) and not state.ended:
            time.sleep(_PAUSE)  # a chunk comes from another thread


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

    def _new_turn(self) -> AbstractAsyncContextManager[object]:
        return asyncio.Lock()

    def _do(self, work: Coroutine[object, None, T]) -> object:
        return self.spawn(self._told(work))

    async def _told(self, work: Coroutine[object, None, T]) -> T:
        done = await work
        self._after()
        return done

    async def pause(self, state: CallState) -> None:
        """Go on with a call."""
        script = await self._told(self._advance(state))
        await asyncio.sleep(_PAUSE if isinstance(script, ChunkScript) else 0)

    async def _run(self, state: CallState) -> None:
        while not state.ended:
            await self.pause(state)


def _now(work: Coroutine[object, None, T]) -> T:
    """Run a coroutine to its end; it may let others go first, but waits for nothing."""
    try:
        while True:
            if work.send(None) is not None:
                work.throw(TypeError("a fake of a synchronous client cannot wait: use `def`"))
    except StopIteration as end:
        done: T = end.value
        return done
