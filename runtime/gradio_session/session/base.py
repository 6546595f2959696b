"""What `Session` and `AsyncSession` share: names, limits, the record, and how a result gets its type."""
# pyright: reportPrivateUsage=false

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar
from urllib.parse import urlsplit

from gradio_session.calls.record import CallRecord
from gradio_session.connection.options import (
    CallOptions,
    CallsPolicy,
    Options,
    checked_limit,
    checked_name,
    checked_policy,
)
from gradio_session.errors import ConnectError, GradioSessionError, ParameterError, ResponseError
from gradio_session.files.owner import find_with
from gradio_session.files.upload import Uploads
from gradio_session.files.wrap import wrap
from gradio_session.protocol.app_schema.spec import EndpointSpec
from gradio_session.protocol.base.text import plural
from gradio_session.protocol.queue import payloads
from gradio_session.protocol.queue.call_state import CallState
from gradio_session.session.files import SessionFiles
from gradio_session.session.registry import sessions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from gradio_session.calls.base import CallBase
    from gradio_session.connection.base import ConnectionBase
    from gradio_session.connection.prepared import PreparedCall
    from gradio_session.files.upload import Upload
    from gradio_session.protocol.app_schema.config import AppConfig, Dependency
    from gradio_session.protocol.base.effects import Flow
    from gradio_session.protocol.queue.call_state import Entry

__all__ = ["SessionBase", "derived_name"]

CallT = TypeVar("CallT", bound="CallBase[Any]")


def derived_name(app_url: str) -> str:
    """The name of a session that was given none: host, port and path of the app, or the Space id."""
    parts = urlsplit(app_url)
    return f"{parts.netloc}{parts.path}".rstrip("/") if parts.netloc else app_url


