"""What may be given for a file."""

from __future__ import annotations

import os
from typing import IO, TypeAlias

from gradio_session.files.remote_file import RemoteFile

__all__ = ["FileInput", "RemoteFile"]

FileInput: TypeAlias = str | os.PathLike[str] | bytes | IO[bytes] | RemoteFile
"""What may be given for a file: a path, an address of http:// or https:// (which the app fetches
itself), the content, a file opened in binary mode, or a file that a call returned."""
