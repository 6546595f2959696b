"""The transport of sessions that block."""

from __future__ import annotations

import os
import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

import httpx

from gradio_session.errors import ConnectError
from gradio_session.protocol.base.effects import (
    Blocking,
    Close,
    Effect,
    Flow,
    Gather,
    Read,
    Request,
    Resolve,
    Response,
    SingleFlight,
    Sleep,
)
from gradio_session.transport.base import (
    MAX_BODY,
    Exchange,
    Payload,
    TransportBase,
    answer,
    decode_body,
    gone_after,
    remaining,
    too_large,
)
from gradio_session.transport.errors import closed_error, lost_error, unknown_host
from gradio_session.transport.threads import Gathering, Scope, once

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from gradio_session.transport.tls import TransportOptions

__all__ = ["SyncStream", "SyncTransport"]

T = TypeVar("T")


_CONNECTED = (".connect_tcp.complete", ".start_tls.complete")


class _Line(httpx.HTTPTransport):
    """A transport that knows the network stream of its connection."""

    wire: Any = None

    def end(self) -> None:
        """Close the connection. Only for who holds the line."""
        with suppress(Exception):
            self.close()


class SyncTransport(TransportBase[_Line]):
    """Connections for flows and for the hot path of calls. Safe to share between threads.

    Args:
        options: See `TransportOptions`; read once.
    """

    def __init__(self, options: TransportOptions) -> None:
        super().__init__(options, _Line)
        self._check_client(httpx.Client)
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._streams: set[SyncStream] = set()
        self._performers: dict[type, Callable[[Any, Scope], Any]] = {
            Request: self._request,
            Read: lambda effect, _: effect.response.handle.read(),
            Blocking: lambda effect, _: effect.function(),
            Gather: self._gather,
            SingleFlight: lambda effect, scope: once(self._lock, self._run, effect, scope),
            Sleep: self._sleep,
            Resolve: lambda effect, _: _resolve(effect.host, effect.port),
        }

    def post(
        self,
        url: str,
        headers: Mapping[str, str | None] | None,
        body: bytes,
        timeout: float | None = None,
    ) -> Response:
        """Send a POST and read its whole answer, whatever its status.

        Args:
            url: Absolute address.
            headers: Headers over those of the session; None takes a header of the session away.
            body: The body.
            timeout: Seconds without any byte before it fails; None for the session's
                `heartbeat_timeout`.

        Raises:
            ConnectError: Nothing of the body was sent, so it may be sent again.
            ConnectionLostError: The connection broke later; what the server did is not known.
        """
        return self._fetch(
            Request("POST", url, headers=headers, content=body, timeout=timeout), Scope(None)
        )

    def open_stream(self, url: str, headers: Mapping[str, str | None] | None = None) -> SyncStream:
        """Send a GET and return its answer as a stream, whatever its status.

        Raises:
            ConnectError: Nothing was sent.
            ConnectionLostError: The connection broke before an answer came.
        """
        return self._open(Request("GET", url, headers=headers), Scope(None))

    def run(self, flow: Flow[T], *, deadline: float | None = None) -> T:
        """Perform a flow's effects until it returns.

        Args:
            flow: The flow; it is used up.
            deadline: The time, by `time.monotonic()`, after which its next effect raises
                `CallTimeoutError` inside it.
        """
        return self._run(flow, Scope(deadline))

    def close(self) -> None:
        """Close every connection; threads that wait for an answer wake. The user's own client stays open."""
        self._closed = True
        self._stopped.set()
        for stream in list(self._streams):
            stream.close()
        for pool in list(self._pools.values()):
            idle, used = pool.close()
            for line in idle:
                line.end()
            for line in used:
                _shut_down(line.wire)

    # Flows

    def _run(self, flow: Flow[T], scope: Scope) -> T:
        result: Any = None
        error: BaseException | None = None
        try:
            while True:
                try:
                    effect = flow.send(result) if error is None else flow.throw(error)
                except StopIteration as stop:
                    value: T = stop.value
                    return value
                result, error = None, None
                try:
                    result = self._perform(effect, scope)
                except BaseException as caught:  # noqa: BLE001 - the flow gets every one, to clean up; what it does not handle comes back
                    error = caught
        finally:
            error = None  # the traceback refers to this frame

    def _perform(self, effect: Effect, scope: Scope) -> Any:
        if isinstance(effect, Close):
            effect.response.handle.close()
            return None
        scope.check()
        return self._performers[type(effect)](effect, scope)

    def _request(self, effect: Request, scope: Scope) -> Response:
        if not effect.stream:
            return self._fetch(effect, scope)
        stream = self._open(effect, scope)
        return answer(effect, stream.response, b"", stream)

    def _sleep(self, effect: Sleep, scope: Scope) -> None:
        left = remaining(scope.deadline, effect.seconds)
        if self._stopped.wait(left):
            raise ConnectError("The session is closed; nothing was sent.")
        scope.check()

    def _gather(self, effect: Gather, scope: Scope) -> list[Any]:
        if len(effect.flows) == 1:
            return [self._run(effect.flows[0], scope)]
        return Gathering(self._run, effect, scope).results()

    # Requests

    def _fetch(self, effect: Request, scope: Scope) -> Response:
        stream = self._open(effect, scope)
        chunks: list[bytes] = []
        size = 0
        try:
            while chunk := stream.read():
                size += len(chunk)
                if size > MAX_BODY:
                    raise too_large(stream.host, stream.response)
                chunks.append(chunk)
                scope.check()
        finally:
            stream.close()
        return answer(effect, stream.response, decode_body(chunks, stream.response, stream.host))

    def _open(self, effect: Request, scope: Scope) -> SyncStream:
        exchange = self._prepare(effect, scope)
        try:
            response = self._handle(exchange)
        except httpx.TransportError as error:
            if not exchange.retriable(error):
                raise self._failure(exchange, error) from error
            exchange = self._prepare(effect, scope)
            try:
                response = self._handle(exchange)
            except httpx.TransportError as again:
                raise self._failure(exchange, again) from again
        self._keep_cookies(exchange, response)
        return SyncStream(response, exchange, self._streams)

    def _prepare(self, effect: Request, scope: Scope) -> Exchange:
        return self._exchange(
            effect, _SyncPayload(effect, scope), remaining(scope.deadline, self._seconds(effect))
        )

    def _handle(self, exchange: Exchange) -> httpx.Response:
        try:
            return (
                self._handle_by_client(exchange)
                if exchange.client
                else self._handle_by_line(exchange)
            )
        finally:
            exchange.request.extensions.pop(
                "trace", None
            )  # it refers to the exchange, which refers to the request

    def _handle_by_client(self, exchange: Exchange) -> httpx.Response:
        client: httpx.Client = self._client
        if client.is_closed:
            raise ConnectError(
                "The httpx client that the session was given is closed; nothing was sent."
            )
        return client.send(
            exchange.request,
            stream=True,
            follow_redirects=False,
            **({} if exchange.own else {"auth": None}),
        )

    def _handle_by_line(self, exchange: Exchange) -> httpx.Response:
        if self._pid != os.getpid():
            self._forget_connections()
        pool = self._pool(exchange.target.route)
        while (old := pool.stale()) is not None:
            old.end()
        loan = exchange.loan = pool.borrow(exchange.target.name)
        try:
            return loan.line.handle_request(exchange.request)
        except BaseException:
            loan.give_back(usable=False)
            loan.line.end()
            raise

    def _forget_connections(self) -> None:
        """After a fork the connections belong to the parent, and the locks may be held by threads that are not here."""
        self._lock = threading.Lock()
        self._pools = {}
        self._streams = set()
        self._pid = os.getpid()

    def _tracer(self, exchange: Exchange) -> Callable[[str, Any], None]:
        def trace(name: str, info: Any) -> None:
            exchange.progress(name)
            if name.endswith(_CONNECTED) and exchange.loan is not None:
                exchange.loan.line.wire = info["return_value"]

        return trace


