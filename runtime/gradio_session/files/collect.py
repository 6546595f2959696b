"""Where files stand among the values of a call, by shape."""
# pyright: reportPrivateUsage=false

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeGuard, cast

from gradio_session.errors import UploadError
from gradio_session.files.file_data import FILE_TYPE, is_file_data, is_url, wire_file
from gradio_session.files.remote_file import RemoteFile
from gradio_session.files.sources import ForeignFile, LocalFile, OpenedFile, Outgoing, WholeContent

if TYPE_CHECKING:
    from gradio_session.protocol.app_schema.config import AppConfig
    from gradio_session.protocol.app_schema.file_layout import FileLayout

__all__ = ["Collector"]

_GIVE = "give a path, an address of http:// or https://, bytes, a file opened in binary mode, or a file that a call returned"


class Collector:
    """Walks values and gathers the files that must be sent.

    Args:
        config: The app that they go to.

    Attributes:
        files: Every file once, however often it stands in the values.
    """

    def __init__(self, config: AppConfig) -> None:
        self._config = config
        self._known: dict[Any, Outgoing] = {}
        self._alive: list[Any] = []

    @property
    def files(self) -> list[Outgoing]:
        """The files that must be sent, each once, in the order they were found."""
        return list(self._known.values())

    def place(self, value: Any, shape: FileLayout, where: str) -> Any:
        """A value with a FileData in place of each file; it is filled in when the file was sent.

        Args:
            value: The value. It is not changed.
            shape: Where the files are in it.
            where: The parameter and the place in it, for messages.

        Raises:
            UploadError: A value stands for a file that cannot be one.
        """
        if shape is None or value is None:
            return value
        if isinstance(shape, str):
            return self._leaf(value, where, text=shape == "text|file")
        if _is_file(value) or is_file_data(value):
            if shape.get("file") is None:
                raise _error(
                    where,
                    f"{type(value).__name__} is one file, where a list or a group of them belongs",
                )
            return self._leaf(value, where, text=True)
        if isinstance(value, str):
            return self._leaf(value, where, text=False) if shape.get("file") == "file" else value
        return self._inside(value, shape, where)

    def _inside(self, value: Any, shape: dict[str, Any], where: str) -> Any:
        if _is_group(value):
            keys, values = shape.get("keys", {}), shape.get("values")
            return {
                key: self.place(item, keys.get(key, values), f"{where}.{key}")
                for key, item in value.items()
            }
        if _is_row(value):
            prefix, items = shape.get("prefix", ()), shape.get("items")
            return [
                self.place(
                    item, prefix[index] if index < len(prefix) else items, f"{where}[{index}]"
                )
                for index, item in enumerate(value)
            ]
        if shape.get("file") == "file":
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
                self._identity(value), WholeContent(where, bytes(cast("bytes", value)))
            )
        return self._add(self._identity(value), OpenedFile(where, value))

    def _path(self, path: str, where: str) -> Any:
        return self._add(("path", os.path.abspath(path)), LocalFile(where, path))  # noqa: PTH100 - a path with a NUL is refused later, in words

    def _remote(self, file: RemoteFile, where: str) -> Any:
        location = file._location
        if location.url[:5].lower() == "data:":
            return self._add(self._identity(file), WholeContent(where, location.url, file.name))
        stream = file._data.get("is_stream") is True
        if location.own and location.base_url == self._config.base_url and not stream:
            return {
                **{
                    key: item
                    for key, item in file._data.items()
                    if key != "url" and item is not None
                },
                "meta": {"_type": FILE_TYPE},
            }
        if not location.own and not stream:
            return wire_file(location.url, file.name, url=location.url)
        return self._add(self._identity(file), ForeignFile(where, file, _running_loop()))

    def _identity(self, value: Any) -> tuple[str, int]:
        self._alive.append(value)  # an id is good as long as its object lives
        return "object", id(value)

    def _add(self, key: Any, file: Outgoing) -> dict[str, Any]:
        known = self._known.setdefault(key, file)
        slot: dict[str, Any] = {}
        known.slots.append(slot)
        return slot


def _is_file(value: Any) -> bool:
    return isinstance(value, (RemoteFile, os.PathLike, bytes, bytearray, memoryview)) or callable(
        getattr(value, "read", None)
    )


def _is_group(value: object) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(value, Mapping)


def _is_row(value: object) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, Sequence)


def _running_loop() -> Any:
    asyncio = sys.modules.get("asyncio")
    try:
        return None if asyncio is None else asyncio.get_running_loop()
    except RuntimeError:
        return None


def _error(where: str, what: str) -> UploadError:
    return UploadError(f"{where}: {what}.", parameter=where.partition("[")[0].partition(".")[0])