class SessionBase(Generic[CallT]):
    """One browser tab on one app."""

    _asynchronous: ClassVar[bool]

    def __init__(
        self, connection: ConnectionBase, options: Options, name: str | None, *, force: bool
    ) -> None:
        self._shared = connection
        self._options = options
        self._closed = False
        self._name = ""
        self._given_name = checked_name(name)
        self._force = force
        self._in_flight = 0
        self._specs: dict[str, EndpointSpec] = {}
        self._uploads = Uploads()
        self._validators: dict[EndpointSpec, Callable[[Any], Any]] = {}
        self.calls: CallRecord[CallT] = CallRecord(
            options.max_calls, checked_policy(options.max_calls_policy)
        )
        connection.users += 1

    # What is known of it

    @property
    def name(self) -> str:
        """Its name, unique in this process."""
        return self._name

    @property
    def app_url(self) -> str:
        """The app's address as it was given, or the Space's id."""
        return self._shared.app_url

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
        """The local files that were uploaded, by absolute path: where each is on the server, and which version of it."""
        return dict(self._uploads)

    @property
    def user(self) -> str | None:
        """Who is logged in, as far as this session knows; None for nobody, or before the first request."""
        return self._shared.user

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
        """What happens when the record is full and another call starts: "error", "remove" or "warning"."""
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
        return self._options.max_concurrency

    @max_concurrency.setter
    def max_concurrency(self, value: int | None) -> None:
        """Change it.

        Raises:
            ParameterError: It is neither None nor a whole number of 1 or more.
        """
        self._options.max_concurrency = (
            None if value is None else checked_limit("max_concurrency", value)
        )

    def __repr__(self) -> str:
        counts = f"{len(self.calls)} calls, {sum(not call.done for call in self.calls)} under way, {len(self._uploads)} uploads"
        return f"<{type(self).__name__} {self._name!r} on {self.app_url}: {'closed, ' if self._closed else ''}{counts}>"

    def _repr_html_(self) -> str:
        """How notebooks show it."""
        from gradio_session.display.html import session_html  # noqa: PLC0415 - only notebooks

        calls, uploads = plural(len(self.calls), "call"), plural(len(self._uploads), "upload")
        state = "closed" if self.closed else f"{calls}, {uploads}"
        facts = [("App", self.app_url), ("State", state)]
        facts += [("User", self.user)] if self.user else []
        rows = [(call.id or "", f"{call.api_name}: {call.status}") for call in self.calls]
        return session_html(f"{type(self).__name__} {self.name}", facts, rows)

    def __reduce__(self) -> tuple[Any, ...]:
        options = self._options.pickled()
        if "auth" in options:
            options["auth"] = self._shared.auth  # `login` may have changed it
        return _unpickle, (type(self), self.app_url, options)

    # What files need of it

    def _file_owner(self) -> SessionFiles:
        return SessionFiles(
            self._shared,
            self._options,
            self._run,
            lambda: self._closed,
            asynchronous=self._asynchronous,
        )

    def _run(self, flow: Flow[Any]) -> Any:
        """Run a flow: plain, or as a coroutine."""
        raise NotImplementedError  # abstract: each world has its own

    # What calls need of it

    def _check_open(self) -> None:
        if self._closed:
            raise ConnectError(
                f"The session {self._name!r} is closed; nothing was sent. Make a new one."
            )

    def _spec(self, api_name: Any, *, anonymous: bool = False) -> EndpointSpec:
        """The specification of direct use; without a name only where it may be `anonymous`."""
        if anonymous and not api_name:
            return EndpointSpec("")
        if not isinstance(api_name, str) or not api_name.strip("/"):
            raise ParameterError(
                f"api_name={api_name!r}: give the endpoint's name, with its slash or without.",
                parameter="api_name",
            )
        name = api_name if api_name.startswith("/") else f"/{api_name}"
        spec = self._specs.get(name)
        if spec is None:
            spec = self._specs[name] = EndpointSpec(name)
        return spec

    def _state(
        self, spec: EndpointSpec, options: CallOptions, guard: AbstractContextManager[Any] | None
    ) -> CallState:
        state = CallState(spec.api_name, history=self._options.history, guard=guard)
        timeout = self._options.timeout if options.timeout is None else options.timeout
        if timeout is not None and timeout != float("inf"):
            state.deadline = time.monotonic() + timeout
        return state

    def _bind(self, call: CallT, prepared: PreparedCall) -> None:
        """A call is checked against the app: what follows needs to know how its endpoint is wired."""
        call._dependency = prepared.dependency
        state = call._state
        state.api_name = prepared.dependency.api_name
        state.fn_index = prepared.dependency.fn_index
        if self._shared.config is not None:
            state.version = self._shared.config.version

    def _know(self, call: CallT, config: AppConfig) -> None:
        """An event is attached to: learn what can be known of its endpoint."""
        state = call._state
        state.version = config.version
        if state.api_name:
            call._dependency = config.dependency(state.api_name)
            state.api_name = call._dependency.api_name
            state.fn_index = call._dependency.fn_index

    @staticmethod
    def _odd(call: CallT, error: BaseException) -> GradioSessionError:
        """The end of a call that could not be sent for a reason of its own, such as an error while reading a file."""
        failure = GradioSessionError(
            f"{call.api_name}: the call could not be sent ({type(error).__name__}: {error}).",
            api_name=call.api_name,
        )
        failure.__cause__ = error
        return failure

    def _listen(self, call: CallT, channel: Any) -> None:
        """Let `on_event` hear of every event of a call."""
        listener = self._options.on_event
        if listener is None:
            return

        def tell(entry: Entry) -> None:
            event = call._event(entry)
            if event is not None:
                listener(call, event)

        channel.listen(call._state, tell)

    def _typed(
        self,
        spec: EndpointSpec,
        dependency: Dependency | None,
        data: list[Any],
        event_id: str | None,
    ) -> Any:
        """Outputs as they came over the wire -> what the caller gets."""
        if dependency is None:
            return data[0] if len(data) == 1 else tuple(data) if data else None
        results = payloads.outputs(dependency, data)
        try:
            value = self._put_together(spec, dependency, results)
        except ResponseError as error:
            error.api_name, error.event_id, error.data = spec.api_name, event_id, data
            raise
        if self._options.validate and spec.returns is not None:
            return self._validator(spec)(value)
        return value

    def _put_together(self, spec: EndpointSpec, dependency: Dependency, results: list[Any]) -> Any:
        files = spec.output_files if spec.generated else dependency.output_files
        owner = self._file_owner() if files else None
        for position, layout in files.items():
            if owner is not None and position < len(results):
                path = f"[{position}]" if len(results) > 1 else ""
                results[position] = wrap(results[position], layout, owner, path=path)
        if spec.result_type is not None:
            return spec.result_type(*results)
        return None if not results else results[0] if len(results) == 1 else tuple(results)

    def _validator(self, spec: EndpointSpec) -> Callable[[Any], Any]:
        check = self._validators.get(spec)
        if check is None:
            from gradio_session.session.validation import validator_for  # noqa: PLC0415 - pydantic, which few ask for

            check = validator_for(
                spec.returns, spec.namespace, components=spec.outputs or (), api_name=spec.api_name
            )
            self._validators[spec] = check
        return check

    def _register(self) -> Any:
        """Take a place in the repository; the session that was replaced, or None."""
        self._name, replaced = sessions._add(
            self,  # type: ignore[arg-type]
            self._given_name,
            derived_name(self.app_url),
            force=self._force,
        )
        return replaced

    def _leave_name(self) -> None:
        sessions._drop(self, self._name)  # type: ignore[arg-type]

    def _leave(self) -> bool:
        """Leave the repository; whether this was the last tab on its connection."""
        self._leave_name()
        self._shared.users -= 1
        return self._shared.users <= 0

    @staticmethod
    def _parameters(
        params: Sequence[Any] | Mapping[str, Any] | None,
    ) -> Sequence[Any] | Mapping[str, Any]:
        if params is None:
            return {}
        if isinstance(params, (str, bytes)) or not hasattr(params, "__iter__"):
            raise ParameterError(
                f"params={params!r}: give a list in order, or a mapping by parameter name.",
                parameter="params",
            )
        return params


def _unpickle(kind: Any, app_url: str, options: dict[str, Any]) -> Any:
    """A session of another process, here: the same settings, a derived name, no connection."""
    return kind(app_url, **options)


def _open_owner(base_url: str) -> SessionFiles | None:
    """The oldest open session of the app at that address, for files that have lost theirs."""
    owners = (session._file_owner() for session in sessions)
    return next((owner for owner in owners if owner.base_url == base_url), None)


find_with(_open_owner)
