"""Fetching a file, as flows: how a broken transfer goes on, and what is wrong with an answer."""

from __future__ import annotations

import re
from http import HTTPStatus

from gradio_session.errors import ConnectError, ConnectionLostError, DownloadError
from gradio_session.protocol.base.effects import Close, Flow, Read, Response, Sleep
from gradio_session.protocol.base.text import one_line
from gradio_session.protocol.base.urls import trusted
from gradio_session.protocol.operations.file_request import Rules, ask_for_file, file_error
from gradio_session.protocol.operations.responses import error_of

__all__ = ["InterruptedTransferError", "OnceTransfer", "Transfer"]

MAX_RESUMES = 5
"""How often a transfer that broke off is taken up again without getting on."""

_PROGRESS = 1024 * 1024
"""Bytes that count as getting on."""

_PAUSE = 0.05

_RANGE = re.compile(r"bytes (\d{1,19})-(\d{1,19})/(\d{1,19}|\*)\Z")
_STRONG = re.compile(r'".+"\Z', re.DOTALL)


class InterruptedTransferError(DownloadError):
    """A transfer broke off and cannot go on where it stands; it can be started over."""


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
        yield from self._ask()

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
                    yield from self._ask()
                assert self._response is not None  # noqa: S101 - `_ask` has set it or raised
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
            self._rules.check_size(self.url, self.received)
            if self.total is not None and self.received > self.total:
                raise self._error(f"is longer than the {self.total} bytes that were announced")
            return chunk

    def close(self) -> Flow[None]:
        """Give the connection back, or up when the file has not come whole."""
        response, self._response = self._response, None
        if response is not None:
            yield Close(response)

    def _ask(self) -> Flow[None]:
        """Ask for the file, or for the rest of it."""
        headers: dict[str, str] = {}
        if self.received:
            headers["range"] = f"bytes={self.received}-"
            if self._etag is not None:
                headers["if-range"] = self._etag
        response = yield from ask_for_file(self.url, self._rules, headers, own=self._own)
        try:
            if not self.received:
                self._check_head(response)
                self._begin(response)
            elif response.status == HTTPStatus.PARTIAL_CONTENT:
                self._check_rest(response)
            else:
                self._check_head(response)
                yield from self._skip(response)
        except BaseException:
            yield Close(response)
            raise
        self._response = response

    def _begin(self, response: Response) -> None:
        headers = response.headers
        self.total = _length(response)
        self._etag = _strong(headers.get("etag"))
        self._modified = headers.get("last-modified")
        self.mime_type = headers.get("content-type", "").partition(";")[0].strip() or None

    # Taking it up again

    def _pause(self, error: Exception) -> Flow[None]:
        """Wait a little longer each time; a transfer that gets on may break off often."""
        if self.received - self._broken_at >= _PROGRESS:
            self._resumes = 0
        self._broken_at = self.received
        self._reason = one_line(error, 200).rstrip(".")
        self._resumes += 1
        if self._resumes > MAX_RESUMES:
            what = f"broke off after {self.received} bytes, again and again ({self._reason})"
            raise self._error(what) from error
        if self._resumes > 1:
            yield Sleep(_PAUSE * 2**self._resumes)

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
        self._rules.check_size(self.url, _length(response) or 0)

    def _refused(self, response: Response) -> Exception:
        status = response.status
        if status in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
            return self._error(
                f"is not there or not allowed ({status}); the app may have deleted it, or was "
                "restarted"
            )
        if trusted(self._rules.base_url, response.url):
            return error_of(response._replace(body=b""), "a download")
        return self._error(f"was refused with status {status}")

    def _interrupted(self, what: str) -> InterruptedTransferError:
        error = self._error(what)
        return InterruptedTransferError(error.message, url=error.url)

    def _error(self, what: str) -> DownloadError:
        return file_error(self.url, what)


class OnceTransfer(Transfer):
    """A stream of Gradio 4, which the app sends to whoever asks first, and forgets as it sends it.

    A transfer that breaks off cannot go on, and whoever asks later waits for nothing.

    Args:
        url: Where it is asked for.
        rules: What the session allows.
        own: Whether it is the app's own.
        asked: The addresses that were asked for; this one is added.
    """

    def __init__(self, url: str, rules: Rules, *, own: bool, asked: set[str]) -> None:
        super().__init__(url, rules, own=own)
        self._asked = asked

    def open(self) -> Flow[None]:
        """Ask for the stream.

        Raises:
            DownloadError: It was asked for before, the app refuses it, or its host may not be
                asked.
            ConnectError: The host cannot be reached; it can be asked again.
        """
        if self.url in self._asked:
            raise self._error(
                "was read before, and Gradio 4 sends a stream only once: fetch it to a file first "
                "(`path` or `download`), which can be read again"
            )
        self._asked.add(self.url)
        try:
            yield from super().open()
        except ConnectError:
            self._asked.discard(self.url)
            raise

    def _pause(self, error: Exception) -> Flow[None]:
        yield from ()
        reason = one_line(error, 200).rstrip(".")
        raise self._error(
            f"broke off after {self.received} bytes ({reason}); Gradio 4 sends a stream only once"
        ) from error


def _length(response: Response) -> int | None:
    """The length that an answer announces, or None."""
    length = response.headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() else None


def _strong(etag: str | None) -> str | None:
    """An entity tag that identifies the very bytes, or None."""
    return etag if etag is not None and _STRONG.match(etag) and etag.isprintable() else None
