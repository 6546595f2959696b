"""What a session has beside its connection: event streams, and observers of its calls.

The streams come from the connection, or from `testing.fake_backends`, which stands in its place;
those of `testing.fake_events` are streams, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradio_session.connection.prepare import Params
    from gradio_session.protocol.app_schema.spec import EndpointSpec
    from gradio_session.stream.reader_aio import AsyncEventStream
    from gradio_session.stream.reader_sync import EventStream

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


Events: TypeAlias = "EventStream"
AsyncEvents: TypeAlias = "AsyncEventStream"
EventsBase: TypeAlias = "EventStream | AsyncEventStream"
"""What calls are posted to and their events come from; see above."""
