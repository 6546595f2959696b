"""What both transports share: which headers and cookies go where, by which route, and how an answer is read. No I/O."""

from __future__ import annotations

import os
import re
import time
import zlib
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import httpx

from gradio_session.errors import (
    CallTimeoutError,
    ConnectError,
    GradioSessionError,
    ParameterError,
    ProtocolError,
)
from gradio_session.protocol.base.effects import Request, Response
from gradio_session.protocol.base.urls import trusted
from gradio_session.transport.errors import closed_error, translate
from gradio_session.transport.pool import Loan, Pool
from gradio_session.transport.proxies import Route, environment_proxy, maker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gradio_session.transport.tls import TransportOptions

__all__ = [
    "CONNECT_TIMEOUT",
    "MAX_BODY",
    "Exchange",
    "Payload",
    "Target",
    "TransportBase",
    "answer",
    "decode_body",
    "gone_after",
    "remaining",
    "too_large",
]

CONNECT_TIMEOUT = 15.0
"""Seconds that opening a connection may take."""

MAX_BODY = 256 * 1024 * 1024
"""Largest body, in bytes and decoded, that is read as a whole. Files and event streams are read in chunks and know no such limit."""

_MAX_TARGETS = 256
_SERVER_ERROR = 500

_HEADER_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
_HEADER_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*\Z")
_STALE = (httpx.NetworkError, httpx.RemoteProtocolError)

TransportT = TypeVar("TransportT")


class Target(NamedTuple):
    """An address, worked out once.

    Attributes:
        url: The address for httpx.
        name: Host and port for messages.
        own: Whether the app's secrets may go there.
        route: The pool to use.
    """

    url: httpx.URL
    name: str
    own: bool
    route: Route


class Payload:
    """A request's body, which tells whether it was asked for: httpcore takes it only after the request's head was written."""

    started = False


class Exchange:
    """One sending of one request.

    Attributes:
        request: The request for httpx.
        payload: Its body.
        target: Where it goes.
        client: Whether the user's own client sends it.
        own: Whether the app's secrets go with it, and cookies that come back are kept.
        proxied: Whether it goes by a proxy that we know of.
        repeatable: Whether sending it twice does what sending it once does.
        seconds: The longest wait without a byte.
        fresh: Whether a connection was made for it.
        reused: Whether it went out on a connection that served before.
        loan: The line that it goes by; None for the user's own client.
    """

    __slots__ = (
        "client",
        "fresh",
        "loan",
        "own",
        "payload",
        "proxied",
        "repeatable",
        "request",
        "reused",
        "seconds",
        "target",
    )

    def __init__(
        self,
        request: httpx.Request,
        payload: Payload,
        target: Target,
        *,
        client: bool,
        own: bool,
        proxied: bool,
        seconds: float | None,
    ) -> None:
        self.request = request
        self.payload = payload
        self.target = target
        self.client = client
        self.own = own
        self.proxied = proxied
        self.seconds = seconds
        self.repeatable = request.method != "POST"
        self.fresh = False
        self.reused = False
        self.loan: Loan[Any] | None = None

    def progress(self, event: str) -> None:
        """Note an event of httpcore's `trace` extension."""
        if event.endswith(".connect_tcp.started"):
            self.fresh = True
        elif event.endswith(".send_request_headers.started"):
            self.reused = not self.fresh

    def retriable(self, error: BaseException) -> bool:
        """Whether the failure is that of a connection which the server had given up, so that the request can be sent once more.

        One that is repeatable may be; any other only if nothing but a part of its head was written.
        """
        if not isinstance(error, _STALE) or isinstance(error, httpx.ConnectError):
            return False
        return (self.reused and self.repeatable) or not self.payload.started

    def failure(self, error: BaseException) -> GradioSessionError:
        """The error to raise for what httpx raised."""
        early = isinstance(error, httpx.ConnectTimeout)
        seconds = (
            CONNECT_TIMEOUT
            if early and (self.seconds is None or self.seconds > CONNECT_TIMEOUT)
            else self.seconds
        )
        return translate(
            error,
            self.target.name,
            sent=self.payload.started,
            seconds=seconds,
            proxied=self.proxied,
        )


