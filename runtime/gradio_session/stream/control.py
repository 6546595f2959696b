"""What callers do to the calls of an event stream: read them, end them, cancel them. Shared half.

An event stream is one session hash on the wire: a `StreamMultiplexer` with a lock, a clock and a
connection. On a loop the lock is `nullcontext()`, as nothing there runs in between.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

from gradio_session._log import logger
from gradio_session.errors import (
    ConnectError,
    GradioSessionError,
)
from gradio_session.files.upload import progress_frame
from gradio_session.protocol.base.effects import Close, Read, Request, Sleep
from gradio_session.protocol.operations.cancel import request_cancel
from gradio_session.protocol.queue.cancellation import START_GRACE
from gradio_session.protocol.queue.multiplexer import StreamMultiplexer
from gradio_session.stream.errors import forked_error, timeout_error, unknown_event

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from gradio_session.connection.prepare import PreparingConnection
    from gradio_session.files.upload import UploadProgress
    from gradio_session.protocol.app_schema.config import AppConfig
    from gradio_session.protocol.base.effects import Flow, Response
    from gradio_session.protocol.queue.call_state import CallState, Cursor

__all__ = ["CANCEL_TIMEOUT", "CLOSE_TIMEOUT", "CallControl", "new_hash"]

CANCEL_TIMEOUT = 10.0
"""Seconds that a request to cancel may take."""

CLOSE_TIMEOUT = 2.0
"""Seconds that the same may take while a session closes."""


class CallControl:
    """The state of an event stream, and the rules that both modes follow.

    Args:
        connection: How the app is reached.
        session_hash: The name of the session on the server; None for a new one.
        headers: Headers of the stream's requests, over those of the session.
        follows: The call that the stream was made for alone: one attached to by its event id, or
            detached.
        lock: Held while the state changes.
        ours: Whether that call was made here. One attached to may belong to another client, and is
            cancelled only once it was heard of, or by hand.

    Attributes:
        dropped: The session was collected: nobody can want its calls any more.
    """

    def __init__(
        self,
        connection: PreparingConnection,
        session_hash: str | None,
        headers: Mapping[str, str | None] | None,
        follows: CallState | None,
        lock: AbstractContextManager[object],
        *,
        ours: bool,
    ) -> None:
        self.multiplexer = StreamMultiplexer(session_hash or new_hash())
        self.headers = headers
        self.follows = follows
        self.closed = False
        self.dropped = False
        self.heard = False
        self._ours = ours
        self._app = connection
        self._lock = lock
        self._callbacks: deque[Callable[[], object]] = deque()
        self._delivering = threading.Lock()
        self._left: deque[tuple[CallState, Cursor]] = deque()
        self._resume: Callable[[], object] | None = None
        self._drain_wakers: list[Callable[[], object]] = []
        self._drain_overdue = False
        self._timing = False

    @property
    def session_hash(self) -> str | None:
        """The name of the session on the server; None until a call was posted."""
        return self.multiplexer.session_hash if self.multiplexer.newest else None

    # What each mode does in its own way

    def start_flow(self, flow: Flow[object]) -> object:
        """Run a flow in a thread or task of its own, which `close` waits for."""
        raise NotImplementedError  # abstract: each mode has its own

    def _after(self, multiplexer: StreamMultiplexer) -> None:
        """Do what follows a change; the lock is free."""
        raise NotImplementedError  # abstract: each mode has its own

    def _start_reading(self, multiplexer: StreamMultiplexer) -> None:
        """Read the stream in a thread or task of its own, which `close` waits for."""
        raise NotImplementedError  # abstract: each mode has its own

    def _close_here(self) -> None:
        """Close the stream, from where it is read or a call of it ends."""
        raise NotImplementedError  # abstract: each mode has its own

    # Readers of a call

    def close_cursor(self, state: CallState, cursor: Cursor) -> None:
        """A reader has finished."""
        with self._lock:
            state.close(cursor)
            self._drained()

    def leave(self, state: CallState, cursor: Cursor) -> None:
        """A reader was collected: it is closed at the next opportunity.

        This may happen anywhere, also while this thread holds the lock.
        """
        self._left.append((state, cursor))

    def forget(self, state: CallState) -> None:
        """Nobody wants the outputs of a call that still wait."""
        with self._lock:
            state.drop_unread()
            self._drained()

    def _drained(self) -> None:
        """Outputs were read or dropped: where the stream is paused, it may be read on."""
        while self._left:
            state, cursor = self._left.popleft()
            state.close(cursor)
        if self._resume is not None and not self.multiplexer.paused:
            resume, self._resume = self._resume, None
            resume()

    # Ending

    def fail(self, state: CallState, error: GradioSessionError) -> None:
        """A call ends before the server has accepted it."""
        with self._lock:
            state.fail(error, time.monotonic())
        self._after(self.multiplexer)

    def drop(self, state: CallState) -> None:
        """A call is given up before the server has accepted it.

        Should it be on its way, it is cancelled once its answer comes.
        """
        with self._lock:
            state.cancel(time.monotonic(), on_server=False)
        self._after(self.multiplexer)

    def uploading(self, state: CallState, step: UploadProgress) -> None:
        """A file of a call is on its way, which is progress like any other."""
        with self._lock:
            state.feed("progress", progress_frame(step), time.monotonic())
        self._after(self.multiplexer)

    def end_overdue(self, state: CallState) -> bool:
        """End a call whose time is up by the clock; whether it was."""
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

    def _expire(self, multiplexer: StreamMultiplexer) -> None:
        with self._lock:
            late = multiplexer.expire(time.monotonic())
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
        self._after(multiplexer)
        if unheard:
            self._close_here()

    # Cancelling

    def _cancelling(self, state: CallState) -> Flow[bool | None]:
        """Cancel a call: whether the server did so, or None while another request is under way."""
        multiplexer = self.multiplexer
        event_id = state.event_id
        if event_id is None:
            self.drop(state)
            return False
        while True:
            with self._lock:
                if self.follows is not None and state.end is None:
                    multiplexer.alive.setdefault(event_id, state)  # detached and never read
                decision = multiplexer.cancel(state, time.monotonic())
            if decision != "wait":
                break
            with suppress(ConnectError):  # closed meanwhile: then the call has ended
                yield Sleep(START_GRACE / 4)
        if decision == "send":
            return (yield from self._send_cancel(multiplexer, state))
        self._after(multiplexer)
        return None if decision == "sent" else False

    def _send_cancel(self, multiplexer: StreamMultiplexer, state: CallState) -> Flow[bool]:
        reached = False
        try:
            reached = yield from self._request_cancel(multiplexer, state, CANCEL_TIMEOUT)
        finally:
            with self._lock:
                cancelled = multiplexer.cancel_answered(state, time.monotonic(), reached=reached)
            self._after(multiplexer)
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

    # Closing

    def _begin_close(self) -> tuple[StreamMultiplexer, Flow[bool] | None, list[CallState]] | None:
        """What is to be closed, what tells the server, and its calls; None if it is closed."""
        with self._lock:
            if self.closed:
                return None
            self.closed = True
            multiplexer = self.multiplexer
            known = self.heard or self.follows is None
            targets = multiplexer.cancel_targets() if known else []
            config = self._app.config
            ours = self.follows is None and multiplexer.newest > 0 and multiplexer.dead is None
            tracked = ours and config is not None and config.connect_heartbeat
            leaving = self._leave_server(multiplexer, targets, config if tracked else None)
            states = list(multiplexer.alive.values())
            return multiplexer, leaving if targets or tracked else None, states

    def _leave_server(
        self, multiplexer: StreamMultiplexer, targets: list[CallState], config: AppConfig | None
    ) -> Flow[bool]:
        """Tell the server that everything ends.

        Args:
            multiplexer: The session hash.
            targets: The calls to name in `/cancel`.
            config: Of an app that keeps track of its sessions: it ends one (`unload` runs, its
                state is freed) when the page's heartbeat is dropped, so that is opened and dropped.

        Returns:
            Whether there were calls, and the server has taken every request to cancel.
        """
        for state in targets:
            if not (yield from self._request_cancel(multiplexer, state, CLOSE_TIMEOUT)):
                return False
        if config is not None:
            url = config.heartbeat_url(multiplexer.session_hash)
            with suppress(GradioSessionError):
                yield from self._open_and_drop(url, CLOSE_TIMEOUT)
        return bool(targets)

    def _open_and_drop(self, url: str, timeout: float | None = None) -> Flow[None]:
        """Open an event stream, and leave it once its first bytes have come."""
        response: Response = yield Request(
            "GET", url, headers=self.headers, timeout=timeout, stream=True
        )
        try:
            yield Read(response)
        finally:
            yield Close(response)

    def _end_all(
        self, multiplexer: StreamMultiplexer, states: list[CallState], *, on_server: bool
    ) -> None:
        with self._lock:
            for state in states:
                state.cancel(
                    time.monotonic(),
                    on_server=on_server,
                    why="was cancelled, as its session was closed",
                )
            self._resume = None
        self._after(multiplexer)

    def _forget_parent(self) -> None:
        """In a child process: threads, loops, connections and calls are the parent's.

        Locks may be held by threads that are not here, so they are replaced, not acquired.
        """
        self._delivering = threading.Lock()
        self._drain_wakers = []
        self._resume = None
        self._timing = False
        self._callbacks.clear()
        self.multiplexer.lose(forked_error(), 0.0)


def new_hash() -> str:
    """A session hash: it is a secret, as its holder can read the stream of the session."""
    return os.urandom(16).hex()
