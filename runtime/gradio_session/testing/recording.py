"""Real calls written down, and answered again from the file.

A recording is one JSON document: for each call its endpoint, its inputs (files by name and hash),
and its outputs, or its error. Files that came back are in it with their content. There is no token,
password, cookie or address in it.
"""
# pyright: reportPrivateUsage=false, reportUnknownVariableType=false

from __future__ import annotations

import base64
import binascii
import functools
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradio_session import errors
from gradio_session.batch.checkpoint import canonical, content_key, digest
from gradio_session.errors import GradioSessionError
from gradio_session.files.disk import temporary_folder
from gradio_session.files.file_data import Location, wire_file
from gradio_session.files.reference import FileReference
from gradio_session.files.remote_file import RemoteFile
from gradio_session.protocol.base.file_names import safe_name
from gradio_session.protocol.base.json_values import is_list, is_mapping, is_object, is_sequence
from gradio_session.protocol.queue.call_state import OUTPUTS
from gradio_session.sentinels import UNCHANGED
from gradio_session.testing.scripted_answers import Stream

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from gradio_session.client.app import App, AsyncApp
    from gradio_session.protocol.app_schema.spec import EndpointSpec

__all__ = ["Recorder", "local_file", "record", "replay_answers"]

FORMAT = 1


def local_file(name: str, content: bytes) -> RemoteFile:
    """A file like those that calls return, whose content is here already."""
    folder = Path(tempfile.mkdtemp(dir=temporary_folder()))
    path = folder / safe_name(name)
    path.write_bytes(content)
    location = Location("data:,", own=False, base_url="")
    data = wire_file(str(path), name, size=len(content))
    return RemoteFile(FileReference(data, location, None, str(path)))


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
    """Writes down the calls of a client; a context manager, plain or asynchronous like the client."""

    def __init__(self, client: App | AsyncApp, path: str | os.PathLike[str]) -> None:
        self._session: Any = client.session
        self._path = Path(path)
        self._calls: list[tuple[EndpointSpec, list[Any], Any]] = []
        self._undo: list[Callable[[], None]] = []

    def __enter__(self) -> Self:
        self._watch(self._session)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop()
        if error is None:
            for _, inputs, call in self._calls:
                call._channel.wait(call._state, None)
                for file in _files([inputs, _values(call)]):
                    file.read()
            self._write()

    async def __aenter__(self) -> Self:
        self._watch(self._session)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop()
        if error is None:
            for _, inputs, call in self._calls:
                await call._channel.wait(call._state, None)
                for file in _files([inputs, _values(call)]):
                    await file.apath()
            self._write()

    def _watch(self, session: Any) -> None:
        """Hear of every call that a session, or a tab opened from it, starts."""
        start, tab, history = session._start, session.tab, session._options.history

        @functools.wraps(start)
        def watched_start(
            spec: EndpointSpec, params: Sequence[Any] | Mapping[str, Any], options: Any
        ) -> Any:
            values = list(params.values()) if isinstance(params, Mapping) else list(params)
            inputs = _with_files(values, spec)
            call = start(spec, params, options)
            self._calls.append((spec, inputs, call))
            return call

        @functools.wraps(tab)
        def watched_tab() -> Any:
            opened = tab()
            self._watch(opened)
            return opened

        def undo() -> None:
            del session._start, session.tab
            session._options.history = history

        session._start, session.tab, session._options.history = watched_start, watched_tab, True
        self._undo.append(undo)

    def _stop(self) -> None:
        for undo in self._undo:
            undo()
        self._undo.clear()

    def _write(self) -> None:
        calls = [entry for entry in (_entry(*call) for call in self._calls) if entry is not None]
        text = json.dumps(
            {"gradio_session_recording": FORMAT, "calls": calls}, indent=1, ensure_ascii=False
        )
        self._path.parent.mkdir(parents=True, exist_ok=True)
        partial = self._path.with_name(f"{self._path.name}.{os.getpid()}.partial")
        partial.write_text(text + "\n", encoding="utf-8")
        partial.replace(self._path)


def _with_files(values: list[Any], spec: EndpointSpec) -> list[Any]:
    """The canonical form of inputs, with files of results left as they are until they can be read."""
    found: list[RemoteFile] = []

    def taken(value: Any) -> Any:
        if isinstance(value, RemoteFile):
            found.append(value)
            return {"gradio_session_remote": len(found) - 1}
        if is_mapping(value):
            return {name: taken(item) for name, item in value.items()}
        return [taken(item) for item in value] if is_sequence(value) else value

    plain = canonical([taken(value) for value in values], spec.input_files)

    def back(value: Any) -> Any:
        if is_object(value):
            return (
                found[value["gradio_session_remote"]]
                if "gradio_session_remote" in value
                else {name: back(item) for name, item in value.items()}
            )
        return [back(item) for item in value] if is_list(value) else value

    return [back(value) for value in plain]


def _files(value: Any) -> Iterator[RemoteFile]:
    if isinstance(value, RemoteFile):
        yield value
    elif is_mapping(value):
        for item in value.values():
            yield from _files(item)
    elif is_sequence(value):
        for item in value:
            yield from _files(item)


def _values(call: Any) -> list[Any]:
    """The typed outputs of a call that completed, the result last."""
    if call.status != "complete":
        return []
    outputs = [call._output(entry) for entry in call._state.log if entry.msg in OUTPUTS]
    return [*outputs[:-1], call._finished()] if outputs else [call._finished()]