class TransportBase(Generic[TransportT]):
    """Options worked out, and the state that outlives a connection: cookies and the app's origin."""

    def __init__(self, options: TransportOptions, kind: Callable[..., TransportT]) -> None:
        self.seconds = options.heartbeat_timeout
        self._options = options
        self._base_url = options.base_url
        self._headers = _checked(options.headers or {})
        self._cookies = _checked_cookies(options.cookies or {})
        self._client: Any = options.http
        self._targets: dict[str, Target] = {}
        self._kind = kind
        self._pools: dict[Route, Pool[TransportT]] = {}
        self._pid = os.getpid()
        self._closed = False

    def _check_client(self, kind: type) -> None:
        client = self._client
        if client is not None and not isinstance(client, kind):
            raise ParameterError(
                f"http= takes an httpx.{kind.__name__} here, not {type(client).__name__}.",
                parameter="http",
            )

    @property
    def base_url(self) -> str:
        """Address of the app: the origin of its secrets. Set it when discovery has found the app elsewhere than it was looked for."""
        return self._base_url

    @base_url.setter
    def base_url(self, url: str) -> None:
        self._base_url = url
        self._targets.clear()

    def moved(self, url: str, headers: Mapping[str, str]) -> None:
        """The app was found at another address: from now on it is the origin of its secrets, and these are its headers."""
        self._headers = _checked(headers)
        self.base_url = url

    @property
    def cookies(self) -> httpx.Cookies:
        """Cookies of the app's origin, those of the user and those that the app has set."""
        return self._cookies

    # Where a request goes

    def _target(self, url: str) -> Target:
        target = self._targets.get(url)
        if target is None:
            if len(self._targets) >= _MAX_TARGETS:
                self._targets.clear()
            target = self._targets[url] = self._work_out(url)
        return target

    def _work_out(self, url: str) -> Target:
        try:
            parsed = httpx.URL(url)
        except (httpx.InvalidURL, ValueError):
            raise ConnectError(
                "An address of the app is not a valid one; nothing was sent."
            ) from None
        if parsed.scheme not in ("http", "https") or not parsed.host:
            raise ConnectError(
                "An address of the app is not one of http:// or https://; nothing was sent."
            )
        name = parsed.netloc.decode("ascii", "replace")
        proxy = None if self._options.proxy is not None else environment_proxy(parsed)
        own = bool(self._base_url) and trusted(self._base_url, url)
        return Target(parsed, name, own, Route(parsed.scheme, proxy, pinned=False))

    # What is sent

    def _seconds(self, effect: Request) -> float:
        """The longest wait without a byte."""
        return self.seconds if effect.timeout is None else effect.timeout

    def _exchange(self, effect: Request, payload: Payload, seconds: float | None) -> Exchange:
        """A request made ready to be sent once."""
        if self._closed:
            raise ConnectError("The session is closed; nothing was sent.")
        target = self._target(effect.url)
        if effect.address is not None:
            target = target._replace(own=False, route=Route(target.route.scheme, None, pinned=True))
        own = effect.credentials and target.own
        client = None if effect.address is not None else self._client
        merged = self._merge(effect.headers, target, own=own, plain=client is None or not own)
        merged.update(_framing(effect))
        extensions: dict[str, Any] = {
            "timeout": {
                "connect": _least(seconds, CONNECT_TIMEOUT),
                "read": seconds,
                "write": seconds,
                "pool": seconds,
            }
        }
        if client is not None and own:
            request = client.build_request(
                effect.method,
                target.url,
                headers=merged,
                cookies=self._cookies,
                extensions=extensions,
            )
            request.stream = payload
        else:
            request = self._request_of_ours(effect, payload, target, merged, extensions)
            if own and len(self._cookies.jar):
                self._cookies.set_cookie_header(request)
        proxied = (
            client is None
            and not target.route.pinned
            and (self._options.proxy or target.route.proxy) is not None
        )
        exchange = Exchange(
            request,
            payload,
            target,
            client=client is not None,
            own=own,
            proxied=proxied,
            seconds=seconds,
        )
        trace = self._tracer(exchange)
        if trace is not None:
            request.extensions["trace"] = trace
        return exchange

    def _failure(self, exchange: Exchange, error: BaseException) -> GradioSessionError:
        if self._closed:
            return (
                closed_error(exchange.target.name)
                if exchange.payload.started
                else ConnectError("The session is closed; nothing was sent.")
            )
        return exchange.failure(error)

    @staticmethod
    def _request_of_ours(
        effect: Request,
        payload: Any,
        target: Target,
        headers: dict[str, str],
        extensions: dict[str, Any],
    ) -> httpx.Request:
        url = target.url
        if effect.address is not None:
            url = url.copy_with(host=effect.address)
            extensions["sni_hostname"] = target.url.raw_host.decode("ascii")
        return httpx.Request(
            effect.method, url, headers=headers, stream=payload, extensions=extensions
        )

    def _merge(
        self, headers: Mapping[str, str | None] | None, target: Target, *, own: bool, plain: bool
    ) -> dict[str, str]:
        merged: dict[str, str] = {"accept-encoding": "identity"}
        if plain:
            merged = {
                "host": target.name,
                "user-agent": "gradio-session",
                "accept": "*/*",
                "accept-encoding": "identity",
            }
        if own:
            merged.update(self._headers)
        for name, value in (headers or {}).items():
            if value is None:
                merged.pop(name.lower(), None)
            else:
                merged[name.lower()] = _checked_value(name, value)
        return merged

    def _tracer(self, exchange: Exchange) -> Any:
        """What httpcore tells the progress of a request to, or None."""
        raise NotImplementedError  # abstract: each world has its own

    # What comes back

    def _keep_cookies(self, exchange: Exchange, response: httpx.Response) -> None:
        if exchange.own and not exchange.client and "set-cookie" in response.headers:
            response.request = exchange.request
            self._cookies.extract_cookies(response)

    def _pool(self, route: Route) -> Pool[TransportT]:
        pool = self._pools.get(route)
        if pool is None:
            pool = self._pools.setdefault(route, Pool(maker(self._kind, route, self._options)))
            if self._closed:  # `close` may have come before the pool
                raise ConnectError("The session is closed; nothing was sent.")
        return pool


