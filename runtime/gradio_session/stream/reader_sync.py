"""An event stream for threads: one lock, and a reader thread that lives as long as the stream.

Whoever waits for a call waits at a lock, which the thread that ends the call releases.
Whoever waits looks at the clock: no thread sleeps only for a deadline.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from gradio_session.connection.call_options import NO_OPTIONS, CallOptions
from gradio_session.errors import ConnectionLostError, GradioSessionError
from gradio_session.protocol.base.effects import Sleep
from gradio_session.stream.base import DRAIN_WAIT, EventStreamBase
from gradio_session.stream.closing import CLOSE_TIMEOUT
from gradio_session.stream.control import PAUSE
from gradio_session.stream.pacing import PACE
from gradio_session.stream.threads import Workers, one_shot_lock

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradio_session.connection.sync import Connection
    from gradio_session.protocol.base.effects import Flow
    from gradio_session.protocol.queue.call_state import CallState, Cursor, Entry
    from gradio_session.protocol.queue.multiplexer import StreamMultiplexer

__all__ = ["EventStream"]

_GLANCE = 0.25
"""Seconds between looks at the clock where no thread may wake us."""

_LONGEST = 3600.0


class EventStream(EventStreamBase):
    """One session hash on the wire, for threads; see `CallControl` for the arguments."""

    def __init__(
        self,
        connection: Connection,
        follows: CallState | None = None,
        options: CallOptions = NO_OPTIONS,
    ) -> None:
        super().__init__(connection, follows, options, threading.Lock())
        self._connection = connection
        self._workers = Workers()
        self._watched: set[CallState] = set()
        self._closing = threading.Event()

    def spawn(self, work: Callable[..., object], *arguments: object) -> None:
        """Do something in a thread of its own, which `close` waits for."""
        self._workers.run(partial(work, *arguments))

    def start_flow(self, flow: Flow[object]) -> None:
        """Run a flow in a thread of its own, which `close` waits for."""
        self._workers.run(partial(self._connection.transport.run, flow))

    # Posting

    def await_drain(self) -> None:
        """Between the last completion and the end of the stream a request waits a moment (R5).

        Where that was in vain, the stream does not end by itself: the next one does not wait.
        """
        with self._lock:
            if not self.multiplexer.draining or self._drain_overdue:
                return
            drained = one_shot_lock()
            self._drain_wakers.append(drained.release)
        if not drained.acquire(timeout=DRAIN_WAIT):
            self._drain_overdue = True

    def _interrupted(self, multiplexer: StreamMultiplexer, number: int, state: CallState) -> None:
        """Ctrl-C while a call was posted: should the server have it, it must not run for nobody."""
        with self._lock:
            state.cancel(time.monotonic(), on_server=False)
            alone = multiplexer.interrupted(number, state)
            if alone:
                error = ConnectionLostError("A call was interrupted while it was posted")
                multiplexer.lose(error, time.monotonic())
        if alone:
            self.start_flow(self._drop_session(multiplexer.session_hash))
        self._after()

    def _drop_session(self, session_hash: str) -> Flow[None]:
        """A stream that is opened and left makes the server forget the session.

        What waits is taken out of the queue, what runs is given up.
        """
        with suppress(GradioSessionError):
            yield Sleep(DRAIN_WAIT)
            config = self._connection.config or (yield from self._connection.connect())
            yield from self._open_and_drop(config.data_url(session_hash))

    # Waiting

    def wait(self, state: CallState, timeout: float | None) -> bool:
        """Wait until a call has ended; False when it has not after `timeout` seconds."""
        if self.follows is not None:
            self.follow()
        limit = None if timeout is None else time.monotonic() + timeout
        ended = one_shot_lock()
        with self._lock:
            state.begin_wait()
            if self._left:
                self._close_left()
            state.on_end(ended.release)
        try:
            while not ended.acquire(timeout=self._patience(state, limit)):
                if not self.end_overdue(state) and limit is not None and limit <= time.monotonic():
                    return False
        finally:
            with self._lock:
                state.end_wait()
                if state.end is None:
                    state.forget(ended.release)
        return True

    def watch(self, state: CallState) -> None:
        """End a call when its deadline comes, though nobody waits for it.

        One thread looks at the clock for all such calls, as long as there are any.
        """
        if state.deadline is None or state.end is not None:
            return
        with self._lock:
            first = not self._watched
            self._watched.add(state)
        if first:
            self.spawn(self._keep_time)

    def _keep_time(self) -> None:
        while True:
            self._closing.wait(_GLANCE)
            with self._lock:
                self._watched = {state for state in self._watched if state.end is None}
                if self.closed:
                    self._watched.clear()
                going = list(self._watched)
            if not going:
                return
            for state in going:
                self.end_overdue(state)

    def take(self, state: CallState, cursor: Cursor) -> Entry | None:
        """The next event of a reader, waiting for it; None once there are no more.

        Args:
            state: The call.
            cursor: How far the reader has come.
        """
        pause = self._pacing.fast
        while True:
            with self._lock:
                entry = state.take(cursor)
                if self._left:
                    self._close_left()
                if entry is not None or state.end is not None:
                    return entry
                arrived = one_shot_lock()
                # While outputs come fast, only the end of the call wakes its reader at once.
                (state.on_end if pause else state.on_event)(arrived.release)
            woken = False
            try:
                woken = arrived.acquire(timeout=PACE if pause else self._patience(state, None))
            finally:
                if not woken:
                    with self._lock:
                        state.forget(arrived.release)
            if not (woken or pause):
                self.end_overdue(state)
            pause = False

    def pause(self, state: CallState) -> None:
        """Wait a moment for what a call does meanwhile."""
        time.sleep(PAUSE)
        self.end_overdue(state)

    def _patience(self, state: CallState, limit: float | None) -> float:
        """Seconds until a look at the clock is due."""
        now = time.monotonic()
        patience = _LONGEST if state.last_seen else _GLANCE
        for end in (limit, state.deadline):
            if end is not None:
                patience = min(patience, end - now)
        return max(0.0, patience)

    # Cancelling and closing

    def cancel(self, state: CallState) -> bool:
        """Cancel a call; whether the server did so."""
        return not self._drop_unposted(state) and self._connection.run(self._cancelling(state))

    def close(self) -> None:
        """Cancel what runs, end the stream and the reader.

        Calls that have not ended end as cancelled.
        """
        self.await_drain()  # so that what tells the server needs no connection of its own
        if not self._begin_close():
            return
        self._closing.set()
        if self.session_hash is not None:
            self._connection.run(self._ending())
        self._workers.join(CLOSE_TIMEOUT)

    def _close_here(self) -> None:
        self.close()

    def after_fork(self) -> None:
        """In a child process: the threads and the connections are the parent's."""
        self._lock = threading.Lock()
        self._workers = Workers()
        self._watched = set()
        self._forget_parent()
