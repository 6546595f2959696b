"""A file that a call returned: a reference, fetched when it is used.

Every generated client imports this module: what fetching needs is imported when a file is fetched.
"""
# ruff: noqa: PLC0415
# pyright: reportPrivateUsage=false, reportUnknownVariableType=false, reportUnknownMemberType=false

from __future__ import annotations

import os
from typing import IO, TYPE_CHECKING, Any, Literal, Protocol, TypeVar, overload

from gradio_session.errors import DownloadError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping, Sequence
    from pathlib import Path

    from gradio_session.files.file_data import Location
    from gradio_session.files.save import Source
    from gradio_session.protocol.app_schema.config import AppConfig
    from gradio_session.protocol.base.credentials import Credentials
    from gradio_session.protocol.base.effects import Flow

__all__ = ["FileSession", "RemoteFile"]

T = TypeVar("T")

_CHUNK = 256 * 1024


class FileSession(Protocol):
    """What a file needs of the session that it came from."""

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        ...

    @property
    def _config(self) -> AppConfig | None: ...

    @property
    def _credentials(self) -> Credentials: ...

    @property
    def _max_download_bytes(self) -> int | None: ...

    @property
    def _allowed_hosts(self) -> Sequence[str]: ...

    @property
    def _log_in_again(self) -> Callable[[], Flow[bool]] | None: ...

    @property
    def download_path(self) -> str | os.PathLike[str] | None:
        """Where files go; None for a temporary folder of the process."""
        ...

    def _run(self, flow: Generator[Any, Any, Any]) -> Any: ...


