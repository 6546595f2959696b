"""What a transport is told, and the TLS contexts that it makes of it."""

from __future__ import annotations

import os
import ssl
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import httpx

__all__ = ["TransportOptions", "plain_context", "tls_context"]


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
        return _usual(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
    if isinstance(verify, str):
        folder, file = (verify, None) if Path(verify).is_dir() else (None, verify)
        context = ssl.create_default_context(cafile=file, capath=folder)
    else:
        context = httpx.create_ssl_context(verify=verify)
    if cert is not None:
        context.load_cert_chain(*((cert,) if isinstance(cert, str) else cert))
    return context


@cache
def plain_context() -> ssl.SSLContext:
    """A context for pools of plain http: it trusts no authority, and costs nothing to make."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@cache
def _usual(*_authorities: str | None) -> ssl.SSLContext:
    """The context of httpx, once for each pair of places that the environment names."""
    return httpx.create_ssl_context()
