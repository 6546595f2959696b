"""A session of asynchronous code."""
# pyright: reportPrivateUsage=false

from __future__ import annotations

import asyncio
import contextlib
import weakref
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from gradio_session._log import logger
from gradio_session.calls.aio import AsyncCall
from gradio_session.connection.aio import AsyncConnection
from gradio_session.connection.options import CallOptions, CallsPolicy, Options, checked_event_id
from gradio_session.errors import GradioSessionError, ParameterError
from gradio_session.session.base import SessionBase
from gradio_session.stream.reader_aio import AsyncEventStream

if TYPE_CHECKING:
    import os
    import ssl
    from collections.abc import Callable, Coroutine, Mapping, Sequence
    from types import TracebackType

    import httpx
    from typing_extensions import Self

    from gradio_session.events import Event
    from gradio_session.protocol.app_schema.spec import EndpointSpec
    from gradio_session.protocol.base.effects import Flow
    from gradio_session.protocol.operations.spaces import Waiting

__all__ = ["AsyncSession"]

T = TypeVar("T")


class AsyncSession(SessionBase["AsyncCall[Any]"]):
    """One browser tab on one Gradio app, for asyncio; see `Session` for everything that is not said here.

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
            `X-HF-Authorization`); "public" for none.
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
        pickle_secrets: Whether a pickled session carries its token, login, headers and cookies.

    Raises:
        SessionExistsError: Another session has that name.
        ParameterError: An option is not valid.
    """

    _asynchronous = True

    def __init__(
        self,
        app_url: str,
        *,
        name: str | None = None,
        download_path: str | os.PathLike[str] | None = None,
        force: bool = False,
        max_calls: int = 100,
        max_calls_policy: CallsPolicy = "remove",
        max_concurrency: int | None = None,
        token: str | None = None,
        auth: tuple[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        cookies: Mapping[str, str] | None = None,
        timeout: float | None = 3600,
        heartbeat_timeout: float = 45,
        retries: int = 2,
        proxy: str | httpx.Proxy | None = None,
        verify: bool | str | ssl.SSLContext = True,
        cert: str | tuple[str, ...] | None = None,
        http: httpx.AsyncClient | None = None,
        max_download_bytes: int | None = None,
        allowed_hosts: Sequence[str] = (),
        validate: bool = False,
        history: bool = False,
        on_event: Callable[[AsyncCall[Any], Event[Any]], object] | None = None,
        pickle_secrets: bool = True,
    ) -> None:
        options = Options(
            download_path=download_path, max_calls=max_calls, max_calls_policy=max_calls_policy, max_concurrency=max_concurrency, token=token,
            auth=auth, headers=headers, cookies=cookies, timeout=timeout, heartbeat_timeout=heartbeat_timeout, retries=retries, proxy=proxy,
            verify=verify, cert=cert, http=http, max_download_bytes=max_download_bytes, allowed_hosts=allowed_hosts, validate=validate,
            history=history, on_event=on_event, pickle_secrets=pickle_secrets,
        )  # fmt: skip
        self._open(AsyncConnection(app_url, options), options, name, force=force)

    def _open(
        self, connection: AsyncConnection, options: Options, name: str | None, *, force: bool
    ) -> None:
        super().__init__(connection, options, name, force=force)
        self._connection = connection
        self._channel = AsyncEventStream(connection)
        self._own_channels: weakref.WeakSet[AsyncEventStream] = weakref.WeakSet()
        self._waiting: deque[asyncio.Future[None]] = deque()
        replaced = self._register()
        if replaced is not None:
            replaced._close_from_anywhere()

    # Calls

    def submit(
        self,
        api_name: str,
        params: Sequence[Any] | Mapping[str, Any] | None = None,
        *,
        event_id: str | None = None,
        token: str | None = None,
        timeout: float | None = None,
        headers: Mapping[str, str] | None = None,
        retries: int | None = None,
        detached: bool = False,
    ) -> AsyncCall[Any]:
        """Start a call; see `Session.submit` for the arguments.

        Returns:
            The call, under way as a task of the running loop. Whatever is wrong with it, but for
            the errors below, is raised when it is awaited.

        Raises:
            ParameterError: An option is not valid.
            CallLimitError: The record is full; nothing was sent.
        """
        options = CallOptions(
            token=token, timeout=timeout, headers=headers, retries=retries, detached=detached
        )
        spec = self._spec(api_name)
        if event_id is not None:
            return self._attach(spec, event_id, options)
        return self._start(spec, self._parameters(params), options)

    async def predict(
        self,
        api_name: str,
        params: Sequence[Any] | Mapping[str, Any] | None = None,
        *,
        token: str | None = None,
        timeout: float | None = None,
        headers: Mapping[str, str] | None = None,
        retries: int | None = None,
    ) -> Any:
        """Start a call and wait for its result; see `submit` and `AsyncCall.result`."""
        return await self.submit(
            api_name, params, token=token, timeout=timeout, headers=headers, retries=retries
        )

    def attach(
        self,
        event_id: str,
        api_name: str = "",
        *,
        token: str | None = None,
        timeout: float | None = None,
    ) -> AsyncCall[Any]:
        """Follow an event that was made elsewhere; see `Session.attach`."""
        return self._attach(
            self._spec(api_name, anonymous=True),
            event_id,
            CallOptions(token=token, timeout=timeout),
        )

    def _start(
        self, spec: EndpointSpec, params: Sequence[Any] | Mapping[str, Any], options: CallOptions
    ) -> AsyncCall[Any]:
        call = self._new_call(spec, options)
        self._listen(call, self._channel)
        call._task = self._spawn(partial(self._carry_out, call, params, options), call)
        return call

    def _new_call(self, spec: EndpointSpec, options: CallOptions) -> AsyncCall[Any]:
        self._check_open()
        self._check_loop()
        call: AsyncCall[Any] = AsyncCall(self, spec, self._state(spec, options, None))
        self.calls.add(call)
        self._channel.watch(call._state)
        return call

    @staticmethod
    def _check_loop() -> None:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            raise ParameterError(
                "An AsyncSession makes calls while an event loop runs. In code without one use Session."
            ) from None

    def _spawn(
        self, work: Callable[[], Coroutine[Any, Any, None]], call: AsyncCall[Any]
    ) -> asyncio.Task[None]:
        return self._channel.spawn(self._guarded(work, call))

    async def _guarded(
        self, work: Callable[[], Coroutine[Any, Any, None]], call: AsyncCall[Any]
    ) -> None:
        """The task of a call: whatever goes wrong is the call's end."""
        try:
            await work()
        except asyncio.CancelledError:
            self._channel.drop(call._state)
            raise
        except GradioSessionError as error:
            logger.debug("%s failed: %s", call.api_name, error)
            self._unsent(call, error)
        except Exception as error:  # noqa: BLE001 - a task of ours has nobody else to tell
            self._unsent(call, self._odd(call, error))

    def _unsent(self, call: AsyncCall[Any], error: GradioSessionError) -> None:
        self._channel.fail(call._state, error)
        if call.id is None:
            self.calls.discard(call)

    async def _carry_out(
        self, call: AsyncCall[Any], params: Sequence[Any] | Mapping[str, Any], options: CallOptions
    ) -> None:
        state = call._state
        connection = self._connection
        await self._turn(call)
        await connection.ready()
        prepared = await connection.run(
            connection.prepare(call._spec, params, options), state.deadline
        )
        self._bind(call, prepared)
        call._prepared = prepared
        data = await connection.run(
            connection.load(prepared, self, partial(self._channel.uploading, state)), state.deadline
        )
        if options.detached:
            event_id = await self._channel.post_detached(prepared, data, state.deadline)
            state.accept(event_id)
            call._channel = self._own_channel(event_id, options, call)
        else:
            await self._channel.post(state, prepared, data)
        state.fn_index = prepared.dependency.fn_index
        if state.event_id is not None:
            self.calls.name(call, state.event_id)

    async def _turn(self, call: AsyncCall[Any]) -> None:
        """Wait until `max_concurrency` lets another call go, in order."""
        limit = self.max_concurrency
        if limit is not None and (self._in_flight >= limit or self._waiting):
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            call._state.on_end(turn.cancel)
            await turn
        else:
            self._in_flight += 1
        call._when_done(self._next_turn)

    def _next_turn(self) -> None:
        self._in_flight -= 1
        limit = self.max_concurrency
        while self._waiting and (limit is None or self._in_flight < limit):
            turn = self._waiting.popleft()
            if not turn.done():
                self._in_flight += 1
                turn.set_result(None)

    def _own_channel(
        self, event_id: str, options: CallOptions, call: AsyncCall[Any]
    ) -> AsyncEventStream:
        headers = self._connection.call_headers(options, self._connection.base_url)
        channel = AsyncEventStream(self._connection, event_id, headers=headers, follows=call._state)
        self._own_channels.add(channel)
        self._listen(call, channel)
        return channel

    def _attach(self, spec: EndpointSpec, event_id: str, options: CallOptions) -> AsyncCall[Any]:
        known = self.calls.get(checked_event_id(event_id))
        if known is not None:
            return known
        call = self._new_call(spec, options)
        state = call._state
        state.accept(event_id)
        call._channel = self._own_channel(event_id, options, call)
        self.calls.name(call, event_id)
        call._task = self._spawn(partial(self._follow, call), call)
        return call

    async def _follow(self, call: AsyncCall[Any]) -> None:
        config = await self._connection.ready()
        self._know(call, config)
        call._channel.follow()

    # The app

    async def login(self, user: str, password: str) -> None:
        """Log in to the app by its own login. The login belongs to every tab of this session.

        Raises:
            AuthenticationError: The app refused the user name or the password.
        """
        self._check_open()
        await self._connection.run(self._connection.log_in((user, password)))

    async def wait_ready(
        self, timeout: float | None = 60, *, progress: Callable[[Waiting], object] | None = None
    ) -> None:
        """Wait for an app that is still starting, or for a Space that wakes; see `Session.wait_ready`."""
        self._check_open()
        await self._connection.run(self._connection.wait_ready(timeout, progress))

    def tab(self) -> AsyncSession:
        """Another tab on the same app: its own session hash, record and state of the app; shared connections, login and configuration."""
        self._check_open()
        tab = object.__new__(type(self))
        tab._open(self._connection, self._options.copy(), None, force=False)
        return tab

    async def _explained(self, spec: EndpointSpec, error: GradioSessionError) -> GradioSessionError:
        """Why a result does not fit: the app may have changed."""
        if not spec.generated or self._closed:
            return error
        return await self._connection.run(self._connection.explain(spec, error))

    async def _run(self, flow: Flow[T]) -> T:
        self._check_open()
        await self._connection.ready()
        return await self._connection.run(flow)

    # The end

    async def close(self) -> None:
        """Cancel the calls that run, end the streams, close the connections (the last tab does) and leave `sessions`. May be called again."""
        if self._closed:
            return
        self._closed = True
        last = self._leave()
        for call in self.calls:
            if call.id is None and not call.done:
                await call.cancel()
        await self._channel.close()
        for channel in list(self._own_channels):
            await channel.close()
        if last:
            await self._connection.close()

    def _close_from_anywhere(self) -> None:
        """Close it where nobody can await: by a task of the loop that runs here, else by dropping what is there."""
        self._leave_name()
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            self._closed = True
            return
        self._channel.spawn(self.close())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with contextlib.suppress(GradioSessionError):
            await self.close()

    def _after_fork(self) -> None:
        self._waiting.clear()
        self._in_flight = 0
        self.calls.after_fork()
        self._connection.after_fork()
        for channel in (self._channel, *self._own_channels):
            channel.after_fork()
