"""The checkpoint file of a `map`: what is done is not done again after a crash.

It is a text file of JSON lines that only ever grows. The first line names the endpoint and the app
that it belongs to; every other line is one finished call: the key of its inputs, and its outputs as
they came over the wire, files as references. No token, password or cookie is in it.

    {"gradio_session_journal": 1, "app": "http://127.0.0.1:7860", "endpoint": "/generate", ...}
    {"key": "0f0e...", "data": [{"path": "/tmp/gradio/.../image.webp", "meta": {...}}, 7]}
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from gradio_session.batch.locked_file import LockedFile
from gradio_session.errors import GradioSessionError, ParameterError
from gradio_session.files.file_data import is_url
from gradio_session.protocol.app_schema.file_layout import below
from gradio_session.protocol.base.json_values import is_mapping, is_sequence, object_of
from gradio_session.protocol.base.text import one_line
from gradio_session.sentinels import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gradio_session.protocol.app_schema.file_layout import FileLayout
    from gradio_session.protocol.base.json_values import JsonArray, JsonObject

__all__ = ["Checkpoint", "canonical", "content_key", "digest", "inputs_key"]

_FORMAT = "gradio_session_journal"


class Checkpoint:
    """Results on disk, by the key of their inputs.

    Several threads may use one, and several processes may have one each on the same file: none
    loses what another adds, and none sees what was added after it was opened.

    Args:
        path: The file; it is made, with its directory, when it does not exist.
        app: The app's address, without credentials.
        endpoint: The endpoint's name, with its slash.
        outputs: The types of the endpoint's outputs, in order.

    Raises:
        ParameterError: When the file cannot be opened or written.
        GradioSessionError: When the file is no journal, or that of another endpoint or app.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, app: str, endpoint: str, outputs: Sequence[str]
    ) -> None:
        self._path = Path(path).expanduser()
        self._header: dict[str, object] = {
            _FORMAT: 1, "app": app, "endpoint": endpoint, "outputs": list(outputs)
        }  # fmt: skip
        self._lock = threading.Lock()
        self._done: dict[str, list[JsonArray]] = {}
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = LockedFile(self._path, "a+")
            try:
                with self._file.locked():
                    self._read()
            except BaseException:
                self._file.close()
                raise
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            text = f"journal={str(path)!r} cannot be used: {one_line(reason, 200)}. Give a file."
            raise ParameterError(text, api_name=endpoint, parameter="journal") from error

    def take(self, key: str) -> JsonArray | None:
        """The outputs of a finished call with these inputs, each call once; None without one."""
        with self._lock:
            recorded = self._done.get(key)
            return recorded.pop(0) if recorded else None

    def add(self, key: str, data: Sequence[object]) -> None:
        """Write down a finished call.

        Args:
            key: What `inputs_key` says of its inputs.
            data: Its outputs as they came over the wire.
        """
        line = json.dumps({"key": key, "data": list(data)}, separators=(",", ":")).encode() + b"\n"
        with self._lock:
            if not self._file.closed:
                with self._file.locked():
                    self._file.add(line)

    def close(self) -> None:
        """Close the file; what was written stays."""
        with self._lock:
            self._file.close()

    def _read(self) -> None:
        begun = False
        with self._path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.endswith(b"\n"):
                    self._take_in(number, line)
                    begun = True
                elif not begun and not self._first_line().startswith(line):
                    raise self._stranger()
                # else the process ended in the middle of this line: the next one replaces it
        if not begun:
            self._file.add(self._first_line())

    def _first_line(self) -> bytes:
        return json.dumps(self._header).encode() + b"\n"

    def _stranger(self) -> GradioSessionError:
        return GradioSessionError(
            f"{self._path} is no journal, and was left as it is. Give `journal=` a file of its own."
        )

    def _take_in(self, number: int, line: bytes) -> None:
        try:
            entry = json.loads(line)
            if number > 1:
                self._done.setdefault(entry["key"], []).append(entry["data"])
                return
        except (ValueError, TypeError, KeyError, RecursionError):
            raise GradioSessionError(
                f"{self._path}, line {number}: not a line of a journal. Give `journal=` a file of "
                "its own, or delete this one to start again."
            ) from None
        self._compare(object_of(entry))

    def _compare(self, found: JsonObject) -> None:
        if _FORMAT not in found:
            raise self._stranger()
        for what, wanted in self._header.items():
            if found.get(what) != wanted:
                name = "format" if what == _FORMAT else what
                raise GradioSessionError(
                    f"The journal {self._path} belongs to another {name}: it says "
                    f"{found.get(what)!r}, this map is for {wanted!r}. Give `journal=` another "
                    "file, or delete this one to start again.",
                    api_name=str(self._header["endpoint"]),
                )


