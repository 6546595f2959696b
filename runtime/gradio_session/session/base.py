"""What `Session` and `AsyncSession` share: what is known of one, its limits, its name, its end."""

from __future__ import annotations

import weakref
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from gradio_session.calls.record import CallRecord, Turns
from gradio_session.connection.checks import (
    checked_event_id,
    checked_limit,
    checked_name,
    checked_policy,
)
from gradio_session.display import doors
from gradio_session.errors import ConnectError, GradioSessionError, ParameterError
from gradio_session.files.upload import Uploads
from gradio_session.protocol.app_schema.spec import EndpointSpec
from gradio_session.protocol.base.text import plural
from gradio_session.protocol.queue.multiplexer import same_id_error
from gradio_session.session.files import SessionFiles
from gradio_session.session.registry import derived_name, sessions
from gradio_session.session.results import TypingSession
from gradio_session.session.seam import SessionSeam

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from gradio_session.calls.base import CallBase
    from gradio_session.connection.call_options import CallOptions
    from gradio_session.connection.checks import CallsPolicy
    from gradio_session.connection.options import Options
    from gradio_session.connection.prepare import Params, Wiring
    from gradio_session.events import Event
    from gradio_session.files.upload import Upload
    from gradio_session.protocol.base.effects import Flow
    from gradio_session.protocol.base.json_values import JsonObject
    from gradio_session.protocol.queue.call_state import Entry
    from gradio_session.session.backend import App, EventsBase, Observer

    Listener = Callable[[CallBase[Any], Event[Any]], object]

__all__ = ["SessionBase"]

CallT = TypeVar("CallT", bound="CallBase[Any]")


