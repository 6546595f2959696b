"""What `Call` and `AsyncCall` share: what can be known of a call without waiting.

Generated clients import this module: it imports nothing heavy at its top.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar

from gradio_session.display import doors

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from typing_extensions import Self

    from gradio_session.calls.core import CallCore
    from gradio_session.errors import GradioSessionError
    from gradio_session.events import Event
    from gradio_session.protocol.queue.call_state import Cursor, Entry, Status

__all__ = ["SKIPPED", "CallBase", "ReaderBase"]

T = TypeVar("T")

SKIPPED = object()
"""What an entry gives of which a reader is told nothing."""


class CallBase(Generic[T]):
    """One call of an endpoint, as its user has it. It belongs to the code that holds it."""

    # What the package itself needs of a call. Editors do not offer a name of this form.
    __gradio__: CallCore

    @property
    def id(self) -> str | None:
        """The server's id of the call, or None until the server has accepted it."""
        return self.__gradio__.state.event_id

    @property
    def api_name(self) -> str:
        """The endpoint's name, with its slash; "" for an event attached to without one."""
        return self.__gradio__.state.api_name

    @property
    def status(self) -> Status:
        """Where the call is.

        "pending" (not yet accepted), "queued", "running", "complete", "error" or "cancelled".
        """
        return self.__gradio__.state.status()

    @property
    def done(self) -> bool:
        """Whether it has come to an end, whatever that is."""
        return self.__gradio__.state.ended

    @property
    def data(self) -> list[Any] | None:
        """The last outputs as they came, skipped ones included, or None when none came yet."""
        return self.__gradio__.state.last_data()

    @property
    def error(self) -> GradioSessionError | None:
        """What `result()` raises, or None as long as it would not raise."""
        return self.__gradio__.error

    @property
    def events(self) -> tuple[Event[T], ...]:
        """What happened so far, oldest first. Outputs are in it only with `history=True`."""
        core = self.__gradio__
        made = (core.event(entry) for entry in list(core.state.log))
        return tuple(event for event in made if event is not None)

    def add_done_callback(self, callback: Callable[[Self], object]) -> None:
        """Call a function with this call once it has ended; at once if it has.

        Args:
            callback: Called in the thread that learns of the end, or on the loop. What it raises is
                logged.
        """
        core = self.__gradio__
        core.source.on_end(core.state, partial(callback, self))

    def __repr__(self) -> str:
        number = "" if self.id is None else f" {self.id}"
        return f"<{type(self).__name__}{number} of {self.api_name or 'an event'}: {self.status}>"

    def _repr_html_(self) -> str:
        """How notebooks show it."""
        facts: list[tuple[str, object]] = [("Status", self.status)]
        facts += [("Event", self.id)] if self.id is not None else []
        facts += [("Error", self.error)] if self.error is not None else []
        title = f"{type(self).__name__} of {self.api_name or 'an event'}"
        return str(doors.html().call_html(title, facts, self.events))

    @staticmethod
    def _shown() -> ModuleType:
        # A door: most programs show no progress, and need no rich.
        from gradio_session.calls import progress  # noqa: PLC0415

        return progress

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "A call belongs to its session and cannot be pickled. Pickle its result; or make it "
            "with detached=True and attach to its id."
        )

    def __del__(self) -> None:
        # Nothing but a flag: this may run anywhere, also while this thread holds a lock.
        core = getattr(self, "__gradio__", None)
        if core is not None:
            core.state.abandoned = True


class ReaderBase:
    """One reader of a call.

    Args:
        core: The call.
        all_events: Read every event; else outputs alone.
    """

    def __init__(self, core: CallCore, *, all_events: bool) -> None:
        self._core = core
        self._all_events = all_events
        self._cursor: Cursor | None = core.source.open(core.state, all_events=all_events)

    def _given(self, cursor: Cursor, entry: Entry | None) -> Any:
        """What the reader gets for an entry, or for the end (None); see `SKIPPED`.

        Raises:
            GradioSessionError: What `result()` raises, after the last output.
        """
        core = self._core
        if self._all_events:
            event = None if entry is None else core.event(entry)
            return SKIPPED if event is None else event
        if entry is not None:
            return core.output(entry)
        result = core.result()
        return SKIPPED if cursor.delivered else result

    def close(self) -> None:
        """End the reading; the call goes on."""
        if self._cursor is not None:
            cursor, self._cursor = self._cursor, None
            self._core.source.close_cursor(self._core.state, cursor)

    def __del__(self) -> None:
        cursor = getattr(self, "_cursor", None)
        if cursor is not None:
            self._core.source.leave(self._core.state, cursor)
