"""How a synchronous session makes calls."""

from __future__ import annotations

import threading
from collections import deque
from copy import copy
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from gradio_session._log import logger
from gradio_session.calls.stream_sync import Stream
from gradio_session.calls.sync import Call
from gradio_session.connection.call_options import CallOptions
from gradio_session.connection.checks import checked_params
from gradio_session.connection.sync import Connection
from gradio_session.errors import GradioSessionError
from gradio_session.session.base import SessionBase
from gradio_session.stream.errors import in_time
from gradio_session.stream.reader_sync import EventStream

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gradio_session.calls.core import CallCore
    from gradio_session.connection.options import Options
    from gradio_session.connection.prepare import Params, PreparedCall
    from gradio_session.protocol.app_schema.spec import EndpointSpec
    from gradio_session.protocol.base.effects import Flow
    from gradio_session.protocol.queue.call_state import CallState
    from gradio_session.session.backend import Events

    AnyCall = Call[Any]

__all__ = ["CallingSession", "Wire"]

T = TypeVar("T")


class Wire(Connection):
    """The backend of sessions on a real app."""

    def events(self) -> Events:
        """A new event stream."""
        return EventStream(self)

    def events_of(self, state: CallState, options: CallOptions) -> Events:
        """The event stream of a call that stands by itself and has its event id."""
        headers = self.call_headers(options, self.base_url)
        return EventStream(
            self, state.event_id, headers=headers, follows=state, ours=options.detached
        )


class CallingSession(SessionBase["Call[Any]"]):
    """The half of a session that makes calls; see `Session`."""

    _asynchronous = False
    _streams = Stream
    _app: Wire
    _stream: Events

    def _begin(
        self, backend: Wire, options: Options, name: str | None = None, *, force: bool = False
    ) -> None:
        self._app = backend
        self._stream = backend.events()
        self._due: deque[tuple[AnyCall, Callable[[], PreparedCall]]] = deque()
        self._posting = threading.Lock()
        self._open(backend, options, name, force=force, lock=threading.Lock())

    def predict(
        self,
        api_name: str,
        params: Sequence[object] | Mapping[str, object] | None = None,
        *,
        token: str | None = None,
        oauth_token: str | None = None,
        timeout: float | None = None,
        headers: Mapping[str, str] | None = None,
        retries: int | None = None,
    ) -> Any:
        """Start a call and wait for its result; see `submit` and `Call.result`."""
        return self.submit(
            api_name, params, token=token, oauth_token=oauth_token, timeout=timeout,
            headers=headers, retries=retries,
        ).result()  # fmt: skip

    def stream(
        self,
        api_name: str,
        params: Sequence[Any] | Mapping[str, Any] | None = None,
        *,
        token: str | None = None,
        oauth_token: str | None = None,
        timeout: float | None = None,
        headers: Mapping[str, str] | None = None,
        retries: int | None = None,
    ) -> Stream[Any, Any]:
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
        """
        options = CallOptions(
            token=token, oauth_token=oauth_token, timeout=timeout, headers=headers, retries=retries
        )
        values = checked_params(params)
        stream: Stream[Any, Any] = self._start_stream(self._spec(api_name), values, options)
        return stream

    # The way of a call

    def _start(self, spec: EndpointSpec, params: Params, options: CallOptions) -> AnyCall:
        if self._closed:
            self._check_open()
        self.calls.check()
        options = self._app.options_here(options)
        core = self._new_core(spec, self._stream, options, threading.Lock())
        call: AnyCall = Call(core)
        state = core.state
        prepared = self._prepared(core, spec, params, options)
        if self._options.on_event is not None:
            self._listen(call, self._stream)
        # Before the record has the call: from then on another thread may end it.
        state.on_end(partial(self._turns.end, state))
        self.calls.add(call)
        kept = params if self._turns.limit is None else copy(params)  # the caller may change it
        again = partial(self._prepared, core, spec, kept, options)
        prepare = (lambda: prepared) if self._app.scripted else again
        if not self._turns.take(state, partial(self._send_soon, call, prepare)):
            return call
        try:
            self._send(call, prepared)
        except BaseException as error:
            self._fail(call, error)
            self.calls.discard(call)
            raise
        return call

    def _prepared(
        self, core: CallCore, spec: EndpointSpec, params: Params, options: CallOptions
    ) -> PreparedCall:
        """Check a call against the app as it is now."""
        state, app = core.state, self._app
        try:
            if app.config is None:
                app.ready(state.deadline)
            prepared = app.run(app.prepare(spec, params, options), state.deadline)
        except GradioSessionError as error:
            told = in_time(state, error)
            raise told from told.__cause__
        if not app.scripted:
            core.bind(prepared.dependency, prepared.version)
            if core.input is not None or prepared.dependency.connection == "stream":
                self._begin_input(core, prepared)
        return prepared

    def _send(self, call: AnyCall, prepared: PreparedCall) -> None:
        """Upload the files of a call and post it."""
        core = call.__gradio__
        state, app, stream = core.state, self._app, self._stream
        try:
            progress = partial(stream.uploading, state)
            data = app.run(app.load(prepared, self._uploads, progress), state.deadline)
            if prepared.options.detached:
                event_id = stream.post_detached(prepared, data, state.deadline)
                self._detach(call, event_id, prepared.options)
            else:
                stream.post(state, prepared, data)
        except GradioSessionError as error:
            told = in_time(state, error)
            raise told from told.__cause__
        self._sent(call, prepared)

    def _send_soon(self, call: AnyCall, prepare: Callable[[], PreparedCall]) -> None:
        """It is the turn of a call that has waited: send it in a thread of the stream.

        Args:
            call: The call.
            prepare: Checks it again, as the app may have been replaced meanwhile.
        """
        self._due.append((call, prepare))
        if self._posting.acquire(blocking=False):
            self._stream.spawn(self._send_due)

    def _send_due(self) -> None:
        """Send the calls whose turn has come, one after the other."""
        while True:
            while self._due:
                call, prepare = self._due.popleft()
                if not call.done:
                    try:
                        self._send(call, prepare())
                    except BaseException as error:  # noqa: BLE001 - it is the call's own end
                        self._fail(call, error)
            self._posting.release()
            # A call may have come in between: its thread has seen that this one still sent.
            if not self._due or not self._posting.acquire(blocking=False):
                return

    def _fail(self, call: AnyCall, error: BaseException) -> None:
        failure = self._failure(call, error)
        logger.debug("%s could not be sent: %s", call.api_name, failure)
        self._stream.fail(call.__gradio__.state, failure)

    def _follow(self, spec: EndpointSpec, event_id: str, options: CallOptions) -> AnyCall:
        self._check_open()
        self.calls.check()
        core = self._new_core(spec, self._stream, options, threading.Lock())
        call: AnyCall = Call(core)
        try:
            self._app.ready(core.state.deadline)
        except GradioSessionError as error:
            told = in_time(core.state, error)
            raise told from told.__cause__
        self._bind(call, self._wiring(spec.api_name))
        core.state.accept(event_id)
        stream = self._own_stream(call, options)
        self.calls.add(call)
        self.calls.name(call, event_id)
        stream.follow()
        return call

    def _run(self, flow: Flow[T]) -> T:
        self._check_open()
        self._app.ready()
        return self._app.run(flow)
