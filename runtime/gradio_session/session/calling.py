"""How a session makes calls and gives their outputs types, as far as both modes are alike."""

from __future__ import annotations

import threading
import time
from functools import partial
from math import inf
from operator import itemgetter
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar

from gradio_session._log import logger
from gradio_session.calls.core import CallCore
from gradio_session.connection.call_options import NO_OPTIONS, CallOptions
from gradio_session.connection.checks import checked_no_params, checked_params
from gradio_session.errors import ConnectError, GradioSessionError, ResponseError
from gradio_session.files.owner import FileOwner
from gradio_session.files.wrap import wrap
from gradio_session.protocol.base.effects import finished
from gradio_session.protocol.queue import payloads
from gradio_session.session.special_calls import SpecialCalls
from gradio_session.session.validation import validator_for
from gradio_session.stream.errors import in_time

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gradio_session.calls.base import CallBase
    from gradio_session.calls.stream_base import StreamBase
    from gradio_session.connection.prepare import Params, PreparedCall
    from gradio_session.events import Event
    from gradio_session.protocol.app_schema.config import Dependency
    from gradio_session.protocol.app_schema.spec import EndpointSpec
    from gradio_session.protocol.base.effects import Flow
    from gradio_session.protocol.base.json_values import JsonArray
    from gradio_session.protocol.queue.call_state import Entry
    from gradio_session.stream.base import EventStreamBase

    Listener = Callable[[CallBase[Any], Event[Any]], object]
    Loaded = tuple[PreparedCall, Any]

__all__ = ["CallingBase"]

CallT = TypeVar("CallT", bound="CallBase[Any]")
StreamT = TypeVar("StreamT", bound="StreamBase[Any, Any]")

_changes = itemgetter("token", "oauth_token", "timeout", "headers", "retries")
_NOTHING = (None, None, None, None, None)


class Observer(Protocol):
    """Hears of the calls that a session starts, as a recorder of tests does.

    Attributes:
        active: Whether it wants to hear of more.
    """

    active: bool

    def starting(self, spec: EndpointSpec, params: Params, /) -> Callable[[Any], object]:
        """A call is about to start; what is returned is told the call once it has."""
        ...


