"""How far the readers of a call have come, and how much waits for them unread. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from gradio_session.protocol.queue.messages import Entry

__all__ = ["Backlog", "Cursor", "Unread"]


class Unread(Protocol):
    """What a reader needs of a call; its state is one."""

    log: list[Entry]

    def output_at(self, number: int) -> Entry | None:
        """The unread output of that number, or None when it has not come yet."""
        ...

    def release(self) -> None:
        """Drop the outputs that every reader has passed."""


class Backlog:
    """How many bytes of outputs wait unread, over all calls of an event stream."""

    unread = 0


class Cursor:
    """How far one reader of a call has come.

    Attributes:
        delivered: How many outputs it has handed out.
        next_output: Number of the output that it hands out next.
    """

    __slots__ = ("_all_events", "_log_place", "_state", "delivered", "next_output")

    def __init__(self, state: Unread, next_output: int, *, all_events: bool) -> None:
        self._state = state
        self._all_events = all_events
        self._log_place = 0
        self.delivered = 0
        self.next_output = next_output

    def take(self) -> Entry | None:
        """The next event, or None when there is none now; after the call's end none ever comes."""
        state = self._state
        output = state.output_at(self.next_output)
        if self._all_events and self._log_place < len(state.log):
            logged = state.log[self._log_place]
            if output is None or logged.number < output.number:
                self._log_place += 1
                return logged
        if output is not None:
            self.next_output += 1
            self.delivered += 1
            state.release()
        return output
