"""Files of a call's values -> FileData that the app understands, sent where they must be."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from gradio_session.errors import ConnectError, ConnectionLostError
from gradio_session.files.collect import Collector
from gradio_session.files.file_data import file_url, wire_file
from gradio_session.files.sources import ForeignFile, LocalFile, Outgoing
from gradio_session.protocol.base.effects import (
    Blocking,
    Flow,
    Gather,
    Request,
    Resolve,
    Response,
    SingleFlight,
    Sleep,
)
from gradio_session.protocol.base.ip_addresses import not_public
from gradio_session.protocol.base.json_values import is_list
from gradio_session.protocol.base.multipart import Multipart
from gradio_session.protocol.base.text import one_line
from gradio_session.protocol.operations.responses import decode_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gradio_session.protocol.app_schema.config import AppConfig
    from gradio_session.protocol.app_schema.file_layout import FileLayout

__all__ = ["Upload", "UploadProgress", "Uploads", "progress_frame", "upload_files"]

CONCURRENT = 4
"""Files of one call that are on their way at once."""

PAUSE = 0.3
"""Seconds before the second attempt."""

ATTEMPTS = 2
"""How often an upload is begun; a file on the server that nobody refers to does no harm."""

_STEP = 512 * 1024

_OK, _TOO_LARGE = 200, 413


class Upload(NamedTuple):
    """A local file as it was uploaded.

    Attributes:
        path: Its path on the server.
        version: What tells whether the local file is still the same.
    """

    path: str
    version: tuple[int, ...]


class UploadProgress(NamedTuple):
    """How far an upload is.

    Attributes:
        name: The file's name.
        sent: Bytes sent.
        total: Bytes in all, or None when that is not known.
    """

    name: str
    sent: int
    total: int | None


def progress_frame(step: UploadProgress) -> bytes:
    """The message by which the queue would tell of such a progress."""
    bar = {
        "index": step.sent,
        "length": step.total,
        "unit": "bytes",
        "progress": None,
        "desc": f"Uploading {step.name}",
    }
    return json.dumps({"msg": "progress", "progress_data": [bar]}).encode()


class Uploads(dict[str, Upload]):
    """The local files that a session has uploaded, by absolute path."""

    def __init__(self) -> None:
        super().__init__()
        self.flights: dict[Any, Any] = {}


def upload_files(
    values: Sequence[Any],
    shapes: Mapping[int, FileLayout],
    names: Sequence[str],
    *,
    config: AppConfig,
    uploads: Uploads,
    headers: Mapping[str, str | None] | None = None,
    progress: Callable[[UploadProgress], object] | None = None,
) -> Flow[list[Any]]:
    """Exchange the files among a call's values for FileData. Every file is looked at before the first is sent.

    Args:
        values: The values in order. They are not changed: containers of files are copied.
        shapes: Position of a value to the shape of the files in it.
        names: Names of the parameters, for messages; may be shorter than `values`.
        config: The app.
        uploads: What the session has uploaded already.
        headers: What this call changes of the session's headers.
        progress: Told how far each upload is, in the thread or loop of the call.

    Returns:
        The values to send.

    Raises:
        UploadError: A file does not exist, is a folder, closed, opened as text or too large (then
            nothing was sent), or the app refused it.
        AuthenticationError: The app wants a login.
        ConnectError: The app cannot be reached.
        ConnectionLostError: The connection broke, twice.
    """
    if not shapes:
        return list(values)
    collector = Collector(config)
    exchanged = [
        collector.place(
            value,
            shapes.get(index),
            names[index] if index < len(names) else f"parameter {index + 1}",
        )
        for index, value in enumerate(values)
    ]
    files = collector.files
    if files:
        yield Blocking(lambda: _check(files, config.max_file_size))
        uploader = _Uploader(config, uploads, headers, progress)
        yield Gather([uploader.send(file) for file in files], CONCURRENT)
    return exchanged


class _Uploader:
    """The uploads of one call."""

    def __init__(
        self,
        config: AppConfig,
        uploads: Uploads,
        headers: Mapping[str, str | None] | None,
        progress: Callable[[UploadProgress], object] | None,
    ) -> None:
        self._config = config
        self._uploads = uploads
        self._headers = headers
        self._progress = progress

    def send(self, file: Outgoing) -> Flow[None]:
        if isinstance(file, LocalFile):
            path = yield SingleFlight(
                self._uploads.flights, (file.path, file.version), lambda: self._once_only(file)
            )
        elif isinstance(file, ForeignFile):
            if (yield from self._fetchable(file)):
                file.fill(wire_file(file.file.url, file.name, url=file.file.url))
                return
            yield Blocking(file.begin)
            path = yield from self._upload(file)
        else:
            path = yield from self._upload(file)
        file.fill(wire_file(path, file.name, size=file.size, mime_type=file.mime_type))

    def _once_only(self, file: LocalFile) -> Flow[str]:
        """The server path of a local file: sent before, unchanged and still there, or sent now."""
        known = self._uploads.get(file.path)
        if (
            known is not None
            and known.version == file.version
            and (yield from self._still_there(known.path))
        ):
            return known.path
        path = yield from self._upload(file)
        self._uploads[file.path] = Upload(path, file.version)
        return path

    def _still_there(self, path: str) -> Flow[bool]:
        response: Response = yield Request(
            "HEAD", file_url(self._config, path), headers=self._headers
        )
        return response.status == _OK

    def _fetchable(self, file: ForeignFile) -> Flow[bool]:
        """Whether the app can fetch a file of another app by itself: its host is public, and nobody is asked who they are."""
        parts = urlsplit(file.file.url)
        if not file.by_url or parts.hostname is None:
            return False
        try:
            addresses: list[str] = yield Resolve(
                parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
            )
        except ConnectError:
            return False
        return bool(addresses) and not not_public(addresses)

    def _upload(self, file: Outgoing) -> Flow[str]:
        for attempt in range(1, ATTEMPTS + 1):
            body = Multipart(
                file.name,
                file.mime_type or "application/octet-stream",
                file.counted,
                file.size,
                secrets.token_hex(16),
            )
            headers = {**(self._headers or {}), "content-type": body.content_type}
            progress = None if self._progress is None else self._reporter(file, body.head_length)
            try:
                response: Response = yield Request(
                    "POST",
                    self._config.upload_url,
                    headers=headers,
                    content=body,
                    content_length=body.length,
                    progress=progress,
                )
            except (ConnectError, ConnectionLostError):
                if attempt == ATTEMPTS:
                    raise
                yield Sleep(PAUSE)
                continue
            return self._path_of(response, file)
        raise AssertionError  # the last attempt returned or raised

    def _reporter(self, file: Outgoing, head: int) -> Callable[[int], object]:
        """Counts the bytes of the file alone, and speaks up a hundred times at most."""
        tell = self._progress
        step = max(_STEP, (file.size or 0) // 100)
        told = -step

        def report(sent: int) -> None:
            nonlocal told
            content = (
                max(0, sent - head) if file.size is None else min(max(0, sent - head), file.size)
            )
            if (
                tell is not None
                and content != told
                and (content - told >= step or content == file.size)
            ):
                told = content
                tell(UploadProgress(file.name, content, file.size))

        return report

    def _path_of(self, response: Response, file: Outgoing) -> str:
        if response.status == _TOO_LARGE:
            raise file.error(
                f'was refused as too large (413): "{one_line(response.body.decode("utf-8", "replace"), 200)}"'
            )
        answer = decode_json(response, f"uploading {file.name} for {file.where}")
        if (
            not is_list(answer)
            or len(answer) != 1
            or not isinstance(answer[0], str)
            or not answer[0]
        ):
            raise file.error(
                "was not taken: the app answered the upload without a path. A proxy may have changed the request"
            )
        return answer[0]


def _check(files: Sequence[Outgoing], limit: int | None) -> None:
    for file in files:
        file.check(limit)
