"""A session of synchronous code."""

from __future__ import annotations

import contextlib
from copy import copy
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from gradio_session.calls.stream_sync import Stream
from gradio_session.calls.sync import Call
from gradio_session.connection.call_options import NO_OPTIONS
from gradio_session.connection.sync import Connection
from gradio_session.errors import GradioSessionError
from gradio_session.protocol.base.effects import ahead, failed, finished
from gradio_session.session.base import SessionBase
from gradio_session.session.registry import sessions
from gradio_session.stream.errors import in_time
from gradio_session.stream.posts import Posts
from gradio_session.stream.reader_sync import EventStream

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    # Not of `httpx` itself, see `client/app.py`. Type checkers find it in the class's bases.
    from httpx._client import Client  # noqa: F401 # pyright: ignore[reportPrivateUsage]
    from typing_extensions import Self

    from gradio_session.connection.call_options import CallOptions
    from gradio_session.connection.options import Options
    from gradio_session.connection.prepare import Params, PreparedCall
    from gradio_session.protocol.app_schema.info import EndpointDescription
    from gradio_session.protocol.app_schema.spec import EndpointSpec
    from gradio_session.protocol.base.effects import Flow
    from gradio_session.protocol.operations.spaces import Waiting
    from gradio_session.protocol.queue.call_state import CallState
    from gradio_session.session.calling import Loaded

    AnyCall = Call[Any]

__all__ = ["Session", "Wire", "sessions"]

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

    def events(
        self, follows: CallState | None = None, options: CallOptions = NO_OPTIONS
    ) -> EventStream:
        """A new event stream, of a session or of a call that stands by itself and has its id."""
        return EventStream(self, follows, options)


