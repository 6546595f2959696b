"""The event streams of fake sessions: scripts are stepped on as their outputs are wanted."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import nullcontext, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from gradio_session.stream.closing import CLOSE_TIMEOUT
from gradio_session.stream.errors import timeout_error
from gradio_session.testing.chunk_script import ChunkScript
from gradio_session.testing.fake_control import FakeEvents
from gradio_session.testing.script import AsyncScript, Script, ScriptedState

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from contextlib import AbstractAsyncContextManager

    from gradio_session.connection.prepare import PreparedCall
    from gradio_session.protocol.base.effects import Flow
    from gradio_session.protocol.base.json_values import JsonArray
    from gradio_session.protocol.queue.call_state import CallState, Cursor, Entry

__all__ = ["AsyncScriptEvents", "ScriptEvents"]

_PAUSE = 0.001
"""Seconds between looks at a stream of inputs that waits for a chunk."""


class ScriptEvents(FakeEvents):
    """The event stream of a synchronous fake; see `session.backend.Events`."""

    def __init__(self, detached: dict[str, Callable[[], object]]) -> None:
        super().__init__(detached)
        self._stepping = threading.RLock()

    def await_drain(self) -> None:
        """Nothing is open."""

    def play(self, state: CallState, answer: Callable[[], object]) -> None:
        """Begin the script of a call."""
        assert isinstance(state, ScriptedState)  # noqa: S101 - `call_state` has seen to it
        with self._stepping:
            if state.input is None:
                self._scripts[state] = Script(state, answer)
            else:
                self._scripts[state] = ChunkScript(state)
                _now(self._chunks(state).take(answer))
        self._tell()

    def post_chunk(self, state: CallState, _: PreparedCall, data: JsonArray) -> Flow[None]:
        """Ask for the answer to a chunk."""
        _now(self._chunks(state).take(data[1]))
        self._tell()
        yield from ()

    def start_flow(self, flow: Flow[object]) -> None:
        """Run a flow at once, as nothing here takes time."""
        for _ in flow:
            pass

    def wait_for(
        self, state: CallState, subscribe: Callable[[Callable[[], object]], object]
    ) -> None:
        """Wait for something that ends with a call, too."""
        woken = threading.Event()
        subscribe(woken.set)
        while not woken.wait(_PAUSE):
            self._step(state)

    def wait(self, state: CallState, *_: object) -> bool:
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
        return self._cancel(state)

    def on_end(self, state: CallState, action: Callable[[], object]) -> None:
        """Run a call to its end, and do something then."""
        self.wait(state)
        action()

    def watch(self, state: CallState) -> None:
        """A script runs to its end as soon as that is asked for."""

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
        if isinstance(script, ChunkScript) and not state.ended:
            time.sleep(_PAUSE)  # a chunk comes from another thread


class AsyncScriptEvents(FakeEvents):
    """The event stream of an asynchronous fake; see `session.backend.AsyncEvents`."""

    def __init__(self, detached: dict[str, Callable[[], object]]) -> None:
        super().__init__(detached)
        self._tasks: set[asyncio.Task[Any]] = set()

    @staticmethod
    def post_turn() -> AbstractAsyncContextManager[None]:
        """A call may be accepted at any time."""
        return nullcontext()

    def play(self, state: CallState, answer: Callable[[], object]) -> None:
        """Begin the script of a call."""
        assert isinstance(state, ScriptedState)  # noqa: S101 - `call_state` has seen to it
        if state.input is not None:
            self._scripts[state] = ChunkScript(state)
            self.spawn(self._heard(self._chunks(state).take(answer)))
            return
        script = self._scripts[state] = AsyncScript(state, answer)
        self.spawn(self._heard(script.begin()))

    def post_chunk(self, state: CallState, _: PreparedCall, data: JsonArray) -> Flow[None]:
        """Ask for the answer to a chunk."""
        self.spawn(self._heard(self._chunks(state).take(data[1])))
        yield from ()

    def start_flow(self, flow: Flow[object]) -> None:
        """Run a flow at once; what takes time in it is a task of its own."""
        for _ in flow:
            pass

    async def wait_for(
        self, state: CallState, subscribe: Callable[[Callable[[], object]], object]
    ) -> None:
        """Wait for something that ends with a call, too."""
        woken = asyncio.Event()
        subscribe(woken.set)
        while not woken.is_set():
            await self._step(state)

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
        return self._cancel(state)

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

    def spawn(self, work: Coroutine[object, Any, object]) -> asyncio.Task[Any]:
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
            if isinstance(each, ChunkScript):
                each.step()
                self._tell()
                await asyncio.sleep(_PAUSE)
            else:
                await self._heard(each.step())

    async def _heard(self, work: Coroutine[object, Any, None]) -> None:
        await work
        self._tell()


def _now(work: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine that waits for nothing."""
    with suppress(StopIteration):
        work.send(None)


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
