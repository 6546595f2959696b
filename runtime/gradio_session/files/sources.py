"""Where the content of a file to upload comes from: looked at before anything is sent."""

from __future__ import annotations

import os
import stat
from contextlib import nullcontext
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from gradio_session.errors import UploadError
from gradio_session.files.file_data import decode_data_url, mime_type_of
from gradio_session.protocol.base.file_names import safe_name
from gradio_session.protocol.base.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from gradio_session.files.disk import Source
    from gradio_session.files.reference import FileReference
    from gradio_session.protocol.base.effects import Flow
    from gradio_session.protocol.base.json_values import JsonObject

__all__ = [
    "ContentSource", "LocalSource", "OpenedSource", "RemoteSource", "UploadSource", "parameter_of",
    "upload_error",
]  # fmt: skip

T = TypeVar("T")
OnLoop: TypeAlias = "Callable[[Any], Any]"
"""Runs a coroutine on the loop of its session, from the threads that read files."""

CHUNK = 512 * 1024

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", ".png"), (b"\xff\xd8\xff", ".jpg"), (b"GIF8", ".gif"),
    (b"%PDF-", ".pdf"), (b"PK\x03\x04", ".zip"), (b"OggS", ".ogg"), (b"fLaC", ".flac"),
    (b"ID3", ".mp3"), (b"\xff\xfb", ".mp3"), (b"\x1aE\xdf\xa3", ".webm"), (b"BM", ".bmp"),
)  # fmt: skip
"""How the content of common files begins: some apps refuse a file whose name has no extension."""


class UploadSource:
    """One file to send.

    Attributes:
        where: The parameter and the place in it, for messages: "images[2]".
        shown: What the user gave, in a few words.
        data: The FileData that stands for it wherever it stands, filled in when it is sent.
        name: The name that the app shall see.
        size: Its length in bytes, or None when it is not known before it was read.
    """

    def __init__(self, where: str, shown: str, name: str) -> None:
        self.where = where
        self.shown = shown
        self.data: JsonObject = {}
        self.name = name
        self.size: int | None = None
        self.limit: int | None = None

    @property
    def mime_type(self) -> str | None:
        """Its type, by its name."""
        return mime_type_of({"orig_name": self.name})

    def check(self, limit: int | None) -> None:
        """See that it can be sent. Blocks on the local disk.

        Args:
            limit: The largest file that the app takes, in bytes.

        Raises:
            UploadError: It cannot.
        """
        self.limit = limit
        self.look()
        self.check_size(self.size)

    def look(self) -> None:
        """Find out its size; raises `UploadError` when it cannot be read."""

    def opened(self) -> AbstractContextManager[Any]:
        """What its content is read from, from where it starts; it may be asked for again."""
        raise NotImplementedError  # abstract: each kind of source has its own

    def chunks(self) -> Iterator[bytes]:
        """A fresh iterator over its content."""
        try:
            with self.opened() as file:
                while chunk := file.read(CHUNK):
                    yield bytes(chunk)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            raise self.error(f"could not be read any more: {why}") from error

    def counted(self) -> Iterator[bytes]:
        """Its content, which must be as long as it was when it was looked at."""
        sent = 0
        for chunk in self.chunks():
            sent += len(chunk)
            if self.size is None:
                self.check_size(sent)
            elif sent > self.size:
                raise self.error("grew while it was sent")
            yield chunk
        if self.size is not None and sent < self.size:
            raise self.error("became shorter while it was sent")

    def check_size(self, size: int | None) -> None:
        """Raise when it is larger than the app takes."""
        if self.limit is not None and size is not None and size > self.limit:
            most = f"the {self.limit} bytes that the app takes (max_file_size)"
            raise self.error(f"is larger than {most}")

    def error(self, what: str) -> UploadError:
        """The error that names the parameter and the file."""
        return upload_error(self.where, f"{self.shown} {what}", self.shown)


class LocalSource(UploadSource):
    """A file on the disk.

    Attributes:
        path: Its absolute path.
        version: What tells whether it is still the same.
    """

    def __init__(self, where: str, given: str) -> None:
        super().__init__(where, f'"{one_line(given)}"', safe_name(given))
        self.path = os.path.abspath(given)  # noqa: PTH100 - a path with a NUL is refused by `look`, in words
        self.version: tuple[int, ...] = ()

    def look(self) -> None:
        """Find out its size and version."""
        try:
            facts = os.stat(self.path)  # noqa: PTH116 - see above
            if stat.S_ISDIR(facts.st_mode):
                raise self.error("is a folder, not a file")
            if not stat.S_ISREG(facts.st_mode):
                raise self.error("is not a regular file; open it and give the opened file")
            with Path(self.path).open("rb"):
                pass
        except FileNotFoundError:
            raise self.error(f"does not exist ({self.path})") from None
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            raise self.error(f"cannot be read: {why}") from error
        self.size = facts.st_size
        self.version = (facts.st_size, facts.st_mtime_ns, facts.st_ino)

    def opened(self) -> AbstractContextManager[Any]:
        """The file."""
        return Path(self.path).open("rb")