class SyncStream:
    """An answer whose body is read bit by bit, as it came over the wire. One thread reads; any may close.

    Attributes:
        status: The status code.
        headers: Headers by lower-case name.
        response: The answer of httpx.
        host: Host and port, for messages.
    """

    def __init__(
        self, response: httpx.Response, exchange: Exchange, streams: set[SyncStream]
    ) -> None:
        self.response = response
        self.status = response.status_code
        self.headers = {name.lower(): value for name, value in response.headers.items()}
        self.host = exchange.target.name
        self._seconds = exchange.seconds
        self._loan = exchange.loan
        body: Any = response.stream
        self._body = body
        self._chunks: Iterator[bytes] = iter(body)
        self._lock = threading.Lock()
        self._gate = threading.Lock()
        self._closed = False
        self._released = False
        self._ended = False
        self._streams = streams
        streams.add(self)

    def read(self) -> bytes:
        """The next bytes, as soon as there are any; b"" at the end of the body.

        Raises:
            ConnectionLostError: The connection broke, no byte came for the time allowed, or `close`
                was called.
        """
        with self._lock:
            try:
                return self._next()
            finally:
                if self._closed:
                    self._release()

    @property
    def at_hand(self) -> bool:
        """Whether bytes have come that nobody has taken from the system; True where that cannot be known."""
        wire: Any = self.response.extensions.get("network_stream")
        return wire is None or bool(wire.get_extra_info("is_readable"))

    def close(self) -> None:
        """Give the connection back, or up if the body is not at its end; whoever reads wakes. Never fails; any thread may call it, and again."""
        self._closed = True
        if not self._lock.acquire(blocking=False):
            self._shut_down()
            if not self._lock.acquire(timeout=1):
                return  # the reader is not waiting for the network; it gives the connection up when it comes back
        try:
            self._release()
        finally:
            self._lock.release()

    def _next(self) -> bytes:
        if self._ended:
            return b""
        if not self._closed:
            try:
                for chunk in self._chunks:
                    if chunk:
                        return chunk
            except (httpx.HTTPError, httpx.StreamError, OSError, ValueError) as error:
                self._release()
                raise (
                    closed_error(self.host)
                    if self._closed
                    else lost_error(error, self.host, self._seconds)
                ) from error
        if self._closed:
            raise closed_error(self.host)
        self._ended = True
        self._release()
        return b""

    def _release(self) -> None:
        with self._gate:
            if self._released:
                return
            self._released = True
        self._streams.discard(self)
        usable = False
        try:
            gone = gone_after(self.response)
            with suppress(Exception):
                if gone:
                    self.response.extensions["network_stream"].close()
            with suppress(Exception):
                self._body.close()
            usable = self._ended and not gone
        finally:
            if self._loan is not None and not self._loan.give_back(usable=usable):
                self._loan.line.end()

    def _shut_down(self) -> None:
        with self._gate:
            if not self._released:  # afterwards the connection may serve another request
                _shut_down(self.response.extensions.get("network_stream"))


class _SyncPayload(Payload, httpx.SyncByteStream):
    def __init__(self, effect: Request, scope: Scope) -> None:
        self._effect = effect
        self._scope = scope

    def __iter__(self) -> Iterator[bytes]:
        self.started = True
        content = self._effect.content
        if isinstance(content, bytes):
            yield content
        elif content is not None:
            yield from self._chunks(content())

    def _chunks(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        sent = 0
        for chunk in chunks:
            self._scope.check()
            yield chunk
            sent += len(chunk)
            if self._effect.progress is not None:
                self._effect.progress(sent)


def _shut_down(wire: Any) -> None:
    """Close the connection under the thread that reads from it: only a shutdown wakes one that waits in `recv`."""
    with suppress(Exception):
        connection: socket.socket = wire.get_extra_info("socket")
        socket.socket.shutdown(
            connection, socket.SHUT_RDWR
        )  # that of an SSLSocket would take its TLS state from under the reader


def _resolve(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise unknown_host(host) from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))
