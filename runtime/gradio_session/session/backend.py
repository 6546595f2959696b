"""What a session needs of the events of its calls: a stream over HTTP, or the script of a fake.

`stream.base` has the one, `testing.fake_events` the other; they come from the connection of the
session, or from `testing.fake_backends`, which stands in its place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable, Coroutine, Iterable
    from contextlib import AbstractAsyncContextManager

    from gradio_session.connection.prepare import Params, PreparedCall
    from gradio_session.errors import GradioSessionError
    from gradio_session.files.upload import UploadProgress
    from gradio_session.protocol.app_schema.spec import EndpointSpec
    from gradio_session.protocol.base.effects import Flow
    from gradio_session.protocol.queue.call_state import CallState, Entry

__all__ = ["AsyncEvents", "Events", "EventsBase", "Observer"]


class Observer(Protocol):
    """Hears of the calls that a session starts, as a recorder of tests does.

    Attributes:
        active: Whether it wants to hear of more.
    """

    active: bool

    def starting(self, spec: EndpointSpec, params: Params, /) -> Callable[[Any], object]:
        """A call is about to start; what is returned is told the call once it has."""
        ...


class EventsBase(Protocol):
    """What calls are posted to and their events come from, as far as both modes are alike.

    The states of its calls belong to it: it guards them.
    """

    @property
    def session_hash(self) -> str | None:
        """The name of the session on the server; None until a call was posted."""
        ...

    def on_end(self, state: CallState, action: Callable[[], object], /) -> None:
        """Do something once a call has ended, outside of all locks."""

    def listen(self, state: CallState, listener: Callable[[Entry], object], /) -> None:
        """Let a listener hear of every entry of a call, outside of all locks."""

    def fail(self, state: CallState, error: GradioSessionError, /) -> None:
        """A call ends before the server has accepted it."""

    def posting(self, state: CallState, prepared: PreparedCall, data: Any, /) -> Flow[None]:
        """Post a call until it is accepted."""
        ...

    def submission(self, state: CallState, prepared: PreparedCall, data: Any, /) -> Flow[str]:
        """Post a call that stands by itself; its event id."""
        ...

    def withdraw(self, states: Iterable[CallState], /) -> Flow[None]:
        """Give calls up that are not accepted yet."""
        ...

    def uploading(self, state: CallState, step: UploadProgress, /) -> None:
        """A file of a call is on its way."""

    def watch(self, state: CallState, /) -> None:
        """End a call when its deadline comes, though nobody waits for it."""

    def follow(self) -> None:
        """Read the call that this was made for, unless that has begun."""

    def start_flow(self, flow: Flow[object], /) -> object:
        """Run a flow in a thread or task of its own."""

    def post_chunk(self, state: CallState, prepared: PreparedCall, data: Any, /) -> Flow[object]:
        """Post a chunk of a call whose input is a stream."""
        ...

    def close_input(self, state: CallState, prepared: PreparedCall, /) -> Flow[object]:
        """Tell the app that no chunk will come any more."""
        ...

    def after_fork(self) -> None:
        """In a child process: let go of what belongs to the parent."""


class Events(EventsBase, Protocol):
    """The event stream of a synchronous session."""

    def await_drain(self) -> None:
        """Wait a moment before a call is posted, where that saves a connection."""

    def cancel(self, state: CallState, /) -> bool:
        """Cancel a call; whether the server did so."""
        ...

    def close(self) -> None:
        """Cancel what runs."""


class AsyncEvents(EventsBase, Protocol):
    """`Events` on a loop."""

    def drop(self, state: CallState, /) -> None:
        """A call is given up before the server has accepted it."""

    def post_turn(self) -> AbstractAsyncContextManager[None]:
        """A call may be posted meanwhile."""
        ...

    def spawn(self, work: Coroutine[Any, Any, Any], /) -> asyncio.Task[Any]:
        """Do something in a task of its own."""
        ...

    def close(self) -> Awaitable[None]:
        """Cancel what runs."""
        ...