class CallingBase(SpecialCalls[CallT, StreamT]):
    """The part of a session that makes calls and gives their outputs types."""

    _asynchronous: ClassVar[bool]
    _call_type: ClassVar[Any]
    _validators: dict[EndpointSpec, Callable[[object], object]]
    _closed: bool
    _name: str
    _observers: list[Observer]

    def submit(
        self,
        api_name: str,
        params: Sequence[object] | Mapping[str, object] | None = None,
        *,
        event_id: str | None = None,
        token: str | None = None,
        oauth_token: str | None = None,
        timeout: float | None = None,
        headers: Mapping[str, str] | None = None,
        retries: int | None = None,
        detached: bool = False,
    ) -> CallT:
        """Start a call.

        Args:
            api_name: The endpoint's name, with its slash or without.
            params: Its parameters: a list in order, or a mapping by name (defaults are filled in).
                Files are paths, URLs, open files, bytes or files that a call returned.
            event_id: Attach to this event instead, which was made elsewhere or is in the record;
                then there are no parameters.
            token: A token for this call; "public" for none.
            oauth_token: The caller's own, for an endpoint that asks for one; "public" for none.
            timeout: Seconds from submission to the end, instead of the session's; `math.inf` for no
                bound.
            headers: Headers for this call, over those of the session.
            retries: Instead of the session's.
            detached: Start it under no session and read nothing until a caller waits, so that
                another process can attach to its id.

        Returns:
            The call, at once: neither mode waits for the server. Its `id` is None until the server
            has accepted it, and files are read meanwhile. Whatever goes wrong from now on is raised
            by `result()`.

        Raises:
            CallLimitError: The record is full; nothing was sent.
            ParameterError: The parameters do not fit; nothing was sent.
            UploadError: A file cannot be read; nothing was sent.
            EndpointNotFoundError: The app has no such endpoint.

        The last three are raised here by a synchronous session that has read the app's
        configuration already, else by `result()`.

        Where the app answers quickly, calls of one thread arrive in the order in which they were
        submitted. Where an answer takes longer many are on their way at once, and may overtake one
        another: wait for a call that must come first, or set `max_concurrency=1`.
        """
        options = self._call_options(locals())
        if event_id is not None:
            checked_no_params(params)
            return self._attach(self._spec(api_name), event_id, options)
        return self._submit(api_name, params, options)

    # The way of a call

    @staticmethod
    def _call_options(arguments: Mapping[str, Any]) -> CallOptions:
        """The options among the arguments of a method; most calls have none."""
        changed = arguments.get("detached") or _changes(arguments) != _NOTHING
        return CallOptions.of(arguments) if changed else NO_OPTIONS

    def _submit(
        self, api_name: str, params: Params | None, options: CallOptions, *, waits: bool = False
    ) -> CallT:
        spec = self._specs.get(str(api_name)) or self._spec(api_name)
        values = params if isinstance(params, (dict, list, tuple)) else checked_params(params)
        start = self._start_observed if self._observers else self._start
        return start(spec, values, options, waits=waits)

    def _start(
        self, spec: EndpointSpec, params: Params, options: CallOptions, *, waits: bool = False
    ) -> CallT:
        """Start a call.

        Args:
            spec: The endpoint.
            params: The parameters.
            options: What the call changes of the session's options.
            waits: The thread that starts it waits for it, and may as well send it.
        """
        raise NotImplementedError  # abstract: each mode has its own

    def _start_observed(
        self, spec: EndpointSpec, params: Params, options: CallOptions, *, waits: bool = False
    ) -> CallT:
        told = [observer.starting(spec, params) for observer in self._observers if observer.active]
        call = self._start(spec, params, options, waits=waits)
        for tell in told:
            tell(call)
        return call

    def _observe(self, observer: Observer) -> None:
        self._observers = [*(each for each in self._observers if each.active), observer]

    def _check_usable(self) -> None:
        self._check_open()

    def _check_open(self) -> None:
        if self._closed:
            text = f"The session {self._name!r} is closed; nothing was sent. Make a new one."
            raise ConnectError(text)

    def _new_call(self, spec: EndpointSpec, options: CallOptions) -> CallT:
        """A call that has not been prepared yet.

        Args:
            spec: The endpoint.
            options: What the call changes of the session's options.
        """
        self._check_usable()
        self.calls.check()
        own = self._options
        guard = None if self._asynchronous else threading.Lock()  # to decode a message
        history = own.history or any(observer.active for observer in self._observers)
        state = self._backend.call_state(spec.api_name, history=history, guard=guard)
        timeout = own.timeout if options.timeout is None else options.timeout
        now = time.monotonic()
        state.epoch = now - time.time()
        if timeout is not None and timeout != inf:
            state.deadline = now + timeout
        core = CallCore(spec, state, self._stream, self._typed, self._explained)
        if options.stream:
            self._open_input(core, options, closed=False)
        call: CallT = self._call_type(core)
        return call

    def _enlist(self, call: CallT) -> None:
        """From now on a call is in the record, and its end lets another one go."""
        state = call.__gradio__.state
        # Before the record has the call: from then on another thread may end it.
        state.on_end(partial(self._turns.end, state))
        self.calls.add(call)

    def _listen(self, call: CallT, stream: EventStreamBase) -> None:
        """Let `on_event` hear of every event of a call."""
        listener = self._options.on_event
        if listener is not None:
            stream.listen(call.__gradio__.state, partial(_tell, listener, call))

    def _checking(self, call: CallT, params: Params, options: CallOptions) -> Flow[PreparedCall]:
        """Check a call against the app as it is now."""
        core = call.__gradio__
        prepared = yield from self._backend.prepare(core.spec, params, options)
        if not self._backend.scripted:
            core.bind(prepared.dependency, prepared.version)
            if core.input is not None or prepared.dependency.connection == "stream":
                self._begin_input(core, prepared)
        return prepared

    def _checked_loading(self, call: CallT, checking: Flow[PreparedCall]) -> Flow[Loaded]:
        """Check a call and upload its files."""
        return (yield from self._loading(call, (yield from checking)))

    def _loading(self, call: CallT, prepared: PreparedCall) -> Flow[Loaded]:
        """Upload the files of a call."""
        progress = partial(self._stream.uploading, call.__gradio__.state)
        return prepared, (yield from self._backend.load(prepared, self._uploads, progress))

    def _posting(self, call: CallT, loading: Flow[Loaded]) -> Flow[None]:
        """Post a call, once it is loaded."""
        prepared, data = yield from loading
        state, stream = call.__gradio__.state, self._stream
        if prepared.options.detached:
            submission: Flow[str] = stream.submission(state, prepared, data)
            event_id = yield from submission
            self._detach(call, event_id, prepared.options)
        else:
            yield from stream.posting(state, prepared, data)
        state.fn_index = prepared.dependency.fn_index  # it may have got another number meanwhile

    def _fail(self, call: CallT, error: BaseException) -> None:
        """End a call that could not be sent.

        Not every error is one of ours: reading a file, for example, may raise any.
        """
        core, failure = call.__gradio__, error
        if not isinstance(failure, GradioSessionError):
            text = f"{call.api_name}: the call could not be sent ({type(error).__name__}: {error})."
            failure = GradioSessionError(text, api_name=call.api_name)
            failure.__cause__ = error
        failure = in_time(core.state, failure)
        logger.debug("%s failed: %s", call.api_name, failure)
        self._stream.fail(core.state, failure)
        if core.state.event_id is None:
            self.calls.discard(call)

    def _run(self, flow: Flow[object]) -> Any:
        """Run a flow: plain, or as a coroutine."""
        raise NotImplementedError  # abstract: each mode has its own

    def _file_owner(self) -> FileOwner:
        options = self._options
        return FileOwner(
            self._backend,
            options.download_path,
            options.max_download_bytes,
            options.allowed_hosts,
            self._asynchronous,
            self._run,
            lambda: self._closed,
        )

    def _explained(self, spec: EndpointSpec, error: GradioSessionError) -> Any:
        """Why a result does not fit: plain, or as a coroutine."""
        asks = spec.generated and not self._closed
        return self._app.run(self._backend.explain(spec, error) if asks else finished(error))

    def _typed(
        self,
        spec: EndpointSpec,
        dependency: Dependency | None,
        data: JsonArray,
        event_id: str | None,
    ) -> Any:
        """Outputs as they came over the wire -> what the caller gets.

        Args:
            spec: The endpoint.
            dependency: How the app has wired it; None where nothing is known of it.
            data: The outputs.
            event_id: The id of the call, for errors.

        Raises:
            ResponseError: They do not fit.
        """
        if dependency is None:
            return _unpacked(data)
        results = payloads.outputs(dependency, data)
        layouts = spec.output_files if spec.generated else dependency.output_files
        if layouts:
            owner = self._file_owner()
            try:
                for position, layout in layouts.items():
                    if position < len(results):
                        path = f"[{position}]" if len(results) > 1 else ""
                        results[position] = wrap(
                            results[position], layout, owner, path=path, call=event_id
                        )
            except ResponseError as error:
                error.api_name, error.event_id, error.data = spec.api_name, event_id, data
                raise
        kind = spec.result_type
        value: Any = _unpacked(results) if kind is None else kind(*results)
        if self._options.validate and spec.returns is not None:
            return self._validator(spec)(value)
        return value

    def _validator(self, spec: EndpointSpec) -> Callable[[object], object]:
        check = self._validators.get(spec)
        if check is None:
            parts, name = spec.outputs or (), spec.api_name
            check = validator_for(spec.returns, spec.namespace, components=parts, api_name=name)
            self._validators[spec] = check
        return check


def _unpacked(outputs: Sequence[object]) -> object:
    """Outputs as a function returns them: none, one, or several."""
    return outputs[0] if len(outputs) == 1 else tuple(outputs) or None


def _tell(listener: Listener, call: CallBase[Any], entry: Entry) -> None:
    event = call.__gradio__.event(entry)
    if event is not None:
        listener(call, event)
