"""What answers the calls of a fake from a recording."""

from __future__ import annotations

import binascii
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradio_session import errors
from gradio_session.batch.checkpoint import digest
from gradio_session.errors import GradioSessionError
from gradio_session.testing.recording import FORMAT, decoded, hashed, with_files
from gradio_session.testing.script import Answer, Stream

if TYPE_CHECKING:
    import os

    from gradio_session.protocol.app_schema.spec import EndpointSpec
    from gradio_session.protocol.base.json_values import JsonObject

__all__ = ["replay_answers"]


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
        inputs = [hashed(value) for value in with_files(list(parameters.values()), spec)]
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
    except (ValueError, TypeError, KeyError, binascii.Error):
        raise GradioSessionError(
            f"{path} is no recording. Make one with gradio_session.testing.record."
        ) from None
    return calls


def _check(entry: JsonObject) -> None:
    """Look at an entry once; raises what a missing or odd part of it raises."""
    digest(entry["inputs"])
    text: str = entry["endpoint"] + (
        entry["error"]["text"] + entry["error"]["type"] if "error" in entry else ""
    )
    if "error" not in entry and not entry["outputs"]:
        raise ValueError(text)


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
    outputs = [decoded(value) for value in entry["outputs"]]
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
