"""What callers wait for, in asyncio: a plain future for each that waits, and what must be done after every change."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from gradio_session.files.upload import progress_frame
from gradio_session.stream.base import EventStreamBase

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from gradio_session.errors import GradioSessionError
    from gradio_session.files.upload import UploadProgress
    from gradio_session.protocol.queue.call_state import CallState, Cursor, Entry
    from gradio_session.protocol.queue.multiplexer import StreamMultiplexer

__all__ = ["AsyncWaiters", "new_future", "waker_of"]


class AsyncWaiters(EventStreamBase):
    """The half of a channel that callers use: they wait here until the other half, which reads, wakes them."""

    def __init__(
        self,
        session_hash: str | None,
        headers: Mapping[str, str | None] | None,
        follows: CallState | None,
    ) -> None:
        super().__init__(session_hash, headers, follows)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._room: asyncio.Future[None] | None = None
        self._delivering = False

    def follow(self) -> None:
        """Read the call that this channel was made for, unless that has begun."""
        raise NotImplementedError  # abstract: the half that reads, `EventStream`, has it

    def end(self, state: CallState, error: GradioSessionError) -> None:
        """End a call here with an error, and cancel it on the server."""
        raise NotImplementedError  # abstract: the half that reads, `EventStream`, has it

    def _sending(self, tab: StreamMultiplexer, state: CallState) -> asyncio.Task[bool]:
        raise NotImplementedError  # abstract: the half that reads, `EventStream`, has it

    async def wait(self, state: CallState, timeout: float | None) -> bool:
        """Wait until a call has ended; False when it has not after `timeout` seconds."""
        if state.ended:
            return True
        self.follow()
        ended = new_future()
        waker = waker_of(ended)
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
            entry = cursor.take()
            self._drained()
            if entry is not None or state.ended:
                return entry
            arrived = new_future()
            waker = waker_of(arrived)
            state.on_event(waker)
            try:
                await arrived
            except BaseException:
                state.forget(waker)
                raise

    def open(self, state: CallState, *, all_events: bool) -> Cursor:
        """A new reader of a call."""
        cursor = state.open(all_events=all_events)
        if not state.ended:
            self.follow()
        return cursor

    def close_cursor(self, state: CallState, cursor: Cursor) -> None:
        """A reader has finished."""
        state.close(cursor)
        self._drained()

    def forget(self, state: CallState) -> None:
        """Nobody wants the outputs of a call that still wait."""
        state.drop_unread()
        self._drained()

    def _drained(self) -> None:
        if self._room is not None and not self._room.done() and not self.tab.paused:
            self._room.set_result(None)

    def _end_overdue(self, state: CallState) -> None:
        error = None if state.ended else self.overdue(state, time.monotonic())
        if error is not None:
            self.end(state, error)

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Do something in a task of its own, which `close` waits for."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _after(self, tab: StreamMultiplexer) -> None:
        if self.deliveries and not self._delivering:
            self._delivering = True
            try:
                while self.deliveries:
                    self.perform(self.deliveries.popleft())
            finally:
                self._delivering = False
        if tab.holds_cancels:
            for state in tab.due_cancels(time.time()):
                self._sending(tab, state)

    def on_end(self, state: CallState, action: Callable[[], object]) -> None:
        """Do something once the call has ended."""
        self.note(state, action)
        self._after(self.tab)

    def fail(self, state: CallState, error: GradioSessionError) -> None:
        """A call ends before the server has accepted it."""
        state.fail(error, time.time())
        self._after(self.tab)

    def drop(self, state: CallState) -> None:
        """A call is given up before the server has accepted it; should it be on its way, it is cancelled once its answer comes."""
        state.cancel(time.time(), on_server=False)
        self._after(self.tab)

    def uploading(self, state: CallState, step: UploadProgress) -> None:
        """A file of a call is on its way, which is progress like any other."""
        state.feed("progress", progress_frame(step), time.time())
        self._after(self.tab)


def new_future() -> asyncio.Future[None]:
    """A future of the running loop."""
    return asyncio.get_running_loop().create_future()


def waker_of(future: asyncio.Future[None]) -> Callable[[], None]:
    """A function that wakes whoever waits for the future; it may be called again."""

    def wake() -> None:
        if not future.done():
            future.set_result(None)

    return wake
