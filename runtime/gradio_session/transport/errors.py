"""What went wrong on the way, in the runtime's own errors.

They name the host, and never show an address with its query, a header or a body.
"""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING

import httpx

from gradio_session.errors import ConnectError, ConnectionLostError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "NOTHING_SENT", "closed_error", "connect_error", "lost_error", "not_sent_error", "unknown_host",
    "write_failed",
]  # fmt: skip

NOTHING_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
"""What httpx raises where no byte of the request went out."""


def connect_error(
    error: BaseException, host: str, seconds: float, *, proxied: bool
) -> ConnectError:
    """The error for a request of which nothing was sent.

    Args:
        error: What httpx raised.
        host: Host and port, as people read them.
        seconds: The longest wait that was allowed.
        proxied: Whether the connection was one to a proxy.
    """
    causes = list(_causes(error))
    who = f"The proxy on the way to {host}" if proxied else host
    check_proxy = "Check proxy=... or the environment's proxy."
    advice = check_proxy if proxied else "Is the app running, and is this its address?"
    if tls := _tls_message(causes, host):
        text = tls
    elif any(isinstance(cause, socket.gaierror) for cause in causes):
        unknown = unknown_host(host.rpartition(":")[0] or host).message
        text = f"{who} is not known (DNS). {advice}" if proxied else unknown
    elif isinstance(error, httpx.ProxyError):
        text = f"The proxy refused to connect to {host}: {_reason(error)}. {check_proxy}"
    elif isinstance(error, httpx.TimeoutException):
        text = f"{who} did not accept a connection within {seconds:g} s. {advice}"
    elif any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        text = f"{who} refused the connection. {advice}"
    else:
        reason = _reason(error) or type(error).__name__
        text = f"{who} could not be reached: {reason}. {advice}"
    return ConnectError(text)


def lost_error(error: BaseException, host: str, seconds: float) -> ConnectionLostError:
    """The error for a connection that broke while a request or an answer was on it."""
    if isinstance(error, httpx.TimeoutException):
        return ConnectionLostError(
            f"The connection to {host} is lost: not a byte came for {seconds:g} s. "
            "The app or a proxy in front of it may hang; try again."
        )
    if isinstance(error, httpx.RemoteProtocolError):
        return ConnectionLostError(
            f"The connection to {host} is lost: it was closed in the middle of an answer, "
            "or the answer is not HTTP."
        )
    reason = _reason(error)
    return ConnectionLostError(
        f"The connection to {host} is lost{f': {reason}' if reason else ''}."
    )


def closed_error(host: str) -> ConnectionLostError:
    """The error for the use of a connection that was closed on this side."""
    return ConnectionLostError(f"The connection to {host} was closed here.")


def not_sent_error() -> ConnectError:
    """The error for a request that a closed session was to send."""
    return ConnectError("The session is closed; nothing was sent.")


def write_failed(error: BaseException) -> bool:
    """Whether bytes could not be written. asyncio tells it late: as the cause of a failed read."""
    return any(isinstance(cause, BrokenPipeError) for cause in _causes(error))


def unknown_host(host: str) -> ConnectError:
    """The error for a host that has no address."""
    return ConnectError(
        f"The host {host[:255]!r} is not known (DNS). Check the address and the network."
    )


def _tls_message(causes: list[BaseException], host: str) -> str | None:
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return (
                f"{host} shows a certificate that cannot be trusted: {cause.verify_message}. "
                "Pass verify=<an ssl.SSLContext that trusts it>, if you do."
            )
    for cause in causes:
        if isinstance(cause, ssl.SSLError):
            return (
                f"No TLS connection to {host} could be made: {_reason(cause)}. "
                "Does the app speak https at this address?"
            )
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error, what caused it, and so on; members of an exception group included."""
    pending: list[BaseException | None] = [error]
    seen: set[int] = set()
    while pending:
        current = pending.pop(0)
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        pending += [current.__cause__, current.__context__, *getattr(current, "exceptions", ())]


def _reason(error: BaseException) -> str:
    """The system's own words, on one line.

    The words of an HTTP library are left out, as they may hold a header's value.
    """
    for cause in _causes(error):
        if isinstance(cause, OSError) and cause.strerror:
            return " ".join(cause.strerror.split())[:200]
    if isinstance(error, httpx.ProxyError):
        return " ".join(str(error).split())[:200]
    return ""
