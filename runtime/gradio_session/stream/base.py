"""What the event streams of threads and of loops share: posting and reading."""

from __future__ import annotations

import math
import time
from http import HTTPStatus
from typing import TYPE_CHECKING

from gradio_session._log import logger
from gradio_session.connection.submit import submit
from gradio_session.errors import ConnectError
from gradio_session.protocol.base.effects import Close, Read, Request, Response, Sleep
from gradio_session.protocol.base.retry import opening_delay
from gradio_session.protocol.base.sse import FrameBuffer
from gradio_session.protocol.operations.responses import is_event_stream, retry_after, stream_error
from gradio_session.protocol.queue.input_stream import CLOSES
from gradio_session.protocol.queue.multiplexer import StreamMultiplexer
from gradio_session.protocol.queue.payloads import encode
from gradio_session.stream.closing import Closing
from gradio_session.stream.control import PAUSE, new_hash
from gradio_session.stream.errors import stream_lost, unknown_event
from gradio_session.stream.pacing import PACE

if TYPE_CHECKING:
    from gradio_session.connection.prepare import PreparedCall
    from gradio_session.protocol.base.effects import Flow
    from gradio_session.protocol.queue.call_state import CallState, Cursor

__all__ = ["DRAIN_WAIT", "SILENCE", "EventStreamBase"]

DRAIN_WAIT = 0.05
"""Seconds that a POST waits for a stream that is about to end, to find its connection free."""

SILENCE = 3.0
"""Seconds within which the server sends a message of an event that nobody has read yet."""


