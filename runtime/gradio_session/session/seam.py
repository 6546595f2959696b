"""The seam between a session and the rest of the package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradio_session.calls.base import CallBase
    from gradio_session.connection.call_options import CallOptions
    from gradio_session.connection.prepare import Params
    from gradio_session.protocol.app_schema.config import Dependency
    from gradio_session.protocol.app_schema.spec import EndpointSpec
    from gradio_session.protocol.base.json_values import JsonArray
    from gradio_session.session.backend import App, Observer
    from gradio_session.session.files import SessionFiles

__all__ = ["SessionSeam"]

CallT = TypeVar("CallT", bound="CallBase[Any]")


class SessionSeam(Generic[CallT]):
    """What the package itself asks of a session; made when it is asked for.

    Attributes:
        app: The app, which the tabs of a session share.
        events: The event stream that its calls are posted to.
        start: Start a call, of a specification, parameters and options.
        attach: Follow an event, of a specification, an event id and options.
        dependency: How an endpoint is wired, by its name, or None where nothing is known of it; to
            be awaited in asynchronous sessions.
        typed: Outputs as they came over the wire, as the caller gets them.
        observe: Let an observer hear of the calls that start, in tabs opened from now on, too.
        files: The session as files know it.
        close: Close it where nothing can be awaited.
        after_fork: In a child process, let go of what belongs to the parent.
    """

    def __init__(
        self,
        app: App,
        events: Any,
        *,
        start: Callable[[EndpointSpec, Params, CallOptions], CallT],
        attach: Callable[[EndpointSpec, str, CallOptions], CallT],
        dependency: Callable[[str], Any],
        typed: Callable[[EndpointSpec, Dependency | None, JsonArray, str | None], Any],
        observe: Callable[[Observer], None],
        files: Callable[[], SessionFiles],
        close: Callable[[], None],
        after_fork: Callable[[], None],
    ) -> None:
        self.app = app
        self.events = events
        self.start = start
        self.attach = attach
        self.dependency = dependency
        self.typed = typed
        self.observe = observe
        self.files = files
        self.close = close
        self.after_fork = after_fork