class Session(SessionBase["Call[Any]", "Stream[Any, Any]", "Client"]):
    """One browser tab on one Gradio app: its calls, the files uploaded and the login.

    Nothing is sent before the first call. It may be shared by threads; their calls share one
    connection for results.

    Args:
        app_url: The app's address, or a Hugging Face Space id "owner/name".
        name: A name for `sessions`, unique; a session that has one lives until it is closed.
            Without one it is derived from the address.
        download_path: Folder that files are saved to; None for a temporary one.
        force: Close a session of the same name and take its place, rather than raise.
        max_calls: How many calls the record holds.
        max_calls_policy: What happens at that limit: "error" raises, "remove" forgets the oldest
            calls, "warning" warns and goes on.
        max_concurrency: Calls under way at once; more wait here, in order. None for no bound.
        token: Sent as `Authorization: Bearer` to the app's origin (to a Space as
            `X-HF-Authorization`); "public" for none. The app's own code does not get it.
        oauth_token: The token of a Hugging Face user, for the app's own code: only endpoints that
            ask for one (`gr.OAuthToken`) get it.
        auth: User name and password of the app's own login.
        headers: Headers for the app's origin.
        cookies: Cookies for the app's origin.
        timeout: Seconds that a call may take from submission to its end, queueing included; None
            for no bound.
        heartbeat_timeout: Seconds without a byte after which a connection counts as lost. Gradio
            sends one every 15 s at least.
        retries: How often a call is posted again when it surely was not accepted (connection
            refused, 429, 503).
        proxy: Address of a proxy; None follows the environment.
        verify: As httpx takes it: True, False, a path of certificates or an `ssl.SSLContext`.
        cert: Client certificate: a path, or a tuple of certificate and key.
        http: An `httpx.Client` of your own to send everything by; it is not closed with the
            session.
        max_download_bytes: Largest file that is downloaded.
        allowed_hosts: Other hosts that files may be fetched from (without credentials).
        validate: Check every result against its type, and raise `ResponseError` where it does not
            fit.
        history: Keep outputs in `Call.events` too.
        on_event: Called with every event of every call, in the thread that reads; it must not wait
            for a call.
        wait: Seconds to wait at the first call for an app that is still starting, or for a Space
            that sleeps; None for none.
        pickle_secrets: Whether a pickled session carries its token, login, headers and cookies.

    Raises:
        SessionExistsError: Another session has that name.
        ParameterError: An option is not valid.
    """

    _asynchronous = False
    _backend_type = Wire
    _call_type = Call
    _stream_type = Stream
    _app: Wire
    _stream: EventStream

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
        options = self._call_options(locals())
        return self._submit(api_name, params, options, waits=True).result()

    # The way of a call

    def _start(
        self, spec: EndpointSpec, params: Params, options: CallOptions, *, waits: bool = False
    ) -> AnyCall:
        options = self._app.options_here(options)
        call = self._new_call(spec, options)
        state = call.__gradio__.state
        direct = waits and not self._pending  # else it would overtake what was submitted before it
        kept = params if direct and self._turns.limit is None else copy(params)
        again = partial(self._checking, call, kept, options)
        if direct:
            loading = self._loading(call, self._now(state, again()))
        else:
            loading = self._ahead(call, again(), self._app.suits(spec, kept, options))
        self._listen(call, self._stream)
        self._enlist(call)
        due = loading if self._app.scripted else self._checked_loading(call, again())
        if not self._turns.take(state, partial(self._send_soon, call, self._posting(call, due))):
            return call
        send = self._send_now if direct else self._send_soon
        send(call, self._posting(call, loading))
        return call

    def _ahead(self, call: AnyCall, checking: Flow[PreparedCall], known: bool) -> Flow[Loaded]:
        """Do what sending a call takes as far as the app need not be asked; the rest.

        What is wrong with it is raised here; what the caller's own file raises comes with the
        result. The call is looked at closely, and the app asked, where it does not suit what is
        known.
        """
        loading = self._checked_loading(call, checking)
        if not known:
            return finished(self._now(call.__gradio__.state, loading))
        if not self._knows_app:
            return loading
        try:
            return ahead(loading)
        except GradioSessionError:
            raise
        except Exception as error:  # noqa: BLE001 - the caller's own file: the call ends by it
            return failed(error)

    @property
    def _knows_app(self) -> bool:
        return self._app.config is not None or self._app.scripted

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

    def _send_now(self, call: AnyCall, work: Flow[None]) -> None:
        self._stream.await_drain()
        try:
            self._now(call.__gradio__.state, work)
        except BaseException as error:
            self._fail(call, error)
            self.calls.discard(call)
            raise

    def _send_soon(self, call: AnyCall, work: Flow[None]) -> None:
        """Do something for a call in another thread."""
        state = call.__gradio__.state
        self._pending.add(state)
        self._app.carry(self._carried(call, work), state.deadline)

    def _carried(self, call: AnyCall, work: Flow[None]) -> Flow[None]:
        """What is done for a call in another thread: whatever goes wrong is the call's end."""
        state = call.__gradio__.state
        try:
            if state.end is None and not state.withdrawn:
                yield from work
        except BaseException as error:
            self._fail(call, error)
            if not isinstance(error, Exception):
                raise
        finally:
            self._pending.discard(state)

    def _carry_following(self, call: AnyCall, following: Flow[None]) -> None:
        send = self._send_now if self._knows_app else self._send_soon
        send(call, following)

    def _run(self, flow: Flow[T]) -> T:
        self._check_open()
        self._app.ready()
        self._stream.await_drain()
        return self._app.run(flow)

    # The app

    def login(self, user: str, password: str) -> None:
        """Log in to the app by its own login. The login belongs to every tab of this session.

        Raises:
            AuthenticationError: The app refused the user name or the password.
        """
        self._check_open()
        self._app.run(self._app.log_in((user, password)))

    def wait_ready(
        self, timeout: float | None = 60, *, progress: Callable[[Waiting], object] | None = None
    ) -> None:
        """Wait for an app that is still starting, or for a Space that sleeps, is built or starts.

        Args:
            timeout: Seconds to wait; None for ever.
            progress: Called before each pause with what the app is at: its `stage`, the `seconds`
                waited, and a `message` in words.

        Raises:
            CallTimeoutError: It was not ready in time; says why.
            GradioSessionError: What no waiting mends.
        """
        self._check_open()
        self._app.run(self._app.wait_ready(timeout, progress))

    def endpoints(self) -> dict[str, EndpointDescription]:
        """The endpoints that the app describes, by name, in its order.

        It reads the app's `/info`, once for each run of the app.
        """
        endpoints: dict[str, EndpointDescription] = self._run(self._backend.endpoints())
        return endpoints

    # The end

    def close(self) -> None:
        """Cancel the calls that run, end the streams and leave `sessions`.

        The last tab closes the connections. It may be called again.
        """
        if self._closed:
            return
        last = self._leave()
        pending = self._turns.clear()
        if pending:
            self._app.run(self._stream.withdraw(pending))
        self._stream.close()
        for stream in list(self._own_streams):
            stream.close()
        if last:
            self._app.close()

    def _close_from_anywhere(self) -> None:
        self.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        with contextlib.suppress(GradioSessionError):
            self.close()