class RemoteFile:
    """A file that an app returned. Nothing is fetched before it is used, and nothing is fetched twice.

    It goes wherever a path goes (`PIL.Image.open(file)`, `shutil.copy(file, folder)`,
    `pandas.read_csv(file)`) and into any parameter of any app that takes a file. `for chunk in
    file` reads it in pieces without keeping it. In
    asynchronous sessions use `await file.apath()`, `await file.aread()`, `await file.aopen()`,
    `await file.adownload()` and
    `async for chunk in file`; once the file was fetched, the plain forms work there too.

    Files are pickled as references: one that was not fetched yet needs an open session of its app
    where it is unpickled.
    """

    __slots__ = ("__weakref__", "_data", "_flights", "_local", "_location", "_session")

    def __init__(
        self, data: Mapping[str, Any], location: Location, session: FileSession | None
    ) -> None:
        """Calls make these; there is no need to make one by hand.

        Args:
            data: Gradio's FileData.
            location: Where the content is.
            session: The session that it came from; None after unpickling.
        """
        self._data: Mapping[str, Any] = data
        self._location = location
        self._session = session
        self._local: str | None = None
        self._flights: dict[Any, Any] = {}

    # What is known of it

    @property
    def name(self) -> str:
        """Its name, made safe for every platform; with an extension if its name or type tells one."""
        from gradio_session.files.file_data import name_of

        return name_of(self._data)

    @property
    def url(self) -> str:
        """Where it is. Fetching it from there with other tools may take the session's login or token."""
        return self._location.url

    @property
    def size(self) -> int | None:
        """Its length in bytes: of the local copy once there is one, else as the app says it; None if it does not."""
        local = self._copy()
        if local is not None:
            return os.stat(local).st_size  # noqa: PTH116 - pathlib would be imported for this alone
        size = self._data.get("size")
        return size if isinstance(size, int) and not isinstance(size, bool) and size >= 0 else None

    @property
    def mime_type(self) -> str | None:
        """Its type as the app says it, else by its name, else None. That of a stream is known once it was fetched."""
        from gradio_session.files.file_data import mime_type_of

        if self._data.get("is_stream") is not True:
            return mime_type_of(self._data)
        from gradio_session.protocol.operations.hls import SEGMENT_TYPES

        local = self._copy()
        if local is None:
            return None
        return SEGMENT_TYPES.get(os.path.splitext(local)[1]) or mime_type_of({"path": local})  # noqa: PTH122 - as above

    def __repr__(self) -> str:
        url = self.url
        where = f"url={redact(url)!r}" if url[:5].lower() != "data:" else "inline"
        facts = [
            repr(self.name),
            f"size={self.size}" if self.size is not None else "",
            f"mime_type={self.mime_type!r}" if self.mime_type else "",
            where,
        ]
        local = self._copy()
        return f"RemoteFile({', '.join(fact for fact in facts if fact)}{f', path={local!r}' if local else ''})"

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
                if it exists. None for the
                session's `download_path`.

        Returns:
            The path of the local copy.

        Raises:
            DownloadError: It cannot be fetched or written.
            ConnectError: Its host cannot be reached.
        """
        from pathlib import Path

        local = self._copy()
        if local is None:
            return self._wait(self._fetch(to))
        return Path(local) if to is None else self._copied(local, to)

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
        _checked(mode)
        return _opened(self.path, mode)

    def __getattribute__(self, name: str) -> Any:
        """What has `read` and `__iter__` is an opened file to libraries that look for one (pandas); this is a path."""
        if name == "__iter__":
            raise AttributeError(name)
        return object.__getattribute__(self, name)

    def __iter__(self) -> Iterator[bytes]:
        """Its content in pieces: from the local copy if there is one, else as it comes over the wire, without keeping it."""
        local = self._copy()
        if local is not None:
            with _opened(local, "rb") as file:
                while chunk := file.read(_CHUNK):
                    yield chunk
            return
        source = self._source()
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
        import asyncio
        from pathlib import Path

        local = self._copy()
        if local is None:
            return await self._await(self._fetch(to))
        return Path(local) if to is None else await asyncio.to_thread(self._copied, local, to)

    async def aread(self) -> bytes:
        """`read` for asynchronous code."""
        import asyncio

        return await asyncio.to_thread((await self.apath()).read_bytes)

    @overload
    async def aopen(self, mode: Literal["rb"] = "rb") -> IO[bytes]: ...
    @overload
    async def aopen(self, mode: Literal["r", "rt"]) -> IO[str]: ...
    async def aopen(self, mode: Literal["rb", "r", "rt"] = "rb") -> IO[Any]:
        """`open` for asynchronous code; the opened file itself is a plain one."""
        _checked(mode)
        return _opened(await self.apath(), mode)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Its content in pieces, as plain iteration gives it."""
        import asyncio

        local = self._copy()
        if local is not None:
            with _opened(local, "rb") as file:
                while chunk := await asyncio.to_thread(file.read, _CHUNK):
                    yield chunk
            return
        source = self._source()
        try:
            await self._await(source.open())
            while chunk := await self._await(source.read()):
                yield chunk
        finally:
            await self._await(source.close())

    # Notebooks

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:  # noqa: ARG002 - IPython filters what it gets
        """Images, audio and video themselves; of anything else, and of a file of an asynchronous session that was not fetched yet, the `repr`."""
        from gradio_session.files.preview import mime_bundle

        return mime_bundle(self)

    # Copying and pickling

    def __copy__(self) -> RemoteFile:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> RemoteFile:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (dict(self._data), tuple(self._location), self._copy())

    # How it is fetched

    def _copy(self) -> str | None:
        """The local copy, unless somebody has deleted it."""
        local = self._local
        return local if local is not None and os.path.isfile(local) else None  # noqa: PTH113 - pathlib would be imported for this alone

    def _owner(self) -> FileSession:
        """The session that it came from; once that is closed, or after unpickling, an open session of the same app."""
        if self._session is None or self._session.closed:
            from gradio_session.session.registry import sessions

            everyone: list[Any] = list(sessions)
            same_app = (
                each
                for each in everyone
                if (each._config.base_url if each._config else each.app_url.rstrip("/"))
                == self._location.base_url
            )
            self._session = next(same_app, None)
        if self._session is None:
            advice = f"fetch files while their session is open, or open a session of the app again, Session({self._location.base_url!r})"
            raise DownloadError(
                f"{self.name} was not fetched, and no session of its app is open: {advice}.",
                url=redact(self.url),
            )
        return self._session

    def _source(self) -> Source:
        from gradio_session.files.save import open_source
        from gradio_session.protocol.operations.download import Rules

        owner = self._owner()
        rules = Rules(
            self._location.base_url,
            tuple(owner._allowed_hosts),
            owner._max_download_bytes,
            owner._log_in_again,
        )
        return open_source(self._location, rules, stream=self._data.get("is_stream") is True)

    def _fetch(self, to: str | os.PathLike[str] | None) -> Flow[Path]:
        """Fetch it, or wait for whoever is fetching it to the same place."""
        from gradio_session.protocol.base.effects import SingleFlight

        path: Path = yield SingleFlight(
            self._flights, None if to is None else os.fspath(to), lambda: self._save(to)
        )
        return path

    def _save(self, to: str | os.PathLike[str] | None) -> Flow[Path]:
        from gradio_session.files.save import place, save

        folder, target = place(to, self._owner().download_path)
        path = yield from save(self._source(), folder, self._final_name, target)
        self._local = str(path)
        return path

    def _final_name(self, source: Source) -> str:
        """Its name, now that the server has told its type."""
        from gradio_session.files.file_data import name_of

        return name_of(
            {
                "mime_type": source.mime_type,
                **{key: value for key, value in self._data.items() if value is not None},
            },
            source.suffix,
        )

    def _copied(self, local: str, to: str | os.PathLike[str]) -> Path:
        from gradio_session.files.save import copy_to, place

        folder, target = place(to, None)
        return copy_to(local, folder, self.name, target)

    def _wait(self, flow: Flow[T]) -> T:
        result: Any = self._owner()._run(flow)
        if hasattr(result, "__await__"):
            result.close()
            advice = (
                "fetch it first with `await file.apath()` (or aread, aopen, adownload, `async for`)"
            )
            raise DownloadError(
                f"{self.name} is a file of an asynchronous session: {advice}.", url=redact(self.url)
            )
        done: T = result
        return done

    async def _await(self, flow: Flow[T]) -> T:
        from asyncio import to_thread
        from inspect import iscoroutinefunction

        owner = self._owner()
        if iscoroutinefunction(owner._run):
            result: T = await owner._run(flow)
            return result
        return await to_thread(self._wait, flow)


def _restore(
    data: dict[str, Any], location: tuple[str, bool, str], local: str | None
) -> RemoteFile:
    from gradio_session.files.file_data import Location

    file = RemoteFile(data, Location(*location), None)
    file._local = local
    return file


def redact(url: str) -> str:
    """An address fit for a message."""
    from gradio_session.protocol.base import urls

    return urls.redact(url)


def _checked(mode: str) -> None:
    if mode not in ("rb", "r", "rt"):
        raise ValueError(
            f'mode={mode!r}: what an app returned can be read ("rb", "r" or "rt"), not written.'
        )


def _opened(path: str | os.PathLike[str], mode: str) -> IO[Any]:
    from pathlib import Path

    return Path(path).open(mode, encoding=None if mode == "rb" else "utf-8")