class SessionBase(TypingSession, Generic[CallT]):
    """One browser tab on one app."""

    _asynchronous: ClassVar[bool]
    _stream: Any

    def _open(
        self,
        backend: App,
        options: Options,
        name: str | None,
        *,
        force: bool,
        lock: AbstractContextManager[object],
    ) -> None:
        """Begin; the constructor of each mode calls this.

        Args:
            backend: What carries out the calls.
            options: The options.
            name: The name that the user gave, or None.
            force: Take the place of a session of that name, and close it.
            lock: Guards the turns of calls.
        """
        given_name = checked_name(name)
        self._backend = backend
        self._options = options
        self._closed = False
        self._specs: dict[str, EndpointSpec] = {}
        self._uploads = Uploads()
        self._validators: dict[EndpointSpec, Callable[[object], object]] = {}
        self._observers: list[Observer] = []
        self._own_streams: weakref.WeakSet[Any] = weakref.WeakSet()
        self._turns = Turns(options.max_concurrency, lock)
        self.calls: CallRecord[CallT] = CallRecord(
            options.max_calls, checked_policy(options.max_calls_policy)
        )
        backend.tabs += 1
        if backend.scripted:
            self._name = "fake"
            return
        derived = derived_name(self.app_url)
        self._name, replaced = sessions.__gradio__.enter(self, given_name, derived, force=force)
        if replaced is not None:
            replaced.__gradio__.close()

    @property
    def __gradio__(self) -> SessionSeam[CallT]:
        """What the package itself needs of it. Editors do not offer a name of this form."""
        return SessionSeam(
            self._backend,
            self._stream,
            start=self._start_observed,
            attach=self._attach,
            dependency=self._dependency,
            typed=self._typed,
            observe=self._observe,
            files=self._file_owner,
            close=self._close_from_anywhere,
            after_fork=self._after_fork,
        )

    # What is known of it

    @property
    def name(self) -> str:
        """Its name, unique in this process."""
        return self._name

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
        self.calls.limit = self._options.max_calls = checked_limit("max_calls", value)

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
        self.calls.policy = self._options.max_calls_policy = checked_policy(value)

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
        limit = None if value is None else checked_limit("max_concurrency", value)
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
        return _unpickle, (type(self), self.app_url, options)

    # Starting calls

    def _start(self, spec: EndpointSpec, params: Params, options: CallOptions) -> CallT:
        raise NotImplementedError  # abstract: each mode has its own

    def _start_observed(self, spec: EndpointSpec, params: Params, options: CallOptions) -> CallT:
        told = [observer.starting(spec, params) for observer in self._observers if observer.active]
        call = self._start(spec, params, options)
        for tell in told:
            tell(call)
        return call

    def _observe(self, observer: Observer) -> None:
        self._observers = [*(each for each in self._observers if each.active), observer]

    def _is_observed(self) -> bool:
        return any(observer.active for observer in self._observers)

    def _attach(self, spec: EndpointSpec, event_id: str, options: CallOptions) -> CallT:
        known = self.calls.get(checked_event_id(event_id))
        return self._follow(spec, event_id, options) if known is None else known

    def _follow(self, spec: EndpointSpec, event_id: str, options: CallOptions) -> CallT:
        raise NotImplementedError  # abstract: each mode has its own

    def _check_open(self) -> None:
        if self._closed:
            text = f"The session {self._name!r} is closed; nothing was sent. Make a new one."
            raise ConnectError(text)

    def _spec(self, api_name: object) -> EndpointSpec:
        """The specification of direct use."""
        if not isinstance(api_name, str) or not api_name.strip("/"):
            raise ParameterError(
                f"api_name={api_name!r}: give the endpoint's name, with its slash or without.",
                parameter="api_name",
            )
        name = api_name if api_name.startswith("/") else f"/{api_name}"
        spec = self._specs.get(name) or EndpointSpec(name)
        self._specs[name] = self._specs[api_name] = spec
        return spec

    @staticmethod
    def _parameters(params: object) -> Any:
        """Parameters of direct use that are neither a list, a tuple nor a dict."""
        if params is None:
            return {}
        if isinstance(params, (str, bytes)) or not hasattr(params, "__iter__"):
            raise ParameterError(
                f"params={params!r}: give a list in order, or a mapping by parameter name.",
                parameter="params",
            )
        return params

    def _detach(self, call: CallT, event_id: str, options: CallOptions) -> None:
        """The app has taken a detached call; nothing is known of its end until it is read.

        Raises:
            ProtocolError: Another call of the session has that event id.
        """
        state = call.__gradio__.state
        if event_id in self.calls:
            raise same_id_error(state.api_name, event_id)
        state.accept(event_id)
        self._own_stream(call, options)
        self._turns.end(state)

    def _own_stream(self, call: CallT, options: CallOptions) -> Any:
        raise NotImplementedError  # abstract: each mode has its own

    def _listen(self, call: CallT, stream: EventsBase) -> None:
        """Let `on_event` hear of every event of a call."""
        listener = self._options.on_event
        if listener is not None:
            stream.listen(call.__gradio__.state, partial(_tell, listener, call))

    @staticmethod
    def _bind(call: CallT, wiring: Wiring) -> None:
        """An event was attached to: learn what can be known of its endpoint."""
        core = call.__gradio__
        if wiring.dependency is None:
            core.state.version = wiring.version
        else:
            core.bind(wiring.dependency, wiring.version)

    @staticmethod
    def _failure(call: CallT, error: BaseException) -> GradioSessionError:
        """The end of a call that could not be sent.

        Not every error is one of ours: reading a file, for example, may raise any.
        """
        if isinstance(error, GradioSessionError):
            return error
        failure = GradioSessionError(
            f"{call.api_name}: the call could not be sent ({type(error).__name__}: {error}).",
            api_name=call.api_name,
        )
        failure.__cause__ = error
        return failure

    # What else each mode does in its own way

    def _dependency(self, api_name: str) -> Any:
        """How an endpoint is wired; None where nothing is known of it."""
        raise NotImplementedError  # abstract

    def _run(self, flow: Flow[Any]) -> Any:
        """Run a flow: plain, or as a coroutine."""
        raise NotImplementedError  # abstract

    def _file_owner(self) -> SessionFiles:
        return SessionFiles(
            self._backend,
            self._options,
            self._run,
            lambda: self._closed,
            asynchronous=self._asynchronous,
        )

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
        raise NotImplementedError  # abstract

    def _after_fork(self) -> None:
        raise NotImplementedError  # abstract

    def _forget_parent(self, lock: AbstractContextManager[object]) -> None:
        """In a child process: calls under way, threads and connections are the parent's."""
        self._turns = Turns(self._turns.limit, lock)
        self.calls.after_fork()
        self._backend.after_fork()
        for stream in (self._stream, *self._own_streams):
            stream.after_fork()


def _tell(listener: Listener, call: CallBase[Any], entry: Entry) -> None:
    event = call.__gradio__.event(entry)
    if event is not None:
        listener(call, event)


def _unpickle(kind: Callable[..., object], app_url: str, options: JsonObject) -> object:
    """A session of another process, here: the same settings, a derived name, no connection."""
    return kind(app_url, **options)
