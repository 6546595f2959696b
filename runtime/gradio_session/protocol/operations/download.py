"""Fetching a file, as flows: where it may come from, how a broken transfer goes on, what is wrong.

The app's own files are fetched with the session's credentials. Everything else is a stranger's:
without credentials, from a public address or a host that the user named, over a connection to the
very address that was judged. Each hop of a redirect is judged anew, and a chain that has left the
app's origin never gets credentials again.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from gradio_session.errors import ConnectError, ConnectionLostError, DownloadError
from gradio_session.protocol.base.effects import (
    Close,
    Flow,
    Read,
    Request,
    Resolve,
    Response,
    Sleep,
)
from gradio_session.protocol.base.ip_addresses import host_allowed, not_public
from gradio_session.protocol.base.text import one_line
from gradio_session.protocol.base.urls import host_and_port, redact, trusted
from gradio_session.protocol.operations.redirects import RedirectError, follow
from gradio_session.protocol.operations.responses import error_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["InterruptedTransferError", "OnceTransfer", "Rules", "Transfer"]

MAX_HOPS = 5
"""Redirects that are followed."""

MAX_RESUMES = 5
"""How often a transfer that broke off is taken up again without getting on."""

_PROGRESS = 1024 * 1024
"""Bytes that count as getting on."""

_PAUSE = 0.05

_RANGE = re.compile(r"bytes (\d{1,19})-(\d{1,19})/(\d{1,19}|\*)\Z")


_STRONG = re.compile(r'".+"\Z', re.DOTALL)
_NO_ADDRESS = "is redirected to what is not an address of http:// or https://"


class InterruptedTransferError(DownloadError):
    """A transfer broke off and cannot go on where it stands; it can be started over."""


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


class Transfer:
    """One file on its way.

    Args:
        url: Where it is asked for.
        rules: What the session allows.
        own: Whether the address was built from a server path, so that the first request goes with
            credentials.

    Attributes:
        received: Bytes delivered so far.
        total: The file's size as the server announced it, or None.
        mime_type: Its type as the server announced it, or None.
    """

    suffix: str | None = None

    def __init__(self, url: str, rules: Rules, *, own: bool) -> None:
        self.url = url
        self.received = 0
        self.total: int | None = None
        self.mime_type: str | None = None
        self._rules = rules
        self._own = own
        self._response: Response | None = None
        self._etag: str | None = None
        self._modified: str | None = None
        self._ahead = b""
        self._resumes = 0
        self._broken_at = 0
        self._reason = ""

    def open(self) -> Flow[None]:
        """Ask for the file.

        Raises:
            DownloadError: The app refuses it, its host may not be asked, or it is larger than
                allowed.
            ConnectError: The host cannot be reached.
        """
        response = yield from self._ask({})
        try:
            self._check_head(response)
        except BaseException:
            yield Close(response)
            raise
        self.total = _length(response)
        self._etag = _strong(response.headers.get("etag"))
        self._modified = response.headers.get("last-modified")
        self.mime_type = response.headers.get("content-type", "").partition(";")[0].strip() or None
        self._response = response

    def read(self) -> Flow[bytes]:
        """The next bytes; b"" when the whole file has come.

        A transfer that breaks off goes on where it broke, if the server can do that.

        Raises:
            DownloadError: The transfer broke and could not be taken up, or the file is larger than
                allowed.
        """
        while True:
            try:
                if self._response is None:
                    yield from self._resume()
                assert self._response is not None  # noqa: S101 - `_resume` has set it or raised
                chunk: bytes = self._ahead or (yield Read(self._response))
                self._ahead = b""
            except (ConnectionLostError, ConnectError) as error:
                yield from self.close()
                yield from self._pause(error)
                continue
            if not chunk:
                yield from self.close()
                if self.total is not None and self.received < self.total:
                    raise self._error(f"ended after {self.received} of {self.total} bytes")
                return b""
            self.received += len(chunk)
            self._check_size(self.received)
            if self.total is not None and self.received > self.total:
                raise self._error(f"is longer than the {self.total} bytes that were announced")
            return chunk

    def close(self) -> Flow[None]:
        """Give the connection back, or up when the file has not come whole."""
        response, self._response = self._response, None
        if response is not None:
            yield Close(response)

    # Taking it up again

    def again(self) -> Transfer:
        """The same file, from its start."""
        return Transfer(self.url, self._rules, own=self._own)

    def _pause(self, error: Exception) -> Flow[None]:
        """Wait a little longer each time; a transfer that gets on may break off often."""
        if self.received - self._broken_at >= _PROGRESS:
            self._resumes = 0
        self._broken_at = self.received
        self._reason = one_line(error, 200).rstrip(".")
        self._resumes += 1
        if self._resumes > MAX_RESUMES:
            raise self._error(
                f"broke off after {self.received} bytes, again and again ({self._reason})"
            ) from error
        if self._resumes > 1:
            yield Sleep(_PAUSE * 2**self._resumes)

    def _resume(self) -> Flow[None]:
        if not self.received:
            yield from self.open()
            return
        headers = {"range": f"bytes={self.received}-"}
        if self._etag is not None:
            headers["if-range"] = self._etag
        response = yield from self._ask(headers)
        try:
            if response.status == HTTPStatus.PARTIAL_CONTENT:
                self._check_rest(response)
            else:
                self._check_head(response)
                yield from self._skip(response)
        except BaseException:
            yield Close(response)
            raise
        self._response = response

    def _skip(self, response: Response) -> Flow[None]:
        """The server sends the file from its start: pass over what came already.

        That is done only where it is surely the same file.
        """
        if self._etag is None or _strong(response.headers.get("etag")) != self._etag:
            raise self._interrupted(
                f"broke off after {self.received} bytes ({self._reason}), and the server cannot "
                "send the rest; fetch it again"
            )
        left = self.received
        while left:
            chunk: bytes = yield Read(response)
            if not chunk:
                raise self._interrupted(
                    "broke off, and was shorter the second time; fetch it again"
                )
            self._ahead = chunk[left:]
            left = max(0, left - len(chunk))

    def _check_rest(self, response: Response) -> None:
        """See that a partial answer is the rest of the file that was begun."""
        headers = response.headers
        match = _RANGE.match(headers.get("content-range", ""))
        etag = _strong(headers.get("etag"))
        if self._etag is not None and etag is not None:
            same = etag == self._etag
        else:
            modified = headers.get("last-modified", self._modified)
            same = self.total is not None and modified == self._modified
        if (
            match is None
            or int(match[1]) != self.received
            or match[3] not in ("*", str(self.total))
            or not same
            or headers.get("content-encoding", "identity") != "identity"
        ):
            raise self._interrupted("changed on the server while it was fetched; fetch it again")

    # Where it may come from

    def _ask(self, headers: dict[str, str]) -> Flow[Response]:
        def ask(here: str, own: bool) -> Flow[Response]:
            return (yield from self._hop(here, headers, own=own))

        home = self._rules.base_url
        try:
            return (yield from follow(ask, self.url, home=home, most=MAX_HOPS, own=self._own))
        except RedirectError as error:
            if error.target is None:
                raise self._error(f"is redirected more than {MAX_HOPS} times") from None
            raise self._error(_NO_ADDRESS) from None

    def _hop(self, url: str, headers: dict[str, str], *, own: bool) -> Flow[Response]:
        if url != self.url and "@" in urlsplit(url).netloc:
            raise self._error(_NO_ADDRESS)
        if own:
            request = Request("GET", url, headers, stream=True)
            response: Response = yield request
            if response.status == HTTPStatus.UNAUTHORIZED and self._rules.log_in is not None:
                yield Close(response)
                yield from self._rules.log_in()
                response = yield request
            return response
        host, port = host_and_port(url)
        if not host:
            raise self._error("has no valid address")
        request = Request("GET", url, headers, credentials=False, stream=True)
        if host_allowed(host, port, self._rules.allowed_hosts):
            response = yield request
            return response
        addresses: list[str] = yield Resolve(host, port)
        bad = not_public(addresses)
        if bad or not addresses:
            name = one_line(host, 100)
            raise self._error(
                f"is on the host {name!r}, which is not public ({', '.join(bad[:3])}). If you "
                f'trust the app with it, pass allowed_hosts=["{name}"]'
            )
        return (yield from _first(request, addresses))

    # What is wrong with it

    def _check_head(self, response: Response) -> None:
        """See that an answer is the whole file, of an allowed size and as it is."""
        if response.status != HTTPStatus.OK:
            raise self._refused(response)
        encoding = response.headers.get("content-encoding", "identity").strip().lower()
        if encoding not in ("", "identity"):
            raise self._error(
                f"came compressed ({one_line(encoding, 40)}) although that was not asked for, and "
                "may unpack to any size"
            )
        self._check_size(_length(response) or 0)

    def _check_size(self, size: int) -> None:
        limit = self._rules.max_bytes
        if limit is not None and size > limit:
            raise self._error(f"is larger than max_download_bytes={limit}")

    def _refused(self, response: Response) -> Exception:
        status = response.status
        if status in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
            return self._error(
                f"is not there or not allowed ({status}); the app may have deleted it, or was "
                "restarted"
            )
        if trusted(self._rules.base_url, response.url):
            head = Response(status, response.headers, b"", response.url)
            return error_of(head, "a download")
        return self._error(f"was refused with status {status}")

    def _interrupted(self, what: str) -> InterruptedTransferError:
        return InterruptedTransferError(self._text(what), url=redact(self.url))

    def _error(self, what: str) -> DownloadError:
        return DownloadError(self._text(what), url=redact(self.url))

    def _text(self, what: str) -> str:
        return f"The file at {redact(self.url)} {what}."


class OnceTransfer(Transfer):
    """A stream of Gradio 4, which the app sends to whoever asks first, and forgets as it sends it.

    A transfer that breaks off cannot go on.
    """

    def _pause(self, error: Exception) -> Flow[None]:
        yield from ()
        reason = one_line(error, 200).rstrip(".")
        raise self._error(
            f"broke off after {self.received} bytes ({reason}); Gradio 4 sends a stream only once"
        ) from error


def _first(request: Request, addresses: Sequence[str]) -> Flow[Response]:
    """The answer from the first of the judged addresses that takes a connection."""
    *others, last = addresses
    for address in others:
        try:
            response: Response = yield request._replace(address=address)
        except ConnectError:
            continue
        return response
    response = yield request._replace(address=last)
    return response


def _length(response: Response) -> int | None:
    """The length that an answer announces, or None."""
    length = response.headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() else None


def _strong(etag: str | None) -> str | None:
    """An entity tag that identifies the very bytes, or None."""
    return etag if etag is not None and _STRONG.match(etag) and etag.isprintable() else None
