"""A file that a call returned: a reference, fetched when it is used."""

from __future__ import annotations

import os
from typing import IO, TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar, overload

from gradio_session.display import doors

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from gradio_session.files.reference import FileReference
    from gradio_session.protocol.base.effects import Flow

__all__ = ["FileInput", "RemoteFile", "reference_of"]

T = TypeVar("T")

_CHUNK = 256 * 1024


class RemoteFile:
    """A file that an app returned. It is fetched when it is used, and only once.

    It goes wherever a path goes (`PIL.Image.open(file)`, `shutil.copy(file, folder)`,
    `pandas.read_csv(file)`) and into any parameter of any app that takes a file. `for chunk in
    file` reads it in pieces without keeping it. In asynchronous sessions use `await file.apath()`,
    `await file.aread()`, `await file.aopen()`, `await file.adownload()` and `async for chunk in
    file`; once the file was fetched, the plain forms work there too.

    Files are pickled as references: one that was not fetched yet needs an open session of its app
    where it is unpickled.
    """

    __slots__ = ("__weakref__", "_reference")

    def __init__(self, reference: FileReference) -> None:
        """Calls make these; there is no need to make one by hand.

        Args:
            reference: What is known of the file.
        """
        self._reference = reference

    # What is known of it

    @property
    def name(self) -> str:
        """Its name, safe on every platform; with an extension if its name or type tells one."""
        return self._reference.name

    @property
    def url(self) -> str:
        """Where it is. To fetch it from there with other tools may take the session's login."""
        return self._reference.location.url

    @property
    def size(self) -> int | None:
        """Its length in bytes: of the local copy, else as the app says it, else None."""
        return self._reference.size

    @property
    def mime_type(self) -> str | None:
        """Its type as the app says it, else by its name, else None.

        That of a stream is known once it was fetched.
        """
        return self._reference.mime_type

    def __repr__(self) -> str:
        return repr(self._reference)

    # Plain sessions

    @property
    def path(self) -> Path:
        """The local copy, fetched into the session's `download_path` on first use.

        Raises:
            DownloadError: It cannot be fetched or written; or it was not fetched yet and its
                session is asynchronous (`await file.apath()`).
            ConnectError: Its host cannot be reached.
        """
        return self.download()

    def __fspath__(self) -> str:
        return str(self.download())

    def download(self, to: str | os.PathLike[str] | None = None) -> Path:
        """Fetch it, unless that was done before.

        Args:
            to: A folder that exists (or a path that ends in a slash), where it gets its own name,
                with a number if that is taken; or the path of the file to write, which is replaced
                if it exists. None for the session's `download_path`.

        Returns:
            The path of the local copy.

        Raises:
            DownloadError: It cannot be fetched or written.
            ConnectError: Its host cannot be reached.
        """
        known, local = self._reference, self._reference.local
        return self._wait(known.fetch(to)) if local is None else known.copy(local, to)

    def read(self) -> bytes:
        """Its whole content, fetched first if it was not."""
        return self.path.read_bytes()

    @overload
    def open(self, mode: Literal["rb"] = "rb") -> IO[bytes]: ...
    @overload
    def open(self, mode: Literal["r", "rt"]) -> IO[str]: ...
    def open(self, mode: Literal["rb", "r", "rt"] = "rb") -> IO[Any]:
        """Open the local copy, fetched first if it was not.

        Args:
            mode: "rb" for bytes; "r" or "rt" for text in UTF-8.

        Raises:
            ValueError: Another mode; what an app returned can be read, not written.
        """
        encoding = _encoding(mode)
        return self.path.open(mode, encoding=encoding)

    def __getattribute__(self, name: str) -> Any:
        """It hides `__iter__`: pandas takes what has that and `read` for an opened file."""
        if name == "__iter__":
            raise AttributeError(name)
        return object.__getattribute__(self, name)

    def __iter__(self) -> Iterator[bytes]:
        """Its content in pieces: of the local copy, else as it comes, without keeping it."""
        if self._reference.local is not None:
            with self.open() as file:
                while chunk := file.read(_CHUNK):
                    yield chunk
            return
        source = self._reference.source()
        try:
            self._wait(source.open())
            while chunk := self._wait(source.read()):
                yield chunk
        finally:
            self._wait(source.close())

    # Asynchronous sessions

    async def apath(self) -> Path:
        """`path` for asynchronous code."""
        return await self.adownload()

    async def adownload(self, to: str | os.PathLike[str] | None = None) -> Path:
        """`download` for asynchronous code; takes and raises the same."""
        local = self._reference.local
        if local is None:
            return await self._await(self._reference.fetch(to))
        return await _in_thread(self._reference.copy, local, to)

    async def aread(self) -> bytes:
        """`read` for asynchronous code."""
        return await _in_thread((await self.apath()).read_bytes)

    @overload
    async def aopen(self, mode: Literal["rb"] = "rb") -> IO[bytes]: ...
    @overload
    async def aopen(self, mode: Literal["r", "rt"]) -> IO[str]: ...
    async def aopen(self, mode: Literal["rb", "r", "rt"] = "rb") -> IO[Any]:
        """`open` for asynchronous code; the opened file itself is a plain one."""
        encoding = _encoding(mode)
        return (await self.apath()).open(mode, encoding=encoding)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Its content in pieces, as plain iteration gives it."""
        if self._reference.local is not None:
            with self.open() as file:
                while chunk := await _in_thread(file.read, _CHUNK):
                    yield chunk
            return
        source = self._reference.source()
        try:
            await self._await(source.open())
            while chunk := await self._await(source.read()):
                yield chunk
        finally:
            await self._await(source.close())

    # Notebooks

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        """Images, audio and video themselves; of anything else the `repr`.

        A file of an asynchronous session is fetched beside the notebook, and shown then.
        """
        html = doors.html()
        if self._reference.local is None and self._reference.owner.asynchronous:
            html.preview_later(self.mime_type, self.apath, self._repr_mimebundle_)
            return {"text/plain": repr(self)}
        shown = html.preview(self.name, self.mime_type, self.size, lambda: self.path)
        return {"text/plain": repr(self), **shown}

    # Copying and pickling

    def __copy__(self) -> RemoteFile:
        return self

    def __deepcopy__(self, memo: object) -> RemoteFile:
        return self

    def __reduce__(self) -> tuple[object, ...]:
        return RemoteFile, (self._reference,)

    # How it is fetched

    def _wait(self, flow: Flow[T]) -> T:
        owner = self._reference.owner
        if owner.asynchronous:
            flow.close()
            raise self._reference.error(
                "is a file of an asynchronous session: fetch it first with `await file.apath()` "
                "(or aread, aopen, adownload, `async for`)"
            )
        result: T = owner.run(flow)
        return result

    async def _await(self, flow: Flow[T]) -> T:
        owner = self._reference.owner
        running: Any = owner.run(flow) if owner.asynchronous else _in_thread(self._wait, flow)
        result: T = await running
        return result


FileInput: TypeAlias = str | os.PathLike[str] | bytes | IO[bytes] | RemoteFile
"""What may be given for a file: a path, an address of http:// or https:// (which the app fetches
itself), the content, a file opened in binary mode, or a file that a call returned."""


def reference_of(file: RemoteFile) -> FileReference:
    """What is known of a file: the way in for those who send, record or compare files."""
    return file._reference  # pyright: ignore[reportPrivateUsage] - the one place


def _encoding(mode: str) -> str | None:
    if mode not in ("rb", "r", "rt"):
        raise ValueError(
            f'mode={mode!r}: what an app returned can be read ("rb", "r" or "rt"), not written.'
        )
    return None if mode == "rb" else "utf-8"


async def _in_thread(function: Callable[..., T], *arguments: object) -> T:
    from asyncio import to_thread  # noqa: PLC0415 - plain clients do without asyncio

    return await to_thread(function, *arguments)
