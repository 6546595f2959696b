"""A session of synchronous code."""
# pyright: reportPrivateUsage=false

from __future__ import annotations

import contextlib
import threading
import weakref
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from gradio_session._log import logger
from gradio_session.calls.sync import Call
from gradio_session.connection.options import CallOptions, CallsPolicy, Options, checked_event_id
from gradio_session.connection.sync import Connection
from gradio_session.errors import GradioSessionError
from gradio_session.session.base import SessionBase
from gradio_session.stream.reader_sync import EventStream

if TYPE_CHECKING:
    import os
    import ssl
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

    import httpx
    from typing_extensions import Self

    from gradio_session.connection.prepared import PreparedCall
    from gradio_session.events import Event
    from gradio_session.protocol.app_schema.spec import EndpointSpec
    from gradio_session.protocol.base.effects import Flow
    from gradio_session.protocol.operations.spaces import Waiting

__all__ = ["Session"]

T = TypeVar("T")


class Session(SessionBase["Call[Any]"]):
    """One browser tab on one Gradio app: its `session_hash`, the calls made in it, the files uploaded and the login.

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
        http: An `httpx.Client` of your own to send everything by; it is not closed with the
            session.
        max_download_bytes: Largest file that is downloaded.
        allowed_hosts: Other hosts that files may be fetched from (without credentials).
        validate: Check every result against its type, and raise `ResponseError` where it does not
            fit.
        history: Keep outputs in `Call.events` too.
        on_event: Called with every event of every call, in the thread that reads; it must not wait
            for a call.
        pickle_secrets: Whether a pickled session carries its token, login, headers and cookies.

    Raises:
        SessionExistsError: Another session has that name.
        ParameterError: An option is not valid.
    """

    _asynchronous = False

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
        http: httpx.Client | None = None,
        max_download_bytes: int | None = None,
        allowed_hosts: Sequence[str] = (),
        validate: bool = False,
        history: bool = False,
        on_event: Callable[[Call[Any], Event[Any]], object] | None = None,
        pickle_secrets: bool = True,
    ) -> None:
        options = Options(
            download_path=download_path, max_calls=max_calls, max_calls_policy=max_calls_policy, max_concurrency=max_concurrency, token=token,
            auth=auth, headers=headers, cookies=cookies, timeout=timeout, heartbeat_timeout=heartbeat_timeout, retries=retries, proxy=proxy,
            verify=verify, cert=cert, http=http, max_download_bytes=max_download_bytes, allowed_hosts=allowed_hosts, validate=validate,
            history=history, on_event=on_event, pickle_secrets=pickle_secrets,
        )  # fmt: skip
        self._open(Connection(app_url, options), options, name, force=force)

    def _open(
        self, connection: Connection, options: Options, name: str | None, *, force: bool
    ) -> None:
        super().__init__(connection, options, name, force=force)
        self._connection = connection
        self._channel = EventStream(connection)
        self._own_channels: weakref.WeakSet[EventStream] = weakref.WeakSet()
        self._turns = threading.Lock()
        self._waiting: deque[tuple[Call[Any], PreparedCall]] = deque()
        self._posting = False
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
    ) -> Call[Any]:
        """Start a call.

        Args:
            api_name: The endpoint's name, with its slash or without.
            params: Its parameters: a list in order, or a mapping by name (defaults are filled in).
                Files are paths, URLs, open files, bytes or files that a call returned.
            event_id: Attach to this event instead, which was made elsewhere or is in the record.
            token: A token for this call; "public" for none.
            timeout: Seconds from submission to the end, instead of the session's; `math.inf` for no
                bound.
            headers: Headers for this call, over those of the session.
            retries: Instead of the session's.
            detached: Start it under no session and read nothing until somebody waits, so that
                another process can attach to its id.

        Returns:
            The call, accepted by the server (or waiting for its turn, with `max_concurrency`).

        Raises:
            ParameterError: The parameters do not fit; nothing was sent.
            EndpointNotFoundError: The app has no such endpoint.
            CallLimitError: The record is full; nothing was sent.
            GradioSessionError: The app could not be reached, or refused the call.
        """
        options = CallOptions(
            token=token, timeout=timeout, headers=headers, retries=retries, detached=detached
        )
        spec = self._spec(api_name)
        if event_id is not None:
            return self._attach(spec, event_id, options)
        return self._start(spec, self._parameters(params), options)

    def predict(
        self,
        api_name: str,
        params: Sequence[Any] | Mapping[str, Any] | None = None,
        *,
        token: str | None = None,
        timeout: float | None = None,
        headers: Mapping[str, str] | None = None,
        retries: int | None = None,
    ) -> Any:
        """Start a call and wait for its result; see `submit` and `Call.result`."""
        return self.submit(
            api_name, params, token=token, timeout=timeout, headers=headers, retries=retries
        ).result()

    def attach(
        self,
        event_id: str,
        api_name: str = "",
        *,
        token: str | None = None,
        timeout: float | None = None,
    ) -> Call[Any]:
        """Follow an event that was made elsewhere: by `curl` on `/call/...`, or by a detached call of another process.

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
        return self._attach(
            self._spec(api_name, anonymous=True),
            event_id,
            CallOptions(token=token, timeout=timeout),
        )

    def _start(
        self, spec: EndpointSpec, params: Sequence[Any] | Mapping[str, Any], options: CallOptions
    ) -> Call[Any]:
        self._check_open()
        self.calls.check()
        state = self._state(spec, options, threading.Lock())
        call: Call[Any] = Call(self, spec, state)
        with self._channel.deadline(state):
            self._connection.ready(state.deadline)
            prepared = self._connection.run(
                self._connection.prepare(spec, params, options), state.deadline
            )
        self._bind(call, prepared)
        self._listen(call, self._channel)
        self.calls.add(call)
        if not self._has_turn(call, prepared):
            return call
        try:
            self._send(call, prepared)
        except BaseException as error:
            self._fail(call, error)
            self.calls.discard(call)
            raise
        return call

    def _has_turn(self, call: Call[Any], prepared: PreparedCall) -> bool:
        with self._turns:
            limit = self.max_concurrency
            wait = limit is not None and (self._in_flight >= limit or bool(self._waiting))
            if wait:
                self._waiting.append((call, prepared))
            else:
                self._in_flight += 1
        if not wait:
            call._when_done(self._next_turn)
        return not wait

    def _next_turn(self) -> None:
        with self._turns:
            self._in_flight -= 1
            if not self._waiting or self._posting:
                return
            self._posting = True
        self._channel.spawn(self._take_turns)

    def _take_turns(self) -> None:
        """Send the calls that wait, in order, for as long as there is room."""
        while True:
            with self._turns:
                limit = self.max_concurrency
                if not self._waiting or (limit is not None and self._in_flight >= limit):
                    self._posting = False
                    return
                call, prepared = self._waiting.popleft()
                if call.done:
                    continue
                self._in_flight += 1
            call._when_done(self._next_turn)
            try:
                self._send(call, prepared)
            except Exception as error:  # noqa: BLE001 - it is the call's own end
                self._fail(call, error)

    def _send(self, call: Call[Any], prepared: PreparedCall) -> None:
        with self._channel.deadline(call._state):
            self._send_in_time(call, prepared)

    def _send_in_time(self, call: Call[Any], prepared: PreparedCall) -> None:
        state = call._state
        connection = self._connection
        data = connection.run(
            connection.load(prepared, self, partial(self._channel.uploading, state)), state.deadline
        )
        if prepared.options.detached:
            event_id = self._channel.post_detached(prepared, data, state.deadline)
            self._detach(call, prepared, event_id)
        else:
            self._channel.post(state, prepared, data)
        state.fn_index = prepared.dependency.fn_index
        if state.event_id is not None:
            self.calls.name(call, state.event_id)

    def _detach(self, call: Call[Any], prepared: PreparedCall, event_id: str) -> None:
        state = call._state
        state.accept(event_id)
        call._channel = self._own_channel(event_id, prepared.options, call)

    def _own_channel(self, event_id: str, options: CallOptions, call: Call[Any]) -> EventStream:
        headers = self._connection.call_headers(options, self._connection.base_url)
        channel = EventStream(self._connection, event_id, headers=headers, follows=call._state)
        self._own_channels.add(channel)
        self._listen(call, channel)
        return channel

    def _fail(self, call: Call[Any], error: BaseException) -> None:
        failure = error if isinstance(error, GradioSessionError) else self._odd(call, error)
        logger.debug("%s could not be sent: %s", call.api_name, failure)
        self._channel.fail(call._state, failure)

    def _attach(self, spec: EndpointSpec, event_id: str, options: CallOptions) -> Call[Any]:
        self._check_open()
        known = self.calls.get(checked_event_id(event_id))
        if known is not None:
            return known
        self.calls.check()
        state = self._state(spec, options, threading.Lock())
        call: Call[Any] = Call(self, spec, state)
        self._know(call, self._connection.ready(state.deadline))
        state.accept(event_id)
        call._channel = self._own_channel(event_id, options, call)
        self.calls.add(call)
        self.calls.name(call, event_id)
        call._channel.follow()
        return call

    # The app

    def login(self, user: str, password: str) -> None:
        """Log in to the app by its own login. The login belongs to every tab of this session.

        Raises:
            AuthenticationError: The app refused the user name or the password.
        """
        self._check_open()
        self._connection.run(self._connection.log_in((user, password)))

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
        self._connection.run(self._connection.wait_ready(timeout, progress))

    def tab(self) -> Session:
        """Another tab on the same app: its own session hash, record and state of the app; shared connections, login and configuration."""
        self._check_open()
        tab = object.__new__(type(self))
        tab._open(self._connection, self._options.copy(), None, force=False)
        return tab

    def _explained(self, spec: EndpointSpec, error: GradioSessionError) -> GradioSessionError:
        """Why a result does not fit: the app may have changed."""
        if not spec.generated or self._closed:
            return error
        return self._connection.run(self._connection.explain(spec, error))

    def _run(self, flow: Flow[T]) -> T:
        self._check_open()
        self._connection.ready()
        return self._connection.run(flow)

    # The end

    def close(self) -> None:
        """Cancel the calls that run, end the streams, close the connections (the last tab does) and leave `sessions`. May be called again."""
        if self._closed:
            return
        self._closed = True
        last = self._leave()
        with self._turns:
            waiting = [call for call, _ in self._waiting]
            self._waiting.clear()
        for call in waiting:
            call.cancel()
        self._channel.close()
        for channel in list(self._own_channels):
            channel.close()
        if last:
            self._connection.close()

    def _close_from_anywhere(self) -> None:
        self.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with contextlib.suppress(GradioSessionError):
            self.close()

    def _after_fork(self) -> None:
        self._turns = threading.Lock()
        self._posting = False
        self._waiting.clear()
        self._in_flight = 0
        self.calls.after_fork()
        self._connection.after_fork()
        for channel in (self._channel, *self._own_channels):
            channel.after_fork()
