"""Sends the chunks of a call whose input is a stream, in order, each when the app can take it.

Nothing waits here. Whatever may let the next chunk go (a chunk was given, an output came, the
stream is closed) calls `advance`, which starts a flow in a thread or task of the event stream; the
flow goes on as long as there is something to send. So both modes share all of this.
"""

from __future__ import annotations

import threading
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from gradio_session.errors import GradioSessionError, ParameterError
from gradio_session.protocol.base.effects import Sleep
from gradio_session.protocol.queue.input_stream import InputStream

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gradio_session.connection.prepare import Params, PreparedCall
    from gradio_session.protocol.base.effects import Flow
    from gradio_session.protocol.queue.call_state import CallState

__all__ = ["UNSENT_LIMIT", "InputSender"]

UNSENT_LIMIT = 16
"""Chunks that wait unsent; past it, `send` waits."""

_WORD_WAIT = 2.0
"""Seconds that a message of the call may take to come after a request of it has failed."""

_STEP = 0.05


class InputSender(InputStream):
    """See above.

    Args:
        state: The call.
        source: The event stream that it is posted to.
        load: Checks values against the app and uploads their files: parameters -> the prepared call
            and its data, to be awaited in asynchronous code.
        closed: No chunk follows the first input, as in an ordinary call.

    Attributes:
        closed: No chunk is taken any more.
    """

    def __init__(
        self, state: CallState, source: Any, load: Callable[[Params], Any], *, closed: bool
    ) -> None:
        super().__init__()
        self.closed = closed
        self.load = load
        self._state = state
        self._source = source
        self._first: PreparedCall | None = None
        self._chunks: deque[tuple[PreparedCall, bytes]] = deque()
        self._busy = False
        self._lock = threading.Lock()
        state.input = self
        source.listen(state, self.advance)

    @property
    def unsent(self) -> int:
        """How many chunks wait."""
        return len(self._chunks)

    def begin(self, prepared: PreparedCall) -> None:
        """The call was checked against the app and is about to be sent.

        Raises:
            ParameterError: Its endpoint takes no stream.
        """
        dependency = prepared.dependency
        if dependency.connection != "stream":
            name = dependency.api_name
            text = (
                f"{name} does not take its input as a stream: no `.stream()` event runs it, or the "
                "app is of Gradio 4, which has none. Call it once for each input."
            )
            raise ParameterError(text, api_name=name)
        self._first = prepared

    def check_open(self) -> None:
        """Refuse a chunk that the app can never get.

        Raises:
            GradioSessionError: The call has ended with that error, or the stream is closed.
        """
        state = self._state
        error = state.outcome().error if state.ended else None
        if error is not None:
            raise error
        if self.closed or state.ended:
            name = state.api_name
            text = f"{name}: the stream is closed; the chunk was not sent. Open another stream."
            raise ParameterError(text, api_name=name)

    def parameters(self, values: Sequence[object], named: Mapping[str, object]) -> Params:
        """The parameters of another chunk: values in order, or by name.

        Raises:
            GradioSessionError: See `check_open`.
            ParameterError: They are given in both ways.
        """
        self.check_open()
        if values and named:
            text = "Give the values of a chunk in order or by name, not in both ways."
            raise ParameterError(text)
        return dict(named) if named else values

    def put(self, prepared: PreparedCall, data: bytes) -> bool:
        """Take a chunk to send; False where too many wait, so that it must be given again."""
        with self._lock:
            self.check_open()
            if len(self._chunks) >= UNSENT_LIMIT:
                return False
            self._chunks.append((prepared, data))
        self.advance()
        return True

    def close(self) -> None:
        """Take no more chunks; those that wait are sent, then the app is told."""
        self.closed = True
        self.advance()

    def advance(self, *_: object) -> None:
        """Send what can be sent now, in a thread or task of the event stream."""
        with self._lock:
            ended = self._state.end is not None
            begin = not self._busy and self._is_due()
            self._busy = self._busy or begin
        if ended:
            self._chunks.clear()
        elif begin:
            self._source.start_flow(self._send_all())

    def _is_due(self) -> bool:
        more = bool(self._chunks) or (self.closed and not self.told)
        state = self._state
        accepted = state.event_id is not None and state.end is None
        return more and accepted and state.received >= self.sent

    def _send_all(self) -> Flow[None]:
        """Send as long as there is something to send; what goes wrong ends the call."""
        state, source = self._state, self._source
        while (request := self._next()) is not None:
            try:
                yield from request
            except GradioSessionError as error:  # noqa: PERF203 - each may fail
                with suppress(GradioSessionError):  # closed meanwhile: then the call has ended
                    yield from self._await_word()
                if self._unanswered():
                    source.give_up(state, error)

    def _unanswered(self) -> bool:
        """Whether the app has said nothing yet on what was sent last."""
        state = self._state
        return not state.ended and (self.told or state.received < self.sent)

    def _await_word(self) -> Flow[None]:
        """A request failed.

        If the app has ended the call, its word on that is on the way; and if only its answer was
        lost, so is the output of the chunk.
        """
        for _ in range(int(_WORD_WAIT / _STEP)):
            if not self._unanswered():
                break
            yield Sleep(_STEP)

    def _next(self) -> Flow[object] | None:
        """The next request, or None when there is none now."""
        state, source = self._state, self._source
        request: Flow[object] | None = None
        with self._lock:
            self._busy = self._is_due()
            if self._busy and self._chunks:
                self.sent += 1
                request = source.post_chunk(state, *self._chunks.popleft())
            elif self._busy:
                self.told = True
                request = source.close_input(state, self._first)
        return request
