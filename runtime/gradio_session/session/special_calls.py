"""How a session makes calls that are not plain: streams of inputs, and those that stand alone.

The latter are followed by their event ids: events made elsewhere, and detached calls.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from gradio_session.calls.input_sender import InputSender
from gradio_session.connection.call_options import STREAM, CallOptions
from gradio_session.connection.checks import checked_event_id
from gradio_session.errors import ParameterError
from gradio_session.protocol.app_schema.spec import EndpointSpec
from gradio_session.protocol.queue.errors import same_id_error

if TYPE_CHECKING:
    import weakref
    from collections.abc import Callable

    from gradio_session.calls.base import CallBase
    from gradio_session.calls.core import CallCore
    from gradio_session.calls.record import CallRecord, Turns
    from gradio_session.connection.options import Options
    from gradio_session.connection.prepare import Params, PreparedCall, PreparingConnection
    from gradio_session.files.upload import Uploads
    from gradio_session.protocol.base.effects import Flow
    from gradio_session.session.backend import EventsBase

__all__ = ["Attaching", "Streaming"]

CallT = TypeVar("CallT", bound="CallBase[Any]")


class Attaching(Generic[CallT]):
    """The part of a session that follows events by their ids."""

    _app: Any
    _backend: PreparingConnection
    _stream: Any
    _own_streams: weakref.WeakSet[Any]
    _turns: Turns
    _options: Options
    calls: CallRecord[CallT]

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

    def _attach(self, spec: EndpointSpec, event_id: str, options: CallOptions) -> CallT:
        known = self.calls.get(checked_event_id(event_id))
        return self._follow(spec, event_id, options) if known is None else known

    def _follow(self, spec: EndpointSpec, event_id: str, options: CallOptions) -> CallT:
        raise NotImplementedError  # abstract: each mode has its own

    def _following(self, call: CallT, options: CallOptions) -> Flow[Any]:
        """The stream that follows an event made elsewhere; it is read once `follow` is called."""
        wiring = yield from self._backend.wiring(call.api_name)
        core = call.__gradio__
        if wiring.dependency is None:
            core.state.version = wiring.version
        else:
            core.bind(wiring.dependency, wiring.version)
        stream = self._own_stream(call, options)
        self._listen(call, stream)
        return stream

    @staticmethod
    def _reading(following: Flow[Any]) -> Flow[None]:
        """Follow an event made elsewhere."""
        (yield from following).follow()

    def _own_stream(self, call: CallT, options: CallOptions) -> Any:
        """The event stream of a call that stands by itself."""
        core = call.__gradio__
        core.source = core.state.own_stream = stream = self._app.events_of(core.state, options)
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
        raise NotImplementedError  # abstract: the session has it

    def _listen(self, call: CallT, stream: EventsBase) -> None:
        raise NotImplementedError  # abstract: the session has it


class Streaming:
    """The part of a session that opens streams; an ordinary call of such an endpoint is one, too.

    It has one chunk: the app would wait for more.
    """

    _app: Any
    _streams: ClassVar[Callable[..., Any]]
    _uploads: Uploads

    def _start_observed(self, spec: EndpointSpec, params: Params, options: CallOptions) -> Any:
        raise NotImplementedError  # abstract: the part that makes calls has it

    def _start_stream(
        self,
        spec: EndpointSpec,
        params: Params,
        options: CallOptions,
        shaped: Callable[[Callable[..., Any]], Any] | None = None,
    ) -> Any:
        """Start a call whose input goes on; see `StreamBase` for `shaped`."""
        if options.detached:
            raise ParameterError("A stream cannot be detached: its chunks are those of a session.")
        call = self._start_observed(spec, params, STREAM.over(options))
        return self._streams(call, shaped)

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
