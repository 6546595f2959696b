"""An app's audio or video stream (HLS, RFC 8216), as far as Gradio writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin

from gradio_session.protocol.base.effects import Flow, Sleep
from gradio_session.protocol.base.urls import stays_below, trusted
from gradio_session.protocol.operations.download import Transfer
from gradio_session.protocol.operations.file_request import Rules, file_error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradio_session.errors import DownloadError

__all__ = ["SEGMENT_TYPES", "PlaylistTransfer", "parse_playlist"]

MAX_PLAYLIST = 16 * 1024 * 1024
MAX_SEGMENTS = 100_000
PAUSE = 0.5
"""Seconds between two looks at a playlist that is still growing."""

PATIENCE = 60.0
"""Seconds in which a stream that has not ended must get another segment."""

SEGMENT_TYPES = {".aac": "audio/aac", ".ts": "video/mp2t"}
"""The types of what Gradio streams, by extension; the system's tables may know .ts as another."""

_UNKNOWN_TAGS = ("#EXT-X-STREAM-INF", "#EXT-X-KEY", "#EXT-X-BYTERANGE", "#EXT-X-MAP")


def parse_playlist(body: bytes) -> tuple[list[str], bool]:
    """The addresses of a playlist's segments as they are written, and whether the stream has ended.

    Args:
        body: The playlist.

    Raises:
        ValueError: It is not a playlist, or one whose media is encrypted, split by byte ranges, or
            offered in variants.
    """
    lines = [line.strip() for line in body.decode("utf-8", "replace").splitlines()]
    if not lines or not lines[0].startswith("#EXTM3U"):
        raise ValueError("is not a playlist")
    for tag in _UNKNOWN_TAGS:
        if any(line.startswith(tag) for line in lines):
            raise ValueError(f"has a playlist with {tag}, which streams of Gradio do not use")
    segments = [line for line in lines if line and not line.startswith("#")]
    if len(segments) > MAX_SEGMENTS:
        raise ValueError(f"has a playlist of more than {MAX_SEGMENTS} segments")
    return segments, "#EXT-X-ENDLIST" in lines


class PlaylistTransfer:
    """A stream on its way: all its segments, joined.

    It waits for those that the app has still to make.

    Args:
        url: The playlist's address.
        rules: What the session allows. Its limit holds for the whole stream.
        own: Whether it is the app's own.
        patience: Seconds without a new segment after which an unfinished stream counts as broken
            off.

    Attributes:
        received: Bytes delivered so far.
        total: Always None: nobody knows it before the end.
        mime_type: The type of the segments as the server announced it, or None.
        suffix: The extension of the segments, which is that of the whole; the app names the file
            after what it would make of them.
    """

    total: int | None = None

    def __init__(self, url: str, rules: Rules, *, own: bool) -> None:
        self.url = url
        self.received = 0
        self.mime_type: str | None = None
        self._rules = rules
        self._own = own
        self._waited = 0.0
        self._done = 0
        self.suffix: str | None = None
        self._pending: Sequence[str] = ()
        self._ended = False
        self._current: Transfer | None = None

    def open(self) -> Flow[None]:
        """Read the playlist and ask for the first segment.

        Raises:
            DownloadError: The app refuses it, it is not a playlist, or its host may not be asked.
        """
        yield from self._next_segment()

    def read(self) -> Flow[bytes]:
        """The next bytes; b"" when the stream has come whole.

        Raises:
            DownloadError: A segment could not be fetched, the stream is larger than allowed, or no
                segment was added for too long.
        """
        while self._current is not None:
            chunk = yield from self._current.read()
            if chunk:
                self.received += len(chunk)
                self._rules.check_size(self.url, self.received, "stream")
                return chunk
            self._current = None
            yield from self._next_segment()
        return b""

    def close(self) -> Flow[None]:
        """Give the connection back, or up."""
        if self._current is not None:
            yield from self._current.close()
            self._current = None

    def _next_segment(self) -> Flow[None]:
        while not self._pending:
            if self._ended:
                return
            yield from self._look()
        segment, self._pending = self._pending[0], self._pending[1:]
        self._done += 1
        url = urljoin(self.url, segment)
        own = self._own and trusted(self._rules.base_url, url)
        if own and not stays_below(urljoin(self.url, "."), url):
            raise self._error("has a playlist that leads to other addresses of the app")
        self._current = Transfer(url, self._rules, own=own)
        yield from self._current.open()
        self.suffix = self.suffix or _suffix(segment)
        self.mime_type = self.mime_type or self._current.mime_type

    def _look(self) -> Flow[None]:
        """Read the playlist anew; wait when it holds nothing new and has not ended."""
        segments, self._ended = yield from self._read_playlist()
        if len(segments) < self._done:
            raise self._error("has a playlist that became shorter")
        self._pending = segments[self._done :]
        if self._pending or self._ended:
            self._waited = 0.0
            return
        if self._waited >= PATIENCE:
            raise self._error(f"broke off: no segment was added for {PATIENCE:g} s")
        self._waited += PAUSE
        yield Sleep(PAUSE)

    def _read_playlist(self) -> Flow[tuple[list[str], bool]]:
        transfer = Transfer(self.url, self._rules._replace(max_bytes=MAX_PLAYLIST), own=self._own)
        body = bytearray()
        try:
            yield from transfer.open()
            while chunk := (yield from transfer.read()):
                body += chunk
        finally:
            yield from transfer.close()
        try:
            return parse_playlist(bytes(body))
        except ValueError as error:
            raise self._error(str(error)) from None

    def _error(self, what: str) -> DownloadError:
        return file_error(self.url, what, "stream")


def _suffix(segment: str) -> str | None:
    """The extension of a segment if it is one that Gradio sends, else None."""
    name = segment.partition("?")[0]
    return next((suffix for suffix in SEGMENT_TYPES if name.endswith(suffix)), None)
