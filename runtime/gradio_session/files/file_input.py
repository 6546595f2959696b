"""Files in and out: what may be given for a file, and what comes back for one."""
# pyright: reportPrivateUsage=false

from __future__ import annotations

import os
from typing import IO, TYPE_CHECKING, Any, TypeAlias

from gradio_session.files.remote_file import RemoteFile

if TYPE_CHECKING:
    from gradio_session.files.remote_file import FileSession
    from gradio_session.protocol.app_schema.file_layout import FileLayout

__all__ = ["FileInput", "RemoteFile", "wrap"]

FileInput: TypeAlias = str | os.PathLike[str] | bytes | IO[bytes] | RemoteFile
"""What may be given for a file: a path, an address of http:// or https:// (which the app fetches itself), the content, a file opened in
binary mode, or a file that a call returned."""


def wrap(value: Any, shape: FileLayout, session: FileSession, *, path: str = "") -> Any:
    """A result with its files as `RemoteFile`.

    Args:
        value: The value as it came over the wire. It is not changed: containers of files are
            copied.
        shape: Where the files are (`protocol.shapes`).
        session: The session that it came from.
        path: Where in the results the value is, for messages.

    Raises:
        ResponseError: In a place where only a file can be, there is neither a file nor None. A
            text, for example, would be taken for the path of a file of the user's own in the next
            call.
    """
    from gradio_session.files.wrap import wrap_files  # noqa: PLC0415 - generated clients import this module

    config = session._config
    return value if config is None else wrap_files(value, shape, session, config, path)
