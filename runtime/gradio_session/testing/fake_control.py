"""What the event streams of fake sessions do alike in both modes; see `testing.fake_events`."""

from __future__ import annotations

import time
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any

from gradio_session._log import logger
from gradio_session.protocol.base.effects import finished
from gradio_session.testing.chunk_script import ChunkScript

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gradio_session.connection.prepare import PreparedCall
    from gradio_session.errors import GradioSessionError
    from gradio_session.protocol.base.effects import Flow
    from gradio_session.protocol.base.json_values import JsonArray
    from gradio_session.protocol.queue.call_state import CallState, Cursor, Entry

__all__ = ["FakeEvents"]


class FakeEvents:
    """See above, and `session.backend.EventsBase`.

    Args:
        detached: What answers detached calls, by event id, until their events are asked for.
    """

    session_hash: str | None = None

    def __init__(self, detached: dict[str, Callable[[], object]]) -> None:
        self._scripts: dict[CallState, Any] = {}
        self._detached = detached
        self._callbacks: deque[Callable[[], object]] = deque()

    def open(self, state: CallState, *, all_events: bool) -> Cursor:
        """A new reader of a call."""
        return state.open(all_events=all_events)

    def close_cursor(self, state: CallState, cursor: Cursor) -> None:
        """A reader has finished."""
        state.close(cursor)

    leave = close_cursor

    def forget(self, state: CallState) -> None:
        """The outputs of a call that still wait are not wanted."""
        state.drop_unread()

    def want_result(self, state: CallState) -> None:
        """Keep no outputs of a call before its result."""
        state.begin_wait()

    def posting(self, state: CallState, _: PreparedCall, data: JsonArray) -> Flow[None]:
        """Accept a call and ask for its answer."""
        event_id, answer = data
        state.accept(event_id)
        self.play(state, answer)
        return finished(None)

    def submission(self, _: CallState, __: PreparedCall, data: JsonArray) -> Flow[str]:
        """Accept a call that stands by itself."""
        event_id: str = data[0]
        self._detached[event_id] = data[1]
        return finished(event_id)

    def withdraw(self, states: Iterable[CallState]) -> Flow[None]:
        """Give calls up that wait for their turn."""
        for state in states:
            self._cancel(state)
        return finished(None)

    def play(self, state: CallState, answer: Callable[[], object]) -> None:
        """Begin the script of a call."""
        raise NotImplementedError  # abstract: each mode has its own

    def fail(self, state: CallState, error: GradioSessionError) -> None:
        """A call ends with an error."""
        state.fail(error, time.monotonic())
        self._tell()

    def _chunks(self, state: CallState) -> ChunkScript:
        """The script of a stream of inputs."""
        script = self._scripts[state]
        assert isinstance(script, ChunkScript)  # noqa: S101 - `play` has seen to it
        return script

    def close_input(self, state: CallState, _: PreparedCall) -> Flow[None]:
        """No chunk will come any more."""
        self._chunks(state).close()
        self._tell()
        yield from ()

    def uploading(self, *_: object) -> None:
        """Nothing is uploaded."""

    def listen(self, state: CallState, listener: Callable[[Entry], object]) -> None:
        """Let a listener hear of every entry of a call."""

        def tell(entry: Entry) -> None:
            own: FakeEvents | None = state.own_stream
            (self if own is None else own)._callbacks.append(partial(listener, entry))

        state.listen(tell)

    def follow(self) -> None:
        """A script needs no reader."""

    def after_fork(self) -> None:
        """Nothing belongs to the parent."""

    def drop(self, state: CallState) -> None:
        """A call is given up."""
        self._cancel(state)

    def _cancel(self, state: CallState) -> bool:
        if state.ended:
            return False
        accepted = state.event_id is not None
        state.cancel(time.monotonic(), on_server=accepted)
        self._tell()
        return accepted

    def _tell(self) -> None:
        while self._callbacks:
            _perform(self._callbacks.popleft())


def _perform(callback: Callable[[], object]) -> None:
    try:
        callback()
    except Exception:  # noqa: BLE001 - a listener's failure is its own
        logger.exception("a listener of events failed")
