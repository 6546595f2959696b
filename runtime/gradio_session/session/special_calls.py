"""How a session makes calls that are not plain: streams of inputs, and those that stand alone.

The latter are followed by their event ids: events made elsewhere, and detached calls.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from gradio_session.calls.input_sender import InputSender
from gradio_session.connection.call_options import STREAM, CallOptions
from gradio_session.connection.checks import checked_event_id, checked_params
from gradio_session.errors import ParameterError
from gradio_session.protocol.app_schema.spec import EndpointSpec
from gradio_session.protocol.queue.errors import same_id_error

if TYPE_CHECKING:
    import weakref
    from collections.abc import Callable, Mapping, Sequence

    from gradio_session.calls.base import CallBase
    from gradio_session.calls.core import CallCore
    from gradio_session.calls.record import CallRecord, Turns
    from gradio_session.calls.stream_base import StreamBase
    from gradio_session.connection.options import Options
    from gradio_session.connection.prepare import Params, PreparedCall, PreparingConnection
    from gradio_session.files.upload import Uploads
    from gradio_session.protocol.base.effects import Flow
    from gradio_session.stream.base import EventStreamBase


__all__ = ["SpecialCalls"]

CallT = TypeVar("CallT", bound="CallBase[Any]")
StreamT = TypeVar("StreamT", bound="StreamBase[Any, Any]")


class SpecialCalls(Generic[CallT, StreamT]):
    """The part of a session that follows events by their ids, and that opens streams.

    An ordinary call of an endpoint that takes a stream is one, too, of one chunk: the app would
    wait for more.
    """

    _app: Any
    _backend: PreparingConnection
    _stream: Any
    _own_streams: weakref.WeakSet[Any]
    _stream_type: ClassVar[Any]
    _turns: Turns
    _options: Options
    _specs: dict[str, EndpointSpec]
    _uploads: Uploads
    calls: CallRecord[CallT]

    def stream(
        self,
        api_name: str,
        params: Sequence[object] | Mapping[str, object] | None = None,
        *,
        token: str | None = None,
        oauth_token: str | None = None,
        timeout: float | None = None,
        headers: Mapping[str, str] | None = None,
        retries: int | None = None,
    ) -> StreamT:
        """Open a stream of inputs, for an endpoint that a `.stream()` event runs.

        Args:
            api_name: The endpoint's name, with its slash or without.
            params: The first chunk: a list in order, or a mapping by name; see `submit`.
            token: A token for this stream; "public" for none.
            oauth_token: The caller's own, for an endpoint that asks for one; "public" for none.
            timeout: Seconds from now to its end, instead of the session's; `math.inf` for no bound.
            headers: Headers for this stream, over those of the session.
            retries: Instead of the session's.

        Returns:
            The stream. Its `send` takes the values of a chunk in order or by name.

        Raises:
            ParameterError: The endpoint takes no stream, or the parameters do not fit.
            GradioSessionError: What `submit` raises.

        Either is raised here by a synchronous session that has read the app's configuration
        already, else by `send` or `result()`.
        """
        options = CallOptions.of(locals())
        return self._start_stream(self._spec(api_name), checked_params(params), options)

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
        options = CallOptions.of({"token": token, "timeout": timeout})
        spec = self._spec(api_name) if api_name else EndpointSpec("")
        return self._attach(spec, event_id, options)

    def _attach(self, spec: EndpointSpec, event_id: str, options: CallOptions) -> CallT:
        known = self.calls.get(checked_event_id(event_id))
        return self._follow(spec, event_id, options) if known is None else known

    def _follow(self, spec: EndpointSpec, event_id: str, options: CallOptions) -> CallT:
        call = self._new_call(spec, options)
        call.__gradio__.state.accept(event_id)
        self._enlist(call)
        self._carry_following(call, self._following(call, options))
        return call

    def _following(self, call: CallT, options: CallOptions) -> Flow[None]:
        """Follow an event made elsewhere; it is read once its endpoint is known."""
        wiring = yield from self._backend.wiring(call.api_name)
        core = call.__gradio__
        if wiring.dependency is None:
            core.state.version = wiring.version
        else:
            core.bind(wiring.dependency, wiring.version)
        stream = self._own_stream(call, options)
        self._listen(call, stream)
        stream.follow()

    def _carry_following(self, call: CallT, following: Flow[None]) -> None:
        raise NotImplementedError  # abstract: each mode has its own

    def _own_stream(self, call: CallT, options: CallOptions) -> EventStreamBase:
        """The event stream of a call that stands by itself."""
        core = call.__gradio__
        stream: EventStreamBase = self._app.events(core.state, options)
        core.source = core.state.own_stream = stream
        self._own_streams.add(stream)
        return stream

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

    def _spec(self, api_name: object) -> EndpointSpec:
        """The specification of direct use."""
        if not isinstance(api_name, str) or not api_name.strip("/"):
            text = f"api_name={api_name!r}: give the endpoint's name, with its slash or without."
            raise ParameterError(text, parameter="api_name")
        name = api_name if api_name.startswith("/") else f"/{api_name}"
        spec = self._specs.get(name) or EndpointSpec(name)
        self._specs[name] = self._specs[api_name] = spec
        return spec

    # Streams of inputs

    def _start_stream(
        self,
        spec: EndpointSpec,
        params: Params,
        options: CallOptions,
        shaped: Callable[[Callable[..., object]], Any] | None = None,
    ) -> StreamT:
        """Start a call whose input goes on; see `StreamBase` for `shaped`."""
        if options.detached:
            raise ParameterError("A stream cannot be detached: its chunks are those of a session.")
        call = self._start_observed(spec, params, STREAM.over(options))
        stream: StreamT = self._stream_type(call, shaped)
        return stream

    def _begin_input(self, core: CallCore, prepared: PreparedCall) -> None:
        """A call whose input is a stream, or should be one, was checked against the app."""
        if core.input is None and not prepared.options.detached:
            self._open_input(core, prepared.options, closed=True)
        if core.input is not None:
            core.input.begin(prepared)

    def _open_input(self, core: CallCore, options: CallOptions, *, closed: bool) -> CallCore:
        load = partial(self._load, core, options)
        core.input = InputSender(core.state, core.source, load, closed=closed)
        return core

    def _load(self, core: CallCore, options: CallOptions, params: Params) -> Any:
        """A chunk, checked, and its data: plain, or as a coroutine."""

        def flow() -> Flow[tuple[PreparedCall, bytes]]:
            app: PreparingConnection = self._app
            prepared = yield from app.prepare(core.spec, params, options)
            return prepared, (yield from app.load(prepared, self._uploads))

        return self._app.run(flow(), core.state.deadline)

    # What the part that makes calls has

    def _new_call(self, spec: EndpointSpec, options: CallOptions) -> CallT:
        raise NotImplementedError  # abstract: see above

    def _enlist(self, call: CallT) -> None:
        raise NotImplementedError  # abstract: see above

    def _listen(self, call: CallT, stream: EventStreamBase) -> None:
        raise NotImplementedError  # abstract: see above

    def _start_observed(self, spec: EndpointSpec, params: Params, options: CallOptions) -> CallT:
        raise NotImplementedError  # abstract: see above