def _entry(spec: EndpointSpec, inputs: list[Any], call: Any) -> dict[str, Any] | None:
    plain = [_hashed(value) for value in inputs]
    entry: dict[str, Any] = {
        "endpoint": spec.api_name,
        "inputs": plain,
        "streams": any(each.msg in OUTPUTS for each in call._state.log),
    }
    if call.status == "complete":
        return {**entry, "outputs": [_encoded(value) for value in _values(call)]}
    if not isinstance(call.error, (errors.AppError, errors.ParameterError, errors.ResponseError)):
        return None
    facts = {
        name: value
        for name, value in vars(call.error).items()
        if isinstance(value, (str, int, float)) and name not in {"message", "event_id"}
    }
    return {
        **entry,
        "error": {
            "type": type(call.error).__name__,
            "text": str(call.error),
            "message": call.error.message,
            **facts,
        },
    }


def _hashed(value: Any) -> Any:
    """Canonical inputs whose files count by name and content."""
    if isinstance(value, RemoteFile):
        return content_key(value.name, value.read())
    plain: Any = value
    if is_object(plain):
        return {name: _hashed(item) for name, item in plain.items()}
    return [_hashed(item) for item in plain] if is_list(plain) else plain


def _encoded(value: Any) -> Any:
    if value is UNCHANGED:
        return {"$": "unchanged"}
    if isinstance(value, RemoteFile):
        return {"$": "file", "name": value.name, "content": base64.b64encode(value.read()).decode()}
    if is_mapping(value):
        return {
            f"${name}" if str(name).startswith("$") else name: _encoded(item)
            for name, item in value.items()
        }
    return [_encoded(item) for item in value] if is_sequence(value) else value


def _decoded(value: Any) -> Any:
    if is_list(value):
        return [_decoded(item) for item in value]
    if not is_object(value):
        return value
    if "$" not in value:
        return {name.removeprefix("$"): _decoded(item) for name, item in value.items()}
    return (
        UNCHANGED
        if value["$"] == "unchanged"
        else local_file(value["name"], base64.b64decode(value["content"], validate=True))
    )


def replay_answers(
    path: str | os.PathLike[str], endpoint: Any, name: str
) -> Callable[[dict[str, Any]], Any]:
    """What answers the calls of one endpoint from a recording.

    Args:
        path: The recording.
        endpoint: The endpoint of the stand-in.
        name: Its method, for messages.

    Raises:
        GradioSessionError: The file is no recording.
        OSError: It cannot be read.
    """
    spec: EndpointSpec = endpoint.spec
    recorded: dict[str, list[dict[str, Any]]] = {}
    for entry in _read(Path(path)):
        if entry["endpoint"] == spec.api_name:
            recorded.setdefault(digest(entry["inputs"]), []).append(entry)

    def answer(parameters: dict[str, Any]) -> Any:
        inputs = [_hashed(value) for value in _with_files(list(parameters.values()), spec)]
        entries = recorded.get(digest(inputs))
        if entries is None:
            raise GradioSessionError(_unknown(name, inputs, recorded, path), api_name=spec.api_name)
        return _answer(entries.pop(0) if len(entries) > 1 else entries[0], spec)

    return answer


def _read(path: Path) -> list[dict[str, Any]]:
    try:
        document: Any = json.loads(path.read_text(encoding="utf-8"))
        if document["gradio_session_recording"] != FORMAT:
            raise GradioSessionError(
                f"{path} was recorded by a newer gradio-session: upgrade it, or record again."
            )
        calls: list[dict[str, Any]] = document["calls"]
        for call in calls:
            _check(call)
    except (ValueError, TypeError, KeyError, binascii.Error):
        raise GradioSessionError(
            f"{path} is no recording. Make one with gradio_session.testing.record."
        ) from None
    return calls


def _check(entry: dict[str, Any]) -> None:
    """Look at an entry once; raises what a missing or odd part of it raises."""
    digest(entry["inputs"])
    text: str = entry["endpoint"] + (
        entry["error"]["text"] + entry["error"]["type"] if "error" in entry else ""
    )
    if "error" not in entry and not entry["outputs"]:
        raise ValueError(text)


def _answer(entry: dict[str, Any], spec: EndpointSpec) -> Any:
    if "error" in entry:
        facts = dict(entry["error"])
        kind: Any = {name: getattr(errors, name) for name in errors.__all__}.get(
            facts.pop("type"), GradioSessionError
        )
        message = facts.pop("message")
        error = kind(facts.pop("text"), **facts)
        error.message = message
        raise error
    outputs = [_decoded(value) for value in entry["outputs"]]
    if spec.result_type is not None:
        outputs = [spec.result_type(*output) for output in outputs]
    return Stream(outputs) if entry.get("streams") else outputs[-1]


def _unknown(
    name: str,
    inputs: list[Any],
    recorded: dict[str, list[dict[str, Any]]],
    path: str | os.PathLike[str],
) -> str:
    shown = [
        json.dumps(entries[0]["inputs"], ensure_ascii=False)[:200] for entries in recorded.values()
    ]
    there = (
        f"recorded are:\n  {chr(10).join(shown[:5])}" if shown else "there is none of that endpoint"
    )
    return f"{name} was not recorded with these inputs in {path}: {json.dumps(inputs, ensure_ascii=False)[:200]}; {there}"
