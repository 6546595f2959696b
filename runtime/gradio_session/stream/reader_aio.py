"""An event stream for asyncio: the loop takes the place of the lock, and a task reads.

Whoever waits for a call waits for a plain future. A deadline is a timer of the loop.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager, nullcontext
from typing import TYPE_CHECKING, Any, TypeVar

from gradio_session.connection.call_options import NO_OPTIONS, CallOptions
from gradio_session.errors import ConnectionLostError, ParameterError
from gradio_session.stream.base import DRAIN_WAIT, SILENCE, EventStreamBase
from gradio_session.stream.closing import CLOSE_TIMEOUT
from gradio_session.stream.control import PAUSE
from gradio_session.stream.pacing import (
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

T = TypeVar("T")

__all__ = ["AsyncEventStream", "running_loop"]

_SLACK = 0.01
"""Seconds by which a timer of the loop is late, as it must not be early."""


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
            raise ParameterError(
                "The session has calls under way in another event loop: wait for them there, or "
                "make a session for each loop. Nothing was done."
            )
        if self._loop is not None and self.multiplexer.reading:
            error = ConnectionLostError("The event loop that read the results has ended")
            self.multiplexer.lose(error, time.monotonic())
        self._loop = loop
        self._new_turns()
        self._tasks = {task for task in self._tasks if task.get_loop() is loop}
        self._drain_wakers = []
        self._timing = False

    async def await_drain(self) -> None:
        """Between the last completion and the end of the stream a request waits a moment (R5).

        Where that was in vain, the stream does not end by itself: the next one does not wait.
        """
        here = self._loop is running_loop()
        if not here or not self.multiplexer.draining or self._drain_overdue:
            return
        drained, waker = _awaited()
        self._drain_wakers.append(waker)
        done, _ = await asyncio.wait([drained], timeout=DRAIN_WAIT)
        if not done:
            self._drain_overdue = True

    # Waiting

    def _opened(self) -> None:
        super()._opened()
        if self.follows is not None:
            later = asyncio.get_running_loop().call_later
            later(SILENCE + _SLACK, self.end_overdue, self.follows)

    async def wait(self, state: CallState, timeout: float | None) -> bool:
        """Wait until a call has ended; False when it has not after `timeout` seconds."""
        if state.end is not None:
            state.drop_unread()
            return True
        self._enter_loop()
        self.follow()
        ended, waker = _awaited()
        state.begin_wait()
        self._close_left()
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
            if entry is not None or state.end is not None:
                return entry
            self._enter_loop()
            arrived, waker = _awaited()
            state.on_event(waker)
            try:
                await arrived
            except BaseException:
                state.forget(waker)
                raise

    async def pause(self, state: CallState) -> None:  # noqa: ARG002 - threads need it
        """Wait a moment for what a call does meanwhile."""
        await asyncio.sleep(PAUSE)

    def watch(self, state: CallState) -> None:
        """End a call when its deadline comes."""
        if state.deadline is not None:
            left = max(0.0, state.deadline - time.monotonic())
            later = asyncio.get_running_loop().call_later
            state.on_end(later(left + _SLACK, self.end_overdue, state).cancel)

    # Cancelling and closing

    async def cancel(self, state: CallState) -> bool:
        """Cancel a call; whether the server did so. A caller that is cancelled does not stop it."""
        if self._drop_unposted(state):
            return False
        self._enter_loop()
        return await asyncio.shield(self.start_flow(self._cancelling(state)))

    async def close(self) -> None:
        """Cancel what runs, end the stream and the reader.

        Calls that have not ended end as cancelled.
        """
        if self.closed:
            return
        self._enter_loop()
        await self.await_drain()  # so that what tells the server needs no own connection
        if not self._begin_close():
            return
        if self.session_hash is not None:
            await self._connection.run(self._ending())
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
        self._forget_parent()


def running_loop() -> asyncio.AbstractEventLoop:
    """The loop of asyncio that runs here.

    Raises:
        ParameterError: None does.
    """
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        raise ParameterError(
            "An AsyncSession needs a running event loop of asyncio. In code without one, or on a "
            "loop of another library, use Session (there in a thread)."
        ) from None


def _awaited() -> tuple[asyncio.Future[None], Callable[[], None]]:
    """Something to wait for, and what wakes whoever waits for it; that may be called again."""
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def wake() -> None:
        if not future.done():
            future.set_result(None)

    return future, wake
