"""What a session needs of what carries out its calls: an app over HTTP, or the script of a fake.

A `Connection` and its `EventStream` are the one, `testing.fake_backends` has the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from gradio_session.session.files import FileApp

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable, Coroutine

    from gradio_session.connection.call_options import CallOptions
    from gradio_session.connection.prepare import Params, PreparedCall, Wiring
    from gradio_session.errors import GradioSessionError
    from gradio_session.files.upload import UploadProgress, Uploads
    from gradio_session.protocol.app_schema.config import AppConfig
    from gradio_session.protocol.app_schema.spec import EndpointSpec
    from gradio_session.protocol.base.effects import Flow
    from gradio_session.protocol.base.json_values import JsonArray
    from gradio_session.protocol.operations.spaces import Waiting
    from gradio_session.protocol.queue.call_state import CallState, Cursor, Entry

    Progress = Callable[[UploadProgress], object] | None

__all__ = ["App", "AsyncBackend", "AsyncEvents", "Backend", "Events", "EventsBase", "Observer"]

T = TypeVar("T")


class Observer(Protocol):
    """Hears of the calls that a session starts, as a recorder of tests does.

    Attributes:
        active: Whether it wants to hear of more.
    """

    active: bool

    def starting(self, spec: EndpointSpec, params: Params, /) -> Callable[[Any], object]:
        """A call is about to start; what is returned is told the call once it has."""
        ...


class App(FileApp, Protocol):
    """One app, shared by the tabs of a session. What talks to it is a flow.

    Attributes:
        config: Its configuration, or None when it must be read (again).
        tabs: How many sessions share it.
        call_state: The class of the states of its calls.
        scripted: Whether a script answers: its outputs are what callers get, and its sessions are
            not in the registry.
    """

    config: AppConfig | None
    tabs: int
    call_state: type[CallState]
    scripted: bool

    @property
    def user(self) -> str | None:
        """Who is logged in, as far as is known."""
        ...

    def prepare(
        self, spec: EndpointSpec, params: Params, options: CallOptions, /
    ) -> Flow[PreparedCall]:
        """Check a call, before anything of it is sent."""
        ...

    def load(
        self, prepared: PreparedCall, uploads: Uploads, progress: Progress, /
    ) -> Flow[JsonArray]:
        """Upload the files of a call and build its data."""
        ...

    def wiring(self, api_name: str, /) -> Flow[Wiring]:
        """How an endpoint is wired."""
        ...

    def explain(self, spec: EndpointSpec, error: GradioSessionError, /) -> Flow[GradioSessionError]:
        """Why a result does not fit."""
        ...

    def log_in(self, auth: tuple[str, str], /) -> Flow[object]:
        """Log in."""
        ...

    def wait_ready(
        self, timeout: float | None, progress: Callable[[Waiting], object] | None, /
    ) -> Flow[None]:
        """Wait until the app answers."""
        ...

    def after_fork(self) -> None:
        """In a child process: let go of what belongs to the parent."""


class EventsBase(Protocol):
    """What calls are posted to and their events come from, as far as both modes are alike.

    The states of its calls belong to it: it guards them.
    """

    def open(self, state: CallState, *, all_events: bool) -> Cursor:
        """A new reader of a call."""
        ...

    def close_cursor(self, state: CallState, cursor: Cursor, /) -> None:
        """A reader has finished."""

    def leave(self, state: CallState, cursor: Cursor, /) -> None:
        """A reader was collected, perhaps while a lock was held: close it at the next chance."""

    def forget(self, state: CallState, /) -> None:
        """The outputs of a call that still wait are not wanted."""

    def want_result(self, state: CallState, /) -> None:
        """Read a call of which nothing but the result is wanted."""

    def on_end(self, state: CallState, action: Callable[[], object], /) -> None:
        """Do something once a call has ended, outside of all locks."""

    def listen(self, state: CallState, listener: Callable[[Entry], object], /) -> None:
        """Let a listener hear of every entry of a call, outside of all locks."""

    def fail(self, state: CallState, error: GradioSessionError, /) -> None:
        """A call ends before the server has accepted it."""

    def uploading(self, state: CallState, step: UploadProgress, /) -> None:
        """A file of a call is on its way."""

    def follow(self) -> None:
        """Read the call that this was made for, unless that has begun."""

    def after_fork(self) -> None:
        """In a child process: let go of what belongs to the parent."""


class Events(EventsBase, Protocol):
    """The event stream of a synchronous session."""

    def post(self, state: CallState, prepared: PreparedCall, data: JsonArray, /) -> None:
        """Post a call until it is accepted."""

    def post_detached(
        self, prepared: PreparedCall, data: JsonArray, deadline: float | None, /
    ) -> str:
        """Post a call that stands by itself; its event id."""
        ...

    def cancel(self, state: CallState, /) -> bool:
        """Cancel a call; whether the server did so."""
        ...

    def spawn(self, work: Callable[[], None], /) -> None:
        """Do something in a thread of its own."""

    def close(self) -> None:
        """Cancel what runs."""


class Backend(App, Protocol):
    """What carries out the calls of a synchronous session."""

    def ready(self, deadline: float | None = None, /) -> object:
        """Read the configuration, unless that was done; several threads at once read it once."""
        ...

    def run(self, flow: Flow[T], deadline: float | None = None, /) -> T:
        """Run a flow."""
        ...

    def events(self) -> Events:
        """A new event stream."""
        ...

    def events_of(self, state: CallState, options: CallOptions, /) -> Events:
        """The event stream of a call that stands by itself and has its event id."""
        ...

    def close(self) -> None:
        """The last tab was closed."""


class AsyncEvents(EventsBase, Protocol):
    """`Events` on a loop."""

    def watch(self, state: CallState, /) -> None:
        """End a call when its deadline comes."""

    def drop(self, state: CallState, /) -> None:
        """A call is given up before the server has accepted it."""

    def post(self, state: CallState, prepared: PreparedCall, data: JsonArray, /) -> Awaitable[None]:
        """Post a call until it is accepted."""
        ...

    def post_detached(
        self, prepared: PreparedCall, data: JsonArray, deadline: float | None, /
    ) -> Awaitable[str]:
        """Post a call that stands by itself; its event id."""
        ...

    def spawn(self, work: Coroutine[Any, Any, Any], /) -> asyncio.Task[Any]:
        """Do something in a task of its own."""
        ...

    def close(self) -> Awaitable[None]:
        """Cancel what runs."""
        ...


class AsyncBackend(App, Protocol):
    """`Backend` on a loop."""

    def ready(self, deadline: float | None = None, /) -> Awaitable[object]:
        """Read the configuration, unless that was done; several tasks at once read it once."""
        ...

    def run(self, flow: Flow[T], deadline: float | None = None, /) -> Coroutine[Any, Any, T]:
        """Run a flow."""
        ...

    def events(self) -> AsyncEvents:
        """A new event stream."""
        ...

    def events_of(self, state: CallState, options: CallOptions, /) -> AsyncEvents:
        """The event stream of a call that stands by itself and has its event id."""
        ...

    def close(self) -> Awaitable[None]:
        """The last tab was closed."""
        ...
