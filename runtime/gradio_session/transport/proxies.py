"""By which way requests go, and the transports of httpx for each."""

from __future__ import annotations

import urllib.request
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import httpx

from gradio_session.errors import ConnectError, GradioSessionError, ParameterError
from gradio_session.transport.pool import KEEPALIVE
from gradio_session.transport.tls import TransportOptions, plain_context, tls_context

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

__all__ = ["Route", "environment_proxy", "maker"]

_LIMITS = httpx.Limits(
    max_connections=None, max_keepalive_connections=None, keepalive_expiry=KEEPALIVE
)

_PINNED_LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=0)
"""A connection to a judged address serves one request.

Its certificate was checked for one host only.
"""

TransportT = TypeVar("TransportT")


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
    tls = _tls(options) if route.scheme == "https" else plain_context()
    proxy = None if route.pinned else _proxy(route, options)
    limits = _PINNED_LIMITS if route.pinned else _LIMITS

    def make() -> TransportT:
        try:
            return kind(verify=tls, proxy=proxy, limits=limits, trust_env=False)
        except ImportError as error:
            raise _bad_proxy(
                options, 'a SOCKS proxy needs one more package: pip install "httpx[socks]"'
            ) from error

    return make


def _tls(options: TransportOptions) -> ssl.SSLContext:
    try:
        return tls_context(options.verify, options.cert)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ParameterError(
            f"verify= or cert= names a file that is of no use here: {reason}.", parameter="verify"
        ) from error


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
            proxy.url, ssl_context=_tls(options), auth=proxy.auth, headers=proxy.headers
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
