"""Real calls written down, and answered again from the file.

A recording is one JSON document: for each call its endpoint, its inputs (files by name and hash),
and its outputs, or its error. Files that came back are in it with their content. There is no token,
password, cookie or address in it.
"""

from __future__ import annotations

import base64
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradio_session import errors
from gradio_session.batch.checkpoint import canonical, content_key, digest
from gradio_session.errors import AppError, GradioSessionError, ParameterError, ResponseError
from gradio_session.files.disk import temporary_folder
from gradio_session.files.file_data import Location, wire_file
from gradio_session.files.reference import FileReference
from gradio_session.files.remote_file import RemoteFile
from gradio_session.protocol.base.file_names import safe_name
from gradio_session.protocol.base.json_values import is_list, is_mapping, is_object, is_sequence
from gradio_session.sentinels import UNCHANGED
from gradio_session.testing.script import Answer, Stream

if TYPE_CHECKING:
    from typing_extensions import Self

    from gradio_session.calls.base import CallBase
    from gradio_session.client.app import App, AsyncApp
    from gradio_session.connection.prepare import Params
    from gradio_session.protocol.app_schema.spec import EndpointSpec
    from gradio_session.protocol.base.json_values import JsonObject

__all__ = ["Recorder", "local_file", "record", "replay_answers"]

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
        inputs = _inputs(values, spec)
        return lambda call: self._calls.append((spec, inputs, call))

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
        "inputs": _hashed(inputs),
        "streams": streams,
    }
    if outputs:
        return {**entry, "outputs": _encoded(outputs)}
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


def replay_answers(path: str | os.PathLike[str], spec: EndpointSpec, name: str) -> Answer:
    """What answers the calls of one endpoint from a recording.

    Args:
        path: The recording.
        spec: The endpoint of the fake.
        name: Its method, for messages.

    Raises:
        GradioSessionError: The file is no recording.
        OSError: It cannot be read.
    """
    recorded: dict[str, list[JsonObject]] = {}
    for entry in _read(Path(path)):
        if entry["endpoint"] == spec.api_name:
            recorded.setdefault(digest(entry["inputs"]), []).append(entry)

    def answer(parameters: JsonObject) -> object:
        inputs = _hashed(_inputs(list(parameters.values()), spec))
        entries = recorded.get(digest(inputs))
        if entries is None:
            raise GradioSessionError(_unknown(name, inputs, recorded, path), api_name=spec.api_name)
        return _answer(entries.pop(0) if len(entries) > 1 else entries[0], spec)

    return answer


def _read(path: Path) -> list[JsonObject]:
    try:
        document: Any = json.loads(path.read_text(encoding="utf-8"))
        if document["gradio_session_recording"] != FORMAT:
            raise GradioSessionError(
                f"{path} was recorded by a newer gradio-session: upgrade it, or record again."
            )
        calls: list[JsonObject] = document["calls"]
        for call in calls:
            _check(call)
    except (ValueError, TypeError, LookupError):
        raise GradioSessionError(
            f"{path} is no recording. Make one with gradio_session.testing.record."
        ) from None
    return calls


def _check(entry: JsonObject) -> None:
    """Look at an entry once; raises what a missing or odd part of it raises."""
    if "error" in entry:
        parts = [entry["error"]["text"], entry["error"]["type"]]
    else:
        parts = [entry["outputs"][-1]]
    digest([entry["endpoint"], *entry["inputs"], *parts])


def _answer(entry: JsonObject, spec: EndpointSpec) -> object:
    if "error" in entry:
        facts = dict(entry["error"])
        kind: Any = {name: getattr(errors, name) for name in errors.__all__}.get(
            facts.pop("type"), GradioSessionError
        )
        message = facts.pop("message")
        error = kind(facts.pop("text"), **facts)
        error.message = message
        raise error
    outputs = _decoded(entry["outputs"])
    if spec.result_type is not None:
        outputs = [spec.result_type(*output) for output in outputs]
    return Stream(outputs) if entry.get("streams") else outputs[-1]


def _unknown(
    name: str,
    inputs: list[object],
    recorded: dict[str, list[JsonObject]],
    path: str | os.PathLike[str],
) -> str:
    shown = [_short(entries[0]["inputs"]) for entries in recorded.values()]
    there = "there is none of that endpoint"
    if shown:
        there = f"recorded are:\n  {chr(10).join(shown[:5])}"
    return f"{name} was not recorded with these inputs in {path}: {_short(inputs)}; {there}"


def _short(inputs: object) -> str:
    return json.dumps(inputs, ensure_ascii=False)[:200]


# Values as a recording holds them


def local_file(name: str, content: bytes) -> RemoteFile:
    """A file like those that calls return, whose content is here already."""
    folder = Path(tempfile.mkdtemp(dir=temporary_folder()))
    path = folder / safe_name(name)
    path.write_bytes(content)
    location = Location("data:,", own=False, base_url="")
    data = wire_file(str(path), name, size=len(content))
    return RemoteFile(FileReference(data, location, None, str(path)))


def _inputs(values: list[object], spec: EndpointSpec) -> Any:
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


def _hashed(value: object) -> Any:
    """Canonical inputs whose files count by name and content."""
    if isinstance(value, RemoteFile):
        return content_key(value.name, value.read())
    plain: Any = value
    if is_object(plain):
        return {name: _hashed(item) for name, item in plain.items()}
    return [_hashed(item) for item in plain] if is_list(plain) else plain


def _encoded(value: object) -> object:
    """A typed output as JSON, its files with their content."""
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


def _decoded(value: object) -> Any:
    """An output that `encoded` has made JSON of."""
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
