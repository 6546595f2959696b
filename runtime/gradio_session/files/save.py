"""Flows that bring a file to the local disk."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Union
from urllib.parse import urlsplit

from gradio_session.files.disk import PartialFile, temporary_folder
from gradio_session.files.file_data import Location, decode_data_url
from gradio_session.protocol.base.effects import Blocking, Flow
from gradio_session.protocol.operations.download import (
    InterruptedTransferError,
    OnceTransfer,
    Transfer,
)
from gradio_session.protocol.operations.hls import PlaylistTransfer

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradio_session.protocol.operations.file_request import Rules

__all__ = [
    "BUFFER", "InlineTransfer", "Source", "copy_to", "open_source", "place", "save", "sent_once",
]  # fmt: skip

BUFFER = 1024 * 1024
"""Bytes gathered before they are written: asynchronous sessions go to a thread for each write."""


RESTARTS = 2


class InlineTransfer:
    """A file that came with the result itself, as a `data:` address."""

    mime_type: str | None = None
    suffix: str | None = None

    total: int | None = None
    received = 0

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
        self.received += len(content)
        return content
        yield  # a flow, like the others, though it asks for nothing

    def close(self) -> Flow[None]:
        """Forget it."""
        self._content = b""
        return
        yield


Source = Union[Transfer, PlaylistTransfer, InlineTransfer]  # noqa: UP007 - evaluated at run time, also on Python 3.10


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
    make: Callable[[], Source], folder: Path, name: Callable[[Source], str], target: Path | None
) -> Flow[Path]:
    """Write a file to the disk, whole or not at all.

    A transfer that cannot be taken up is started over, `RESTARTS` times.

    Args:
        make: Makes what brings its bytes.
        folder: Where it goes.
        name: Gives its safe name once the transfer has begun.
        target: The path that the user named, which it replaces; None for a new name in `folder`.

    Raises:
        DownloadError: It cannot be fetched or written.
        ConnectError: Its host cannot be reached.
    """
    for _ in range(RESTARTS):
        with suppress(InterruptedTransferError):
            return (yield from _save_once(make(), folder, name, target))
    return (yield from _save_once(make(), folder, name, target))


def _save_once(
    source: Source, folder: Path, name: Callable[[Source], str], target: Path | None
) -> Flow[Path]:
    part = PartialFile(folder)
    try:
        yield from source.open()
        try:
            yield from _pump(source, part)
            path: Path = yield Blocking(
                lambda: part.finish(name(source)) if target is None else part.finish_as(target)
            )
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


def copy_to(path: str, folder: Path, name: str, target: Path | None) -> Path:
    """Copy a file that is on the disk already. Blocks.

    Args:
        path: The file.
        folder: Where the copy goes.
        name: Its safe name there.
        target: The path that the user named, which the copy replaces; None for a new name in
            `folder`.

    Raises:
        DownloadError: It cannot be written.
        OSError: The file cannot be read.
    """
    if target is not None and target.exists() and target.samefile(path):
        return target
    with Path(path).open("rb") as original:
        part = PartialFile(folder)
        try:
            while chunk := original.read(BUFFER):
                part.write([chunk])
            return part.finish(name) if target is None else part.finish_as(target)
        except BaseException:
            part.discard()
            raise


def place(
    to: str | os.PathLike[str] | None, download_path: str | os.PathLike[str] | None
) -> tuple[Path, Path | None]:
    """Where a download goes.

    Args:
        to: What the user asked for: a folder, a file, or None.
        download_path: The session's folder, or None.

    Returns:
        The folder, and the file to replace; None for a new name in the folder.
    """
    if to is None:
        return (Path(download_path) if download_path is not None else temporary_folder()), None
    text = os.fspath(to)
    path = Path(text)
    if path.is_dir() or text.endswith(("/", os.sep)):
        return path, None
    return path.parent, path
