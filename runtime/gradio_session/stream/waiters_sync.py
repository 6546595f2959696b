"""What callers wait for, in threads: a lock of its own for each that waits, and what must be done after every change."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING

from gradio_session.files.upload import progress_frame
from gradio_session.stream.base import EventStreamBase
from gradio_session.stream.pacing import PACE, Pacing
from gradio_session.stream.threads import Workers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gradio_session.errors import GradioSessionError
    from gradio_session.files.upload import UploadProgress
    from gradio_session.protocol.queue.call_state import CallState, Cursor, Entry
    from gradio_session.protocol.queue.multiplexer import StreamMultiplexer

__all__ = ["SLICE", "Waiters", "one_shot_lock"]

SLICE = 0.25
"""Seconds between looks at the clock where nothing wakes us."""

_LONGEST = 3600.0


class Waiters(EventStreamBase):
    """The half of a channel that callers use: they wait here until the other half, which reads, wakes them."""

    def __init__(
        self,
        session_hash: str | None,
        headers: Mapping[str, str | None] | None,
        follows: CallState | None,
    ) -> None:
        super().__init__(session_hash, headers, follows)
        self._lock = threading.Lock()
        self._delivering = threading.Lock()
        self._workers = Workers()
        self._pause: threading.Lock | None = None
        self._pace = Pacing()
        self._left: deque[tuple[CallState, Cursor]] = deque()

    def follow(self) -> None:
        """Read the call that this channel was made for, unless that has begun."""
        raise NotImplementedError  # abstract: the half that reads, `EventStream`, has it

    def _end(self, state: CallState, error: GradioSessionError) -> None:
        raise NotImplementedError  # abstract: the half that reads, `EventStream`, has it

    def _send_due(self, tab: StreamMultiplexer, due: list[CallState]) -> None:
        raise NotImplementedError  # abstract: the half that reads, `EventStream`, has it

    def wait(self, state: CallState, timeout: float | None) -> bool:
        """Wait until a call has ended; False when it has not after `timeout` seconds."""
        if state.ended:
            return True
        self.follow()
        limit = None if timeout is None else time.monotonic() + timeout
        gate = one_shot_lock()
        with self._lock:
            state.begin_wait()
            self._drained()
            state.on_end(gate.release)
        try:
            while not gate.acquire(timeout=self._patience(state, limit)):
                if not self.end_overdue(state) and limit is not None and limit <= time.monotonic():
                    return False
        finally:
            with self._lock:
                state.end_wait()
                state.forget(gate.release)
        return True

    def take(self, state: CallState, cursor: Cursor) -> Entry | None:
        """The next event of a reader, waiting for it; None once there are no more.

        Args:
            state: The call.
            cursor: How far the reader has come.
        """
        rest = self._pace.fast
        while True:
            with self._lock:
                entry = cursor.take()
                self._drained()
                if entry is not None or state.ended:
                    return entry
                gate = one_shot_lock()
                (state.on_end if rest else state.on_event)(gate.release)
            if rest:
                rest = False
                self._rest(state, gate)
            else:
                self._await_event(state, gate)

    def _rest(self, state: CallState, gate: threading.Lock) -> None:
        try:
            gate.acquire(timeout=PACE)
        finally:
            with self._lock:
                state.forget(gate.release)

    def _await_event(self, state: CallState, gate: threading.Lock) -> None:
        try:
            while not gate.acquire(timeout=self._patience(state, None)):
                self.end_overdue(state)
        except BaseException:
            with self._lock:
                state.forget(gate.release)
            raise

    def open(self, state: CallState, *, all_events: bool) -> Cursor:
        """A new reader of a call."""
        with self._lock:
            cursor = state.open(all_events=all_events)
        self.follow()
        return cursor

    def close_cursor(self, state: CallState, cursor: Cursor) -> None:
        """A reader has finished."""
        with self._lock:
            state.close(cursor)
            self._drained()

    def leave(self, state: CallState, cursor: Cursor) -> None:
        """A reader was collected. This may happen anywhere, also while this thread holds the lock: it is closed at the next opportunity."""
        self._left.append((state, cursor))

    def want_result(self, state: CallState) -> None:
        """Read a call whose outputs before the result will not be read: they are not kept."""
        with self._lock:
            state.begin_wait()
        self.follow()

    def forget(self, state: CallState) -> None:
        """Nobody wants the outputs of a call that still wait."""
        with self._lock:
            state.drop_unread()
            self._drained()

    def _drained(self) -> None:
        while self._left:
            state, cursor = self._left.popleft()
            state.close(cursor)
        if self._pause is not None and not self.tab.paused:
            self._pause.release()
            self._pause = None

    def _patience(self, state: CallState, limit: float | None) -> float:
        now = time.monotonic()
        patience = SLICE if state is self.follows and not self.heard else _LONGEST
        for end in (limit, state.deadline):
            if end is not None:
                patience = min(patience, end - now)
        return max(0.0, patience)

    def end_overdue(self, state: CallState) -> bool:
        """End a call whose deadline has passed; whether it has."""
        error = self.overdue(state, time.monotonic())
        if error is None:
            return False
        self._end(state, error)
        return True

    def _expire(self, tab: StreamMultiplexer) -> None:
        now = time.monotonic()
        if now >= tab.next_deadline:
            with self._lock:
                late = tab.expire(now)
            for state in late:
                self._end(state, self.timeout_error(state))

    def spawn(self, work: Callable[..., None], *arguments: object) -> None:
        """Do something in a thread of its own, which `close` waits for."""
        self._workers.run(lambda: work(*arguments))

    def fail(self, state: CallState, error: GradioSessionError) -> None:
        """A call ends before the server has accepted it."""
        with self._lock:
            state.fail(error, time.time())
        self._after(self.tab)

    def uploading(self, state: CallState, step: UploadProgress) -> None:
        """A file of a call is on its way, which is progress like any other."""
        with self._lock:
            state.feed("progress", progress_frame(step), time.time())
        self._after(self.tab)

    def _after(self, tab: StreamMultiplexer) -> None:
        if self.deliveries:
            self._deliver()
        if tab.holds_cancels:
            with self._lock:
                due = tab.due_cancels(time.time())
            if due:
                self.spawn(self._send_due, tab, due)

    def _deliver(self) -> None:
        while self.deliveries and self._delivering.acquire(blocking=False):
            try:
                while self.deliveries:
                    self.perform(self.deliveries.popleft())
            finally:
                self._delivering.release()

    def on_end(self, state: CallState, action: Callable[[], object]) -> None:
        """Do something once the call has ended, in whatever thread ends it and outside of the lock."""
        with self._lock:
            self.note(state, action)
        self._after(self.tab)


def one_shot_lock() -> threading.Lock:
    """A lock to wait at: whoever wakes the one who waits releases it."""
    gate = threading.Lock()
    gate.acquire()
    return gate
