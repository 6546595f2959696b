"""What both transports share: which headers and cookies go where, by which route, and how an answer is read. No I/O."""

from __future__ import annotations

import os
import re
import time
import urllib.request
import zlib
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import httpx

from gradio_session.errors import CallTimeoutError, ConnectError, GradioSessionError, ParameterError, ProtocolError
from gradio_session.protocol.effects import Request, Response
from gradio_session.protocol.urls import trusted
from gradio_session.transport.faults import translate
from gradio_session.transport.options import TransportOptions, plain_context, tls_context

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping

__all__ = [
    "CONNECT_TIMEOUT",
    "MAX_BODY",
    "Exchange",
    "Payload",
    "Route",
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

_LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=3.0)
"""Idle connections are given up before the server does so after five seconds. Every tab holds a stream, so their number is not bounded here."""

_PINNED_LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=0)
"""A connection to a judged address serves one request: its certificate was checked for one host only."""

_MAX_TARGETS = 256
_SERVER_ERROR = 500

_HEADER_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
_HEADER_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*\Z")
_STALE = (httpx.NetworkError, httpx.RemoteProtocolError)

TransportT = TypeVar("TransportT")


class Route(NamedTuple):
    """What requests of one kind share a connection pool by.

    Attributes:
        scheme: "http" or "https".
        proxy: The environment's proxy for the host, or None.
        pinned: Whether connections go to an address given with the request.
    """

    scheme: str
    proxy: str | None
    pinned: bool


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
        seconds: The longest wait without a byte.
        reused: Whether it went out on a connection that served before; only known of GET and HEAD.
    """

    __slots__ = ("client", "own", "payload", "proxied", "request", "reused", "seconds", "target")

    def __init__(
        self, request: httpx.Request, payload: Payload, target: Target, *, client: bool, own: bool, proxied: bool, seconds: float | None
    ) -> None:
        self.request = request
        self.payload = payload
        self.target = target
        self.client = client
        self.own = own
        self.proxied = proxied
        self.seconds = seconds
        self.reused = False

    def retriable(self, error: BaseException) -> bool:
        """Whether the failure is that of a connection which the server had given up, so that the request can be sent once more.

        A GET may be; anything else only if nothing but a part of its head was written.
        """
        if not isinstance(error, _STALE) or isinstance(error, httpx.ConnectError):
            return False
        return self.reused or not self.payload.started

    def failure(self, error: BaseException) -> GradioSessionError:
        """The error to raise for what httpx raised."""
        early = isinstance(error, httpx.ConnectTimeout)
        seconds = CONNECT_TIMEOUT if early and (self.seconds is None or self.seconds > CONNECT_TIMEOUT) else self.seconds
        return translate(error, self.target.name, sent=self.payload.started, seconds=seconds, proxied=self.proxied)


class TransportBase(Generic[TransportT]):
    """Options worked out, and the state that outlives a connection: cookies and the app's origin."""

    def __init__(self, options: TransportOptions) -> None:
        self.seconds = options.heartbeat_timeout
        self._options = options
        self._base_url = options.base_url
        self._headers = _checked(options.headers or {})
        self._cookies = _checked_cookies(options.cookies or {})
        self._client: Any = options.http
        self._targets: dict[str, Target] = {}
        self._pools: dict[Route, TransportT] = {}
        self._pid = os.getpid()
        self._closed = False

    def _check_client(self, kind: type) -> None:
        client = self._client
        if client is not None and not isinstance(client, kind):
            raise ParameterError(f"http= takes an httpx.{kind.__name__} here, not {type(client).__name__}.", parameter="http")

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
            raise ConnectError("An address of the app is not a valid one; nothing was sent.") from None
        if parsed.scheme not in ("http", "https") or not parsed.host:
            raise ConnectError("An address of the app is not one of http:// or https://; nothing was sent.")
        name = parsed.netloc.decode("ascii", "replace")
        proxy = None if self._options.proxy is not None else _environment_proxy(parsed)
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
        extensions: dict[str, Any] = {"timeout": {"connect": _least(seconds, CONNECT_TIMEOUT), "read": seconds, "write": seconds, "pool": seconds}}
        if client is not None and own:
            request = client.build_request(effect.method, target.url, headers=merged, cookies=self._cookies, extensions=extensions)
            request.stream = payload
        else:
            request = self._request_of_ours(effect, payload, target, merged, extensions)
            if own and len(self._cookies.jar):
                self._cookies.set_cookie_header(request)
        proxied = client is None and not target.route.pinned and (self._options.proxy or target.route.proxy) is not None
        exchange = Exchange(request, payload, target, client=client is not None, own=own, proxied=proxied, seconds=seconds)
        if effect.method != "POST":
            request.extensions["trace"] = self._tracer(exchange)
        return exchange

    @staticmethod
    def _request_of_ours(effect: Request, payload: Any, target: Target, headers: dict[str, str], extensions: dict[str, Any]) -> httpx.Request:
        url = target.url
        if effect.address is not None:
            url = url.copy_with(host=effect.address)
            extensions["sni_hostname"] = target.url.raw_host.decode("ascii")
        return httpx.Request(effect.method, url, headers=headers, stream=payload, extensions=extensions)

    def _merge(self, headers: Mapping[str, str | None] | None, target: Target, *, own: bool, plain: bool) -> dict[str, str]:
        merged: dict[str, str] = {"accept-encoding": "identity"}
        if plain:
            merged = {"host": target.name, "user-agent": "gradio-session", "accept": "*/*", "accept-encoding": "identity"}
        if own:
            merged.update(self._headers)
        for name, value in (headers or {}).items():
            if value is None:
                merged.pop(name.lower(), None)
            else:
                merged[name.lower()] = _checked_value(name, value)
        return merged

    def _tracer(self, exchange: Exchange) -> Any:
        """What httpcore tells the progress of a request to; sets `exchange.reused`."""
        raise NotImplementedError  # abstract: each world has its own

    # What comes back

    def _keep_cookies(self, exchange: Exchange, response: httpx.Response) -> None:
        if exchange.own and not exchange.client and "set-cookie" in response.headers:
            response.request = exchange.request
            self._cookies.extract_cookies(response)

    def _new_pool(self, kind: Callable[..., TransportT], route: Route) -> TransportT:
        """The httpx transport of that kind for a route.

        Raises:
            ParameterError: The session's `proxy`, `verify` or `cert` is of no use.
            ConnectError: The environment's proxy is.
        """
        tls = self._tls() if route.scheme == "https" else plain_context()
        proxy = None if route.pinned else self._proxy(route)
        try:
            return kind(verify=tls, proxy=proxy, limits=_PINNED_LIMITS if route.pinned else _LIMITS, trust_env=False)
        except ImportError as error:
            raise self._bad_proxy('a SOCKS proxy needs one more package: pip install "httpx[socks]"') from error

    def _tls(self) -> ssl.SSLContext:
        try:
            return tls_context(self._options.verify, self._options.cert)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise ParameterError(f"verify= or cert= names a file that is of no use here: {reason}.", parameter="verify") from error

    def _proxy(self, route: Route) -> httpx.Proxy | None:
        given = self._options.proxy or route.proxy
        if given is None:
            return None
        try:
            proxy = given if isinstance(given, httpx.Proxy) else httpx.Proxy(given)
        except (ValueError, TypeError, httpx.InvalidURL):
            proxy = None
        if proxy is None or not proxy.url.host:
            raise self._bad_proxy('it is no address of a proxy, such as "http://host:3128"')
        if proxy.url.scheme == "https" and proxy.ssl_context is None:
            return httpx.Proxy(proxy.url, ssl_context=self._tls(), auth=proxy.auth, headers=proxy.headers)
        return proxy

    def _bad_proxy(self, why: str) -> GradioSessionError:
        """The address is not repeated, as there may be a password in it."""
        if self._options.proxy is not None:
            return ParameterError(f"proxy=: {why}.", parameter="proxy")
        return ConnectError(f"The environment's proxy (http_proxy, https_proxy, all_proxy) cannot be used: {why}. Nothing was sent.")


