"""How a session makes calls and gives their outputs types, as far as both modes are alike."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from gradio_session.calls.core import CallCore
from gradio_session.connection import checks
from gradio_session.connection.call_options import NO_OPTIONS, CallOptions
from gradio_session.errors import ConnectError, GradioSessionError, ParameterError, ResponseError
from gradio_session.files.wrap import wrap
from gradio_session.protocol.app_schema.spec import EndpointSpec
from gradio_session.protocol.queue import payloads
from gradio_session.protocol.queue.errors import same_id_error
from gradio_session.session.files import SessionFiles
from gradio_session.session.streaming import StreamingBase
from gradio_session.session.validation import validator_for

if TYPE_CHECKING:
    import weakref
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from gradio_session.calls.base import CallBase
    from gradio_session.calls.record import CallRecord, Turns
    from gradio_session.connection.options import Options
    from gradio_session.connection.prepare import Params, PreparedCall, PreparingConnection, Wiring
    from gradio_session.events import Event
    from gradio_session.protocol.app_schema.config import Dependency
    from gradio_session.protocol.base.effects import Flow
    from gradio_session.protocol.base.json_values import JsonArray
    from gradio_session.protocol.queue.call_state import Entry
    from gradio_session.session.backend import EventsBase, Observer

    Listener = Callable[[CallBase[Any], Event[Any]], object]

__all__ = ["CallingBase"]

CallT = TypeVar("CallT", bound="CallBase[Any]")

_NOTHING = (None, None, None, None, None)
_FOREVER = float("inf")


class CallingBase(StreamingBase, Generic[CallT]):
    """The part of a session that makes calls and gives their outputs types."""

    _asynchronous: ClassVar[bool]
    _backend: PreparingConnection
    _stream: Any
    _closed: bool
    _name: str
    _specs: dict[str, EndpointSpec]
    _own_streams: weakref.WeakSet[Any]
    _turns: Turns
    _options: Options
    calls: CallRecord[CallT]
    _observers: list[Observer]
    _validators: dict[EndpointSpec, Callable[[object], object]]

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
            The call, accepted by the server (or waiting for its turn, with `max_concurrency`). That
            of an asynchronous session is under way as a task of the running loop, and what is wrong
            with it is raised when it is awaited.

        Raises:
            ParameterError: The parameters do not fit; nothing was sent.
            EndpointNotFoundError: The app has no such endpoint.
            CallLimitError: The record is full; nothing was sent.
            GradioSessionError: The app could not be reached, or refused the call.
        """
        changed = detached or (token, oauth_token, timeout, headers, retries) != _NOTHING
        options = CallOptions.of(locals()) if changed else NO_OPTIONS
        spec = self._specs.get(str(api_name)) or self._spec(api_name)
        if event_id is not None:
            checks.checked_no_params(params)
            return self._attach(spec, event_id, options)
        values = (
            params if isinstance(params, (dict, list, tuple)) else checks.checked_params(params)
        )
        start = self._start_observed if self._observers else self._start
        return start(spec, values, options)

    def attach(
        self,
        event_id: str,
        api_name: str = "",
        *,
        token: str | None = None,
        timeout: float | None = None,
    ) -> CallT:
        """Follow an event that was made elsewhere.

        That is by `curl` on `/call/...`, or by a detached call of another process.

        Args:
            event_id: Its id. The id of a call in the record gives that call.
            api_name: Its endpoint, which gives the result its type; without it the result is as it
                came over the wire.
            token: A token for this call; "public" for none.
            timeout: Seconds from now to its end, instead of the session's.

        Returns:
            The call. An event that is unknown or was read already makes its `result()` raise
            `EventNotFoundError` within seconds.
        """
        spec = self._spec(api_name) if api_name else EndpointSpec("")
        return self._attach(spec, event_id, CallOptions(token=token, timeout=timeout))

    # The way of a call

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
        known = self.calls.get(checks.checked_event_id(event_id))
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
            text = f"api_name={api_name!r}: give the endpoint's name, with its slash or without."
            raise ParameterError(text, parameter="api_name")
        name = api_name if api_name.startswith("/") else f"/{api_name}"
        spec = self._specs.get(name) or EndpointSpec(name)
        self._specs[name] = self._specs[api_name] = spec
        return spec

    def _detach(self, call: CallT, event_id: str, options: CallOptions) -> None:
        """The app has taken a detached call; nothing is known of its end until it is read."""
        state = call.__gradio__.state
        if event_id in self.calls:
            raise same_id_error(state.api_name, event_id)
        state.accept(event_id)
        stream = self._own_stream(call, options)
        if state.watched:
            stream.follow()
        self._turns.end(state)

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
        text = f"{call.api_name}: the call could not be sent ({type(error).__name__}: {error})."
        failure = GradioSessionError(text, api_name=call.api_name)
        failure.__cause__ = error
        return failure

    def _own_stream(self, call: CallT, options: CallOptions) -> Any:
        """The event stream of a call that stands by itself."""
        core = call.__gradio__
        core.source = stream = self._app.events_of(core.state, options)
        self._own_streams.add(stream)
        core.state.listener = None  # what heard of it from the session's stream hears from this one
        self._listen(call, stream)
        return stream

    def _wiring(self, api_name: str) -> Any:
        """How an endpoint is wired: plain, or as a coroutine."""
        return self._run(self._backend.wiring(api_name))

    def _dependency(self, api_name: str) -> Any:
        def flow() -> Flow[Dependency | None]:
            return (yield from self._backend.wiring(api_name)).dependency

        return self._run(flow())

    def _run(self, flow: Flow[Any]) -> Any:
        """Run a flow: plain, or as a coroutine."""
        raise NotImplementedError  # abstract: each mode has its own

    def _file_owner(self) -> SessionFiles:
        return SessionFiles(
            self._backend,
            self._options,
            self._run,
            lambda: self._closed,
            asynchronous=self._asynchronous,
        )

    def _explained(self, spec: EndpointSpec, error: GradioSessionError) -> Any:
        """Why a result does not fit: plain, or as a coroutine."""
        return self._app.run(self._explain(spec, error))

    def _explain(self, spec: EndpointSpec, error: GradioSessionError) -> Flow[GradioSessionError]:
        if spec.generated and not self._closed:
            error = yield from self._backend.explain(spec, error)
        return error

    def _new_core(
        self,
        spec: EndpointSpec,
        source: object,
        options: CallOptions,
        guard: AbstractContextManager[object] | None,
    ) -> CallCore:
        """A call that has not been prepared yet.

        Args:
            spec: The endpoint.
            source: What its events come from.
            options: What the call changes of the session's options.
            guard: Held while a message is decoded; None where one thread does everything.
        """
        own = self._options
        history = own.history or (bool(self._observers) and self._is_observed())
        state = self._backend.call_state(spec.api_name, history=history, guard=guard)
        timeout = own.timeout if options.timeout is None else options.timeout
        now = time.monotonic()
        state.epoch = now - time.time()
        if timeout is not None and timeout != _FOREVER:
            state.deadline = now + timeout
        core = CallCore(spec, state, source, self._typed, self._explained)
        return self._open_input(core, options, closed=False) if options.stream else core

    def _sent(self, call: CallT, prepared: PreparedCall) -> None:
        """The app has taken a call; its endpoint may have got another number meanwhile."""
        state = call.__gradio__.state
        state.fn_index = prepared.dependency.fn_index
        if state.event_id is not None:
            self.calls.name(call, state.event_id)

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
            return data[0] if len(data) == 1 else tuple(data) if data else None
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
        value: Any
        if spec.result_type is not None:
            value = spec.result_type(*results)
        else:
            value = None if not results else results[0] if len(results) == 1 else tuple(results)
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


def _tell(listener: Listener, call: CallBase[Any], entry: Entry) -> None:
    event = call.__gradio__.event(entry)
    if event is not None:
        listener(call, event)
