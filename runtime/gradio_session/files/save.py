"""Flows that bring a file to the local disk."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

from gradio_session.files.file_data import Location, decode_data_url
from gradio_session.protocol.base.effects import Blocking, Flow, finished
from gradio_session.protocol.operations.download import (
    InterruptedTransferError,
    OnceTransfer,
    Transfer,
)
from gradio_session.protocol.operations.hls import PlaylistTransfer

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradio_session.files.disk import PartialFile
    from gradio_session.protocol.operations.file_request import Rules

__all__ = [
    "BUFFER", "InlineTransfer", "Source", "copy_to", "open_source", "save", "sent_once",
]  # fmt: skip

BUFFER = 1024 * 1024
"""Bytes gathered before they are written: asynchronous sessions go to a thread for each write."""


RESTARTS = 2


class InlineTransfer:
    """A file that came with the result itself, as a `data:` address."""

    mime_type: str | None = None
    suffix: str | None = None
    total: int | None = None

    def __init__(self, url: str) -> None:
        self._url = url
        self._content = b""

    def open(self) -> Flow[None]:
        """Decode it.

        Raises:
            DownloadError: It cannot be decoded.
        """
        self._content = yield Blocking(lambda: decode_data_url(self._url))
        self.total = len(self._content)

    def read(self) -> Flow[bytes]:
        """The next bytes; b"" at the end."""
        content, self._content = self._content, b""
        return finished(content)

    def close(self) -> Flow[None]:
        """There is nothing to give back."""
        return finished(None)


Source: TypeAlias = "Transfer | PlaylistTransfer | InlineTransfer"


def sent_once(location: Location) -> bool:
    """Whether a stream is one of Gradio 4: the sound itself, and no playlist."""
    return not urlsplit(location.url).path.endswith(".m3u8")


def open_source(location: Location, rules: Rules, *, stream: bool, asked: set[str]) -> Source:
    """What brings the bytes of a file; nothing is asked for before its `open`.

    Args:
        location: Where the file is.
        rules: What the session allows.
        stream: Whether it is a stream: a playlist, or before Gradio 5 the sound itself.
        asked: The addresses of streams that were asked for already, among those that share a copy.
    """
    if location.url[:5].lower() == "data:":
        return InlineTransfer(location.url)
    if not stream:
        return Transfer(location.url, rules, own=location.own)
    if sent_once(location):
        return OnceTransfer(location.url, rules, own=location.own, asked=asked)
    return PlaylistTransfer(location.url, rules, own=location.own)


def save(
    make: Callable[[], Source], part: PartialFile, name: Callable[[Source], str]
) -> Flow[Path]:
    """Write a file to the disk, whole or not at all.

    A transfer that cannot be taken up is started over, `RESTARTS` times.

    Args:
        make: Makes what brings its bytes.
        part: What it is written to.
        name: Gives its safe name once the transfer has begun.

    Raises:
        DownloadError: It cannot be fetched or written.
        ConnectError: Its host cannot be reached.
    """
    for _ in range(RESTARTS):
        with suppress(InterruptedTransferError):
            return (yield from _save_once(make(), part, name))
    return (yield from _save_once(make(), part, name))


def _save_once(source: Source, part: PartialFile, name: Callable[[Source], str]) -> Flow[Path]:
    try:
        yield from source.open()
        try:
            yield from _pump(source, part)
            path: Path = yield Blocking(lambda: part.finish(name(source)))
        except BaseException:
            yield Blocking(part.discard)
            raise
        return path
    finally:
        yield from source.close()


def _pump(source: Source, part: PartialFile) -> Flow[None]:
    waiting: list[bytes] = []
    size = 0
    while chunk := (yield from source.read()):
        waiting.append(chunk)
        size += len(chunk)
        if size >= BUFFER:
            full, waiting, size = waiting, [], 0
            yield Blocking(partial(part.write, full))
    if waiting:
        yield Blocking(partial(part.write, waiting))


def copy_to(path: str, part: PartialFile, name: str) -> Path:
    """Copy a file that is on the disk already. Blocks.

    Args:
        path: The file.
        part: What it is copied to; a copy onto itself does nothing.
        name: Its safe name there.

    Raises:
        DownloadError: It cannot be written.
        OSError: The file cannot be read.
    """
    if part.target is not None and part.target.exists() and part.target.samefile(path):
        return part.target
    with Path(path).open("rb") as original:
        try:
            while chunk := original.read(BUFFER):
                part.write([chunk])
            return part.finish(name)
        except BaseException:
            part.discard()
            raise
