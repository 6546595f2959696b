"""How a synchronous session makes calls."""

from __future__ import annotations

from copy import copy
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from gradio_session.calls.stream_sync import Stream
from gradio_session.calls.sync import Call
from gradio_session.connection.sync import Connection
from gradio_session.errors import GradioSessionError
from gradio_session.protocol.base.effects import ahead, failed, finished
from gradio_session.session.base import SessionBase
from gradio_session.stream.errors import in_time
from gradio_session.stream.posts import Posts
from gradio_session.stream.reader_sync import EventStream

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gradio_session.connection.call_options import CallOptions
    from gradio_session.connection.options import Options
    from gradio_session.connection.prepare import Params, PreparedCall
    from gradio_session.protocol.app_schema.spec import EndpointSpec
    from gradio_session.protocol.base.effects import Flow
    from gradio_session.protocol.queue.call_state import CallState
    from gradio_session.session.backend import Events
    from gradio_session.session.calling import Loaded

    AnyCall = Call[Any]

__all__ = ["CallingSession", "Wire"]

T = TypeVar("T")


class Wire(Connection):
    """The backend of sessions on a real app."""

    def __init__(self, app_url: str, options: Options) -> None:
        super().__init__(app_url, options)
        self._posts = Posts(self)

    def carry(self, flow: Flow[None], deadline: float | None) -> None:
        """Carry out what posts a call soon, in another thread."""
        self._posts.carry(flow, deadline)

    def close(self) -> None:
        """Close every connection, and end what is posted over them."""
        super().close()
        self._posts.close()

    def after_fork(self) -> None:
        """In a child process: nothing of the parent's connections and threads is touched."""
        super().after_fork()
        self._posts = Posts(self)

    def events(self) -> Events:
        """A new event stream."""
        return EventStream(self)

    def events_of(self, state: CallState, options: CallOptions) -> Events:
        """The event stream of a call that stands by itself and has its event id."""
        return EventStream(self, state, options)


class CallingSession(SessionBase["Call[Any]", "Stream[Any, Any]"]):
    """The half of a session that makes calls; see `Session`."""

    _asynchronous = False
    _streams = Stream
    _app: Wire
    _stream: Events

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
        options = self._call_options(token, oauth_token, timeout, headers, retries)
        return self._submit(api_name, params, options, waits=True).result()

    # The way of a call

    def _start(
        self, spec: EndpointSpec, params: Params, options: CallOptions, *, waits: bool = False
    ) -> AnyCall:
        if self._closed:
            self._check_open()
        self.calls.check()
        options = self._app.options_here(options)
        core = self._new_core(spec, options)
        call: AnyCall = Call(core)
        state = core.state
        direct = waits and not self._pending  # else it would overtake what was submitted before it
        kept = params if direct and self._turns.limit is None else copy(params)
        again = partial(self._checking, core, spec, kept, options)
        if direct:
            loading = self._loading(call, self._now(state, again()))
        else:
            loading = self._ahead(call, again, self._app.suits(spec, kept, options))
        if self._options.on_event is not None:
            self._listen(call, self._stream)
        # Before the record has the call: from then on another thread may end it.
        state.on_end(partial(self._turns.end, state))
        self.calls.add(call)
        scripted = self._app.scripted
        go = partial(
            self._send_soon,
            call,
            lambda: loading if scripted else self._checked_loading(call, again()),
        )
        if not self._turns.take(state, go):
            return call
        if direct:
            self._send_now(call, loading)
        else:
            self._send_soon(call, lambda: loading)
        return call

    def _ahead(
        self, call: AnyCall, checking: Callable[[], Flow[PreparedCall]], known: bool
    ) -> Flow[Loaded]:
        """Do what sending a call takes as far as the app need not be asked; the rest.

        What is wrong with it is raised here; what the caller's own file raises comes with the
        result. The call is looked at closely, and the app asked, where it does not suit what is
        known.
        """
        loading = self._checked_loading(call, checking())
        if not known:
            return finished(self._now(call.__gradio__.state, loading))
        if self._app.config is None and not self._app.scripted:
            return loading
        try:
            return ahead(loading)
        except GradioSessionError:
            raise
        except Exception as error:  # noqa: BLE001 - the caller's own file: the call ends by it
            return failed(error)

    def _now(self, state: CallState, flow: Flow[T]) -> T:
        """Run a flow of a call in its caller's thread."""
        app = self._app
        try:
            if app.config is None:
                app.ready(state.deadline)
            return app.run(flow, state.deadline)
        except GradioSessionError as error:
            told = in_time(state, error)
            raise told from told.__cause__

    def _send_now(self, call: AnyCall, loading: Flow[Loaded]) -> None:
        self._stream.await_drain()
        try:
            self._now(call.__gradio__.state, self._posting(call, loading))
        except BaseException as error:
            self._fail(call, error)
            self.calls.discard(call)
            raise

    def _send_soon(self, call: AnyCall, load: Callable[[], Flow[Loaded]]) -> None:
        """It is the turn of a call: send it in another thread.

        Args:
            call: The call.
            load: Makes the call ready to be sent, if it is still wanted then.
        """
        self._pending.add(call.__gradio__.state)
        self._carry(call, lambda: self._posting(call, load()))

    def _carry(self, call: AnyCall, work: Callable[[], Flow[None]]) -> None:
        """Do something for a call in another thread."""
        self._app.carry(self._carried(call, work), call.__gradio__.state.deadline)

    def _carried(self, call: AnyCall, work: Callable[[], Flow[None]]) -> Flow[None]:
        """What is done for a call in another thread: whatever goes wrong is the call's end."""
        state = call.__gradio__.state
        try:
            if state.end is None and not state.withdrawn:
                yield from work()
        except BaseException as error:
            self._fail(call, error)
            if not isinstance(error, Exception):
                raise
        finally:
            self._pending.discard(state)

    def _follow(self, spec: EndpointSpec, event_id: str, options: CallOptions) -> AnyCall:
        self._check_open()
        self.calls.check()
        core = self._new_core(spec, options)
        call: AnyCall = Call(core)
        core.state.accept(event_id)
        known = self._app.config is not None or self._app.scripted
        following = self._following(call, options)
        stream = self._now(core.state, following) if known else None
        self.calls.add(call)
        if stream is None:
            self._carry(call, partial(self._reading, following))
        else:
            stream.follow()
        return call

    def _run(self, flow: Flow[T]) -> T:
        self._check_open()
        self._app.ready()
        self._stream.await_drain()
        return self._app.run(flow)
