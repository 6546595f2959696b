"""Values as a recording holds them: files by name and hash, or with their content."""

from __future__ import annotations

import base64
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradio_session.batch.checkpoint import canonical, content_key
from gradio_session.files.disk import temporary_folder
from gradio_session.files.file_data import Location, wire_file
from gradio_session.files.reference import FileReference
from gradio_session.files.remote_file import RemoteFile
from gradio_session.protocol.base.file_names import safe_name
from gradio_session.protocol.base.json_values import is_list, is_mapping, is_object, is_sequence
from gradio_session.sentinels import UNCHANGED

if TYPE_CHECKING:
    from gradio_session.protocol.app_schema.spec import EndpointSpec

__all__ = ["decoded", "encoded", "hashed", "local_file", "with_files"]


def local_file(name: str, content: bytes) -> RemoteFile:
    """A file like those that calls return, whose content is here already."""
    folder = Path(tempfile.mkdtemp(dir=temporary_folder()))
    path = folder / safe_name(name)
    path.write_bytes(content)
    location = Location("data:,", own=False, base_url="")
    data = wire_file(str(path), name, size=len(content))
    return RemoteFile(FileReference(data, location, None, str(path)))


def with_files(values: list[object], spec: EndpointSpec) -> Any:
    """The canonical form of inputs; files of results are left as they are, to be read later."""
    return _with_files(values, canonical(values, spec.input_files))


def _with_files(value: object, plain: Any) -> object:
    if isinstance(value, RemoteFile):
        return value
    if is_mapping(value):
        pairs = zip(plain.items(), value.values(), strict=False)
        return {name: _with_files(item, known) for (name, known), item in pairs}
    if is_sequence(value):
        return [_with_files(*pair) for pair in zip(value, plain, strict=True)]
    return plain


def hashed(value: object) -> object:
    """Canonical inputs whose files count by name and content."""
    if isinstance(value, RemoteFile):
        return content_key(value.name, value.read())
    plain: Any = value
    if is_object(plain):
        return {name: hashed(item) for name, item in plain.items()}
    return [hashed(item) for item in plain] if is_list(plain) else plain


def encoded(value: object) -> object:
    """A typed output as JSON, its files with their content."""
    if value is UNCHANGED:
        return {"$": "unchanged"}
    if isinstance(value, RemoteFile):
        return {"$": "file", "name": value.name, "content": base64.b64encode(value.read()).decode()}
    if is_mapping(value):
        return {
            f"${name}" if str(name).startswith("$") else name: encoded(item)
            for name, item in value.items()
        }
    return [encoded(item) for item in value] if is_sequence(value) else value


def decoded(value: object) -> Any:
    """An output that `encoded` has made JSON of."""
    if is_list(value):
        return [decoded(item) for item in value]
    if not is_object(value):
        return value
    if "$" not in value:
        return {name.removeprefix("$"): decoded(item) for name, item in value.items()}
    return (
        UNCHANGED
        if value["$"] == "unchanged"
        else local_file(value["name"], base64.b64decode(value["content"], validate=True))
    )
