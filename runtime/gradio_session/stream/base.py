"""What the two channels share: the words for what went wrong, and the order in which users hear of events.

A channel is one session hash on the wire: the shell around `protocol.tab.StreamMultiplexer` that has a lock or a
loop, a clock, and a transport.
"""

from __future__ import annotations

import json
import os
from collections import deque
from typing import TYPE_CHECKING, Any

from gradio_session._log import logger
from gradio_session.errors import (
    AuthenticationError,
    CallTimeoutError,
    ConnectError,
    ConnectionLostError,
    EventNotFoundError,
    GradioSessionError,
    ProtocolError,
    RateLimitedError,
)
from gradio_session.protocol.operations.responses import error_of
from gradio_session.protocol.queue.multiplexer import StreamBrokenError, StreamMultiplexer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gradio_session.protocol.base.effects import Response
    from gradio_session.protocol.queue.call_state import CallState

__all__ = [
    "CANCEL_TIMEOUT",
    "CLOSE_TIMEOUT",
    "DRAIN_WAIT",
    "SILENCE",
    "EventStreamBase",
    "new_hash",
]

DRAIN_WAIT = 0.05
"""Seconds that a POST waits for a stream that is about to end, to find its connection free."""

SILENCE = 3.0
"""Seconds within which the server says something of an event that nobody has read yet."""

CANCEL_TIMEOUT = 10.0
"""Seconds that a request to cancel may take."""

CLOSE_TIMEOUT = 2.0
"""Seconds that the same may take while a session closes."""

_SLACK = 0.01
"""Seconds by which a socket's clock may be ahead of a deadline."""


def new_hash() -> str:
    """A session hash: whoever knows it can read the session's stream, so it is random enough to be a secret."""
    return os.urandom(16).hex()


class EventStreamBase:
    """The state of a channel and what of its work needs no I/O.

    Args:
        session_hash: The name of the tab; None for a new one.
        headers: Headers of the stream's request, over those of the session.
        follows: The call that this channel was made for alone: one attached to by its event id, or
            detached.
    """

    def __init__(
        self,
        session_hash: str | None,
        headers: Mapping[str, str | None] | None,
        follows: CallState | None,
    ) -> None:
        self.tab = StreamMultiplexer(session_hash or new_hash())
        self.headers = headers
        self.follows = follows
        self.closed = False
        self.heard = False
        self.deliveries: deque[Callable[[], object]] = deque()
        self._settled_late = False

    def renew(self) -> StreamMultiplexer:
        """The tab to post on: a new one, with a hash of its own, once the old one is dead."""
        if self.tab.dead is not None:
            self.tab = StreamMultiplexer(new_hash())
        return self.tab

    def cancel_body(self, tab: StreamMultiplexer, state: CallState) -> bytes:
        """The body of `POST /cancel`."""
        return json.dumps(
            {
                "session_hash": tab.session_hash,
                "fn_index": state.fn_index,
                "event_id": state.event_id,
            }
        ).encode()

    def victims(self) -> list[CallState]:
        """Whom to name in `/cancel` when everything ends: one running call of a function ends all of them."""
        by_function: dict[str, CallState] = {}
        for state in self.tab.alive.values():
            if state.running or state.api_name not in by_function:
                by_function[state.api_name] = state
        return list(by_function.values())

    # Words

    def loss(self, error: Exception) -> GradioSessionError:
        """Why the calls of a broken stream fail."""
        if self.follows is not None and not self.heard:
            return self.unknown_event()
        if isinstance(error, (AuthenticationError, RateLimitedError)):
            return error
        said = (
            str(error)
            if isinstance(error, (StreamBrokenError, GradioSessionError))
            else f"{type(error).__name__} while reading the stream"
        )
        advice = "The call may have run, and is not sent again by itself."
        if self.follows is None:
            advice += " The next call starts afresh: what the app kept for this session (gr.State) is gone."
        return ConnectionLostError(f"The stream of results broke: {said.rstrip('.')}. {advice}")

    def unknown_event(self) -> EventNotFoundError:
        """The server has nothing for the event that this channel follows."""
        event_id = None if self.follows is None else self.follows.event_id
        return EventNotFoundError(
            f"The app has nothing for the event {event_id}: its result was read before, or it never existed. A result is read once, by one reader.",
            event_id=event_id,
        )

    @staticmethod
    def timeout_error(state: CallState) -> CallTimeoutError:
        """The deadline of a call has passed."""
        where = f"{state.api_name}: " if state.api_name else ""
        name = f"the call {state.event_id}" if state.event_id is not None else "the call"
        text = f"{where}{name} did not end within its timeout, waiting in queues included, and was cancelled. Pass a larger timeout=."
        return CallTimeoutError(text, api_name=state.api_name, event_id=state.event_id)

    def in_time(
        self, state: CallState, error: GradioSessionError, now: float
    ) -> GradioSessionError:
        """The error of a request that belongs to a call: the call's own time-out, if that is what ended the request."""
        cut_short = isinstance(error, (ConnectError, ConnectionLostError, CallTimeoutError))
        if cut_short and state.deadline is not None and state.deadline <= now + _SLACK:
            return self.timeout_error(state)
        return error

    @staticmethod
    def refused_stream(status: int, response: Response) -> GradioSessionError:
        """The answer to the request for the stream is no stream."""
        return (
            error_of(response, "reading the results")
            if status != 200
            else ProtocolError("the stream of results is none", status=status)
        )

    def overdue(self, state: CallState, now: float) -> GradioSessionError | None:
        """Why a call must end now by the clock, or None."""
        if state.deadline is not None and state.deadline <= now:
            return self.timeout_error(state)
        if (
            state is self.follows
            and not self.heard
            and state.silent_until is not None
            and state.silent_until <= now
        ):
            return self.unknown_event()
        return None

    def note(self, state: CallState, action: Callable[[], Any]) -> None:
        """Once the call ends, do something outside of every lock, in the order of events."""
        state.on_end(lambda: self.deliveries.append(action))

    @staticmethod
    def perform(action: Callable[[], object]) -> None:
        """Tell a listener; the reader must outlive what its listeners do."""
        try:
            action()
        except Exception:  # noqa: BLE001 - a listener's failure is its own
            logger.exception("a listener of events failed")

    def abandon_to_parent(self) -> None:
        """In a child process: the calls that were under way are the parent's."""
        error = ConnectionLostError(
            "The process was forked: calls under way stay with the parent. Make them again here."
        )
        self.tab.lose(error, 0.0)
