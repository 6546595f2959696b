"""Asking for a file, as flows: which hosts may be asked, and who gets credentials.

The app's own files are fetched with the session's credentials. Everything else is a stranger's:
without credentials, from a public address or a host that the user named, over a connection to the
very address that was judged. Each hop of a redirect is judged anew, and a chain that has left the
app's origin never gets credentials again.
"""

from __future__ import annotations

from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from gradio_session.errors import ConnectError, DownloadError
from gradio_session.protocol.base.effects import Close, Flow, Request, Resolve, Response
from gradio_session.protocol.base.ip_addresses import host_allowed, not_public
from gradio_session.protocol.base.text import one_line
from gradio_session.protocol.base.urls import climbs, host_and_port, redact
from gradio_session.protocol.operations.redirects import follow

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["Rules", "ask_for_file", "file_error"]

MAX_HOPS = 5
"""Redirects that are followed."""

_NO_ADDRESS = "is redirected to what is not an address of http:// or https://"


class Rules(NamedTuple):
    """What a session allows its downloads.

    Attributes:
        base_url: The app's address.
        allowed_hosts: Hosts that files may come from although they are not public.
        max_bytes: Largest file in bytes, or None for no limit.
        log_in: Makes the flow that logs in again when the login has ended, or None where nobody
            can.
    """

    base_url: str
    allowed_hosts: Sequence[str] = ()
    max_bytes: int | None = None
    log_in: Callable[[], Flow[bool]] | None = None

    def check_size(self, url: str, size: int, noun: str = "file") -> None:
        """Raise `DownloadError` when that many bytes are more than a file may have."""
        if self.max_bytes is not None and size > self.max_bytes:
            raise file_error(url, f"is larger than max_download_bytes={self.max_bytes}", noun)


def file_error(url: str, what: str, noun: str = "file") -> DownloadError:
    """The error that names the file by its address, without secrets."""
    where = redact(url)
    return DownloadError(f"The {noun} at {where} {what}.", url=where)


def ask_for_file(
    url: str, rules: Rules, headers: Mapping[str, str], *, own: bool
) -> Flow[Response]:
    """The answer to a request for a file, its body unread.

    Args:
        url: Its address.
        rules: What the session allows.
        headers: Headers that any host may see.
        own: Whether the address was built from a server path, so that the first request goes with
            credentials.

    Raises:
        DownloadError: Its host may not be asked, a redirect cannot be followed, or a server path
            leads out of its folder, so that credentials may reach another route of the app.
        ConnectError: Its host cannot be reached.
    """

    def ask(here: str, own: bool) -> Flow[Response]:
        if here != url and "@" in urlsplit(here).netloc:
            raise file_error(url, _NO_ADDRESS)
        request = Request("GET", here, headers, credentials=own, stream=True)
        if own:
            return (yield from _from_app(request, rules))
        host, port = host_and_port(here)
        if not host:
            raise file_error(url, "has no valid address")
        if host_allowed(host, port, rules.allowed_hosts):
            response: Response = yield request
            return response
        addresses: list[str] = yield Resolve(host, port)
        bad = not_public(addresses)
        if bad or not addresses:
            name = one_line(host, 100)
            what = f"is on the host {name!r}, which is not public ({', '.join(bad[:3])})"
            advice = f'If you trust the app with it, pass allowed_hosts=["{name}"]'
            raise file_error(url, f"{what}. {advice}")
        return (yield from _first(request, addresses))

    def refuse(_: str, __: int, target: str | None) -> DownloadError:
        endless = f"is redirected more than {MAX_HOPS} times"
        return file_error(url, endless if target is None else _NO_ADDRESS)

    if own and climbs(url):
        raise file_error(url, 'has ".." in its path, and so is not asked for')
    home = rules.base_url
    return (yield from follow(ask, url, home=home, most=MAX_HOPS, refuse=refuse, own=own))


def _from_app(request: Request, rules: Rules) -> Flow[Response]:
    """The app's answer; when the login has ended, that after another login."""
    response: Response = yield request
    if response.status == HTTPStatus.UNAUTHORIZED and rules.log_in is not None:
        yield Close(response)
        yield from rules.log_in()
        response = yield request
    return response


def _first(request: Request, addresses: Sequence[str]) -> Flow[Response]:
    """The answer from the first of the judged addresses that takes a connection."""
    *others, last = addresses
    for address in others:
        with suppress(ConnectError):
            response: Response = yield request._replace(address=address)
            return response
    response = yield request._replace(address=last)
    return response
