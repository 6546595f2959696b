"""The transport of sessions that block."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

import httpx

from gradio_session.protocol.base import effects
from gradio_session.transport import bodies
from gradio_session.transport.base import BodyBase, Exchange, Payload, Scope, TransportBase
from gradio_session.transport.errors import closed_error, not_sent_error
from gradio_session.transport.targets import resolve
from gradio_session.transport.threads import Timers, gathered, single_flight

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gradio_session.protocol.base.credentials import Credentials
    from gradio_session.transport.routes import TransportOptions

__all__ = ["SyncStream", "SyncTransport"]

T = TypeVar("T")
_CONNECTED = (".connect_tcp.complete", ".start_tls.complete")


class _Connection(httpx.HTTPTransport):
    """A transport that knows the network stream of its connection.

    Attributes:
        wire: That stream, once an answer has come over it.
        events: What httpcore has told of the request under way, by name.
    """

    wire: Any = None
    events: dict[str, Any] | None = None

    def end(self) -> None:
        """Close the connection. Only the holder of its lease may."""
        with suppress(Exception):
            self.close()

    def interrupt(self) -> None:
        """Wake the thread that waits at the connection, for the first answer too."""
        events = (self.events or {}).copy()
        made = [info for name, info in events.items() if name.endswith(_CONNECTED)]
        _shut_down(made[-1]["return_value"] if made else self.wire)


class SyncTransport(TransportBase[_Connection]):
    """Connections for flows and for the event stream. Safe to share between threads.

    Args:
        options: See `TransportOptions`; read once.
        base_url: Address of the app, or "" until it is known.
        credentials: Its secrets.
    """

    def __init__(self, options: TransportOptions, base_url: str, credentials: Credentials) -> None:
        self._timers = Timers()
        self.later = self._timers.later
        super().__init__(
            options, base_url, credentials, _Connection, httpx.Client, self.later, _Connection.end
        )
        # What the first request imports: a fork during an import leaves its lock to the child.
        httpx.HTTPTransport(verify=False).close()
        "".encode("idna")
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._streams: set[SyncStream] = set()
        self._performers: dict[type, Callable[[Any, Scope], object]] = {
            effects.Request: self._request,
            effects.Read: lambda effect, _: effect.response.handle.read(),
            effects.Blocking: lambda effect, _: effect.function(),
            effects.Gather: self._gather,
            effects.SingleFlight: self._single_flight,
            effects.Sleep: self._sleep,
            effects.Resolve: lambda effect, _: resolve(effect.host, effect.port),
        }

    def run(
        self,
        flow: effects.Flow[T],
        deadline: float | None = None,
        beside: Sequence[threading.Event] = (),
    ) -> T:
        """Perform a flow's effects until it returns.

        Args:
            flow: The flow; it is used up.
            deadline: The time, by `time.monotonic()`, after which its next effect raises
                `CallTimeoutError` inside it.
            beside: Once one is set, its next effect raises `ConnectionLostError` inside it.
        """
        scope = Scope(deadline, beside)
        result: object = None
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
                    if isinstance(effect, effects.Close):
                        effect.response.handle.close()
                    else:
                        scope.check()
                        result = self._performers[type(effect)](effect, scope)
                except BaseException as caught:  # noqa: BLE001 - the flow may clean up; what it lets pass comes back
                    error = caught
        finally:
            error = None  # the traceback refers to this frame

    def close(self) -> None:
        """Close every connection; threads that wait for an answer wake. A user's client stays."""
        self._closed = True
        self._stopped.set()
        self._timers.clear()
        for stream in list(self._streams):
            stream.close()
        for pool in list(self._pools.values()):
            idle, used = pool.close()
            for connection in idle:
                connection.end()
            for connection in used:
                connection.interrupt()

    # Flows

    def _request(self, effect: effects.Request, scope: Scope) -> effects.Response:
        stream = self._open(effect, scope)
        if effect.stream:
            return self._answer(effect, stream, None)
        body = bytearray()
        try:
            while len(body) <= bodies.MAX_BODY and (chunk := stream.read()):
                body += chunk
                scope.check()
        finally:
            if not stream.ended:
                stream.close()
        return self._answer(effect, stream, bytes(body))

    def _sleep(self, effect: effects.Sleep, scope: Scope) -> None:
        if self._stopped.wait(scope.remaining(effect.seconds)):
            raise not_sent_error()
        scope.check()

    def _gather(self, effect: effects.Gather, scope: Scope) -> list[object]:
        return gathered(self.run, effect, scope)

    def _single_flight(self, effect: effects.SingleFlight, scope: Scope) -> object:
        return single_flight(self._lock, self.run, effect, scope)

    # Requests

    def _open(self, effect: effects.Request, scope: Scope) -> SyncStream:
        repeated = False
        while True:
            exchange = self._exchange(effect, _SyncPayload(effect, scope), scope)
            try:
                response = self._send(exchange)
                break
            except httpx.TransportError as error:
                if not exchange.retriable(error) or (repeated and not exchange.reused()):
                    raise self._failure(exchange, error) from error
                repeated = True
            finally:
                exchange.request.extensions.pop("trace", None)  # it refers back to the request
        self._came(exchange, response)
        return SyncStream(response, exchange, self._streams)

    def _send(self, exchange: Exchange[_Connection]) -> httpx.Response:
        # httpcore tells a dictionary what happens: no function of ours runs for it.
        exchange.request.extensions["trace"] = exchange.events.__setitem__
        if exchange.client:
            answer: httpx.Response = self._by_client(exchange)
            return answer
        target = exchange.target
        pool = exchange.pool = self._pools.get(target.route) or self._new_pool(target.route)
        connection = exchange.connection = pool.acquire(target.name)
        connection.events = exchange.events
        try:
            response = connection.handle_request(exchange.request)
        except BaseException:
            exchange.release(usable=False)
            connection.end()
            raise
        connection.wire = response.extensions.get("network_stream")
        return response


