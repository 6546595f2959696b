"""Results -> results whose files are `RemoteFile`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradio_session.errors import ResponseError
from gradio_session.files.file_data import is_empty_file_data, is_file_data, locate
from gradio_session.files.reference import FileReference
from gradio_session.files.remote_file import RemoteFile
from gradio_session.protocol.app_schema.file_layout import FileLayout, below
from gradio_session.protocol.base.json_values import JsonObject, is_list, is_object
from gradio_session.protocol.base.text import one_line
from gradio_session.sentinels import UNCHANGED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gradio_session.files.owner import FileOwner

    Make = Callable[[JsonObject], RemoteFile]

__all__ = ["wrap"]


def wrap(
    value: object, layout: FileLayout, owner: FileOwner, *, path: str = "", call: str | None = None
) -> Any:
    """A result with its files as `RemoteFile`.

    Args:
        value: The value as it came over the wire. It is not changed: containers of files are
            copied.
        layout: Where the files are in it.
        owner: The session that it came from.
        path: Where in the results the value is, for messages.
        call: The id of the call that it came from, or None where nobody knows.

    Returns:
        The value. A list of files where one was declared is a list of `RemoteFile`; one file where
        several were declared is a list of one.

    Raises:
        ResponseError: In a place where only files can be, there are neither files nor None. A
            text, for example, would be taken for the path of a file of the user's own in the next
            call.
    """
    config = owner.app.last_config
    if config is None or value is UNCHANGED:
        return value

    def make(data: JsonObject) -> RemoteFile:
        return RemoteFile(FileReference(data, locate(data, config), owner, call=call))

    return _wrapped(value, layout, make, path)


def _wrapped(
    value: object, layout: FileLayout, make: Make, path: str, *, listed: bool = False
) -> object:
    """The value with its files made by `make`.

    Args:
        value: The value.
        layout: Where the files are in it.
        make: A FileData -> a `RemoteFile`.
        path: Where the value is.
        listed: Whether it stands in a list that is there instead of one value.
    """
    if layout is None or value is None:
        return value
    inner: Mapping[str, FileLayout] = {} if isinstance(layout, str) else layout
    file = layout if isinstance(layout, str) else inner.get("file")
    if is_file_data(value) and (file or inner.get("items") == "file"):
        return make(value) if file else [make(value)]
    if file and is_empty_file_data(value):
        return None
    if is_list(value) and not listed:
        several = bool(file) and inner.keys().isdisjoint(("items", "prefix"))
        found: list[object] = []
        for index, each in enumerate(value):
            here = layout if several else below(layout, index)
            found.append(_wrapped(each, here, make, f"{path}[{index}]", listed=several))
        return found
    if inner and is_object(value):
        return {
            key: _wrapped(each, below(layout, key), make, f"{path}.{key}")
            for key, each in value.items()
        }
    if file == "file":
        raise _no_file(value, path)
    return value


def _no_file(value: object, path: str) -> ResponseError:
    shown = f"a value of type {type(value).__name__}"
    if isinstance(value, str):
        shown = f"the text {one_line(repr(value), 60)}"
    where = f" at {path}" if path else ""
    text = f"The app returned {shown}{where}, where its description says that a file is returned."
    return ResponseError(text, data=value, path=path)
