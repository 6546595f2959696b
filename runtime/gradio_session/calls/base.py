"""What `Call` and `AsyncCall` share: what can be known of a call without waiting. Light to import, as generated clients do."""
# pyright: reportPrivateUsage=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar

if TYPE_CHECKING:
    from gradio_session.errors import GradioSessionError
    from gradio_session.events import Event
    from gradio_session.protocol.app_schema.config import Dependency
    from gradio_session.protocol.app_schema.spec import EndpointSpec
    from gradio_session.protocol.queue.call_state import CallState, Entry, Status

__all__ = ["CallBase"]

T = TypeVar("T")
_UNREAD: Any = object()
_OUTPUTS = frozenset({"process_generating", "process_streaming"})


class CallBase(Generic[T]):
    """One call of an endpoint."""

    def __init__(self, session: Any, spec: EndpointSpec, state: CallState) -> None:
        self._session = session
        self._spec = spec
        self._state = state
        self._channel: Any = session._channel
        self._dependency: Dependency | None = None
        self._value: Any = _UNREAD
        self._misfit: GradioSessionError | None = None
        self._explained = False

    @property
    def id(self) -> str | None:
        """The server's id of the call, or None until the server has accepted it."""
        return self._state.event_id

    @property
    def api_name(self) -> str:
        """The endpoint's name, with its slash; "" for an attached event of which it is not known."""
        return self._state.api_name

    @property
    def status(self) -> Status:
        """Where the call is: "pending" (not yet accepted), "queued", "running", "complete", "error" or "cancelled"."""
        return self._state.status()

    @property
    def done(self) -> bool:
        """Whether it has come to an end, whatever that is."""
        return self._state.ended

    @property
    def data(self) -> list[Any] | None:
        """The last outputs as they came over the wire, skipped ones included, or None when none came yet."""
        return self._state.last_data()

    @property
    def error(self) -> GradioSessionError | None:
        """What `result()` raises, or None as long as it would not raise."""
        if not self._state.ended:
            return None
        return self._state.outcome().error or self._misfit

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
        from gradio_session.display.html import call_html  # noqa: PLC0415 - only notebooks

        facts: list[tuple[str, object]] = [("Status", self.status)]
        facts += [("Event", self.id)] if self.id is not None else []
        facts += [("Error", self.error)] if self.error is not None else []
        name = self.api_name or "an event"
        return call_html(f"{type(self).__name__} of {name}", facts, self.events)

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "A call belongs to its session and cannot be pickled. Pickle its result; or make it with detached=True and attach to its id."
        )

    def __del__(self) -> None:
        state = getattr(self, "_state", None)
        if state is not None:
            state.abandoned = True  # nothing else: this may run anywhere, also while a lock is held

    # For the two kinds of call

    def _typed(self, data: list[Any]) -> T:
        """Outputs as the endpoint declares them."""
        value: T = self._session._typed(self._spec, self._dependency, data, self.id)
        return value

    def _finished(self) -> T:
        """The result of a call that has ended; raises what there is to raise."""
        outcome = self._state.outcome()
        if outcome.error is not None:
            raise outcome.error
        if self._misfit is not None:
            raise self._misfit
        if self._value is _UNREAD:
            from gradio_session.errors import GradioSessionError  # noqa: PLC0415 - loaded by now

            try:
                self._value = self._typed(outcome.data or [])
            except GradioSessionError as error:
                self._misfit = error
                raise
        result: T = self._value
        return result

    def _still_going(self, timeout: float | None) -> Exception:
        from gradio_session.errors import CallTimeoutError  # noqa: PLC0415 - loaded by now

        name = "the call" if self.id is None else f"the call {self.id}"
        text = f"{self.api_name}: {name} has not ended after {timeout:g} s of waiting. It goes on: ask again, or cancel() it."
        return CallTimeoutError(text, api_name=self.api_name, event_id=self.id)

    def _output(self, entry: Entry) -> T:
        """The output that an entry holds."""
        return self._typed(self._state.data(entry) or [])

    def _event(self, entry: Entry) -> Event[T] | None:
        """The typed event of an entry, made once; None for a message of no known kind."""
        if entry.event is None:
            entry.event = self._make_event(entry)
        made: Event[T] | None = entry.event
        return made

    def _make_event(self, entry: Entry) -> Event[T] | None:
        from gradio_session import events  # noqa: PLC0415 - dataclasses cost more to import than a generated client may
        from gradio_session.protocol.queue.typed_events import typed_event  # noqa: PLC0415 - as above

        if entry.msg in _OUTPUTS:
            return events.Output(self._output(entry), entry.time)
        if entry.msg == "heartbeat":
            return events.Heartbeat(entry.time)
        if entry is not self._state.end:
            return typed_event(self._state.read(entry), entry.time)
        outcome = self._state.outcome()
        if outcome.cancelled is not None:
            return events.Cancelled(outcome.cancelled, entry.time)
        try:
            return events.Completed(self._finished(), outcome.duration, entry.time)
        except Exception as error:  # noqa: BLE001 - whatever `result()` raises is the event
            return events.Failed(error, entry.time)
