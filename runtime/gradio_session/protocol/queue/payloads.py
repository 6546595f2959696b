"""Values in order <-> the `data` array on the wire: skipped components, updates, the number of outputs, and errors of the app."""

from __future__ import annotations

import json
import math
from ast import literal_eval
from typing import TYPE_CHECKING, Any

from gradio_session.errors import AppError, ParameterError, ResponseError
from gradio_session.protocol.base.json_values import is_list, is_object, object_of
from gradio_session.protocol.base.text import clean, one_line
from gradio_session.sentinels import UNCHANGED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gradio_session.protocol.app_schema.config import Dependency

__all__ = ["build", "call_body", "encode", "failure", "outputs"]

MAX_DEPTH = 500
"""How deep a value is looked into for what JSON cannot hold; Python's own encoder gives up at about a thousand."""


def build(dependency: Dependency, values: Sequence[Any]) -> list[Any]:
    """The `data` array of a call.

    Args:
        dependency: How the endpoint is wired.
        values: The values of the inputs that are not skipped, in order, files already exchanged for
            FileData.

    Returns:
        One item for each input of the endpoint; skipped ones are None (the server keeps its own
        value there).

    Raises:
        ParameterError: The number of values is not the number of inputs. The server would ignore
            what is too much and fail without a word on what is missing.
    """
    wanted = len(dependency.visible_inputs)
    if len(values) != wanted:
        raise ParameterError(_wrong_count(dependency, len(values)), api_name=dependency.api_name)
    if wanted == len(dependency.inputs):
        return list(values)
    rest = iter(values)
    return [None if slot.skip else next(rest) for slot in dependency.inputs]


def _wrong_count(dependency: Dependency, given: int) -> str:
    wanted = len(dependency.visible_inputs)
    names = ", ".join(
        one_line(slot.label or slot.type, 40) for slot in dependency.visible_inputs[:20]
    )
    takes = f"{wanted} value{'' if wanted == 1 else 's'}{f' ({names})' if names else ''}"
    return (
        f"{dependency.api_name} takes {takes}, and {given} {'was' if given == 1 else 'were'} given."
    )


def outputs(dependency: Dependency, data: Any, previous: Sequence[Any] | None = None) -> list[Any]:
    """The results of a call, from the `data` of one of its messages.

    Args:
        dependency: How the endpoint is wired.
        data: `output.data` of a message, decoded.
        previous: The results of the message before it, as this function returned them; None for the
            first.

    Returns:
        One item for each output that is not skipped: its value, or for an update without a value
        what `previous` has there, else `UNCHANGED`.

    Raises:
        ResponseError: The number of outputs is not the one that the app announced; the error
            carries `data`.
    """
    slots = dependency.outputs
    if not is_list(data) or len(data) != len(slots):
        got = f"{len(data)} outputs" if is_list(data) else f"a {type(data).__name__}"
        message = f"{dependency.api_name} answered with {got} where its configuration announces {len(slots)}. The app may have changed: make a new session."
        raise ResponseError(message, data=data, api_name=dependency.api_name)
    results = [value for slot, value in zip(slots, data, strict=True) if not slot.skip]
    for index, value in enumerate(results):
        if is_object(value) and value.get("__type__") == "update":
            results[index] = (
                value["value"]
                if "value" in value
                else UNCHANGED
                if previous is None
                else previous[index]
            )
    return results


def call_body(
    dependency: Dependency,
    data: Sequence[Any],
    session_hash: str | None,
    *,
    oauth_token: str | None = None,
    names: Sequence[str] = (),
) -> bytes:
    """The body of the request that starts a call: for `AppConfig.call_url` if `dependency.by_name`, else for `AppConfig.join_url`.

    Args:
        dependency: How the endpoint is wired.
        data: What `build` returned.
        session_hash: The session's hash; None for a call that stands by itself (its hash is then
            its event id).
        oauth_token: The caller's token, where the endpoint asks for one.
        names: The names of the parameters, for messages.

    Raises:
        ParameterError: A value cannot be written as JSON.
    """
    body: dict[str, Any] = {"data": data}
    if session_hash is not None:
        body["session_hash"] = session_hash
    if not dependency.by_name:
        body["fn_index"] = dependency.fn_index
        body["simple_format"] = True
    if oauth_token is not None:
        body["oauth_token"] = oauth_token
    return encode(dependency, body, names=names)


