"""What `Session` and `AsyncSession` share: what is known of one, its limits, its name, its end."""

from __future__ import annotations

import threading
import weakref
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from gradio_session.calls.record import CallRecord, Turns
from gradio_session.connection import checks
from gradio_session.connection.options import Options
from gradio_session.display import doors
from gradio_session.files.upload import Uploads
from gradio_session.protocol.base.text import plural
from gradio_session.session.calling import CallingBase
from gradio_session.session.registry import sessions
from gradio_session.stream.errors import forked_error

if TYPE_CHECKING:
    import os
    import ssl
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    # Not of `httpx` itself, see `client/app.py`.
    from httpx._config import Proxy  # pyright: ignore[reportPrivateUsage]
    from typing_extensions import Self

    from gradio_session.calls.base import CallBase
    from gradio_session.calls.stream_base import StreamBase
    from gradio_session.connection.call_options import CallOptions
    from gradio_session.connection.checks import CallsPolicy
    from gradio_session.connection.prepare import PreparingConnection
    from gradio_session.events import Event
    from gradio_session.files.owner import FileOwner
    from gradio_session.files.upload import Upload
    from gradio_session.protocol.app_schema.config import Dependency
    from gradio_session.protocol.app_schema.spec import EndpointSpec
    from gradio_session.protocol.base.effects import Flow
    from gradio_session.protocol.base.json_values import JsonArray
    from gradio_session.protocol.queue.call_state import CallState
    from gradio_session.session.calling import Observer
    from gradio_session.stream.base import EventStreamBase

__all__ = ["SessionBase"]

CallT = TypeVar("CallT", bound="CallBase[Any]")
StreamT = TypeVar("StreamT", bound="StreamBase[Any, Any]")
ClientT = TypeVar("ClientT")


class SessionSeam(Generic[CallT]):
    """What the package itself asks of a session; made when it is asked for.

    Attributes:
        app: The app, which the tabs of a session share.
        events: The event stream that its calls are posted to.
        start: Start a call, of a specification, parameters and options; with `waits`, for a caller
            that waits for it.
        stream: Start one whose input goes on; then of what gives `send` its signature, too.
        attach: Follow an event, of a specification, an event id and options.
        run: Run a flow; to be awaited in asynchronous sessions.
        typed: Outputs as they came over the wire, as the caller gets them.
        observe: Let an observer hear of the calls that start, in tabs opened from now on, too.
        files: The session as files know it.
        close: Close it where nothing can be awaited.
        after_fork: In a child process, let go of what belongs to the parent.
    """

    app: PreparingConnection
    events: EventStreamBase
    start: Callable[..., CallT]
    stream: Callable[..., Any]
    attach: Callable[[EndpointSpec, str, CallOptions], CallT]
    run: Callable[[Flow[Any]], Any]
    typed: Callable[[EndpointSpec, Dependency | None, JsonArray, str | None], Any]
    observe: Callable[[Observer], None]
    files: Callable[[], FileOwner]
    close: Callable[[], None]
    after_fork: Callable[[], None]


