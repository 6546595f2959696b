"""Real calls written down, to be answered again from the file.

A recording is one JSON document: for each call its endpoint, its inputs (files by name and hash),
and its outputs, or its error. Files that came back are in it with their content. There is no token,
password, cookie or address in it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradio_session.errors import AppError, ParameterError, ResponseError
from gradio_session.files.remote_file import RemoteFile
from gradio_session.protocol.base.json_values import is_mapping, is_sequence
from gradio_session.testing.recorded_values import encoded, hashed, with_files

if TYPE_CHECKING:
    from typing_extensions import Self

    from gradio_session.calls.base import CallBase
    from gradio_session.client.app import App, AsyncApp
    from gradio_session.connection.prepare import Params
    from gradio_session.protocol.app_schema.spec import EndpointSpec
    from gradio_session.protocol.base.json_values import JsonObject

__all__ = ["FORMAT", "Recorder", "record"]

FORMAT = 1


def record(client: App | AsyncApp, path: str | os.PathLike[str]) -> Recorder:
    """Write down the calls that a real client makes within a block.

        with record(lab, "lab.recording"):            # async with, for an asynchronous client
            lab.generate("a cat")

    The file is written, or replaced, when the block ends without an exception. Calls that were
    cancelled or lost are left out; those under way are waited for.

    Args:
        client: The client.
        path: The file to write.
    """
    return Recorder(client, path)


class Recorder:
    """Writes down the calls of a client; a context manager, plain or asynchronous like the client.

    Attributes:
        active: Whether it hears of the calls that start; see `session.calling.Observer`.
    """

    def __init__(self, client: App | AsyncApp, path: str | os.PathLike[str]) -> None:
        self.active = False
        self._client = client
        self._path = Path(path)
        self._calls: list[tuple[EndpointSpec, list[object], CallBase[Any]]] = []

    def starting(self, spec: EndpointSpec, params: Params) -> Callable[[CallBase[Any]], object]:
        """A call of the client, or of a tab opened from it, is about to start."""
        values = list(params.values()) if isinstance(params, Mapping) else list(params)
        return partial(self._started, spec, with_files(values, spec))

    def _started(self, spec: EndpointSpec, inputs: list[object], call: CallBase[Any]) -> None:
        self._calls.append((spec, inputs, call))

    def _begin(self) -> Self:
        self.active = True
        self._client.session.__gradio__.observe(self)
        return self

    def __enter__(self) -> Self:
        return self._begin()

    def __exit__(self, *error: object) -> None:
        self.active = False
        if error[0] is None:
            for _, inputs, call in self._calls:
                core = call.__gradio__
                core.source.wait(core.state, None)
                for file in _files([inputs, core.outputs()[0]]):
                    file.read()
            self._write()

    async def __aenter__(self) -> Self:
        return self._begin()

    async def __aexit__(self, *error: object) -> None:
        self.active = False
        if error[0] is None:
            for _, inputs, call in self._calls:
                core = call.__gradio__
                await core.source.wait(core.state, None)
                for file in _files([inputs, core.outputs()[0]]):
                    await file.apath()
            self._write()

    def _write(self) -> None:
        calls = [entry for entry in (_entry(*call) for call in self._calls) if entry is not None]
        text = json.dumps(
            {"gradio_session_recording": FORMAT, "calls": calls}, indent=1, ensure_ascii=False
        )
        self._path.parent.mkdir(parents=True, exist_ok=True)
        partial_file = self._path.with_name(f"{self._path.name}.{os.getpid()}.partial")
        partial_file.write_text(text + "\n", encoding="utf-8")
        partial_file.replace(self._path)


def _files(value: Any) -> Iterator[RemoteFile]:
    if isinstance(value, RemoteFile):
        yield value
    elif is_mapping(value):
        for item in value.values():
            yield from _files(item)
    elif is_sequence(value):
        for item in value:
            yield from _files(item)


def _entry(spec: EndpointSpec, inputs: list[object], call: CallBase[Any]) -> JsonObject | None:
    outputs, streams = call.__gradio__.outputs()
    entry: JsonObject = {
        "endpoint": spec.api_name,
        "inputs": [hashed(value) for value in inputs],
        "streams": streams,
    }
    if outputs:
        return {**entry, "outputs": [encoded(value) for value in outputs]}
    error = call.error
    if not isinstance(error, (AppError, ParameterError, ResponseError)):
        return None
    facts = {
        name: value
        for name, value in vars(error).items()
        if isinstance(value, (str, int, float)) and name not in {"message", "event_id"}
    }
    described = {"type": type(error).__name__, "text": str(error), "message": error.message}
    return {**entry, "error": {**described, **facts}}