def decode_body(chunks: list[bytes], response: httpx.Response, host: str) -> bytes:
    """A whole body without its content encoding.

    Raises:
        ProtocolError: The encoding is neither gzip nor deflate (none was asked for), its data is
            broken, or it decodes to more than `MAX_BODY` bytes.
    """
    body = b"".join(chunks)
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding in ("", "identity") or not body:
        return body
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise ProtocolError(
            f"{host} answered in an encoding that was not asked for ({encoding[:40]!r}). A proxy in between may add it.",
            status=response.status_code,
        )
    decoder = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        decoded = decoder.decompress(body, MAX_BODY)
    except zlib.error:
        raise ProtocolError(
            f"{host} sent a body whose {encoding} data is broken.", status=response.status_code
        ) from None
    if decoder.unconsumed_tail:
        raise too_large(host, response)
    if not decoder.eof:
        raise ProtocolError(
            f"{host} sent a body whose {encoding} data ends too early.", status=response.status_code
        )
    return decoded


def too_large(host: str, response: httpx.Response) -> ProtocolError:
    """The error for a body of more than `MAX_BODY` bytes."""
    return ProtocolError(
        f"{host} sent an answer of more than {MAX_BODY // 1024 // 1024} MiB where a short one belongs.",
        status=response.status_code,
    )


def gone_after(response: httpx.Response) -> bool:
    """Whether the connection must not serve again: after a 5xx the server closes it without a word."""
    return response.status_code >= _SERVER_ERROR and response.extensions.get("http_version") in (
        b"HTTP/1.1",
        b"HTTP/1.0",
    )


def remaining(deadline: float | None, timeout: float | None) -> float | None:
    """Seconds that an effect may wait, given the flow's deadline.

    Raises:
        CallTimeoutError: The deadline has passed.
    """
    if deadline is None:
        return timeout
    left = deadline - time.monotonic()
    if left <= 0:
        raise CallTimeoutError("The deadline has passed.")
    return left if timeout is None else min(timeout, left)


def _framing(effect: Request) -> dict[str, str]:
    """How the body's end is known."""
    if isinstance(effect.content, bytes):
        return {"content-length": str(len(effect.content))}
    if effect.content is None:
        return {}
    return (
        {"transfer-encoding": "chunked"}
        if effect.content_length is None
        else {"content-length": str(effect.content_length)}
    )


def _least(first: float | None, second: float) -> float:
    return second if first is None else min(first, second)


def _checked(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): _checked_value(name, value) for name, value in headers.items()}


def _checked_cookies(cookies: Mapping[str, str]) -> httpx.Cookies:
    return httpx.Cookies(
        {name: _checked_value(name, value, "cookie") for name, value in cookies.items()}
    )


def _checked_value(name: str, value: str, kind: str = "header") -> str:
    """The value, if HTTP allows it; the message of the error does not repeat it, as it may be a secret."""
    if not _HEADER_NAME.match(name):
        raise ParameterError(f"{name!r} cannot be the name of an HTTP {kind}.")
    if not isinstance(value, str) or not _HEADER_VALUE.match(value) or not value.isascii():  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ParameterError(
            f"The value of the {kind} {name!r} holds what HTTP does not allow: a line break, a control character or a letter outside ASCII."
        )
    return value


def answer(request: Request, response: httpx.Response, body: bytes, handle: Any = None) -> Response:
    """An answer as flows see it; header names in lower case, of repeated headers the last."""
    headers = {
        name.decode("latin-1").lower(): value.decode("latin-1")
        for name, value in response.headers.raw
    }
    return Response(response.status_code, headers, body, request.url, handle)
