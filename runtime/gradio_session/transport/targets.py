"""Where a request goes, worked out once for each address; headers, as HTTP and secrecy allow."""

from __future__ import annotations

import logging
import re
import socket
from typing import TYPE_CHECKING, NamedTuple

import httpx

from gradio_session.errors import ConnectError, ParameterError
from gradio_session.protocol.base.urls import trusted
from gradio_session.transport.errors import unknown_host
from gradio_session.transport.routes import Route, environment_proxy

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "FIELD", "Target", "bad_field", "checked_cookies", "checked_headers", "resolve", "target_of",
]  # fmt: skip

FIELD = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e]*\Z")
"""A header or a cookie, "name:value", as HTTP allows it."""


_COOKIE = re.compile(r"""(\(b'set-cookie', )b('|")(?:\\.|(?!\2).)*\2""", re.IGNORECASE)


def _hide_cookies(record: logging.LogRecord) -> bool:
    """Take the cookies out of a line that the HTTP library logs at DEBUG: they are secrets."""
    if isinstance(record.msg, str) and "cookie" in record.msg.lower():
        record.msg = _COOKIE.sub(r"\1b'...'", record.msg)
    return True


for _name in ("httpcore.http11", "httpcore.http2"):
    logging.getLogger(_name).addFilter(_hide_cookies)


class Target(NamedTuple):
    """An address, worked out once.

    Attributes:
        url: The address for httpx.
        name: Host and port for messages.
        own: Whether the app's secrets may go there.
        route: The pool to use.
        proxied: Whether it is reached by a proxy that we know of.
    """

    url: httpx.URL
    name: str
    own: bool
    route: Route
    proxied: bool

    def pinned(self) -> Target:
        """The same, connected to at an address that the request gives: no secrets, no proxy."""
        route = Route(self.route.scheme, None, pinned=True)
        return self._replace(own=False, route=route, proxied=False)


def target_of(url: str, base_url: str, proxy: object) -> Target:
    """Work an address out.

    Args:
        url: The address.
        base_url: Address of the app; "" while it is not known.
        proxy: The session's proxy for every request; None where the environment decides.

    Raises:
        ConnectError: The address is not a valid one of http:// or https://.
    """
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        raise ConnectError("An address of the app is not a valid one; nothing was sent.") from None
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ConnectError(
            "An address of the app is not one of http:// or https://; nothing was sent."
        )
    name = parsed.netloc.decode("ascii", "replace")
    environment = environment_proxy(parsed) if proxy is None else None
    own = bool(base_url) and trusted(base_url, url)
    route = Route(parsed.scheme, environment, pinned=False)
    return Target(parsed, name, own, route, proxied=bool(proxy or environment))


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host. Blocks.

    Raises:
        ConnectError: It has none.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise unknown_host(host) from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def checked_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers by lower-case name, each as HTTP allows it."""
    return {name.lower(): _checked(name, value, "header") for name, value in headers.items()}


def checked_cookies(cookies: Mapping[str, str]) -> httpx.Cookies:
    """Cookies, each as HTTP allows it."""
    checked = {name: _checked(name, value, "cookie") for name, value in cookies.items()}
    return httpx.Cookies(checked)


def _checked(name: str, value: str, kind: str) -> str:
    if isinstance(value, str) and FIELD.match(f"{name}:{value}"):  # pyright: ignore[reportUnnecessaryIsInstance]
        return value
    raise bad_field(name, kind)


def bad_field(name: str, kind: str) -> ParameterError:
    """HTTP does not allow a header or a cookie; its value is not shown, as it may be a secret."""
    if not FIELD.match(f"{name}:"):
        return ParameterError(f"{name!r} cannot be the name of an HTTP {kind}.")
    return ParameterError(
        f"The value of the {kind} {name!r} holds what HTTP does not allow: "
        "a line break, a control character or a letter outside ASCII."
    )
