"""Where files stand among the values of a call, by layout."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from gradio_session.errors import ParameterError
from gradio_session.files.file_data import FILE_TYPE, is_file_data, is_url, name_of, wire_file
from gradio_session.files.remote_file import RemoteFile, reference_of
from gradio_session.files.sources import (
    ContentSource,
    LocalSource,
    OnLoop,
    OpenedSource,
    RemoteSource,
    UploadSource,
    parameter_of,
    upload_error,
)
from gradio_session.protocol.app_schema.file_layout import FileLayout, below
from gradio_session.protocol.base.json_values import JsonObject, is_mapping, is_sequence

if TYPE_CHECKING:
    from gradio_session.protocol.app_schema.config import AppConfig

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
        self._known: dict[str | int, tuple[UploadSource, object]] = {}

    @property
    def files(self) -> list[UploadSource]:
        """The files that must be sent, each once, in the order they were found."""
        return [file for file, _ in self._known.values()]

    def place(self, value: object, layout: FileLayout, where: str) -> object:
        """A value with a FileData in place of each file; it is filled in when the file was sent.

        Args:
            value: The value. It is not changed.
            layout: Where the files are in it.
            where: The parameter and the place in it, for messages.

        Raises:
            UploadError: A value stands for a file that cannot be one.
            ParameterError: Text stands where a list of files belongs.
        """
        if layout is None or value is None:
            return value
        inner: JsonObject = {} if isinstance(layout, str) else layout
        file = layout if isinstance(layout, str) else inner.get("file")
        if _is_file(value):
            if file is None:
                kind = type(value).__name__
                what = f"{kind} is one file, where a list or a group of them belongs"
                raise upload_error(where, what)
            return self._file(value, where)
        if isinstance(value, str):
            if file is None and inner.get("items") == "file":
                message = f"{where}: takes a list of files, not text. Pass [{value[:60]!r}]."
                raise ParameterError(message, parameter=parameter_of(where))
            return self._text(value, where) if file == "file" else value
        if inner and is_mapping(value):
            return {
                key: self.place(item, below(layout, str(key)), f"{where}.{key}")
                for key, item in value.items()
            }
        if inner and is_sequence(value):
            return [
                self.place(item, below(layout, index), f"{where}[{index}]")
                for index, item in enumerate(value)
            ]
        if file == "file":
            raise upload_error(where, f"{type(value).__name__} is not a file: {_GIVE}")
        return value

    def _text(self, value: str, where: str) -> JsonObject:
        if is_url(value):
            return wire_file(value, name_of({"url": value}), url=value)
        return self._add(LocalSource(where, value))

    def _file(self, value: object, where: str) -> JsonObject:
        if is_file_data(value):
            return {**value, "meta": {"_type": FILE_TYPE}}
        if isinstance(value, RemoteFile):
            return self._remote(value, where)
        given: Any = value
        if isinstance(value, os.PathLike):
            return self._add(LocalSource(where, os.fsdecode(given)))
        whole = isinstance(value, (bytes, bytearray, memoryview))
        source = ContentSource(where, bytes(given)) if whole else OpenedSource(where, given)
        return self._add(source, given)

    def _remote(self, file: RemoteFile, where: str) -> JsonObject:
        known = reference_of(file)
        url, own, base_url = known.location
        if url[:5].lower() == "data:":
            local = known.local  # of a file that a test made, all there is
            inline = ContentSource(where, url, file.name)
            return self._add(inline if local is None else LocalSource(where, local), file)
        if own and base_url == self._config.base_url and not known.stream:
            facts = known.data.items()
            data = {key: item for key, item in facts if key != "url" and item is not None}
            return {**data, "meta": {"_type": FILE_TYPE}}
        if not own and not known.stream:
            return wire_file(url, file.name, url=url)
        return self._add(RemoteSource(where, known, _loop_runner()), file)

    def _add(self, file: UploadSource, given: object = None) -> JsonObject:
        key = file.path if isinstance(file, LocalSource) else id(given)
        # The object is kept, as its id is good as long as it lives.
        known, _ = self._known.setdefault(key, (file, given))
        return known.data


def _is_file(value: object) -> bool:
    kinds = (RemoteFile, os.PathLike, bytes, bytearray, memoryview)
    return isinstance(value, kinds) or callable(getattr(value, "read", None)) or is_file_data(value)


def _loop_runner() -> OnLoop | None:
    """Runs a coroutine on the loop of this thread, from the threads that read files."""
    asyncio = sys.modules.get("asyncio")
    with suppress(RuntimeError):
        if asyncio is not None:
            loop = asyncio.get_running_loop()
            return lambda coroutine: asyncio.run_coroutine_threadsafe(coroutine, loop).result()
    return None
