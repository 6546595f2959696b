"""A call as the package has it; `Call` and `AsyncCall` are what users see of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from gradio_session.errors import CallTimeoutError, GradioSessionError
from gradio_session.protocol.queue.call_state import OUTPUTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradio_session.calls.input_sender import InputSender
    from gradio_session.events import Event
    from gradio_session.protocol.app_schema.config import Dependency
    from gradio_session.protocol.app_schema.spec import EndpointSpec
    from gradio_session.protocol.base.json_values import JsonArray
    from gradio_session.protocol.queue.call_state import CallState, Entry

__all__ = ["CallCore"]

_NOTHING: Any = object()


class CallCore:
    """A call inside the package: its state on the wire, and how its outputs get their types.

    A session makes it and shares it with the call that the user gets. What came over the wire is in
    its `state`, which belongs to the event stream.

    Args:
        spec: The endpoint.
        state: The call as the wire knows it.
        source: What its events come from: an event stream, or the script of a fake.
        typed: Gives outputs their type: of a specification, the wiring of the endpoint (None where
            it is not known), the outputs as they came, and the event id.
        explained: Why outputs do not fit: an error, or what gives one when it is awaited.

    Attributes:
        input: Sends its chunks, where its input is a stream; else None.
    """

    __slots__ = (
        "_mismatch", "_result", "_typed", "dependency", "explained", "input", "looked_up", "source",
        "spec", "state",
    )  # fmt: skip

    def __init__(
        self,
        spec: EndpointSpec,
        state: CallState,
        source: Any,
        typed: Callable[..., Any],
        explained: Callable[[EndpointSpec, GradioSessionError], Any],
    ) -> None:
        self.spec = spec
        self.state = state
        self.source = source
        self.explained = explained
        self.dependency: Dependency | None = None
        self.input: InputSender | None = None
        self.looked_up = False
        self._typed = typed
        self._result: Any = _NOTHING
        self._mismatch: GradioSessionError | None = None

    def bind(self, dependency: Dependency, version: tuple[int, int, int]) -> None:
        """The call was checked against the app, which has wired its endpoint so."""
        state = self.state
        self.dependency = dependency
        state.api_name = dependency.api_name
        state.fn_index = dependency.fn_index
        state.version = version

    @property
    def error(self) -> GradioSessionError | None:
        """What `result` raises of a call that has ended, as far as is known; else None."""
        return self.state.outcome().error or self._mismatch if self.state.ended else None

    def result(self) -> Any:
        """The result of a call that has ended; raises what there is to raise."""
        if self._result is _NOTHING:
            outcome = self.state.outcome()
            error = outcome.error or self._mismatch
            if error is not None:
                raise error
            try:
                self._result = self._typed(
                    self.spec, self.dependency, outcome.data or [], self.state.event_id
                )
            except GradioSessionError as mismatch:
                self._mismatch = mismatch
                raise
        return self._result

    def output(self, entry: Entry) -> Any:
        """The output that an entry holds."""
        data = self.state.data(entry) or []
        return self._typed(self.spec, self.dependency, data, self.state.event_id)

    def outputs(self) -> tuple[JsonArray, bool]:
        """The outputs of a call that completed, and whether they came one after the other.

        The result is the last one. Outputs before it are there only if they were kept.
        """
        streamed = [entry for entry in self.state.log if entry.msg in OUTPUTS]
        if self.state.status() != "complete":
            return [], bool(streamed)
        return [*(self.output(entry) for entry in streamed[:-1]), self.result()], bool(streamed)

    def event(self, entry: Entry) -> Event[Any] | None:
        """The typed event of an entry, made once; None for a message of no known kind."""
        if entry.event is None:
            # A door: events are dataclasses, and a call whose result alone is wanted makes none.
            from gradio_session.calls.events import event_of  # noqa: PLC0415

            entry.event = event_of(self.state, entry, self.output, self.result)
        made: Event[Any] | None = entry.event
        return made

    def raise_mismatch(self, mismatch: GradioSessionError, why: GradioSessionError) -> NoReturn:
        """Raise what outputs that do not fit mean.

        Args:
            mismatch: What is wrong with them.
            why: What was found to explain it, or the same error.
        """
        if why is not mismatch:
            self._mismatch = why
        if self._mismatch is None or self._mismatch is mismatch:
            raise mismatch
        raise self._mismatch from mismatch

    def still_going(self, timeout: float | None) -> CallTimeoutError:
        """The error for a wait that took too long."""
        state = self.state
        name = "the call" if state.event_id is None else f"the call {state.event_id}"
        text = (
            f"{state.api_name}: {name} has not ended after {timeout:g} s of waiting. It goes on: "
            "ask again, or cancel() it."
        )
        return CallTimeoutError(text, api_name=state.api_name, event_id=state.event_id)
