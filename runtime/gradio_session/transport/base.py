"""What both transports share: what goes out where, and how an answer is read. No I/O."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import httpx

from gradio_session.errors import (
    CallTimeoutError,
    ConnectError,
    ConnectionLostError,
    GradioSessionError,
    ParameterError,
)
from gradio_session.protocol.base.effects import Request, Response
from gradio_session.transport import bodies, targets
from gradio_session.transport.errors import (
    NOTHING_SENT,
    closed_error,
    connect_error,
    lost_error,
    not_sent_error,
    write_failed,
)
from gradio_session.transport.pool import Pool
from gradio_session.transport.routes import Route, maker
from gradio_session.transport.targets import Target, checked_cookies, checked_headers, target_of

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence

    from gradio_session.protocol.base.credentials import Credentials
    from gradio_session.transport.pool import Timer
    from gradio_session.transport.routes import TransportOptions

__all__ = ["BodyBase", "Exchange", "Payload", "Scope", "TransportBase"]

_CONNECT_TIMEOUT = 15.0
"""Seconds that opening a connection may take."""

_MAX_TARGETS = 256
_STALE = (httpx.NetworkError, httpx.RemoteProtocolError)

ConnectionT = TypeVar("ConnectionT")


class Scope(NamedTuple):
    """What bounds a run of a flow: its deadline, and whether a flow beside it has failed.

    Attributes:
        deadline: The time, by `time.monotonic()`, at which it ends; None for no end.
        beside: Each is set once flows that run beside this one have failed.
    """

    deadline: float | None
    beside: Sequence[threading.Event] = ()

    def check(self) -> None:
        """Raise when the flow is to end: past its deadline, or given up."""
        if self.deadline is not None and self.deadline <= time.monotonic():
            raise CallTimeoutError("The deadline has passed.")
        for event in self.beside:
            if event.is_set():
                raise ConnectionLostError("Given up, as a request beside it has failed.")

    def remaining(self, seconds: float) -> float:
        """As many seconds, or those that are left until the deadline.

        Raises:
            CallTimeoutError: The deadline has passed.
        """
        if self.deadline is None:
            return seconds
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise CallTimeoutError("The deadline has passed.")
        return min(seconds, left)


class Payload:
    """A request's body, sent as long as the flow may go on.

    Attributes:
        repeatable: Sending the request twice does what sending it once does.
        at_once: It is one piece, and a server acts only on all of it.
        started: It was asked for, which httpcore does only after the request's head was written.
        whole: All of it may be written: httpcore does not come back where a write fails.
    """

    def __init__(self, effect: Request, scope: Scope) -> None:
        self._effect = effect
        self._scope = scope
        self.repeatable = effect.method != "POST" and not effect.once
        self.at_once = isinstance(effect.content, bytes)
        self.started = self.whole = False


@dataclass(eq=False)
class Exchange(Generic[ConnectionT]):
    """One sending of one request.

    Attributes:
        request: The request for httpx.
        payload: Its body.
        target: Where it goes.
        client: Whether the user's own client sends it.
        own: Whether the app's secrets go with it, and cookies that come back are kept.
        seconds: The longest wait without a byte.
        events: What httpcore's `trace` extension has told, by name.
        pool: Where its connection is from.
        connection: The connection that it leases; None for the user's own client.
    """

    request: httpx.Request
    payload: Payload
    target: Target
    client: bool
    own: bool
    seconds: float
    events: dict[str, Any]
    pool: Pool[ConnectionT] | None = None
    connection: ConnectionT | None = None

    def release(self, *, usable: bool) -> ConnectionT | None:
        """End the lease of its connection, once; the connection if the caller is to close it."""
        if self.pool is None or self.connection is None:
            return None
        # One to a judged address serves once: its certificate was checked for one host only.
        usable = usable and not self.target.route.pinned
        kept = self.pool.release(self.connection, self.target.name, usable=usable)
        return None if kept else self.connection

    def retriable(self, error: BaseException) -> bool:
        """Whether a connection failed that the server had given up, so that it can be sent again.

        A request that is repeatable can; any other only if a part of it was surely not written.
        """
        if not isinstance(error, _STALE) or isinstance(error, httpx.ConnectError):
            return False
        payload = self.payload
        cut = not payload.whole or (payload.at_once and write_failed(error))
        return cut or (payload.repeatable and self.reused())

    def reused(self) -> bool:
        """Whether it went out on a connection that served before."""
        names = {name.partition(".")[2] for name in self.events}
        return "send_request_headers.started" in names and "connect_tcp.started" not in names


class BodyBase:
    """An answer whose body is read bit by bit, as it came over the wire. One reads; any may close.

    Attributes:
        response: The answer of httpx.
        host: Host and port, for messages.
        ended: Whether it was read to its end.
    """

    def __init__(self, response: httpx.Response, exchange: Exchange[Any], among: set[Any]) -> None:
        self.response = response
        self.host = exchange.target.name
        self._exchange = exchange
        self.ended = self._closed = self._released = False
        self._body: Any = response.stream
        self._among = among
        among.add(self)

    @property
    def _gone(self) -> bool:
        """Whether the connection must not serve again: after a 5xx the server closes it."""
        version = self.response.extensions.get("http_version")
        return self.response.is_server_error and version in (b"HTTP/1.1", b"HTTP/1.0")

    def _failure(self, error: Exception) -> ConnectionLostError:
        if self._closed:
            return closed_error(self.host)
        return lost_error(error, self.host, self._exchange.seconds)


class TransportBase(Generic[ConnectionT]):
    """Options worked out, and what outlives a connection: cookies and the app's origin.

    Args:
        options: See `TransportOptions`; read once.
        base_url: Address of the app, or "" until it is known: secrets go to its origin only.
        credentials: Its secrets.
        kind: The class of connections.
        client: The class of httpx that a client of the user's own must have.
        later: Calls a function in so many seconds.
        end: Closes a connection.

    Attributes:
        cookies: Cookies of the app's origin, those of the user and those that the app has set.
    """

    def __init__(
        self,
        options: TransportOptions,
        base_url: str,
        credentials: Credentials,
        kind: Callable[..., ConnectionT],
        client: type,
        later: Callable[[float, Callable[[], object]], Timer],
        end: Callable[[ConnectionT], object],
    ) -> None:
        if options.http is not None and not isinstance(options.http, client):
            raise ParameterError(
                f"http= takes an httpx.{client.__name__} here, not {type(options.http).__name__}.",
                parameter="http",
            )
        self._options = options
        self.cookies = checked_cookies(credentials.cookies)
        self._client: Any = options.http
        self._targets: dict[str, Target] = {}
        self.moved(base_url, credentials)
        self._kind, self._later, self._end = kind, later, end
        self._pools: dict[Route, Pool[ConnectionT]] = {}
        self._closed = False

    def moved(self, base_url: str, credentials: Credentials) -> None:
        """The app was found at another address, the origin of its secrets from now on."""
        self._headers = checked_headers(credentials.headers_for(base_url))
        self._base_url = base_url
        self._targets.clear()

    # What is sent

    def _exchange(self, effect: Request, payload: Any, scope: Scope) -> Exchange[ConnectionT]:
        """A request made ready to be sent once."""
        if self._closed:
            raise not_sent_error()
        target = self._targets.get(effect.url) or self._new_target(effect.url)
        if effect.address is not None:
            target = target.pinned()
        own = effect.credentials and target.own
        client = None if effect.address is not None else self._client
        patience = self._options.heartbeat_timeout if effect.timeout is None else effect.timeout
        seconds = scope.remaining(patience)
        connect = min(seconds, _CONNECT_TIMEOUT)
        timeout = {"connect": connect, "read": seconds, "write": seconds, "pool": seconds}
        extensions: dict[str, object] = {"timeout": timeout}
        headers = self._merged(effect, target, own=own, plain=client is None or not own)
        url = target.url
        if client is not None and own:
            # Where the client has parameters, httpx would drop those of the address.
            request = client.build_request(
                effect.method, url, headers=headers, cookies=self.cookies, extensions=extensions,
                params=url.params if client.params else None,
            )  # fmt: skip
            request.stream = payload
        else:
            if effect.address is not None:
                url = url.copy_with(host=effect.address)
                extensions["sni_hostname"] = target.url.raw_host.decode("ascii")
            request = httpx.Request(
                effect.method, url, headers=headers, stream=payload, extensions=extensions
            )
            if own and self.cookies.jar:
                self.cookies.set_cookie_header(request)
        return Exchange(request, payload, target, client is not None, own, seconds, {})

    def _new_target(self, url: str) -> Target:
        if len(self._targets) >= _MAX_TARGETS:
            self._targets.clear()
        target = target_of(url, self._base_url, self._options.proxy)
        self._targets[url] = target
        return target

    def _merged(self, effect: Request, target: Target, *, own: bool, plain: bool) -> dict[str, str]:
        """The headers of a request: ours, those of the session, its own, and its body's length."""
        merged: dict[str, str] = {}
        if plain:
            merged = {"host": target.name, "user-agent": "gradio-session", "accept": "*/*"}
        merged |= {"accept-encoding": "identity", **(self._headers if own else {})}
        for name, value in (effect.headers or {}).items():
            if value is None:
                merged.pop(name.lower(), None)
            elif isinstance(value, str) and targets.FIELD.match(f"{name}:{value}"):  # pyright: ignore[reportUnnecessaryIsInstance]
                merged[name.lower()] = value
            else:
                raise targets.bad_field(name, "header")
        length = len(effect.content) if isinstance(effect.content, bytes) else effect.content_length
        if length is not None:
            merged["content-length"] = str(length)
        elif effect.content is not None:
            merged["transfer-encoding"] = "chunked"
        return merged

    def _by_client(self, exchange: Exchange[ConnectionT]) -> Any:
        """The answer of the client that the session was given, or what to await for it."""
        if self._client.is_closed:
            raise ConnectError(
                "The httpx client that the session was given is closed; nothing was sent."
            )
        no_login = {} if exchange.own else {"auth": None}
        return self._client.send(exchange.request, stream=True, follow_redirects=False, **no_login)

    def _failure(self, exchange: Exchange[ConnectionT], error: BaseException) -> GradioSessionError:
        """The error to raise for what httpx raised."""
        target, sent, seconds = exchange.target, exchange.payload.started, exchange.seconds
        if self._closed:
            return closed_error(target.name) if sent else not_sent_error()
        if sent and not isinstance(error, NOTHING_SENT):
            return lost_error(error, target.name, seconds)
        if isinstance(error, httpx.ConnectTimeout):
            seconds = min(seconds, _CONNECT_TIMEOUT)
        proxied = target.proxied and not exchange.client
        return connect_error(error, target.name, seconds, proxied=proxied)

    def _new_pool(self, route: Route) -> Pool[ConnectionT]:
        made = Pool(maker(self._kind, route, self._options), self._later, self._end)
        pool = self._pools.setdefault(route, made)
        if self._closed:  # `close` may have come before the pool
            raise not_sent_error()
        return pool

    # What comes back

    def _came(self, exchange: Exchange[ConnectionT], response: httpx.Response) -> None:
        """An answer has come: forget how it was sent, and keep the app's cookies."""
        exchange.events.clear()
        if exchange.own and not exchange.client and "set-cookie" in response.headers:
            response.request = exchange.request
            self.cookies.extract_cookies(response)

    @staticmethod
    def _answer(effect: Request, stream: BodyBase, body: bytes | None) -> Response:
        """An answer as flows see it, its body whole, or None where the flow reads it.

        Header names are in lower case; of repeated headers the last counts.
        """
        response = stream.response
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in response.headers.raw
        }
        status = response.status_code
        if body is None:
            return Response(status, headers, b"", effect.url, stream)
        if len(body) > bodies.MAX_BODY:
            raise bodies.too_large(stream.host, status)
        if body and "content-encoding" in headers:
            encoding = response.headers["content-encoding"]
            body = bodies.decode_body(body, encoding, host=stream.host, status=status)
        return Response(status, headers, body, effect.url)
