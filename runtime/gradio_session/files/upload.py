"""Files of a call's values -> FileData that the app understands, sent where they must be."""

from __future__ import annotations

import json
import secrets
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from gradio_session.errors import ConnectError, ConnectionLostError
from gradio_session.files.collect import Collector
from gradio_session.files.file_data import wire_file
from gradio_session.files.sources import LocalSource, RemoteSource, UploadSource
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
from gradio_session.protocol.base.urls import host_and_port
from gradio_session.protocol.operations.responses import decode_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gradio_session.protocol.app_schema.config import AppConfig
    from gradio_session.protocol.app_schema.file_layout import FileLayout

__all__ = ["Upload", "UploadProgress", "Uploader", "Uploads", "progress_frame"]

CONCURRENT = 4
"""Files of one call that are on their way at once."""

PAUSE = 0.3
"""Seconds before the second attempt."""

_STEP = 512 * 1024


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
    bar = {"index": step.sent, "length": step.total, "unit": "bytes"}
    bar["desc"] = f"Uploading {step.name}"
    return json.dumps({"msg": "progress", "progress_data": [bar]}).encode()


class Uploads(dict[str, Upload]):
    """The local files that a session has uploaded, by absolute path."""

    def __init__(self) -> None:
        super().__init__()
        self.in_flight: dict[object, Any] = {}


def _name(names: Sequence[str], index: int) -> str:
    return names[index] if index < len(names) else f"parameter {index + 1}"


def _check(files: Sequence[UploadSource], limit: int | None) -> None:
    for file in files:
        file.check(limit)


class Uploader(NamedTuple):
    """The uploads of one call.

    Attributes:
        config: The app.
        uploads: What the session has uploaded already.
        headers: What this call changes of the session's headers.
        progress: Told how far each upload is, in the thread or loop of the call.
    """

    config: AppConfig
    uploads: Uploads
    headers: Mapping[str, str | None] | None = None
    progress: Callable[[UploadProgress], object] | None = None

    def exchange(
        self, values: Sequence[object], layouts: Mapping[int, FileLayout], names: Sequence[str]
    ) -> Flow[list[object]]:
        """Exchange the files among a call's values for FileData.

        Every file is looked at before the first is sent.

        Args:
            values: The values in order. They are not changed: containers of files are copied.
            layouts: Position of a value to where the files are in it.
            names: Names of the parameters, for messages; may be shorter than `values`.

        Returns:
            The values to send.

        Raises:
            UploadError: A file does not exist, is a folder, closed, opened as text or too large
                (then nothing was sent), or the app refused it.
            AuthenticationError: The app wants a login.
            ConnectError: The app cannot be reached.
            ConnectionLostError: The connection broke, twice.
        """
        collector = Collector(self.config)
        exchanged = [
            collector.place(value, layouts.get(index), _name(names, index))
            for index, value in enumerate(values)
        ]
        files = collector.files
        if files:
            yield Blocking(lambda: _check(files, self.config.max_file_size))
            yield Gather([self._send(file) for file in files], CONCURRENT)
        return exchanged

    def _send(self, file: UploadSource) -> Flow[None]:
        if isinstance(file, RemoteSource):
            if (yield from self._fetchable(file)):
                file.data.update(wire_file(file.url, file.name, url=file.url))
                return
            yield Blocking(file.begin)
        if isinstance(file, LocalSource):
            key = file.path, file.version
            path = yield SingleFlight(self.uploads.in_flight, key, lambda: self._unless_known(file))
        else:
            path = yield from self._upload(file)
        sent = wire_file(path, file.name, size=file.size, mime_type=file.mime_type)
        file.data.update(sent)

    def _unless_known(self, file: LocalSource) -> Flow[str]:
        """The server path of a local file: sent before, unchanged and still there, or sent now."""
        known = self.uploads.get(file.path)
        if known is not None and known.version == file.version:
            url = self.config.file_url(known.path)
            response: Response = yield Request("HEAD", url, headers=self.headers)
            if response.status == HTTPStatus.OK:
                return known.path
        path = yield from self._upload(file)
        self.uploads[file.path] = Upload(path, file.version)
        return path

    def _fetchable(self, file: RemoteSource) -> Flow[bool]:
        """Whether the app can fetch a file of another app by itself.

        Its host is public, and nobody is asked who they are.
        """
        host, port = host_and_port(file.url)
        if not file.by_url or not host:
            return False
        try:
            addresses: list[str] = yield Resolve(host, port)
        except ConnectError:
            return False
        return bool(addresses) and not not_public(addresses)

    def _upload(self, file: UploadSource) -> Flow[str]:
        """Send a file, a second time where the connection broke; its path on the server.

        A file on the server that nobody refers to does no harm.
        """
        try:
            response = yield from self._post(file)
        except (ConnectError, ConnectionLostError):
            yield Sleep(PAUSE)
            response = yield from self._post(file)
        return _path_of(response, file)

    def _post(self, file: UploadSource) -> Flow[Response]:
        mime_type = file.mime_type or "application/octet-stream"
        boundary = secrets.token_hex(16)
        body = Multipart(file.name, mime_type, file.counted, file.size, boundary)
        response: Response = yield Request(
            "POST",
            self.config.upload_url,
            headers={**(self.headers or {}), "content-type": body.content_type},
            content=body,
            content_length=body.length,
            progress=self._reporter(file, body.head_length),
        )
        return response

    def _reporter(self, file: UploadSource, head: int) -> Callable[[int], object] | None:
        """Counts the bytes of the file alone, and reports a hundred times at most."""
        tell = self.progress
        if tell is None:
            return None
        size = file.size
        step = max(_STEP, (size or 0) // 100)
        told = -step

        def report(sent: int) -> None:
            nonlocal told
            content = max(0, sent - head)
            content = content if size is None else min(content, size)
            if content != told and (content - told >= step or content == size):
                told = content
                tell(UploadProgress(file.name, content, size))

        return report


def _path_of(response: Response, file: UploadSource) -> str:
    """The server path in the answer to an upload."""
    if response.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        said = one_line(response.body.decode("utf-8", "replace"), 200)
        raise file.error(f'was refused as too large (413): "{said}"')
    answer = decode_json(response, f"uploading {file.name} for {file.where}")
    if is_list(answer) and len(answer) == 1 and isinstance(answer[0], str) and answer[0]:
        return answer[0]
    raise file.error(
        "was not taken: the app answered the upload without a path. "
        "A proxy may have changed the request"
    )