class SessionBase(CallingBase[CallT, StreamT], Generic[CallT, StreamT, ClientT]):
    """One browser tab on one app."""

    _backend_type: ClassVar[Any]

    def __init__(
        self,
        app_url: str,
        name: str | None = None,
        download_path: str | os.PathLike[str] | None = None,
        *,
        force: bool = False,
        max_calls: int = 100,
        max_calls_policy: CallsPolicy = "remove",
        max_concurrency: int | None = None,
        token: str | None = None,
        oauth_token: str | None = None,
        auth: tuple[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        cookies: Mapping[str, str] | None = None,
        timeout: float | None = 3600,
        heartbeat_timeout: float = 45,
        retries: int = 2,
        proxy: str | Proxy | None = None,
        verify: bool | str | ssl.SSLContext = True,
        cert: str | tuple[str, ...] | None = None,
        http: ClientT | None = None,
        max_download_bytes: int | None = None,
        allowed_hosts: Sequence[str] = (),
        validate: bool = False,
        history: bool = False,
        on_event: Callable[[CallT, Event[Any]], object] | None = None,
        wait: float | None = None,
        pickle_secrets: bool = True,
    ) -> None:
        options = Options.of(locals())
        self._begin(self._backend_type(app_url, options), options, name, force=force)

    def _begin(
        self, backend: Any, options: Options, name: str | None = None, *, force: bool = False
    ) -> None:
        """Begin.

        Args:
            backend: What carries out the calls.
            options: The options.
            name: The name that the user gave, or None.
            force: Take the place of a session of that name, and close it.
        """
        given_name = checks.checked_name(name)
        self._app = self._backend = backend
        self._stream = backend.events()
        self._pending: set[CallState] = set()
        self._options = options
        self._closed = False
        self._specs: dict[str, EndpointSpec] = {}
        self._uploads = Uploads()
        self._validators: dict[EndpointSpec, Callable[[object], object]] = {}
        self._observers: list[Observer] = []
        self._own_streams: weakref.WeakSet[Any] = weakref.WeakSet()
        self._turns = Turns(options.max_concurrency, self._new_lock())
        self.calls: CallRecord[CallT] = CallRecord(
            options.max_calls, checks.checked_policy(options.max_calls_policy)
        )
        backend.tabs += 1
        if backend.scripted:
            self._name = "fake"
            return
        self._name, replaced = sessions.__gradio__.enter(self, given_name, force=force)
        if replaced is not None:
            replaced.__gradio__.close()

    def _new_lock(self) -> AbstractContextManager[object]:
        return nullcontext() if self._asynchronous else threading.Lock()

    @classmethod
    def __on__(cls, backend: PreparingConnection, options: Options) -> Self:
        """A session whose calls that backend carries out."""
        session = object.__new__(cls)
        session._begin(backend, options)
        return session

    def tab(self) -> Self:
        """Another tab on the same app.

        It has its own session hash, record and state of the app; connections, login and
        configuration are shared.
        """
        self._check_open()
        tab = self.__on__(self._backend, self._options.copy())
        tab._observers = list(self._observers)
        return tab

    @property
    def __gradio__(self) -> SessionSeam[CallT]:
        """What the package itself needs of it. Editors do not offer a name of this form."""
        seam = SessionSeam[CallT]()
        seam.app, seam.events = self._backend, self._stream
        seam.start, seam.attach, seam.observe = self._start_observed, self._attach, self._observe
        seam.stream = self._start_stream
        seam.run, seam.typed, seam.files = self._run, self._typed, self._file_owner
        seam.close, seam.after_fork = self._close_from_anywhere, self._after_fork
        return seam

    # What is known of it

    @property
    def name(self) -> str:
        """Its name, unique in this process."""
        return self._name

    @property
    def session_hash(self) -> str | None:
        """The server's name for it, under which the app keeps its state; a secret.

        None until a call was posted. A connection that breaks ends the state on the server, and
        the next call has another hash.
        """
        session_hash: str | None = self._stream.session_hash
        return session_hash

    @property
    def app_url(self) -> str:
        """The app's address as it was given, or the Space's id."""
        return self._backend.app_url

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._closed

    @property
    def download_path(self) -> Path | None:
        """The folder that files are saved to; None for a temporary one."""
        return self._options.download_path

    @property
    def uploads(self) -> dict[str, Upload]:
        """The local files that were uploaded, by absolute path.

        That is where each is on the server, and which version of it.
        """
        return dict(self._uploads)

    @property
    def user(self) -> str | None:
        """Who is logged in, as far as is known; None for no user, or before the first request."""
        return self._backend.user

    @property
    def max_calls(self) -> int:
        """How many calls the record holds."""
        return self.calls.limit

    @max_calls.setter
    def max_calls(self, value: int) -> None:
        """Change it; a smaller one applies at the next call.

        Raises:
            ParameterError: It is no whole number of 1 or more.
        """
        self.calls.limit = self._options.max_calls = checks.checked_limit("max_calls", value)

    @property
    def max_calls_policy(self) -> CallsPolicy:
        """What happens when the record is full and another call starts.

        "error", "remove" or "warning".
        """
        return self.calls.policy

    @max_calls_policy.setter
    def max_calls_policy(self, value: CallsPolicy) -> None:
        """Change it.

        Raises:
            ParameterError: It is none of the three.
        """
        self.calls.policy = self._options.max_calls_policy = checks.checked_policy(value)

    @property
    def max_concurrency(self) -> int | None:
        """How many calls may be under way at once; None for no bound. It can be set at any time."""
        return self._turns.limit

    @max_concurrency.setter
    def max_concurrency(self, value: int | None) -> None:
        """Change it; calls that wait for their turn go at once where there is room now.

        Raises:
            ParameterError: It is neither None nor a whole number of 1 or more.
        """
        limit = checks.checked_bound("max_concurrency", value)
        self._options.max_concurrency = limit
        self._turns.resize(limit)

    def __repr__(self) -> str:
        under_way = sum(not call.done for call in self.calls)
        counts = f"{len(self.calls)} calls, {under_way} under way, {len(self._uploads)} uploads"
        closed = "closed, " if self._closed else ""
        return f"<{type(self).__name__} {self._name!r} on {self.app_url}: {closed}{counts}>"

    def _repr_html_(self) -> str:
        """How notebooks show it."""
        calls, uploads = plural(len(self.calls), "call"), plural(len(self._uploads), "upload")
        state = "closed" if self.closed else f"{calls}, {uploads}"
        facts = [("App", self.app_url), ("State", state)]
        facts += [("User", self.user)] if self.user else []
        rows = [(call.id or "", f"{call.api_name}: {call.status}") for call in self.calls]
        title = f"{type(self).__name__} {self.name}"
        return str(doors.html().session_html(title, facts, rows))

    def __reduce__(self) -> tuple[object, ...]:
        options = self._options.pickled()
        if "auth" in options:
            options["auth"] = self._backend.auth  # `login` may have changed it
        # In another process: the same settings, a derived name, no connection.
        kind: Callable[..., object] = type(self)
        return partial(kind, self.app_url, **options), ()

    # The end

    def _leave(self) -> bool:
        """Leave the registry; whether this was the last tab on its app."""
        self._closed = True
        sessions.__gradio__.leave(self, self._name)
        self._backend.tabs -= 1
        return self._backend.tabs <= 0

    def __del__(self) -> None:
        # Nothing but flags: this may run anywhere, also while this thread holds a lock. As every
        # call refers to its session, nobody can want those any more that are under way.
        for stream in (getattr(self, "_stream", None), *getattr(self, "_own_streams", ())):
            if stream is not None:
                stream.dropped = True

    def _close_from_anywhere(self) -> None:
        raise NotImplementedError  # abstract: each mode has its own

    def _after_fork(self) -> None:
        """In a child process: calls under way, threads and connections are the parent's."""
        self._pending.clear()
        pending = self._turns.after_fork(self._new_lock())
        self.calls.after_fork()
        self._app.after_fork()
        for stream in (self._stream, *self._own_streams):
            stream.after_fork()
        for state in pending:
            self._stream.fail(state, forked_error())
