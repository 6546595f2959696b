"""Results -> results whose files are `RemoteFile`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradio_session.errors import ResponseError
from gradio_session.files.file_data import is_empty_file_data, is_file_data, locate
from gradio_session.files.remote_file import RemoteFile
from gradio_session.protocol.base.json_values import is_list, is_object
from gradio_session.protocol.base.text import one_line

if TYPE_CHECKING:
    from gradio_session.files.remote_file import FileSession
    from gradio_session.protocol.app_schema.config import AppConfig
    from gradio_session.protocol.app_schema.file_layout import FileLayout

__all__ = ["wrap_files"]


def wrap_files(
    value: Any, shape: FileLayout, session: FileSession, config: AppConfig, path: str = ""
) -> Any:
    """A value with its files as `RemoteFile`; see `files.wrap`."""
    if shape is None or value is None:
        return value
    if isinstance(shape, str):
        return _file(value, session, config, path, strict=shape == "file")
    if shape.get("file") is not None and (is_file_data(value) or is_empty_file_data(value)):
        return _file(value, session, config, path, strict=True)
    if is_list(value):
        return _list(value, shape, session, config, path)
    if is_object(value):
        return _object(value, shape, session, config, path)
    if shape.get("file") == "file":
        raise _no_file(value, path)
    return value


def _file(value: Any, session: FileSession, config: AppConfig, path: str, *, strict: bool) -> Any:
    if is_file_data(value):
        return RemoteFile(value, locate(value, config), session)
    if is_empty_file_data(value):
        return None
    if strict:
        raise _no_file(value, path)
    return value


def _list(
    value: list[Any], shape: dict[str, Any], session: FileSession, config: AppConfig, path: str
) -> list[Any]:
    prefix, items = shape.get("prefix", ()), shape.get("items")
    return [
        wrap_files(
            item,
            prefix[index] if index < len(prefix) else items,
            session,
            config,
            f"{path}[{index}]",
        )
        for index, item in enumerate(value)
    ]


def _object(
    value: dict[str, Any], shape: dict[str, Any], session: FileSession, config: AppConfig, path: str
) -> dict[str, Any]:
    keys, values = shape.get("keys", {}), shape.get("values")
    return {
        key: wrap_files(item, keys.get(key, values), session, config, f"{path}.{key}")
        for key, item in value.items()
    }


def _no_file(value: Any, path: str) -> ResponseError:
    shown = (
        f"the text {one_line(repr(value), 60)}"
        if isinstance(value, str)
        else f"a value of type {type(value).__name__}"
    )
    where = f" at {path}" if path else ""
    return ResponseError(
        f"The app returned {shown}{where}, where its description says that a file is returned.",
        data=value,
        path=path,
    )
