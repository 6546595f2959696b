"""Results -> results whose files are `RemoteFile`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradio_session.errors import ResponseError
from gradio_session.files.file_data import is_empty_file_data, is_file_data, locate
from gradio_session.files.reference import FileReference
from gradio_session.files.remote_file import RemoteFile
from gradio_session.protocol.app_schema.file_layout import below
from gradio_session.protocol.base.json_values import is_list, is_object
from gradio_session.protocol.base.text import one_line

if TYPE_CHECKING:
    from gradio_session.files.owner import FileOwner
    from gradio_session.protocol.app_schema.config import AppConfig
    from gradio_session.protocol.app_schema.file_layout import FileLayout

__all__ = ["wrap"]


def wrap(value: Any, layout: FileLayout, owner: FileOwner, *, path: str = "") -> Any:
    """A result with its files as `RemoteFile`.

    Args:
        value: The value as it came over the wire. It is not changed: containers of files are
            copied.
        layout: Where the files are in it.
        owner: The session that it came from.
        path: Where in the results the value is, for messages.

    Raises:
        ResponseError: In a place where only a file can be, there is neither a file nor None. A
            text, for example, would be taken for the path of a file of the user's own in the next
            call.
    """
    config = owner.config
    return value if config is None else _wrapped(value, layout, owner, config, path)


def _wrapped(value: Any, layout: FileLayout, owner: FileOwner, config: AppConfig, path: str) -> Any:
    if layout is None or value is None:
        return value
    strict = (layout if isinstance(layout, str) else layout.get("file")) == "file"
    if isinstance(layout, str) or layout.get("file") is not None:
        if is_file_data(value):
            return RemoteFile(FileReference(value, locate(value, config), owner))
        if is_empty_file_data(value):
            return None
    if not isinstance(layout, str):
        if is_list(value):
            return [
                _wrapped(item, below(layout, index), owner, config, f"{path}[{index}]")
                for index, item in enumerate(value)
            ]
        if is_object(value):
            return {
                key: _wrapped(item, below(layout, key), owner, config, f"{path}.{key}")
                for key, item in value.items()
            }
    if strict:
        raise _no_file(value, path)
    return value


def _no_file(value: object, path: str) -> ResponseError:
    shown = f"a value of type {type(value).__name__}"
    if isinstance(value, str):
        shown = f"the text {one_line(repr(value), 60)}"
    where = f" at {path}" if path else ""
    text = f"The app returned {shown}{where}, where its description says that a file is returned."
    return ResponseError(text, data=value, path=path)
