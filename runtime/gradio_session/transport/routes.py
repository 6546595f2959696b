"""By which way requests go: proxies, TLS contexts, and the transports of httpx for each."""

from __future__ import annotations

import os
import ssl
import urllib.request
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

import httpx

from gradio_session.errors import ConnectError, GradioSessionError, ParameterError
from gradio_session.transport.pool import KEEPALIVE

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Route", "TransportOptions", "environment_proxy", "maker"]

_LIMITS = httpx.Limits(
    max_connections=None, max_keepalive_connections=None, keepalive_expiry=KEEPALIVE
)

TransportT = TypeVar("TransportT")


class TransportOptions(Protocol):
    """The options that a transport reads, once, when it is made.

    Attributes:
        heartbeat_timeout: Seconds without any byte after which a connection counts as lost.
        proxy: Address of a proxy (or an `httpx.Proxy`); None follows the environment.
        verify: True for the usual authorities, False for no check; or a path of CAs, or a context.
        cert: Client certificate: a path, or a tuple of certificate, key and the key's password.
        http: An `httpx.Client` or `httpx.AsyncClient` of the user's own, or None.
    """

    heartbeat_timeout: float
    proxy: Any
    verify: bool | str | ssl.SSLContext
    cert: str | tuple[str, ...] | None
    http: Any


class Route(NamedTuple):
    """What requests of one kind share connections by.

    Attributes:
        scheme: "http" or "https".
        proxy: The environment's proxy for the host, or None.
        pinned: Whether connections go to an address given with the request.
    """

    scheme: str
    proxy: str | None
    pinned: bool


def environment_proxy(url: httpx.URL) -> str | None:
    """Address of the proxy that the environment names for a URL, or None."""
    proxies = urllib.request.getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all")
    if not proxy or urllib.request.proxy_bypass(url.host):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def maker(
    kind: Callable[..., TransportT], route: Route, options: TransportOptions
) -> Callable[[], TransportT]:
    """What makes httpx transports of that kind for a route.

    Raises:
        ParameterError: The session's `proxy`, `verify` or `cert` is of no use.
        ConnectError: The environment's proxy is.
    """
    tls = _tls_context(options) if route.scheme == "https" else _plain_context()
    proxy = None if route.pinned else _proxy(route, options)

    def make() -> TransportT:
        try:
            return kind(verify=tls, proxy=proxy, limits=_LIMITS, trust_env=False)
        except ImportError as error:
            raise _bad_proxy(
                options, 'a SOCKS proxy needs one more package: pip install "httpx[socks]"'
            ) from error

    return make


def _tls_context(options: TransportOptions) -> ssl.SSLContext:
    """The TLS context for https:// addresses.

    The usual one is loaded once per process, as that takes 20 to 30 ms.
    """
    verify, cert = options.verify, options.cert
    if isinstance(verify, ssl.SSLContext):
        return verify
    try:
        if verify is True and cert is None:
            return _usual(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
        if isinstance(verify, str):
            folder, file = (verify, None) if Path(verify).is_dir() else (None, verify)
            context = ssl.create_default_context(cafile=file, capath=folder)
        else:
            context = httpx.create_ssl_context(verify=verify)
        if cert is not None:
            context.load_cert_chain(*((cert,) if isinstance(cert, str) else cert))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ParameterError(
            f"verify= or cert= names a file that is of no use here: {reason}.", parameter="verify"
        ) from error
    return context


@cache
def _plain_context() -> ssl.SSLContext:
    """A context for pools of plain http: it trusts no authority, and costs nothing to make."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@cache
def _usual(*_authorities: str | None) -> ssl.SSLContext:
    """The context of httpx, once for each pair of places that the environment names."""
    return httpx.create_ssl_context()


def _proxy(route: Route, options: TransportOptions) -> httpx.Proxy | None:
    given = options.proxy or route.proxy
    if given is None:
        return None
    try:
        proxy = given if isinstance(given, httpx.Proxy) else httpx.Proxy(given)
    except (ValueError, TypeError, httpx.InvalidURL):
        proxy = None
    if proxy is None or not proxy.url.host:
        raise _bad_proxy(options, 'it is no address of a proxy, such as "http://host:3128"')
    if proxy.url.scheme == "https" and proxy.ssl_context is None:
        return httpx.Proxy(
            proxy.url, ssl_context=_tls_context(options), auth=proxy.auth, headers=proxy.headers
        )
    return proxy


def _bad_proxy(options: TransportOptions, why: str) -> GradioSessionError:
    """The address is not repeated, as there may be a password in it."""
    if options.proxy is not None:
        return ParameterError(f"proxy=: {why}.", parameter="proxy")
    return ConnectError(
        "The environment's proxy (http_proxy, https_proxy, all_proxy) cannot be used: "
        f"{why}. Nothing was sent."
    )
