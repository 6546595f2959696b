"""A channel for threads: one lock, and a reader thread that lives as long as a stream does."""

from __future__ import annotations

import math
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from gradio_session._log import logger
from gradio_session.errors import ConnectError, ConnectionLostError, GradioSessionError
from gradio_session.protocol.base.effects import Response
from gradio_session.protocol.base.retry import opening_delay
from gradio_session.protocol.queue.messages import FrameBuffer
from gradio_session.protocol.queue.multiplexer import FRESH
from gradio_session.stream.base import CANCEL_TIMEOUT, CLOSE_TIMEOUT, DRAIN_WAIT, SILENCE
from gradio_session.stream.pacing import PACE, Pacing
from gradio_session.stream.threads import Workers
from gradio_session.stream.waiters_sync import SLICE, Waiters, one_shot_lock

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from gradio_session.connection.sync import Connection
    from gradio_session.protocol.queue.call_state import CallState
    from gradio_session.protocol.queue.multiplexer import StreamMultiplexer
    from gradio_session.transport.sync import SyncStream

__all__ = ["EventStream"]


class EventStream(Waiters):
    """One session hash on the wire, for threads.

    Args:
        connection: How the app is reached.
        session_hash: See `EventStreamBase`.
        headers: See `EventStreamBase`.
        follows: See `EventStreamBase`.
    """

    def __init__(
        self,
        connection: Connection,
        session_hash: str | None = None,
        *,
        headers: Mapping[str, str | None] | None = None,
        follows: CallState | None = None,
    ) -> None:
        super().__init__(session_hash, headers, follows)
        self._connection = connection
        self._stream: SyncStream | None = None
        self._settlers: list[threading.Lock] = []

    # Posting

    @contextmanager
    def deadline(self, state: CallState) -> Generator[None]:
        """Requests for a call, which its deadline may cut short: raises its time-out then, whatever the request makes of it."""
        try:
            yield
        except GradioSessionError as error:
            told = self.in_time(state, error, time.monotonic())
            if told is error:
                raise
            raise told from error

    def post(self, state: CallState, send: Callable[[str], str]) -> None:
        """Start a call on the server.

        Args:
            state: The call.
            send: Posts it under the session hash that it gets, and returns the event id.
        """
        tab, number = self._begin(state.api_name)
        try:
            event_id = send(tab.session_hash)
        except Exception:
            with self._lock:
                tab.reject(number)
            self._after(tab)
            raise
        except BaseException:
            self._interrupted(tab, number, state)
            raise
        with self._lock:
            start = tab.accept(number, event_id, state, time.time())
        if start:
            self.spawn(self._read, tab)
        self._after(tab)

    def _interrupted(self, tab: StreamMultiplexer, number: int, state: CallState) -> None:
        """Ctrl-C while a call was posted: should the server have it, it is not to run for nobody."""
        with self._lock:
            state.cancel(time.time(), on_server=False)
            alone = tab.interrupted(number, state)
            if alone:
                tab.lose(
                    ConnectionLostError("A call was interrupted while it was posted"), time.time()
                )
        if alone:
            self.spawn(self._drop, tab.session_hash)
        self._after(tab)

    def _drop(self, session_hash: str) -> None:
        """A stream that is opened and left makes the server forget the session: what waits is taken out of the queue, what runs is given up."""
        time.sleep(DRAIN_WAIT)
        with suppress(GradioSessionError):
            stream = self._connection.open_stream(session_hash, self.headers)
            with suppress(GradioSessionError):
                stream.read()
            stream.close()

    def _begin(self, function: str) -> tuple[StreamMultiplexer, int]:
        self._settle()
        while True:
            with self._lock:
                if self.closed:
                    raise ConnectError("The session is closed; nothing was sent.")
                tab = self.renew()
                number = tab.begin_post(function)
                if number is not None:
                    return tab, number
                gate = one_shot_lock()
                tab.on_postable(gate.release)
            gate.acquire(timeout=SLICE)

    def _settle(self) -> None:
        if not self.tab.reading:
            return
        with self._lock:
            if not self.tab.settling or self._settled_late:
                return
            gate = one_shot_lock()
            self._settlers.append(gate)
        if not gate.acquire(timeout=DRAIN_WAIT):
            self._settled_late = True

    def follow(self) -> None:
        """Read the call that this channel was made for, unless that has begun."""
        state = self.follows
        if state is None or state.event_id is None:
            return
        with self._lock:
            if (
                self.heard
                or self.closed
                or self.tab.reading
                or state.ended
                or self.tab.dead is not None
            ):
                return
            start = self.tab.attach(state.event_id, state)
        if start:
            self.spawn(self._read, self.tab)

    # Reading

    def _read(self, tab: StreamMultiplexer) -> None:
        try:
            while self._read_stream(tab):
                pass
        except Exception as error:  # noqa: BLE001 - whatever ends the reader ends the calls that wait for it
            self._lose(tab, error)

    def _read_stream(self, tab: StreamMultiplexer) -> bool:
        stream = self._open(tab)
        buffer = FrameBuffer()
        self._pace = pace = Pacing()
        try:
            asked = time.monotonic()
            while chunk := stream.read():
                waited = time.monotonic() - asked
                outputs = self._feed(tab, buffer.feed(chunk))
                if pace.came(waited if outputs else math.inf) and not stream.at_hand:
                    time.sleep(PACE)
                asked = time.monotonic()
        finally:
            self._stream = None
            stream.close()
        with self._lock:
            again = tab.end_of_stream()
            if not again:
                self._wake_settlers()
        self._after(tab)
        return again

    def _open(self, tab: StreamMultiplexer) -> SyncStream:
        attempt = 0
        refreshed = False
        while True:
            attempt += 1
            seen = self._connection.logins
            try:
                stream = self._connection.open_stream(tab.session_hash, self.headers)
            except (ConnectError, ConnectionLostError):
                delay = opening_delay(attempt)
                if delay is None or self.closed:
                    raise
                time.sleep(delay)
                continue
            if stream.status == 200:  # noqa: PLR2004
                self._opened(stream)
                return stream
            answer = Response(stream.status, stream.headers, stream.read(), "the stream of results")
            stream.close()
            if answer.status != 401 or refreshed or not self._connection.log_in_again(seen):  # noqa: PLR2004
                raise self.refused_stream(answer.status, answer)
            refreshed = True

    def _opened(self, stream: SyncStream) -> None:
        with self._lock:
            self._stream = stream
            self._settled_late = False
            if self.follows is not None:
                self.follows.silent_until = time.monotonic() + SILENCE
            if not self.closed:
                return
        stream.close()

    def _feed(self, tab: StreamMultiplexer, frames: list[bytes]) -> bool:
        """Take frames; whether they were outputs, and nothing that somebody may wait for."""
        if not frames:
            return False
        outputs = True
        now = time.time()
        with self._lock:
            while frames:  # a large one must not be held here while its reader decodes it
                outputs = tab.feed(frames.pop(0), now) and outputs
            self._drained()
            if self.follows is not None:
                self.heard = self.heard or bool(self.follows.log) or self.follows.running
            paused = tab.paused
        self._expire(tab)
        self._after(tab)
        while paused:
            gate = one_shot_lock()
            with self._lock:
                self._drained()
                paused = tab.paused and not self.closed
                self._pause = gate if paused else None
            if paused:
                gate.acquire(timeout=SLICE)
                self._expire(tab)
                self._after(tab)
        return outputs

    def _lose(self, tab: StreamMultiplexer, error: Exception) -> None:
        with self._lock:
            why = self.loss(error)
            if not self.closed:
                self._connection.forget_config()
                logger.debug("stream lost: %s", why)
            tab.lose(why, time.time())
            self._wake_settlers()
        self._after(tab)

    def _wake_settlers(self) -> None:
        for gate in self._settlers:
            gate.release()
        self._settlers.clear()

    # Ending

    def _end(self, state: CallState, error: GradioSessionError) -> None:
        with self._lock:
            tab = self.tab
            tab.give_up(state, error, time.time())
        self._after(tab)
        if self.follows is not None and not self.heard:
            self.close()

    # Cancelling

    def cancel(self, state: CallState) -> bool:
        """Cancel a call; whether the server did so."""
        with self._lock:
            tab = self.tab
            if state.event_id is None:
                state.cancel(time.time(), on_server=False)
                decision = "held"
            elif self.follows is not None and state.event_id not in tab.alive and not state.ended:
                tab.alive[state.event_id] = state  # detached and never read: known here from now on
                decision = tab.cancel(state, time.time())
            else:
                decision = tab.cancel(state, time.time())
        while decision == "wait":
            time.sleep(FRESH / 4)
            with self._lock:
                decision = tab.cancel(state, time.time())
        if decision == "send":
            return self._send_cancel(tab, state)
        self._after(tab)
        if decision == "over" and state.cancelling:
            self.wait(state, CANCEL_TIMEOUT)
        return (
            decision == "over"
            and state.ended
            and state.outcome().cancelled is True
            and state.cancelling
        )

    def _send_cancel(
        self, tab: StreamMultiplexer, state: CallState, timeout: float = CANCEL_TIMEOUT
    ) -> bool:
        reached = False
        try:
            reached = self._connection.cancel(self.cancel_body(tab, state), self.headers, timeout)
        except GradioSessionError as error:
            logger.debug("cancel did not reach the server: %s", error)
        finally:
            with self._lock:
                told = tab.cancel_answered(state, time.time(), reached=reached)
            self._after(tab)
        return told

    def _send_due(self, tab: StreamMultiplexer, due: list[CallState]) -> None:
        for state in due:
            self._send_cancel(tab, state)

    def close(self) -> None:
        """Cancel what runs, end the stream and the reader. Calls that have not ended end as cancelled."""
        with self._lock:
            if self.closed:
                return
            self.closed = True
            tab = self.tab
            victims = self.victims() if self.heard or self.follows is None else []
            everyone = list(tab.alive.values())
        told = self._tell(tab, victims)
        with self._lock:
            for state in everyone:
                state.cancel(
                    time.time(), on_server=told, why="was cancelled, as its session was closed"
                )
            stream = self._stream
            self._pause = None
        self._after(tab)
        if stream is not None:
            stream.close()
        self._workers.join(CLOSE_TIMEOUT)

    def _tell(self, tab: StreamMultiplexer, victims: list[CallState]) -> bool:
        try:
            answers = [
                self._connection.cancel(self.cancel_body(tab, state), self.headers, CLOSE_TIMEOUT)
                for state in victims
            ]
        except GradioSessionError as error:
            logger.debug("cancel did not reach the server: %s", error)
            return False
        return bool(answers) and all(answers)

    def after_fork(self) -> None:
        """In a child process: the threads and the connections are the parent's."""
        self._lock = threading.Lock()
        self._delivering = threading.Lock()
        self._workers = Workers()
        self._stream = None
        self._settlers = []
        self._pause = None
        self.deliveries.clear()
        self.abandon_to_parent()
