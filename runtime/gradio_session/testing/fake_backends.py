"""The backends of fake sessions: what carries out their calls, without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from gradio_session.connection.prepare import PreparedCall, Wiring
from gradio_session.errors import EventNotFoundError, GradioSessionError
from gradio_session.protocol.app_schema.config import Dependency
from gradio_session.protocol.base.credentials import Credentials
from gradio_session.testing.fake_events import AsyncScriptEvents, ScriptEvents
from gradio_session.testing.script import ScriptedState

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradio_session.connection.call_options import CallOptions
    from gradio_session.connection.prepare import Params
    from gradio_session.protocol.app_schema.config import AppConfig
    from gradio_session.protocol.app_schema.spec import EndpointSpec
    from gradio_session.protocol.base.effects import Flow
    from gradio_session.protocol.base.json_values import JsonArray
    from gradio_session.protocol.queue.call_state import CallState
    from gradio_session.testing.scripted_answers import Answers

__all__ = ["AsyncScriptBackend", "ScriptBackend", "ScriptBackendBase"]

T = TypeVar("T")

_VERSION = (0, 0, 0)


class ScriptBackendBase:
    """An app that is a script. Its flows ask for nothing; see `session.backend.App`.

    Args:
        answers: What its endpoints do.
    """

    call_state: type[CallState] = ScriptedState
    scripted = True

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.app_url = "http://fake.invalid"
        self.auth: tuple[str, str] | None = None
        self.config: AppConfig | None = None
        self.credentials = Credentials("")
        self.last_config: AppConfig | None = None
        self.logins = 0
        self.tabs = 0
        self.user: str | None = None
        self._detached: dict[str, Callable[[], object]] = {}

    def prepare(
        self, spec: EndpointSpec, params: Params, options: CallOptions
    ) -> Flow[PreparedCall]:
        """Note the call; its values are its event id and what answers it."""
        scripted = self.answers.record(spec, params)
        dependency = Dependency(spec.api_name, 0, {}, (), ())
        return _flow(PreparedCall(spec, dependency, _VERSION, scripted, (), options))

    def load(self, prepared: PreparedCall, *_: object) -> Flow[JsonArray]:
        """Nothing is uploaded."""
        return _flow(list(prepared.values))

    def wiring(self, *_: object) -> Flow[Wiring]:
        """Nothing is known of any endpoint."""
        return _flow(Wiring(None, _VERSION))

    def explain(self, _: EndpointSpec, error: GradioSessionError) -> Flow[GradioSessionError]:
        """There is nothing to find out."""
        return _flow(error)

    def log_in(self, *_: object) -> Flow[object]:
        """No login is needed."""
        return _flow(None)

    def renew_login(self, *_: object) -> Flow[bool]:
        """No login is needed."""
        return _flow(False)

    def wait_ready(self, *_: object) -> Flow[None]:
        """It is ready."""
        return _flow(None)

    def after_fork(self) -> None:
        """Nothing belongs to the parent."""

    def kept(self, event_id: str | None) -> Callable[[], object]:
        """What answers a detached call.

        Raises:
            EventNotFoundError: There is no such call.
        """
        answer = self._detached.pop(event_id or "", None)
        if answer is None:
            raise EventNotFoundError(f"This fake made no call {event_id}.", event_id=event_id)
        return answer


class ScriptBackend(ScriptBackendBase):
    """The backend of synchronous fakes; see `session.backend.Backend`."""

    def ready(self, *_: object) -> None:
        """Nothing has to be read."""

    def run(self, flow: Flow[T], *_: object) -> T:
        """Run a flow, which asks for nothing."""
        return _result(flow)

    def events(self) -> ScriptEvents:
        """A new event stream."""
        return ScriptEvents(self._detached)

    def events_of(self, state: CallState, *_: object) -> ScriptEvents:
        """The event stream of a detached call."""
        events = ScriptEvents(self._detached)
        events.play(state, self.kept(state.event_id))
        return events

    def close(self) -> None:
        """Nothing is open."""


class AsyncScriptBackend(ScriptBackendBase):
    """The backend of asynchronous fakes; see `session.backend.AsyncBackend`."""

    async def ready(self, *_: object) -> None:
        """Nothing has to be read."""

    async def run(self, flow: Flow[T], *_: object) -> T:
        """Run a flow, which asks for nothing."""
        return _result(flow)

    def events(self) -> AsyncScriptEvents:
        """A new event stream."""
        return AsyncScriptEvents(self._detached)

    def events_of(self, state: CallState, *_: object) -> AsyncScriptEvents:
        """The event stream of a detached call."""
        events = AsyncScriptEvents(self._detached)
        events.play(state, self.kept(state.event_id))
        return events

    async def close(self) -> None:
        """Nothing is open."""


def _flow(result: T) -> Flow[T]:
    """A flow that asks for nothing."""
    yield from ()
    return result


def _result(flow: Flow[T]) -> T:
    """The result of a flow that asks for nothing."""
    try:
        next(flow)
    except StopIteration as end:
        result: T = end.value
        return result
    raise AssertionError("the flow of a fake asks for something")
