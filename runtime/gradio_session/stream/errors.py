"""What calls end with when their event stream breaks or their time is up."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

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
from gradio_session.protocol.queue.multiplexer import StreamBrokenError

if TYPE_CHECKING:
    from gradio_session.protocol.queue.call_state import CallState

__all__ = [
    "forked_error", "in_time", "stream_lost", "timeout_error", "unknown_event",
]  # fmt: skip

_SLACK = 0.01
"""Seconds by which a socket's clock may be ahead of a deadline."""


_NOT_AGAIN = "The call may have run, and is not sent again by itself."


def stream_lost(error: BaseException, *, own_session: bool) -> GradioSessionError:
    """Why the calls of a broken stream fail.

    Args:
        error: What ended the reader.
        own_session: Whether the stream is that of a session, not of one event alone.
    """
    if isinstance(error, (AuthenticationError, RateLimitedError)):
        return error
    if isinstance(error, ProtocolError):
        return ProtocolError(f"{error.message} {_NOT_AGAIN}", status=error.status)
    if isinstance(error, (StreamBrokenError, GradioSessionError)):
        said = str(error)
    elif isinstance(error, Exception):
        said = f"{type(error).__name__} while reading the stream"
    else:
        said = "The event loop has ended"
    advice = _NOT_AGAIN
    if own_session:
        advice += (
            " The next call starts afresh: what the app kept for this session (gr.State) is gone."
        )
    return ConnectionLostError(f"The stream of results broke: {said.rstrip('.')}. {advice}")


def unknown_event(event_id: str | None) -> EventNotFoundError:
    """The server has nothing for an event that was attached to."""
    return EventNotFoundError(
        f"The app has nothing for the event {event_id}: its result was read before, "
        "or it never existed. A result is read once, by one reader.",
        event_id=event_id,
    )


def timeout_error(state: CallState) -> CallTimeoutError:
    """The deadline of a call has passed."""
    where = f"{state.api_name}: " if state.api_name else ""
    name = f"the call {state.event_id}" if state.event_id is not None else "the call"
    text = (
        f"{where}{name} did not end within its timeout, waiting in queues included, "
        "and was cancelled. Pass a larger timeout=."
    )
    return CallTimeoutError(text, api_name=state.api_name, event_id=state.event_id)


def forked_error() -> ConnectionLostError:
    """In a child process: the calls that were under way are the parent's."""
    return ConnectionLostError(
        "The process was forked: calls under way stay with the parent. Make them again here."
    )


def in_time(state: CallState, error: GradioSessionError) -> GradioSessionError:
    """The error of a request for a call; its time-out, if that has cut the request short."""
    cut_short = isinstance(error, (ConnectError, ConnectionLostError, CallTimeoutError))
    if cut_short and state.deadline is not None and state.deadline <= time.monotonic() + _SLACK:
        late = timeout_error(state)
        late.__cause__ = error
        return late
    return error
