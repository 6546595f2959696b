"""What callers do to the calls of an event stream: read them, end them, cancel them. Shared half.

An event stream is one session hash on the wire: a `StreamMultiplexer` with a lock, a clock and a
connection. On a loop the lock is `nullcontext()`, as nothing there runs in between.

Every change follows one plan. It is made under the lock; meanwhile listeners are not called, but
put into a queue. After the lock is released `_after` calls them, in the order of events, and sends
the requests to cancel that have become due.
"""

from __future__ import annotations

import math
import os
import threading
import time
from collections import deque
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from gradio_session._log import logger
from gradio_session.connection.submit import request_cancel
from gradio_session.errors import ConnectError, GradioSessionError
from gradio_session.files.upload import progress_frame
from gradio_session.protocol.base.effects import Sleep
from gradio_session.protocol.queue.cancellation import START_GRACE
from gradio_session.protocol.queue.multiplexer import StreamMultiplexer
from gradio_session.stream.errors import timeout_error, unknown_event
from gradio_session.stream.pacing import Pacing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractContextManager

    from gradio_session.connection.call_options import CallOptions
    from gradio_session.connection.prepare import PreparingConnection
    from gradio_session.files.upload import UploadProgress
    from gradio_session.protocol.base.effects import Flow, Response
    from gradio_session.protocol.queue.call_state import CallState, Cursor, Entry

__all__ = ["PAUSE", "CallControl", "new_hash"]

_CANCEL_TIMEOUT = 10.0
"""Seconds that a request to cancel may take."""

_ANSWER_TIME = 2.0
"""Seconds that a cancellation waits for the id of a call that is being posted. After that the call
is given up here, and cancelled on the server when its id comes."""

PAUSE = 0.02
"""Seconds between two looks at what nobody tells of."""

_LONGEST_SLEEP = 0.1
"""Seconds after which a wait looks whether the session was closed."""


