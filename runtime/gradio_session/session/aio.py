"""A session of asynchronous code."""

from __future__ import annotations

import asyncio
import contextlib
from copy import copy
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from gradio_session.calls.aio import AsyncCall
from gradio_session.calls.stream_aio import AsyncStream
from gradio_session.connection.aio import AsyncConnection
from gradio_session.connection.call_options import NO_OPTIONS
from gradio_session.errors import GradioSessionError
from gradio_session.protocol.base.effects import ahead, finished
from gradio_session.session.base import SessionBase
from gradio_session.session.registry import sessions
from gradio_session.stream.reader_aio import AsyncEventStream, running_loop

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, Sequence

    # Not of `httpx` itself, see `client/app.py`. Type checkers find it in the class's bases.
    from httpx._client import AsyncClient  # noqa: F401 # pyright: ignore[reportPrivateUsage]
    from typing_extensions import Self

    from gradio_session.connection.call_options import CallOptions
    from gradio_session.connection.prepare import Params, PreparedCall
    from gradio_session.protocol.app_schema.info import EndpointDescription
    from gradio_session.protocol.app_schema.spec import EndpointSpec
    from gradio_session.protocol.base.effects import Flow
    from gradio_session.protocol.operations.spaces import Waiting
    from gradio_session.protocol.queue.call_state import CallState
    from gradio_session.stream.base import EventStreamBase

    AnyCall = AsyncCall[Any]
    Work = Callable[[], Coroutine[object, object, None]]

__all__ = ["AsyncSession", "AsyncWire", "sessions"]

T = TypeVar("T")


class AsyncWire(AsyncConnection):
    """The backend of asynchronous sessions on a real app."""

    def events(
        self, follows: CallState | None = None, options: CallOptions = NO_OPTIONS
    ) -> AsyncEventStream:
        """A new event stream, of a session or of a call that stands by itself and has its id."""
        return AsyncEventStream(self, follows, options)


