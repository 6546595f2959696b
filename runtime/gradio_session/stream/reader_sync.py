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
from gradio_session.protocol.base.sse import FrameBuffer
from gradio_session.stream.base import DRAIN_WAIT, EventStreamBase
from gradio_session.stream.closing import CLOSE_TIMEOUT
from gradio_session.stream.control import CANCEL_TIMEOUT
from gradio_session.stream.pacing import PACE
from gradio_session.stream.threads import Workers, one_shot_lock

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradio_session.connection.sync import Connection
    from gradio_session.protocol.base.effects import Flow
    from gradio_session.protocol.queue.call_state import CallState, Cursor, Entry
    from gradio_session.protocol.queue.multiplexer import StreamMultiplexer
    from gradio_session.transport.sync import SyncStream

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
        self._stream: SyncStream | None = None
        self._workers = Workers()
        self._watched: set[CallState] = set()
        self._closing = threading.Event()

    def spawn(self, work: Callable[..., object], *arguments: object) -> None:
        """Do something in a thread of its own, which `close` waits for."""
        self._workers.run(partial(work, *arguments))

    def start_flow(self, flow: Flow[object]) -> None:
        """Run a flow in a thread of its own, which `close` waits for."""
        self._workers.run(partial(self._connection.transport.run, flow))

    def _start_reading(self, multiplexer: StreamMultiplexer) -> None:
        self._workers.run(partial(self._read, multiplexer))

    # Posting

    def await_drain(self) -> None:
        """Between the last completion and the end of the stream a request waits a moment (R5).

        Where that was in vain, the stream does not end by itself: the next one does not wait.
        """
        if not self.multiplexer.reading:
            return
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
        self._after(multiplexer)

    def _drop_session(self, session_hash: str) -> Flow[None]:
        """A stream that is opened and left makes the server forget the session.

        What waits is taken out of the queue, what runs is given up.
        """
        with suppress(GradioSessionError):
            yield Sleep(DRAIN_WAIT)
            config = self._connection.config or (yield from self._connection.connect())
            yield from self._open_and_drop(config.data_url(session_hash))

    # Reading

    def _read(self, multiplexer: StreamMultiplexer) -> None:
        try:
            while (pause := self._read_stream(multiplexer)) is not None:
                if pause and not self._connection.run(self._pausing(multiplexer, pause)):
                    break
        except BaseException as error:  # noqa: BLE001 - what ends the reader ends the calls it reads for
            self._lose(multiplexer, error)

    def _read_stream(self, multiplexer: StreamMultiplexer) -> float | None:
        opened = self._connection.transport.run(self._opening(multiplexer))
        stream: SyncStream = opened.handle
        buffer = FrameBuffer()
        try:
            with self._lock:
                self._stream = stream
                self._opened()
            if self.closed:
                stream.close()
            asked = time.monotonic()
            while chunk := stream.read():
                waited = time.monotonic() - asked
                frames = buffer.feed(chunk)
                outputs = bool(frames) and self._take_frames(multiplexer, frames)
                if multiplexer.backlog.unread > multiplexer.unread_limit:
                    self._wait_for_room(multiplexer)
                if self._paced(waited, outputs=outputs) and not stream.at_hand:
                    time.sleep(PACE)
                asked = time.monotonic()
        finally:
            self._stream = None
            stream.close()
        return self._stream_ended(multiplexer)

    def _wait_for_room(self, multiplexer: StreamMultiplexer) -> None:
        """Too much waits unread: read on once some of it was."""
        while True:
            room = one_shot_lock()
            with self._lock:
                self._drained()
                if self.closed or not multiplexer.paused:
                    self._resume = None
                    return
                self._resume = room.release
            room.acquire(timeout=_GLANCE)
            if time.monotonic() >= multiplexer.next_deadline:
                self._expire(multiplexer)
            self._after(multiplexer)

    # Waiting

    def wait(self, state: CallState, timeout: float | None) -> bool:
        """Wait until a call has ended; False when it has not after `timeout` seconds."""
        if state.end is not None:
            return True
        if self.follows is not None:
            self.follow()
        limit = None if timeout is None else time.monotonic() + timeout
        ended = one_shot_lock()
        with self._lock:
            state.begin_wait()
            if self._left or self._resume is not None:
                self._drained()
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
                if self._left or self._resume is not None:
                    self._drained()
                if entry is not None or state.end is not None:
                    return entry
                arrived = one_shot_lock()
                # While outputs come fast, only the end of the call wakes its reader at once.
                (state.on_end if pause else state.on_event)(arrived.release)
            woken = False
            try:
                if pause:
                    woken = arrived.acquire(timeout=PACE)
                while not (woken or pause):
                    woken = arrived.acquire(timeout=self._patience(state, None))
                    if not woken:
                        self.end_overdue(state)
            finally:
                if not woken:
                    with self._lock:
                        state.forget(arrived.release)
            pause = False

    def wait_for(
        self, state: CallState, subscribe: Callable[[Callable[[], object]], object]
    ) -> None:
        """Wait until what `subscribe` takes is called, as the end of the call does, too."""
        woken = one_shot_lock()
        subscribe(woken.release)
        while not woken.acquire(timeout=self._patience(state, None)):
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
        if self._drop_unposted(state):
            return False
        cancelled = self._connection.transport.run(self._cancelling(state))
        if cancelled is None:
            return self.wait(state, CANCEL_TIMEOUT) and state.outcome().cancelled is True
        return cancelled

    def close(self) -> None:
        """Cancel what runs, end the stream and the reader.

        Calls that have not ended end as cancelled.
        """
        self.await_drain()  # so that what tells the server needs no connection of its own
        begun = self._begin_close()
        if begun is None:
            return
        multiplexer, leaving, states = begun
        self._closing.set()
        on_server = leaving is not None and self._connection.transport.run(leaving)
        self._end_all(multiplexer, states, on_server=on_server)
        stream = self._stream
        if stream is not None:
            stream.close()
        self._workers.join(CLOSE_TIMEOUT)

    def _close_here(self) -> None:
        self.close()

    def after_fork(self) -> None:
        """In a child process: the threads and the connections are the parent's."""
        self._lock = threading.Lock()
        self._workers = Workers()
        self._stream = None
        self._watched = set()
        self._forget_parent()
