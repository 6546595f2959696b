"""The backends of fake sessions: what carries out their calls, without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from gradio_session.connection.options import Options
from gradio_session.connection.prepare import PreparedCall, PreparingConnection, Wiring
from gradio_session.errors import EventNotFoundError, GradioSessionError
from gradio_session.protocol.app_schema.config import Dependency
from gradio_session.protocol.base.effects import finished
from gradio_session.session.aio import AsyncWire
from gradio_session.session.sync import Wire
from gradio_session.testing.fake_events import AsyncScriptEvents, ScriptEvents
from gradio_session.testing.script import ScriptedState

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradio_session.connection.call_options import CallOptions
    from gradio_session.connection.prepare import Params
    from gradio_session.protocol.app_schema.info import EndpointDescription
    from gradio_session.protocol.app_schema.spec import EndpointSpec
    from gradio_session.protocol.base.effects import Flow
    from gradio_session.protocol.queue.call_state import CallState
    from gradio_session.testing.script import Answers

__all__ = ["AsyncScriptBackend", "ScriptBackend", "ScriptBackendBase"]

T = TypeVar("T")

_VERSION = (0, 0, 0)


class ScriptBackendBase(PreparingConnection):
    """An app that is a script, in place of a connection. Its flows ask for nothing.

    Args:
        answers: What its endpoints do.
    """

    call_state = ScriptedState
    scripted = True
    _kind: ClassVar[Any]

    def __init__(self, answers: Answers) -> None:
        super().__init__("http://fake.invalid", Options())
        self.answers = answers
        self._detached: dict[str, Callable[[], object]] = {}

    @property
    def transport(self) -> Any:
        """What runs flows: they ask for nothing."""
        return self

    def prepare(
        self, spec: EndpointSpec, params: Params, options: CallOptions
    ) -> Flow[PreparedCall]:
        """Note the call; its values are its event id and what answers it."""
        scripted = self.answers.record(spec, params)
        dependency = Dependency(spec.api_name, 0, {}, (), ())
        return finished(PreparedCall(spec, dependency, _VERSION, scripted, (), options))

    def load(self, prepared: PreparedCall, *_: object, **__: object) -> Flow[Any]:
        """Nothing is uploaded. What answers a detached call is kept until its events are wanted."""
        if prepared.options.detached:
            event_id, answer = cast("tuple[str, Callable[[], object]]", prepared.values)
            self._detached[event_id] = answer
        return finished(prepared.values)

    def wiring(self, *_: object, **__: object) -> Flow[Wiring]:
        """Nothing is known of any endpoint."""
        return finished(Wiring(None, _VERSION))

    def explain(
        self,
        spec: EndpointSpec,  # noqa: ARG002
        error: GradioSessionError,
    ) -> Flow[GradioSessionError]:
        """There is nothing to find out."""
        return finished(error)

    def endpoints(self) -> Flow[dict[str, EndpointDescription]]:
        """A fake describes no endpoints."""
        return finished({})

    def log_in(self, *_: object, **__: object) -> Flow[bool]:
        """No login is needed."""
        return finished(False)

    def wait_ready(self, *_: object, **__: object) -> Flow[Any]:
        """It is ready."""
        return finished(None)

    def events(self, follows: CallState | None = None, *_: object, **__: object) -> Any:
        """A new event stream, of a session or of a detached call.

        Raises:
            EventNotFoundError: There is no such call.
        """
        events = self._kind(self)
        if follows is None:
            return events
        event_id = follows.event_id
        answer = self._detached.pop(event_id or "", None)
        if answer is None:
            raise EventNotFoundError(f"This fake made no call {event_id}.", event_id=event_id)
        events.play(follows, answer)
        return events


class ScriptBackend(ScriptBackendBase, Wire):
    """The backend of synchronous fakes."""

    _kind = ScriptEvents

    def ready(self, *_: object, **__: object) -> None:
        """Nothing has to be read."""

    def run(self, flow: Flow[T], *_: object, **__: object) -> T:
        """Run a flow, which asks for nothing."""
        return _result(flow)

    def carry(self, flow: Flow[None], deadline: float | None = None) -> None:  # noqa: ARG002
        """Carry it out at once, as nothing here takes time."""
        _result(flow)


class AsyncScriptBackend(ScriptBackendBase, AsyncWire):
    """The backend of asynchronous fakes."""

    _kind = AsyncScriptEvents

    async def ready(self, *_: object, **__: object) -> None:
        """Nothing has to be read."""

    async def run(self, flow: Flow[T], *_: object, **__: object) -> T:
        """Run a flow, which asks for nothing."""
        return _result(flow)


def _result(flow: Flow[T]) -> T:
    """The result of a flow that asks for nothing."""
    try:
        next(flow)
    except StopIteration as end:
        result: T = end.value
        return result
    raise AssertionError("the flow of a fake asks for something")