class CallControl:
    """The state of an event stream, and the rules that both modes follow.

    Args:
        connection: How the app is reached.
        follows: The call that the stream was made for alone: one attached to by its event id, or
            detached. Its id is the name of the session on the server, too.
        options: What that call changes of the session's options.
        lock: Held while the state changes.

    Attributes:
        headers: Headers of the stream's requests, over those of the session.
        dropped: The session was collected: nobody can want its calls any more.
    """

    def __init__(
        self,
        connection: PreparingConnection,
        follows: CallState | None,
        options: CallOptions,
        lock: AbstractContextManager[object],
    ) -> None:
        event_id = None if follows is None else follows.event_id
        self.multiplexer = StreamMultiplexer(event_id or new_hash())
        self.headers = connection.call_headers(options, connection.base_url)
        self.follows = follows
        self.closed = False
        self.dropped = False
        self.heard = False
        # One attached to may belong to another client, and is cancelled only once it was heard of,
        # or by hand.
        self._ours = options.detached
        self._app = connection
        self._lock = lock
        self._callbacks: deque[Callable[[], object]] = deque()
        self._delivering = threading.Lock()
        self._left: deque[tuple[CallState, Cursor]] = deque()
        self._response: Response | None = None
        self._drain_wakers: list[Callable[[], object]] = []
        self._drain_overdue = False
        self._timing = False
        self._pacing = Pacing()

    @property
    def session_hash(self) -> str | None:
        """The name of the session on the server; None until a call was posted."""
        return self.multiplexer.session_hash if self.multiplexer.newest else None

    # What each mode does in its own way

    def start_flow(self, flow: Flow[object]) -> object:
        """Run a flow in a thread or task of its own, which `close` waits for."""
        raise NotImplementedError  # abstract: each mode has its own

    def _close_here(self) -> None:
        """Close the stream, from where it is read or a call of it ends."""
        raise NotImplementedError  # abstract: each mode has its own

    # Readers of a call

    def close_cursor(self, state: CallState, cursor: Cursor) -> None:
        """A reader has finished."""
        with self._lock:
            state.close(cursor)

    def leave(self, state: CallState, cursor: Cursor) -> None:
        """A reader was collected: it is closed at the next opportunity.

        This may happen anywhere, also while this thread holds the lock.
        """
        self._left.append((state, cursor))

    def _close_left(self) -> None:
        """Close the readers that were collected; the caller holds the lock."""
        while self._left:
            state, cursor = self._left.popleft()
            state.close(cursor)

    # Listening

    def listen(self, state: CallState, listener: Callable[[Entry], object]) -> None:
        """Call a listener with every entry of a call, outside of every lock."""
        state.listen(lambda entry: self._tells(state)._callbacks.append(partial(listener, entry)))

    def on_end(self, state: CallState, action: Callable[[], object]) -> None:
        """Do something once the call has ended, outside of every lock; at once if it has."""
        with self._lock:
            state.on_end(lambda: self._tells(state)._callbacks.append(action))
        tells = self._tells(state)
        if tells._callbacks:
            tells._after()

    def _tells(self, state: CallState) -> CallControl:
        """The event stream that tells of a call: a stream of its own, once it has one."""
        own: CallControl | None = state.own_stream
        return self if own is None else own

    # Ending

    def fail(self, state: CallState, error: GradioSessionError) -> None:
        """A call ends before the server has accepted it."""
        with self._lock:
            state.fail(error, time.monotonic())
        self._after()

    def withdraw(self, states: Iterable[CallState]) -> Flow[None]:
        """Give calls up that the server has not accepted yet.

        Once the POST of one was begun, the server may have read it: then its id is waited for, so
        that it can be cancelled there.
        """
        latest = time.monotonic() + _ANSWER_TIME
        posted = [state for state in states if not self._drop_unposted(state)]
        for state in posted:
            while state.posting and state.end is None and time.monotonic() < latest:
                yield Sleep(PAUSE)
            if state.event_id is None:
                self.drop(state)

    def _drop_unposted(self, state: CallState) -> bool:
        """Give a call up whose POST has not begun; whether that was so."""
        state.withdrawn = True
        if state.posting or state.event_id is not None:
            return False
        self.drop(state)
        return True

    def drop(self, state: CallState) -> None:
        """A call is given up before the server has accepted it.

        Should it be on its way, it is cancelled once its answer comes.
        """
        with self._lock:
            state.cancel(time.monotonic(), on_server=False)
        self._after()

    def uploading(self, state: CallState, step: UploadProgress) -> None:
        """A file of a call is on its way, which is progress like any other."""
        with self._lock:
            state.feed("progress", progress_frame(step), time.monotonic())
        self._after()

    def end_overdue(self, state: CallState) -> bool:
        """End a call whose time is up by the clock; whether it was."""
        tells = self._tells(state)
        if tells is not self:
            return tells.end_overdue(state)
        now = time.monotonic()
        silent = None if self.heard or state is not self.follows else state.silent_until
        if state.end is not None:
            return False
        if state.deadline is not None and state.deadline <= now:
            self.give_up(state, timeout_error(state))
        elif silent is not None and silent <= now:
            self.fail(state, unknown_event(state.event_id))
            self._close_here()
        else:
            return False
        return True

    def _expire(self) -> None:
        with self._lock:
            late = self.multiplexer.expire(time.monotonic())
        for state in late:
            self.give_up(state, timeout_error(state))

    def give_up(self, state: CallState, error: GradioSessionError | None) -> None:
        """End a call here, and cancel it on the server; without an error, it has its outputs."""
        unheard = self.follows is not None and not self.heard
        with self._lock:
            multiplexer = self.multiplexer
            if unheard and self._ours and state.event_id is not None:
                multiplexer.alive.setdefault(state.event_id, state)  # never read, so not known
            if error is not None and unheard and not self._ours:
                state.fail(error, time.monotonic())
            else:
                multiplexer.give_up(state, error, time.monotonic())
        self._after()
        if unheard:
            self._close_here()

    # What follows a change

    def _after(self) -> None:
        """What follows a change; the lock is free. The thread that delivers tells everything."""
        while self._callbacks and self._delivering.acquire(blocking=False):
            try:
                while self._callbacks:
                    action = self._callbacks.popleft()
                    try:
                        action()
                    except BaseException:  # noqa: BLE001 - whoever tells it goes on: threads, loops
                        logger.exception("a listener of events failed")
            finally:
                self._delivering.release()
        multiplexer = self.multiplexer
        if multiplexer.deferred:
            with self._lock:
                now = time.monotonic()
                due = multiplexer.due_cancels(now)
                start = not self._timing and multiplexer.next_cancel(now) < math.inf
                self._timing = self._timing or start
            for state in due:
                self.start_flow(self._send_cancel(multiplexer, state))
            if start:
                self.start_flow(self._time_cancels())

    def _time_cancels(self) -> Flow[None]:
        """Send what time alone makes due, as no message may come that would tell of it."""
        with suppress(ConnectError):  # closed meanwhile
            while not self.closed:
                with self._lock:
                    seconds = self.multiplexer.next_cancel(time.monotonic())
                    self._timing = seconds < math.inf
                if seconds == math.inf:
                    return
                yield Sleep(min(seconds, _LONGEST_SLEEP))
                self._after()

    # Cancelling

    def _cancelling(self, state: CallState) -> Flow[bool]:
        """Cancel a call: whether the server did so, for this caller or another one meanwhile."""
        if state.event_id is None:
            yield from self.withdraw([state])
        tells = self._tells(state)
        if tells is not self:
            return (yield from tells._cancelling(state))
        multiplexer, event_id, sent = self.multiplexer, state.event_id, False
        if event_id is None:
            return False
        while True:
            with self._lock:
                if self.follows is not None and state.end is None:
                    multiplexer.alive.setdefault(event_id, state)  # detached and never read
                decision = multiplexer.cancel(state, time.monotonic())
            if decision not in ("wait", "sent"):
                break
            sent = sent or decision == "sent"
            with suppress(ConnectError):  # closed meanwhile: then the call has ended
                yield Sleep(START_GRACE / 4)
        if decision == "send":
            return (yield from self._send_cancel(multiplexer, state))
        self._after()
        return sent and state.ended and state.outcome().cancelled is True

    def _send_cancel(self, multiplexer: StreamMultiplexer, state: CallState) -> Flow[bool]:
        reached = False
        try:
            reached = yield from self._request_cancel(multiplexer, state, _CANCEL_TIMEOUT)
        finally:
            with self._lock:
                cancelled = multiplexer.cancel_answered(state, time.monotonic(), reached=reached)
            self._after()
        return cancelled

    def _request_cancel(
        self, multiplexer: StreamMultiplexer, state: CallState, timeout: float
    ) -> Flow[bool]:
        try:
            return (
                yield from request_cancel(
                    self._app,
                    multiplexer.session_hash,
                    state,
                    headers=self.headers,
                    timeout=timeout,
                )
            )
        except GradioSessionError as error:
            logger.debug("cancel did not reach the server: %s", error)
            return False


def new_hash() -> str:
    """A session hash: it is a secret, as its holder can read the stream of the session."""
    return os.urandom(16).hex()