class EventStreamBase(Closing):
    """See `CallControl`."""

    # Posting

    def posting(self, state: CallState, prepared: PreparedCall, data: bytes) -> Flow[None]:
        """Post a call until the app has accepted it, unless the call has ended meanwhile.

        Args:
            state: The call.
            prepared: The call as it is sent.
            data: Its data as JSON, files uploaded.

        Raises:
            GradioSessionError: The app refused it, or could not be reached.
        """
        while True:
            if state.end is not None or state.withdrawn:
                return
            with self._lock:
                if self.closed:
                    raise ConnectError("The session is closed; nothing was sent.")
                if self.multiplexer.dead is not None:
                    self.multiplexer = StreamMultiplexer(new_hash())
                multiplexer = self.multiplexer
                number = multiplexer.begin_post(state.api_name)
            if number is not None:
                break
            yield Sleep(PAUSE)  # a call of the function is just being cancelled
        try:
            event_id = yield from self.submission(state, prepared, data, multiplexer.session_hash)
        except Exception:
            self._rejected(multiplexer, number)
            raise
        except BaseException:
            self._interrupted(multiplexer, number, state)
            raise
        with self._lock:
            start = multiplexer.accept(number, event_id, state, time.monotonic())
        if start:
            self.start_flow(self._reading(multiplexer))
        if self._callbacks or multiplexer.deferred:
            self._after()

    def submission(
        self,
        state: CallState,
        prepared: PreparedCall,
        data: bytes,
        session_hash: str | None = None,
        stream: str | None = None,
    ) -> Flow[str]:
        """Post a call, to no session unless that is named; its event id. See `submit`."""
        app = self._app
        if app.claim_check():
            self.start_flow(app.check_run())
        begun = time.monotonic()
        event_id = yield from submit(app, prepared, state, data, session_hash, stream)
        app.posted(time.monotonic() - begun)
        return event_id

    def post_chunk(self, state: CallState, prepared: PreparedCall, data: bytes) -> Flow[object]:
        """Post a chunk of a call whose input is a stream."""
        session_hash = self.multiplexer.session_hash
        return self.submission(state, prepared, data, session_hash, state.event_id)

    def close_input(self, state: CallState, prepared: PreparedCall) -> Flow[None]:
        """Tell the app that no chunk will come any more; see `protocol.queue.input_stream`."""
        if state.version < CLOSES:
            self.give_up(state, None)
        else:
            nothing = encode(prepared.dependency, ())
            yield from self.submission(state, prepared, nothing, None, f"{state.event_id}/close")

    def _interrupted(
        self,
        multiplexer: StreamMultiplexer,
        number: int,
        state: CallState,  # noqa: ARG002 - threads need it
    ) -> None:
        """Nobody waits for the answer of a POST any more."""
        self._rejected(multiplexer, number)

    def _rejected(self, multiplexer: StreamMultiplexer, number: int) -> None:
        with self._lock:
            multiplexer.reject(number)
        self._after()

    # Reading

    def follow(self) -> None:
        """Read the call that this stream was made for, unless that has begun."""
        state = self.follows
        if state is None or state.event_id is None:
            return
        multiplexer = self.multiplexer
        with self._lock:
            over = self.heard or self.closed or state.end is not None
            if over or multiplexer.reading or multiplexer.dead is not None:
                return
            start = multiplexer.attach(state.event_id, state)
        if start:
            self.start_flow(self._reading(multiplexer))

    def want_result(self, state: CallState) -> None:
        """Read a call of which nothing but the result is wanted: its outputs are not kept."""
        with self._lock:
            state.begin_wait()
        self.follow()

    def _reading(self, multiplexer: StreamMultiplexer) -> Flow[None]:
        """Read the stream as long as calls want it; what ends that ends the calls."""
        try:
            while (pause := (yield from self._read(multiplexer))) is not None:
                if pause:
                    yield Sleep(pause)
                    with self._lock:
                        if not multiplexer.resume():
                            self._wake_drained()
                            break
        except BaseException as error:
            self._lose(multiplexer, error)
            if not isinstance(error, Exception):
                raise

    def _read(self, multiplexer: StreamMultiplexer) -> Flow[float | None]:
        """Read the stream once; seconds until it is opened again, or None."""
        response = yield from self._opening(multiplexer)
        buffer = FrameBuffer()
        try:
            with self._lock:
                self._response = response
                self._opened()
            if self.closed:
                yield Close(response)
            asked = time.monotonic()
            while chunk := (yield Read(response)):
                waited = time.monotonic() - asked
                frames = buffer.feed(chunk)
                outputs = bool(frames) and self._take_frames(multiplexer, frames)
                if multiplexer.backlog.unread > multiplexer.unread_limit:
                    yield from self._wait_for_room(multiplexer)
                if self._paced(waited, outputs=outputs) and not response.handle.at_hand:
                    yield Sleep(PACE)
                asked = time.monotonic()
        finally:
            self._response = None
            yield Close(response)
        return self._stream_ended(multiplexer)

    def _wait_for_room(self, multiplexer: StreamMultiplexer) -> Flow[None]:
        """Too much waits unread: read on once some of it was."""
        while True:
            with self._lock:
                self._close_left()
                if self._response is None or not multiplexer.paused:
                    return  # a closed stream is not read on, as its calls might complete
            yield Sleep(PAUSE)
            if time.monotonic() >= multiplexer.next_deadline:
                self._expire()
            self._after()

    def _opening(self, multiplexer: StreamMultiplexer) -> Flow[Response]:
        """Ask for the stream.

        The server drops what it holds for a session when its stream breaks. So a request is
        repeated only where it was not sent, or not passed on to the app; one that finds the login
        ended, once.
        """
        app = self._app
        attempt = 0
        renewed = False
        while True:
            attempt += 1
            seen = app.logins
            try:
                config = app.config or (yield from app.connect())
                url = config.data_url(multiplexer.session_hash)
                response: Response = yield Request(
                    "GET", url, headers=self.headers, stream=True, once=True
                )
            except ConnectError:
                delay = opening_delay(attempt)
                if delay is None or self.closed:
                    raise
                yield Sleep(delay)
                continue
            if is_event_stream(response):
                return response
            body = yield Read(response)
            yield Close(response)
            if response.status == HTTPStatus.UNAUTHORIZED and not renewed:
                renewed = yield from app.renew_login(seen)
                if renewed:
                    continue
            after = retry_after(response.headers)
            delay = opening_delay(attempt, status=response.status, retry_after=after)
            if delay is None or self.closed:
                answer = Response(response.status, response.headers, body, "the stream of results")
                raise stream_error(answer)
            yield Sleep(delay)

    def _opened(self) -> None:
        """The stream is there: from now on it is known how it ends, and silence means something."""
        self._drain_overdue = False
        if self.follows is not None:
            self.follows.silent_until = time.monotonic() + SILENCE

    def _take_frames(self, multiplexer: StreamMultiplexer, frames: list[bytes]) -> bool:
        """Take frames; whether they were outputs only, for which nobody waits with urgency."""
        outputs = True
        now = time.monotonic()
        with self._lock:
            while frames:  # a large one must not be held here while its reader decodes it
                outputs = multiplexer.feed(frames.pop(0), now) and outputs
            if self._left:
                self._close_left()
            if self.follows is not None:
                self.heard = self.heard or bool(self.follows.log) or self.follows.running
        if now >= multiplexer.next_deadline:
            self._expire()
        if self._callbacks or multiplexer.deferred:
            self._after()
        if self.dropped:
            self.dropped = False
            self._close_here()
        return outputs

    def _paced(self, waited: float, *, outputs: bool) -> bool:
        """Whether the reader had better pause before it reads on.

        Only outputs are worth a pause: for anything else a caller may wait.
        """
        if not outputs and not self._pacing.streak:
            return False
        return self._pacing.arrived(waited if outputs else math.inf)

    def _stream_ended(self, multiplexer: StreamMultiplexer) -> float | None:
        """The stream is at its end; seconds until it is opened again, or None.

        Whether the reader ends or a call registers is decided under one lock, so that no call is
        left without a reader (R3, R4).
        """
        with self._lock:
            pause = multiplexer.end_of_stream()
            if pause is None:
                self._wake_drained()
        if self._callbacks or multiplexer.deferred:
            self._after()
        return pause

    def _lose(self, multiplexer: StreamMultiplexer, error: BaseException) -> None:
        with self._lock:
            follows = self.follows
            why = (
                unknown_event(follows.event_id)
                if follows is not None and not self.heard
                else stream_lost(error, own_session=follows is None)
            )
            self._wake_drained()
            if self.closed:
                return  # `close` ends the calls
            self._app.forget_config()
            logger.debug("stream lost: %s", why)
            multiplexer.lose(why, time.monotonic())
        self._after()

    def _wake_drained(self) -> None:
        """Wake the posts that wait for the end of the stream."""
        wakers, self._drain_wakers = self._drain_wakers, []
        for waker in wakers:
            waker()

    def open(self, state: CallState, *, all_events: bool) -> Cursor:
        """A new reader of a call."""
        with self._lock:
            self._close_left()
            cursor = state.open(all_events=all_events)
        self.follow()
        return cursor
