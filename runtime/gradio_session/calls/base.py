"""What `Call` and `AsyncCall` share: what can be known of a call without waiting.

Generated clients import this module: it imports nothing heavy at its top.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, NoReturn, Protocol, TypeVar

from gradio_session.errors import CallTimeoutError, GradioSessionError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from gradio_session.connection.options import CallOptions, Options
    from gradio_session.events import Event
    from gradio_session.protocol.app_schema.config import Dependency
    from gradio_session.protocol.app_schema.spec import EndpointSpec
    from gradio_session.protocol.queue.call_state import CallState, Cursor, Entry, Status

__all__ = [
    "CallBase",
    "CallOwner",
    "ReaderBase",
    "bind",
    "hand_over",
    "listen",
    "outputs_of",
    "state_of",
]

T = TypeVar("T")
CallT = TypeVar("CallT", bound="CallBase[Any]")

_NOTHING: Any = object()
_OUTPUTS = frozenset({"process_generating", "process_streaming"})
_FOREVER = float("inf")


class CallOwner(Protocol):
    """What a call asks of the session that made it."""

    @property
    def _options(self) -> Options: ...

    @property
    def _call_state(self) -> type[CallState]: ...

    @property
    def _observed(self) -> bool:
        """Whether the outputs of calls are kept, as an observer reads them afterwards."""
        ...

    def _typed(
        self,
        spec: EndpointSpec,
        dependency: Dependency | None,
        data: list[Any],
        event_id: str | None,
    ) -> Any:
        """Outputs as they came over the wire -> what the caller gets."""
        ...

    def _explained(self, spec: EndpointSpec, mismatch: GradioSessionError) -> Any:
        """Why outputs do not fit: an error, or what gives one when it is awaited."""
        ...


class CallBase(Generic[T]):
    """One call of an endpoint.

    A call belongs to whoever holds it. What came over the wire is in its `CallState`, which belongs
    to the event stream that the call came by; the call turns it into typed results.

    Args:
        owner: The session.
        source: What its events come from.
        spec: The endpoint.
        options: What the call changes of the session's options.
        guard: Held while a message is decoded; None where one thread does everything.
    """

    def __init__(
        self,
        owner: CallOwner,
        source: Any,
        spec: EndpointSpec,
        options: CallOptions,
        guard: AbstractContextManager[Any] | None = None,
    ) -> None:
        common = owner._options
        self._owner = owner
        self._source = source
        self._spec = spec
        self._dependency: Dependency | None = None
        self._value: Any = _NOTHING
        self._mismatch: GradioSessionError | None = None
        self._explained = False
        self._state = owner._call_state(
            spec.api_name, history=common.history or owner._observed, guard=guard
        )
        timeout = common.timeout if options.timeout is None else options.timeout
        if timeout is not None and timeout != _FOREVER:
            self._state.deadline = time.monotonic() + timeout

    @property
    def id(self) -> str | None:
        """The server's id of the call, or None until the server has accepted it."""
        return self._state.event_id

    @property
    def api_name(self) -> str:
        """The endpoint's name, with its slash; "" for an event attached to without one."""
        return self._state.api_name

    @property
    def status(self) -> Status:
        """Where the call is.

        "pending" (not yet accepted), "queued", "running", "complete", "error" or "cancelled".
        """
        return self._state.status()

    @property
    def done(self) -> bool:
        """Whether it has come to an end, whatever that is."""
        return self._state.ended

    @property
    def data(self) -> list[Any] | None:
        """The last outputs as they came, skipped ones included, or None when none came yet."""
        return self._state.last_data()

    @property
    def error(self) -> GradioSessionError | None:
        """What `result()` raises, or None as long as it would not raise."""
        if not self._state.ended:
            return None
        return self._state.outcome().error or self._mismatch

    @property
    def events(self) -> tuple[Event[T], ...]:
        """What happened so far, oldest first. Outputs are in it only with `history=True`."""
        made = (self._event(entry) for entry in list(self._state.log))
        return tuple(event for event in made if event is not None)

    def __repr__(self) -> str:
        number = "" if self.id is None else f" {self.id}"
        return f"<{type(self).__name__}{number} of {self.api_name or 'an event'}: {self.status}>"

    def _repr_html_(self) -> str:
        """How notebooks show it."""
        facts: list[tuple[str, object]] = [("Status", self.status)]
        facts += [("Event", self.id)] if self.id is not None else []
        facts += [("Error", self.error)] if self.error is not None else []
        name = self.api_name or "an event"
        return self._shown().call_html(f"{type(self).__name__} of {name}", facts, self.events)

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "A call belongs to its session and cannot be pickled. Pickle its result; or make it "
            "with detached=True and attach to its id."
        )

    def __del__(self) -> None:
        # Nothing but a flag: this may run anywhere, also while this thread holds a lock.
        state = getattr(self, "_state", None)
        if state is not None:
            state.abandoned = True

    # For the two kinds of call

    @staticmethod
    def _shown() -> Any:
        """What shows calls to people."""
        # A door: most programs show nothing, and need neither rich nor HTML.
        from gradio_session.calls import progress  # noqa: PLC0415

        return progress

    def _finished(self) -> T:
        """The result of a call that has ended; raises what there is to raise."""
        if self._value is _NOTHING:
            outcome = self._state.outcome()
            error = outcome.error or self._mismatch
            if error is not None:
                raise error
            try:
                self._value = self._owner._typed(
                    self._spec, self._dependency, outcome.data or [], self._state.event_id
                )
            except GradioSessionError as mismatch:
                self._mismatch = mismatch
                raise
        result: T = self._value
        return result

    def _output(self, entry: Entry) -> T:
        """The output that an entry holds."""
        data = self._state.data(entry) or []
        value: T = self._owner._typed(self._spec, self._dependency, data, self._state.event_id)
        return value

    def _event(self, entry: Entry) -> Event[T] | None:
        """The typed event of an entry, made once; None for a message of no known kind."""
        if entry.event is None:
            # A door: events are dataclasses, which cost more to import than a client may.
            from gradio_session.calls.events import event_of  # noqa: PLC0415

            entry.event = event_of(self._state, entry, self._output, self._finished)
        made: Event[T] | None = entry.event
        return made

    def _interrupted(self) -> None:
        """A wait was cut short: unless another one waits for the call or reads it, cancel it."""
        raise NotImplementedError  # abstract: each mode has its own

    def _still_going(self, timeout: float | None) -> CallTimeoutError:
        name = "the call" if self.id is None else f"the call {self.id}"
        text = (
            f"{self.api_name}: {name} has not ended after {timeout:g} s of waiting. It goes on: "
            "ask again, or cancel() it."
        )
        return CallTimeoutError(text, api_name=self.api_name, event_id=self.id)

    def _explain_once(self, why: GradioSessionError, mismatch: GradioSessionError) -> NoReturn:
        """Outputs do not fit: raise that, or what was found to explain it."""
        if why is not mismatch:
            self._mismatch = why
        if self._mismatch is None or self._mismatch is mismatch:
            raise mismatch
        raise self._mismatch from mismatch