def inputs_key(values: Sequence[object], files: Mapping[int, FileLayout] | None = None) -> str:
    """A key that equal inputs share: the SHA-256 of their canonical form; see `canonical`.

    Returns:
        64 hexadecimal digits.

    Raises:
        ParameterError: When a value is nothing that can be sent.
    """
    return digest(canonical(values, files))


def canonical(
    values: Sequence[object], files: Mapping[int, FileLayout] | None = None
) -> list[object]:
    """Inputs as plain JSON values.

    A file counts by its name and content, so that a changed file is a new input; a URL and a file
    on the server count by their address.

    Args:
        values: The inputs, in the order of the endpoint's parameters.
        files: Position to where the files are, for the positions that hold files.

    Raises:
        ParameterError: When a value is nothing that can be sent.
    """
    try:
        return [
            _plain(value, (files or {}).get(position), f"input {position}")
            for position, value in enumerate(values)
        ]
    except RecursionError:
        text = "A value of this input contains itself or is nested too deeply."
        raise ParameterError(text) from None


def digest(plain: Sequence[object]) -> str:
    """The SHA-256 of plain JSON values, as 64 hexadecimal digits."""
    found = hashlib.sha256()
    for value in plain:
        found.update(json.dumps(value, sort_keys=True, separators=(",", ":")).encode() + b"\n")
    return found.hexdigest()


def content_key(name: str, content: bytes) -> dict[str, str]:
    """How a file counts: by its name and content."""
    return {"$": "file", "name": name, "sha256": hashlib.sha256(content).hexdigest()}


def _plain(value: object, layout: FileLayout, where: str) -> object:
    if value is DEFAULT:
        return {"$": "default"}
    if is_mapping(value):
        return {
            _name(str(name)): _plain(item, below(layout, str(name)), f"{where}.{name}")
            for name, item in value.items()
        }
    if is_sequence(value):
        return [
            _plain(item, below(layout, index), f"{where}[{index}]")
            for index, item in enumerate(value)
        ]
    if isinstance(value, str):
        here = layout.get("file") if isinstance(layout, dict) else layout
        return _file(value) if here == "file" and not is_url(value) else value
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return _file_object(value, where)


def _name(name: str) -> str:
    """A key of the user's own, kept apart from the markers that stand for files and `DEFAULT`."""
    return f"${name}" if name.startswith("$") else name


def _file_object(value: Any, where: str) -> dict[str, str]:
    if isinstance(value, (bytes, bytearray)):
        return {"$": "bytes", "sha256": hashlib.sha256(value).hexdigest()}
    if isinstance(getattr(value, "url", None), str):
        return {"$": "remote", "url": value.url}
    if isinstance(value, os.PathLike):
        return _file(os.fspath(cast("os.PathLike[str]", value)))
    if hasattr(value, "read"):
        return _open_file(cast("IO[bytes]", value))
    raise ParameterError(
        f"A value of type {type(value).__name__} at {where} can neither be sent nor kept in a "
        "journal. Give JSON values or files."
    )


def _file(path: str) -> dict[str, str]:
    location = Path(path).expanduser()
    if not location.is_file():
        return {"$": "file", "path": path}  # the call itself says what is wrong with it
    with location.open("rb") as stream:
        return {"$": "file", "name": location.name, "sha256": _hash(stream)}


def _open_file(stream: IO[bytes]) -> dict[str, str]:
    """The content from the present position on; the position stays as it was."""
    try:
        start = stream.tell()
        found = _hash(stream)
        stream.seek(start)
    except (OSError, io.UnsupportedOperation):
        raise ParameterError(
            "A stream that cannot be rewound cannot be kept in a journal. Give a path or bytes "
            "instead."
        ) from None
    return {"$": "open", "sha256": found}


def _hash(stream: IO[bytes]) -> str:
    found = hashlib.sha256()
    while chunk := stream.read(1 << 20):
        found.update(chunk)
    return found.hexdigest()