class ContentSource(UploadSource):
    """A file given as bytes, or as a `data:` address."""

    def __init__(self, where: str, content: bytes | str, name: str | None = None) -> None:
        shown, ending = "the file given", ""
        if isinstance(content, bytes):
            shown, ending = f"the {len(content)} bytes given", _extension(content)
        super().__init__(where, shown, name or f"file{ending}")
        self._content = content

    def look(self) -> None:
        """Find out its size."""
        if isinstance(self._content, str):
            self._content = decode_data_url(self._content)
        self.size = len(self._content)

    def opened(self) -> AbstractContextManager[Any]:
        """The content."""
        assert isinstance(self._content, bytes)  # noqa: S101 - `look` came first
        return BytesIO(self._content)


class OpenedSource(UploadSource):
    """A file that the user has opened, from where it stands."""

    def __init__(self, where: str, file: Any) -> None:
        name = getattr(file, "name", None)
        known = name if isinstance(name, str) else ""
        shown = f' "{one_line(known)}"' if known else ""
        super().__init__(where, f"the opened file{shown}", safe_name(known))
        self._file = file
        self._start: int | None = None
        self._read = False

    def look(self) -> None:
        """Find out its size, if it can be moved about in."""
        try:
            if self._file.read(0) not in (b"", None):
                raise self.error('is opened as text; open it with mode "rb"')
            if hasattr(self._file, "seekable") and self._file.seekable():
                self._start = self._file.tell()
                self.size = self._file.seek(0, os.SEEK_END) - (self._start or 0)
                self._file.seek(self._start)
        except (OSError, ValueError) as error:
            raise self.error(f"cannot be read: {error}") from error

    def opened(self) -> AbstractContextManager[Any]:
        """The file, where it stood; again only if it can be moved about in."""
        if self._start is not None:
            self._file.seek(self._start)
        elif self._read:
            again = "cannot be sent a second time after the connection broke"
            raise self.error(f"{again}, as it cannot be read again")
        self._read = True
        return nullcontext(self._file)


class RemoteSource(UploadSource):
    """A file of another app (or a stream), read from there while it is sent.

    Args:
        where: The parameter.
        file: What is known of the file.
        on_loop: Runs a coroutine on the loop of the call, which reads files of asynchronous
            sessions; None where there is no loop.
    """

    def __init__(self, where: str, file: FileReference, on_loop: OnLoop | None) -> None:
        super().__init__(where, f"the file {file.name} of {file.location.base_url}", file.name)
        self.url = file.location.url
        self._file = file
        self._on_loop = on_loop
        self._source: Source | None = None

    @property
    def by_url(self) -> bool:
        """Whether everybody who can reach its host may fetch it: no secrets, no login."""
        app = self._file.owner.app
        secret = app.credentials.headers_for(self.url) or app.credentials.cookies
        user = None if app.last_config is None else app.last_config.username
        return not secret and user is None and not self._file.stream

    def begin(self) -> Source:
        """Ask for it, so that its size is known. Blocks."""
        self._source = source = self._file.source()
        self._run(source.open())
        self.size = source.total
        self.check_size(self.size)
        return source

    def chunks(self) -> Iterator[bytes]:
        """A fresh iterator over its content."""
        source = self._source or self.begin()
        self._source = None
        try:
            while chunk := self._run(source.read()):
                yield chunk
        finally:
            self._run(source.close())

    def _run(self, flow: Flow[T]) -> T:
        owner = self._file.owner
        if not owner.asynchronous:
            result: T = owner.run(flow)
            return result
        if self._on_loop is None:
            flow.close()
            advice = "fetch it there first (`await file.apath()`)"
            raise self.error(f"belongs to an asynchronous session; {advice}")
        fetched: T = self._on_loop(owner.run(flow))
        return fetched


def upload_error(where: str, what: str, source: str | None = None) -> UploadError:
    """The error for a file at a place of a parameter, such as `images[1].image`."""
    return UploadError(f"{where}: {what}.", parameter=parameter_of(where), source=source)


def parameter_of(where: str) -> str:
    """The parameter's name, of a place in it."""
    return where.partition("[")[0].partition(".")[0]


def _extension(content: bytes) -> str:
    if content[:4] == b"RIFF":
        return {b"WAVE": ".wav", b"WEBP": ".webp", b"AVI ": ".avi"}.get(content[8:12], "")
    if content[4:8] == b"ftyp":
        return ".mp4"
    return next((extension for magic, extension in _MAGIC if content.startswith(magic)), "")