class ReaderBase(Generic[T]):
    """One reader of a call.

    Args:
        call: The call.
        all_events: Read every event; else outputs alone.
    """

    def __init__(self, call: CallBase[T], *, all_events: bool) -> None:
        self._call = call
        self._state = call._state
        self._source = call._source
        self._cursor: Cursor | None = self._source.open(self._state, all_events=all_events)

    def close(self) -> None:
        """End the reading; the call goes on."""
        if self._cursor is not None:
            cursor, self._cursor = self._cursor, None
            self._source.close_cursor(self._state, cursor)

    def _broken(self) -> None:
        """The reader was interrupted while it waited."""
        self.close()
        self._call._interrupted()

    def _output(self, entry: Entry | None) -> T:
        """What is read of an entry; the result where there are no more."""
        return self._call._finished() if entry is None else self._call._output(entry)

    def _event(self, entry: Entry) -> Event[T] | None:
        return self._call._event(entry)


# What the rooms after this one ask of a call. Users see the names of its class, so these stand here.


def state_of(call: CallBase[Any]) -> CallState:
    """The call as the wire knows it."""
    return call._state


def bind(call: CallBase[Any], dependency: Dependency, version: tuple[int, int, int]) -> None:
    """The call was checked against the app.

    Args:
        call: The call.
        dependency: How its endpoint is wired.
        version: The app's Gradio.
    """
    state = call._state
    call._dependency = dependency
    state.api_name = dependency.api_name
    state.fn_index = dependency.fn_index
    state.version = version


def hand_over(call: CallBase[Any], source: Any) -> None:
    """The events of the call come from there."""
    call._source = source


def listen(
    call: CallT, listener: Callable[[CallT, Event[Any]], object], queue: Callable[[Any], object]
) -> None:
    """Let a listener hear of every event of a call.

    Args:
        call: The call.
        listener: Gets the call and the event.
        queue: Takes a function that is called soon, in the order of events and outside of locks.
    """

    def tell(entry: Entry) -> None:
        event = call._event(entry)
        if event is not None:
            listener(call, event)

    call._state.sink = lambda entry: queue(partial(tell, entry))


def outputs_of(call: CallBase[T]) -> tuple[list[T], bool]:
    """The typed outputs of a call that completed, and whether they came one after the other.

    The result is the last one. Outputs before it are there only if they were kept.
    """
    streamed = [entry for entry in call._state.log if entry.msg in _OUTPUTS]
    if call.status != "complete":
        return [], bool(streamed)
    return [*(call._output(entry) for entry in streamed[:-1]), call._finished()], bool(streamed)
