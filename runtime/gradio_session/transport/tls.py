"""What a transport is told, and the TLS contexts that it makes of it."""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import httpx

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["TransportOptions", "plain_context", "tls_context"]


class TransportOptions(Protocol):
    """The options that a transport reads, once, when it is made.

    Attributes:
        base_url: Address of the app, or "" until it is known: secrets go to its origin only.
        heartbeat_timeout: Seconds without any byte after which a connection counts as lost.
        proxy: Address of a proxy (or an `httpx.Proxy`); None follows the environment.
        verify: True for the usual authorities, False for no check; or a path of CAs, or a context.
        cert: Client certificate: a path, or a tuple of certificate, key and the key's password.
        http: An `httpx.Client` or `httpx.AsyncClient` of the user's own, or None.
        headers: Headers for the app's origin: the user's own, and that of the token.
        cookies: Cookies for the app's origin, by name.
    """

    base_url: str
    heartbeat_timeout: float
    proxy: Any
    verify: bool | str | ssl.SSLContext
    cert: str | tuple[str, ...] | None
    http: Any
    headers: Mapping[str, str]
    cookies: Mapping[str, str]


_shared: dict[tuple[str | None, str | None], ssl.SSLContext] = {}
_plain: ssl.SSLContext | None = None


def tls_context(
    verify: bool | str | ssl.SSLContext, cert: str | tuple[str, ...] | None
) -> ssl.SSLContext:
    """The TLS context for https:// addresses.

    The usual one is loaded once per process, as that takes 20 to 30 ms.

    Raises:
        OSError: A certificate file cannot be read.
        ssl.SSLError: A certificate file is not one.
    """
    if isinstance(verify, ssl.SSLContext):
        return verify
    if verify is True and cert is None:
        authorities = (os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
        if authorities not in _shared:
            _shared[authorities] = httpx.create_ssl_context()
        return _shared[authorities]
    context = _fresh(verify)
    if cert is not None:
        context.load_cert_chain(*((cert,) if isinstance(cert, str) else cert))
    return context


def plain_context() -> ssl.SSLContext:
    """A context for pools of plain http: it trusts no authority, and costs nothing to make."""
    global _plain  # noqa: PLW0603
    if _plain is None:
        _plain = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return _plain


def _fresh(verify: bool | str) -> ssl.SSLContext:
    if isinstance(verify, str):
        return (
            ssl.create_default_context(capath=verify)
            if Path(verify).is_dir()
            else ssl.create_default_context(cafile=verify)
        )
    if verify:
        return httpx.create_ssl_context()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