def encode(dependency: Dependency, body: Mapping[str, Any], *, names: Sequence[str] = ()) -> bytes:
    """A request's body as JSON.

    Args:
        dependency: How the endpoint is wired.
        body: The body; its "data" is what may not be JSON.
        names: The names of the parameters, for messages.

    Raises:
        ParameterError: A value in "data" cannot be written as JSON; names the parameter and the
            place inside it.
    """
    try:
        text = json.dumps(body, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise _not_json(dependency, body["data"], names) from error
    try:
        return text.encode()
    except UnicodeEncodeError:  # a lone surrogate has no UTF-8, but an escape
        return json.dumps(body, allow_nan=False, separators=(",", ":")).encode("ascii")


def _not_json(dependency: Dependency, data: Sequence[Any], names: Sequence[str]) -> ParameterError:
    parameter = 0
    for slot, value in zip(dependency.inputs, data, strict=True):
        if slot.skip:
            continue
        name = (
            names[parameter] if parameter < len(names) else slot.label or f"number {parameter + 1}"
        )
        parameter += 1
        found = find_unencodable(value)
        if found is not None:
            path, reason = found
            place = f"{one_line(name, 60)}{one_line(path, 100)}"
            return ParameterError(
                f"{dependency.api_name}: parameter {place} {reason}.",
                api_name=dependency.api_name,
                parameter=name,
            )
    return ParameterError(
        f"{dependency.api_name}: a parameter cannot be written as JSON.",
        api_name=dependency.api_name,
    )


def find_unencodable(value: Any) -> tuple[str, str] | None:
    """The first part of a value that JSON cannot hold: its path ("[0].name") and the reason in words; None when there is none."""
    pending: list[_Part] = [_Part(value, "", None)]
    while pending:
        part = pending.pop()
        if part.is_container:
            reason = part.endless() or _bad_key(part.value)
            pending.extend(reversed(part.inside()) if reason is None else ())
        else:
            reason = _no_json(part.value)
        if reason is not None:
            return part.path, reason
    return None


class _Part:
    """A part of a value, and what it is inside of."""

    __slots__ = ("above", "depth", "path", "value")

    def __init__(self, value: Any, path: str, above: _Part | None) -> None:
        self.value = value
        self.path = path
        self.above = above
        self.depth: int = 0 if above is None else above.depth + 1

    @property
    def is_container(self) -> bool:
        return isinstance(self.value, (dict, list, tuple))

    def inside(self) -> list[_Part]:
        if is_object(self.value):
            return [_Part(item, f"{self.path}.{key}", self) for key, item in self.value.items()]
        return [_Part(item, f"{self.path}[{index}]", self) for index, item in enumerate(self.value)]

    def endless(self) -> str | None:
        above = self.above
        while above is not None and above.value is not self.value:
            above = above.above
        return (
            "contains itself or is nested too deeply"
            if above is not None or self.depth > MAX_DEPTH
            else None
        )


def _bad_key(value: Any) -> str | None:
    keys: tuple[Any, ...] = tuple(value) if is_object(value) else ()
    bad = next(
        (key for key in keys if not (key is None or isinstance(key, (str, int, float, bool)))), None
    )
    return (
        None
        if bad is None
        else f"has a key of type {type(bad).__name__}; keys of JSON objects are text"
    )


def _no_json(value: object) -> str | None:
    if value is None or isinstance(value, (str, bool, int)):
        return None
    if isinstance(value, float):
        return (
            None
            if math.isfinite(value)
            else f"is {value}, which JSON cannot hold; pass None or a number"
        )
    return f"is {_named(value)}, which is no JSON value{_advice(value)}"


def _named(value: object) -> str:
    kind = type(value)
    module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    return f"of type {module}{kind.__qualname__}"


def _advice(value: object) -> str:
    if hasattr(value, "tolist"):
        return "; pass value.tolist()"
    if (
        isinstance(value, (bytes, bytearray, memoryview))
        or hasattr(value, "__fspath__")
        or hasattr(value, "read")
    ):
        return ", and this is not a place for a file"
    if isinstance(value, (set, frozenset)):
        return "; pass a list"
    if hasattr(value, "isoformat"):
        return "; pass its text, such as str(value)"
    if hasattr(value, "model_dump"):
        return "; pass value.model_dump()"
    return "; pass text, a number, a boolean, None, a list or a dict"


def failure(
    message: Mapping[str, Any],
    *,
    api_name: str,
    event_id: str | None = None,
    version: tuple[int, int, int] = (6, 0, 0),
) -> AppError:
    """The error that a `process_completed` with `success: false` stands for.

    Args:
        message: The decoded message.
        api_name: The endpoint, with its slash.
        event_id: The call's id.
        version: The app's Gradio; before 5 the text of a `gr.Error` comes in quotes, which are
            taken off.
    """
    record = object_of(message.get("output"))
    text = record.get("error")
    duration = record.get("duration")
    title = record.get("title", message.get("title"))
    if isinstance(text, str) and text.strip():
        words = clean(_unquoted(text) if version < (5, 0, 0) else text, 2_000)
    else:
        words = "the app failed and does not say why (it was started without show_error=True; its own log has the reason)"
    error = AppError(
        f"{api_name}: {words}",
        api_name=api_name,
        event_id=event_id,
        title=one_line(title, 200) if isinstance(title, str) else None,
        duration=float(duration) if isinstance(duration, (int, float)) else None,
    )
    error.message = words
    return error


def _unquoted(text: str) -> str:
    """The text of an error that Gradio 4 sends as Python's `repr` of it; of other quoted text what is between the quotes."""
    try:
        plain = literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        plain = None
    if isinstance(plain, str) and repr(plain) == text:
        return plain
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"":  # noqa: PLR2004 - a pair of quotes
        return text[1:-1]
    return text
