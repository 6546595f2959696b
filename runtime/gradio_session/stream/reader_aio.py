"""An event stream for asyncio: the loop takes the place of the lock, and a task reads.

Whoever waits for a call waits for a plain future. A deadline is a timer of the loop.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager, nullcontext
from typing import TYPE_CHECKING, Any, TypeVar

from gradio_session.connection.call_options import NO_OPTIONS, CallOptions
from gradio_session.errors import ConnectionLostError
from gradio_session.protocol.base.sse import FrameBuffer
from gradio_session.stream.base import DRAIN_WAIT, SILENCE, EventStreamBase
from gradio_session.stream.closing import CLOSE_TIMEOUT
from gradio_session.stream.control import CANCEL_TIMEOUT
from gradio_session.stream.errors import busy_loop_error, no_loop_error, timeout_error
from gradio_session.stream.pacing import (
    PACE,
    POSTS_AT_ONCE,
    POSTS_FROM_AFAR,
    STALL,
    posts_at_once,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine

    from gradio_session.connection.aio import AsyncConnection
    from gradio_session.protocol.base.effects import Flow
    from gradio_session.protocol.queue.call_state import CallState, Cursor, Entry
    from gradio_session.protocol.queue.multiplexer import StreamMultiplexer
    from gradio_session.transport.aio import AsyncStream

T = TypeVar("T")

__all__ = ["AsyncEventStream", "running_loop"]

_GLANCE = 0.25
"""Seconds between looks at the backlog while the stream is paused."""


class AsyncEventStream(EventStreamBase):
    """One session hash on the wire, for asyncio; see `CallControl` for the arguments."""

    _turns: int

    def __init__(
        self,
        connection: AsyncConnection,
        follows: CallState | None = None,
        options: CallOptions = NO_OPTIONS,
    ) -> None:
        super().__init__(connection, follows, options, nullcontext())
        self._connection = connection
        self._stream: AsyncStream | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[object]] = set()
        self._answered = 0.0
        self._new_turns()

    def spawn(self, work: Coroutine[object, Any, T]) -> asyncio.Task[T]:
        """Do something in a task of its own, which `close` waits for."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def start_flow(self, flow: Flow[T]) -> asyncio.Task[T]:
        """Run a flow in a task of its own, which `close` waits for."""
        return self.spawn(self._connection.transport.run(flow))

    def _start_reading(self, multiplexer: StreamMultiplexer) -> None:
        self.spawn(self._read(multiplexer))

    # Posting

    @asynccontextmanager
    async def post_turn(self) -> AsyncGenerator[None, None]:
        """A call may be posted meanwhile: not too many are at once."""
        self._enter_loop()
        if self._turns < POSTS_FROM_AFAR and self._posting.locked():
            asyncio.get_running_loop().call_later(STALL, self._look_for_stall, self._posting)
        if self._app.far:
            self._post_more(posts_at_once(self._app.quickest))
        async with self._posting:
            await self.await_drain()
            yield
        self._answered = time.monotonic()

    def _look_for_stall(self, turns: asyncio.Semaphore) -> None:
        stalled = time.monotonic() - self._answered >= STALL
        if stalled and turns is self._posting and turns.locked():
            self._post_more(POSTS_FROM_AFAR)

    def _post_more(self, most: int) -> None:
        for _ in range(most - self._turns):
            self._posting.release()
        self._turns = max(self._turns, most)

    def _new_turns(self) -> None:
        self._posting = asyncio.Semaphore(POSTS_AT_ONCE)
        self._turns = POSTS_AT_ONCE

    def _enter_loop(self) -> None:
        """A session may serve one loop after another; what belongs to the old one stays there."""
        loop = running_loop()
        if self._loop is loop:
            return
        if self._loop is not None and self._loop.is_running() and self.multiplexer.busy:
            raise busy_loop_error()
        if self._loop is not None and self.multiplexer.reading:
            error = ConnectionLostError("The event loop that read the results has ended")
            self.multiplexer.lose(error, time.monotonic())
        self._loop = loop
        self._new_turns()
        self._tasks = {task for task in self._tasks if task.get_loop() is loop}
        self._drain_wakers = []
        self._resume = None
        self._timing = False

    async def await_drain(self) -> None:
        """Between the last completion and the end of the stream a request waits a moment (R5).

        Where that was in vain, the stream does not end by itself: the next one does not wait.
        """
        here = self._loop is running_loop()
        if not here or not self.multiplexer.draining or self._drain_overdue:
            return
        drained = _new_future()
        self._drain_wakers.append(_waker_of(drained))
        done, _ = await asyncio.wait([drained], timeout=DRAIN_WAIT)
        if not done:
            self._drain_overdue = True

    # Reading

    async def _read(self, multiplexer: StreamMultiplexer) -> None:
        try:
            while (pause := await self._read_stream(multiplexer)) is not None:
                if pause and not await self._connection.run(self._pausing(multiplexer, pause)):
                    break
        except asyncio.CancelledError:
            self._lose(multiplexer, ConnectionLostError("The event loop has ended"))
            raise
        except Exception as error:  # noqa: BLE001 - what ends the reader ends the calls it reads for
            self._lose(multiplexer, error)
        except BaseException as error:
            self._lose(multiplexer, error)
            raise

    async def _read_stream(self, multiplexer: StreamMultiplexer) -> float | None:
        opened = await self._connection.transport.run(self._opening(multiplexer))
        stream: AsyncStream = opened.handle
        buffer = FrameBuffer()
        try:
            self._stream = stream
            self._opened()
            if self.follows is not None:
                later = asyncio.get_running_loop().call_later
                later(SILENCE + 0.01, self.end_overdue, self.follows)
            if self.closed:
                await stream.close()
            asked = time.monotonic()
            while chunk := await stream.read():
                waited = time.monotonic() - asked
                frames = buffer.feed(chunk)
                outputs = bool(frames) and self._take_frames(multiplexer, frames)
                if multiplexer.backlog.unread > multiplexer.unread_limit:
                    await self._wait_for_room(multiplexer)
                if self._paced(waited, outputs=outputs):
                    await asyncio.sleep(PACE)
                asked = time.monotonic()
        finally:
            self._stream = None
            await stream.close()
        return self._stream_ended(multiplexer)

    async def _wait_for_room(self, multiplexer: StreamMultiplexer) -> None:
        """Too much waits unread: read on once some of it was."""
        while multiplexer.paused and not self.closed:
            room = _new_future()
            self._resume = _waker_of(room)
            await asyncio.wait([room], timeout=_GLANCE)
        self._resume = None

    # Waiting

    async def wait(self, state: CallState, timeout: float | None) -> bool:
        """Wait until a call has ended; False when it has not after `timeout` seconds."""
        if state.end is None:
            self._enter_loop()
        if state.end is not None:
            return True
        self.follow()
        ended = _new_future()
        waker = _waker_of(ended)
        state.begin_wait()
        self._drained()
        state.on_end(waker)
        try:
            if timeout is None:
                await ended
            else:
                await asyncio.wait([ended], timeout=timeout)
        finally:
            state.end_wait()
            state.forget(waker)
        return state.ended

    async def take(self, state: CallState, cursor: Cursor) -> Entry | None:
        """The next event of a reader, waiting for it; None once there are no more."""
        while True:
            entry = state.take(cursor)
            if self._resume is not None:
                self._drained()
            if entry is not None or state.end is not None:
                return entry
            self._enter_loop()
            arrived = _new_future()
            waker = _waker_of(arrived)
            state.on_event(waker)
            try:
                await arrived
            except BaseException:
                state.forget(waker)
                raise

    async def wait_for(
        self,
        state: CallState,  # noqa: ARG002 - threads need it
        subscribe: Callable[[Callable[[], object]], object],
    ) -> None:
        """Wait for something that ends with its call, too; `subscribe` takes what ends it."""
        woken = _new_future()
        subscribe(_waker_of(woken))
        await woken

    def watch(self, state: CallState) -> None:
        """End a call when its deadline comes."""
        if state.deadline is not None:
            left = max(0.0, state.deadline - time.monotonic())
            timer = asyncio.get_running_loop().call_later(left, self._end_late, state)
            state.on_end(timer.cancel)

    def _end_late(self, state: CallState) -> None:
        """A call that has a stream of its own by now is ended by that."""
        event_id = state.event_id
        mine = event_id is None or event_id in self.multiplexer.alive or state is self.follows
        if mine and state.end is None:
            self.give_up(state, timeout_error(state))

    # Cancelling and closing

    async def cancel(self, state: CallState) -> bool:
        """Cancel a call; whether the server did so. A caller that is cancelled does not stop it."""
        if self._drop_unposted(state):
            return False
        self._enter_loop()
        cancelled = await asyncio.shield(self.start_flow(self._cancelling(state)))
        if cancelled is None:
            return await self.wait(state, CANCEL_TIMEOUT) and state.outcome().cancelled is True
        return cancelled

    async def close(self) -> None:
        """Cancel what runs, end the stream and the reader.

        Calls that have not ended end as cancelled.
        """
        if self.closed:
            return
        self._enter_loop()
        await self.await_drain()  # so that what tells the server needs no own connection
        begun = self._begin_close()
        if begun is None:
            return
        multiplexer, leaving, states = begun
        on_server = leaving is not None and await self._connection.transport.run(leaving)
        self._end_all(multiplexer, states, on_server=on_server)
        if self._stream is not None:
            await self._stream.close()
        tasks = [task for task in self._tasks if task is not asyncio.current_task()]
        if tasks:
            await asyncio.wait(tasks, timeout=CLOSE_TIMEOUT)
        for task in tasks:
            task.cancel()

    def _close_here(self) -> None:
        self.spawn(self.close())

    def after_fork(self) -> None:
        """In a child process: the loop and the connections are the parent's."""
        self._tasks = set()
        self._loop = None
        self._stream = None
        self._forget_parent()


def running_loop() -> asyncio.AbstractEventLoop:
    """The loop of asyncio that runs here.

    Raises:
        ParameterError: None does.
    """
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        raise no_loop_error() from None


def _new_future() -> asyncio.Future[None]:
    return asyncio.get_running_loop().create_future()


def _waker_of(future: asyncio.Future[None]) -> Callable[[], None]:
    """A function that wakes whoever waits for the future; it may be called again."""

    def wake() -> None:
        if not future.done():
            future.set_result(None)

    return wake