class SyncStream(BodyBase):
    """See `BodyBase`. One thread reads; any may close.

    Closing is the delicate part. Whoever reads holds `_reading`; `close` takes it, or shuts the
    socket down, which wakes the reader, who gives the connection up. `_releasing` sees to it that
    this happens once, and that nobody shuts a connection down that serves another request already.
    """

    def __init__(
        self, response: httpx.Response, exchange: Exchange[_Connection], among: set[SyncStream]
    ) -> None:
        super().__init__(response, exchange, among)
        self._chunks: Iterator[bytes] = iter(self._body)
        self._reading = threading.Lock()
        self._releasing = threading.Lock()

    def read(self) -> bytes:
        """The next bytes, as soon as there are any; b"" at the end of the body.

        Raises:
            ConnectionLostError: The connection broke, no byte came for the time allowed, or `close`
                was called.
        """
        with self._reading:
            try:
                if not (self.ended or self._closed):
                    for chunk in self._chunks:
                        if chunk:
                            return chunk
                    self.ended = not self._closed
            except (httpx.HTTPError, httpx.StreamError, OSError, ValueError) as error:
                self._release()
                raise self._failure(error) from error
            finally:
                if self.ended or self._closed:
                    self._release()
        if self.ended:
            return b""
        raise closed_error(self.host)

    @property
    def at_hand(self) -> bool:
        """Whether bytes have come that nobody has taken from the system; True if unknown."""
        wire: Any = self.response.extensions.get("network_stream")
        return wire is None or bool(wire.get_extra_info("is_readable"))

    def close(self) -> None:
        """Give the connection back, or up if the body is not at its end; whoever reads wakes.

        Never fails; any thread may call it, and again.
        """
        self._closed = True
        if not self._reading.acquire(blocking=False):
            self.shut_down()
            if not self._reading.acquire(timeout=1):
                return  # the reader does not wait for the network, and gives the connection up
        try:
            self._release()
        finally:
            self._reading.release()

    def shut_down(self) -> None:
        """Wake the reader, unless the connection may serve another request by now."""
        with self._releasing:
            if not self._released:
                _shut_down(self.response.extensions.get("network_stream"))

    def _release(self) -> None:
        with self._releasing:
            if self._released:
                return
            self._released = True
        self._among.discard(self)
        gone = self._gone
        try:
            with suppress(Exception):
                if gone:
                    self.response.extensions["network_stream"].close()
            with suppress(Exception):
                self._body.close()
        finally:
            left = self._exchange.release(usable=self.ended and not gone)
            if left is not None:
                left.end()


class _SyncPayload(Payload, httpx.SyncByteStream):
    def __iter__(self) -> Iterator[bytes]:
        self.started = True
        self.whole = not self.at_once
        content = self._effect.content
        if isinstance(content, bytes):
            yield content
            self.whole = True
        elif content is not None:
            sent = 0
            for chunk in content():
                self._scope.check()
                yield chunk
                sent += len(chunk)
                if self._effect.progress is not None:
                    self._effect.progress(sent)


def _shut_down(wire: Any) -> None:
    """Close a connection under the thread that reads: only a shutdown wakes one in `recv`."""
    with suppress(Exception):
        connection: socket.socket = wire.get_extra_info("socket")
        # The method of an SSLSocket would take its TLS state from under the reader.
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
