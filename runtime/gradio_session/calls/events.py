"""The typed events of a call."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from gradio_session.events import Cancelled, Completed, Failed, Heartbeat, Output
from gradio_session.protocol.queue.call_state import OUTPUTS
from gradio_session.protocol.queue.typed_events import typed_event

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradio_session.events import Event
    from gradio_session.protocol.queue.call_state import CallState, Entry

__all__ = ["event_of"]

T = TypeVar("T")


def event_of(
    state: CallState, entry: Entry, output: Callable[[Entry], T], result: Callable[[], T]
) -> Event[T] | None:
    """The typed event of an entry; None for a message of no known kind.

    Args:
        state: The call.
        entry: One of its events.
        output: Gives the output of an entry its type.
        result: Gives the result of the call, or raises.
    """
    if entry.msg in OUTPUTS:
        return Output(output(entry), entry.time)
    if entry.msg == "heartbeat":
        return Heartbeat(entry.time)
    if entry is not state.end:
        return typed_event(state.read(entry), entry.time)
    outcome = state.outcome()
    if outcome.cancelled is not None:
        return Cancelled(outcome.cancelled, entry.time)
    try:
        return Completed(result(), outcome.duration, entry.time)
    except Exception as error:  # noqa: BLE001 - whatever `result()` raises is the event
        return Failed(error, entry.time)