def decode_body(chunks: list[bytes], response: httpx.Response, host: str) -> bytes:
    """A whole body without its content encoding.

    Raises:
        ProtocolError: The encoding is neither gzip nor deflate (none was asked for), its data is broken, or it decodes to more than
            `MAX_BODY` bytes.
    """
    body = b"".join(chunks)
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding in ("", "identity") or not body:
        return body
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise ProtocolError(
            f"{host} answered in an encoding that was not asked for ({encoding[:40]!r}). A proxy in between may add it.", status=response.status_code
        )
    decoder = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        decoded = decoder.decompress(body, MAX_BODY)
    except zlib.error:
        raise ProtocolError(f"{host} sent a body whose {encoding} data is broken.", status=response.status_code) from None
    if decoder.unconsumed_tail:
        raise too_large(host, response)
    if not decoder.eof:
        raise ProtocolError(f"{host} sent a body whose {encoding} data ends too early.", status=response.status_code)
    return decoded


def too_large(host: str, response: httpx.Response) -> ProtocolError:
    """The error for a body of more than `MAX_BODY` bytes."""
    return ProtocolError(f"{host} sent an answer of more than {MAX_BODY // 1024 // 1024} MiB where a short one belongs.", status=response.status_code)


def gone_after(response: httpx.Response) -> bool:
    """Whether the connection must not serve again: after a 5xx the server closes it without a word."""
    return response.status_code >= _SERVER_ERROR and response.extensions.get("http_version") in (b"HTTP/1.1", b"HTTP/1.0")


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
    return {"transfer-encoding": "chunked"} if effect.content_length is None else {"content-length": str(effect.content_length)}


def _least(first: float | None, second: float) -> float:
    return second if first is None else min(first, second)


def _environment_proxy(url: httpx.URL) -> str | None:
    proxies = urllib.request.getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all")
    if not proxy or urllib.request.proxy_bypass(url.host):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _checked(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): _checked_value(name, value) for name, value in headers.items()}


def _checked_cookies(cookies: Mapping[str, str]) -> httpx.Cookies:
    return httpx.Cookies({name: _checked_value(name, value, "cookie") for name, value in cookies.items()})


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
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers.raw}
    return Response(response.status_code, headers, body, request.url, handle)
