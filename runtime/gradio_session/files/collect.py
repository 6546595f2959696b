"""Where files stand among the values of a call, by layout."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from gradio_session.errors import UploadError
from gradio_session.files.file_data import FILE_TYPE, is_file_data, is_url, wire_file
from gradio_session.files.remote_file import RemoteFile, reference_of
from gradio_session.files.sources import (
    ContentSource,
    LocalSource,
    OpenedSource,
    RemoteSource,
    UploadSource,
)
from gradio_session.protocol.app_schema.file_layout import below

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradio_session.protocol.app_schema.config import AppConfig
    from gradio_session.protocol.app_schema.file_layout import FileLayout
    from gradio_session.protocol.base.json_values import JsonObject

__all__ = ["Collector"]

_GIVE = (
    "give a path, an address of http:// or https://, bytes, a file opened in binary mode, "
    "or a file that a call returned"
)


class Collector:
    """Walks values and gathers the files that must be sent.

    Args:
        config: The app that they go to.

    Attributes:
        files: Every file once, however often it stands in the values.
    """

    def __init__(self, config: AppConfig) -> None:
        self._config = config
        self._known: dict[Any, UploadSource] = {}
        self._alive: list[Any] = []

    @property
    def files(self) -> list[UploadSource]:
        """The files that must be sent, each once, in the order they were found."""
        return list(self._known.values())

    def place(self, value: Any, layout: FileLayout, where: str) -> Any:
        """A value with a FileData in place of each file; it is filled in when the file was sent.

        Args:
            value: The value. It is not changed.
            layout: Where the files are in it.
            where: The parameter and the place in it, for messages.

        Raises:
            UploadError: A value stands for a file that cannot be one.
        """
        if layout is None or value is None:
            return value
        if isinstance(layout, str):
            return self._leaf(value, where, text=layout == "text|file")
        file = layout.get("file")
        if _is_file(value) or is_file_data(value):
            if file is None:
                what = (
                    f"{type(value).__name__} is one file, where a list or a group of them belongs"
                )
                raise _error(where, what)
            return self._leaf(value, where, text=True)
        if isinstance(value, str):
            return self._leaf(value, where, text=False) if file == "file" else value
        return self._inside(value, layout, where)

    def _inside(self, value: Any, layout: dict[str, Any], where: str) -> Any:
        if isinstance(value, Mapping):
            group = cast("Mapping[str, Any]", value)
            return {
                key: self.place(item, below(layout, key), f"{where}.{key}")
                for key, item in group.items()
            }
        if isinstance(value, Sequence):
            row = cast("Sequence[Any]", value)
            return [
                self.place(item, below(layout, index), f"{where}[{index}]")
                for index, item in enumerate(row)
            ]
        if layout.get("file") == "file":
            raise _error(where, f"{type(value).__name__} is not a file: {_GIVE}")
        return value

    def _leaf(self, value: Any, where: str, *, text: bool) -> Any:
        if isinstance(value, str):
            return value if text else self._text(value, where)
        if isinstance(value, RemoteFile):
            return self._remote(value, where)
        if _is_file(value):
            return self._local(value, where)
        if is_file_data(value):
            return {**value, "meta": {"_type": FILE_TYPE}}
        if text:
            return value
        raise _error(where, f"{type(value).__name__} is not a file: {_GIVE}")

    def _text(self, value: str, where: str) -> Any:
        if is_url(value):
            return wire_file(
                value, value.partition("?")[0].rstrip("/").rpartition("/")[2] or "file", url=value
            )
        return self._path(value, where)

    def _local(self, value: Any, where: str) -> Any:
        if isinstance(value, os.PathLike):
            return self._path(os.fsdecode(cast("os.PathLike[str]", value)), where)
        if isinstance(value, (bytes, bytearray, memoryview)):
            return self._add(
                self._identity(value), ContentSource(where, bytes(cast("bytes", value)))
            )
        return self._add(self._identity(value), OpenedSource(where, value))

    def _path(self, path: str, where: str) -> Any:
        return self._add(("path", os.path.abspath(path)), LocalSource(where, path))  # noqa: PTH100 - a path with a NUL is refused later, in words

    def _remote(self, file: RemoteFile, where: str) -> Any:
        known = reference_of(file)
        url, own, base_url = known.location
        if url[:5].lower() == "data:":
            return self._add(self._identity(file), ContentSource(where, url, file.name))
        if own and base_url == self._config.base_url and not known.stream:
            facts = known.data.items()
            data = {key: item for key, item in facts if key != "url" and item is not None}
            return {**data, "meta": {"_type": FILE_TYPE}}
        if not own and not known.stream:
            return wire_file(url, file.name, url=url)
        return self._add(self._identity(file), RemoteSource(where, known, _loop_runner()))

    def _identity(self, value: Any) -> tuple[str, int]:
        self._alive.append(value)  # an id is good as long as its object lives
        return "object", id(value)

    def _add(self, key: tuple[str, object], file: UploadSource) -> JsonObject:
        known = self._known.setdefault(key, file)
        target: JsonObject = {}
        known.targets.append(target)
        return target


def _is_file(value: Any) -> bool:
    return isinstance(value, (RemoteFile, os.PathLike, bytes, bytearray, memoryview)) or callable(
        getattr(value, "read", None)
    )


def _loop_runner() -> Callable[[Any], Any] | None:
    """Runs a coroutine on the loop of this thread, from the threads that read files."""
    asyncio = sys.modules.get("asyncio")
    try:
        loop = None if asyncio is None else asyncio.get_running_loop()
    except RuntimeError:
        return None
    if asyncio is None or loop is None:
        return None
    return lambda coroutine: asyncio.run_coroutine_threadsafe(coroutine, loop).result()


def _error(where: str, what: str) -> UploadError:
    return UploadError(f"{where}: {what}.", parameter=where.partition("[")[0].partition(".")[0])