class AsyncSession(SessionBase["AsyncCall[Any]", "AsyncStream[Any, Any]", "AsyncClient"]):
    """One browser tab on one Gradio app, for asyncio; see `Session`, too.

    It belongs to the event loop that runs when a call is submitted. Nothing is sent before the
    first call, and no task runs while no call does.

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
        http: An `httpx.AsyncClient` of your own to send everything by; it is not closed with the
            session.
        max_download_bytes: Largest file that is downloaded.
        allowed_hosts: Other hosts that files may be fetched from (without credentials).
        validate: Check every result against its type, and raise `ResponseError` where it does not
            fit.
        history: Keep outputs in `Call.events` too.
        on_event: Called with every event of every call, in the task that reads; a plain function.
        wait: Seconds to wait at the first call for an app that is still starting, or for a Space
            that sleeps; None for none.
        pickle_secrets: Whether a pickled session carries its token, login, headers and cookies.

    Raises:
        SessionExistsError: Another session has that name.
        ParameterError: An option is not valid.
    """

    _asynchronous = True
    _backend_type = AsyncWire
    _call_type = AsyncCall
    _stream_type = AsyncStream
    _app: AsyncWire
    _stream: AsyncEventStream

    async def predict(
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
        """Start a call and wait for its result; see `submit` and `AsyncCall.result`."""
        options = self._call_options(locals())
        return await self._submit(api_name, params, options)

    # The way of a call

    def _start(
        self,
        spec: EndpointSpec,
        params: Params,
        options: CallOptions,
        *,
        waits: bool = False,  # noqa: ARG002 - of no account on a loop
    ) -> AnyCall:
        options = self._app.options_here(options)
        call = self._new_call(spec, options)
        checking = self._checking(call, copy(params), options)
        if self._app.scripted:
            checking = ahead(checking)
        self._enlist(call)
        self._listen(call, self._stream)
        self._stream.watch(call.__gradio__.state)
        self._spawn(call, partial(self._carry_out, call, checking))
        return call

    def _spawn(self, call: AnyCall, work: Work) -> None:
        state = call.__gradio__.state
        task = self._stream.spawn(self._guarded(call, work))

        def ended() -> None:
            """Nobody wants the call any more; should it be posted, its id is wanted."""
            if state.event_id is None and not state.posting and task is not _current_task():
                task.cancel()

        state.on_end(ended)

    async def _guarded(self, call: AnyCall, work: Work) -> None:
        """The task of a call: whatever goes wrong is the call's end."""
        try:
            await work()
        except asyncio.CancelledError:
            self._stream.drop(call.__gradio__.state)
            raise
        except BaseException as error:
            self._fail(call, error)
            if not isinstance(error, Exception):
                raise

    async def _carry_out(self, call: AnyCall, checking: Flow[PreparedCall]) -> None:
        """Wait for the call's turn, prepare it, upload its files and post it."""
        state, app = call.__gradio__.state, self._app
        await self._turn(state)
        if app.config is None:
            await app.ready()
        loaded = await app.run(self._checked_loading(call, checking), state.deadline)
        async with self._stream.post_turn():
            await app.run(self._posting(call, finished(loaded)), state.deadline)

    async def _turn(self, state: CallState) -> None:
        """Wait until `max_concurrency` lets another call go, in order."""
        turn = asyncio.get_running_loop().create_future()
        if not self._turns.take(state, partial(_let_go, turn)):
            state.on_end(turn.cancel)
            await turn

    def _own_stream(self, call: AnyCall, options: CallOptions) -> EventStreamBase:
        stream, core = super()._own_stream(call, options), call.__gradio__
        core.source.watch(core.state)
        return stream

    def _carry_following(self, call: AnyCall, following: Flow[None]) -> None:
        self._spawn(call, partial(self._carry_on, call, following))

    async def _carry_on(self, call: AnyCall, following: Flow[None]) -> None:
        deadline = call.__gradio__.state.deadline
        await self._app.ready(deadline)
        await self._app.run(following, deadline)

    def _check_usable(self) -> None:
        super()._check_usable()
        running_loop()

    async def _run(self, flow: Flow[T]) -> T:
        self._check_usable()
        await self._app.ready()
        await self._stream.await_drain()
        return await self._app.run(flow)

    # The app

    async def login(self, user: str, password: str) -> None:
        """Log in to the app by its own login. The login belongs to every tab of this session.

        Raises:
            AuthenticationError: The app refused the user name or the password.
        """
        self._check_usable()
        await self._app.run(self._app.log_in((user, password)))

    async def wait_ready(
        self, timeout: float | None = 60, *, progress: Callable[[Waiting], object] | None = None
    ) -> None:
        """Wait for an app that is still starting; see `Session.wait_ready`."""
        self._check_usable()
        await self._app.run(self._app.wait_ready(timeout, progress))

    async def endpoints(self) -> dict[str, EndpointDescription]:
        """The endpoints that the app describes, by name; see `Session.endpoints`."""
        return await self._run(self._backend.endpoints())

    # The end

    async def close(self) -> None:
        """Cancel the calls that run, end the streams and leave `sessions`.

        The last tab closes the connections. It may be called again.
        """
        if self._closed:
            return
        last = self._leave()
        pending = self._turns.clear()
        if pending:
            await self._app.run(self._stream.withdraw(pending))
        await self._stream.close()
        for stream in list(self._own_streams):
            await stream.close()
        if last:
            await self._app.close()

    def _close_from_anywhere(self) -> None:
        """Close it by a task of the loop that runs here; where none does, let it go."""
        sessions.__gradio__.leave(self, self._name)
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            self._closed = True
            return
        self._stream.spawn(self.close())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        with contextlib.suppress(GradioSessionError):
            await self.close()


def _let_go(turn: asyncio.Future[None]) -> None:
    if not turn.done():
        turn.set_result(None)


def _current_task() -> asyncio.Task[object] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:  # no loop runs
        return None
