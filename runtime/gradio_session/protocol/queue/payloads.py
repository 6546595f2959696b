"""Values in order <-> the `data` array on the wire, without skipped components, as JSON."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, TypeGuard

from gradio_session.errors import ParameterError, ResponseError
from gradio_session.protocol.base.json_values import JsonArray, is_list, is_object
from gradio_session.protocol.base.text import one_line, plural
from gradio_session.sentinels import UNCHANGED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gradio_session.protocol.app_schema.config import Dependency

__all__ = ["build", "call_body", "check_count", "encode", "outputs"]

MAX_DEPTH = 500
"""How deep a value is looked into for what JSON cannot hold.

Python's own encoder gives up at about a thousand.
"""

_NO_FILE = ", and this is not a place for a file"
_ADVICE = {
    "tolist": "; pass value.tolist()",
    "__fspath__": _NO_FILE,
    "read": _NO_FILE,
    "decode": _NO_FILE,  # bytes
    "isdisjoint": "; pass a list",  # sets
    "isoformat": "; pass its text, such as str(value)",
    "model_dump": "; pass value.model_dump()",
}
"""What to pass in place of a value that has an attribute."""

_OTHERWISE = "; pass text, a number, a boolean, None, a list or a dict"


def build(dependency: Dependency, values: Sequence[object]) -> list[object]:
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
    check_count(dependency, values)
    if len(values) == len(dependency.inputs):
        return list(values)
    rest = iter(values)
    return [None if component.skip else next(rest) for component in dependency.inputs]


def check_count(dependency: Dependency, values: Sequence[object]) -> None:
    """Refuse values of another number than that of the inputs; see `build`."""
    given, wanted = len(values), len(dependency.visible_inputs)
    if given == wanted:
        return
    names = ", ".join(
        one_line(component.label or component.type, 40)
        for component in dependency.visible_inputs[:20]
    )
    takes = f"{plural(wanted, 'value')}{f' ({names})' if names else ''}"
    were = "was" if given == 1 else "were"
    text = f"{dependency.api_name} takes {takes}, and {given} {were} given."
    raise ParameterError(text, api_name=dependency.api_name)


def outputs(dependency: Dependency, data: object) -> JsonArray:
    """The results of a call, from the `data` of one of its messages.

    Args:
        dependency: How the endpoint is wired.
        data: `output.data` of a message, decoded; what it leaves as it was is filled in already
            from the message before it, if there was one.

    Returns:
        One item for each output that is not skipped: its value, or `UNCHANGED` for an update
        without a value.

    Raises:
        ResponseError: The number of outputs is not the one that the app announced; the error
            carries `data`.
    """
    components = dependency.outputs
    if not is_list(data) or len(data) != len(components):
        got = f"{len(data)} outputs" if is_list(data) else f"a {type(data).__name__}"
        message = (
            f"{dependency.api_name} answered with {got} where its configuration announces "
            f"{len(components)}. The app may have changed: make a new session."
        )
        raise ResponseError(message, data=data, api_name=dependency.api_name)
    results = [
        value for component, value in zip(components, data, strict=True) if not component.skip
    ]
    for index, value in enumerate(results):
        if is_object(value) and value.get("__type__") == "update":
            results[index] = value.get("value", UNCHANGED)
    return results


def call_body(
    dependency: Dependency, data: bytes, session_hash: str | None, *, oauth_token: str | None = None
) -> bytes:
    """The body of the request that starts a call.

    It goes to `dependency.route`.

    Args:
        dependency: How the endpoint is wired.
        data: What `encode` returned.
        session_hash: The session's hash; None for a call that stands by itself (its hash is then
            its event id).
        oauth_token: The caller's token, where the endpoint asks for one.
    """
    rest: dict[str, object] = {}
    if session_hash is not None:
        rest["session_hash"] = session_hash
    if not dependency.by_name:
        rest["fn_index"] = dependency.fn_index
        rest["simple_format"] = True
    if oauth_token is not None:
        rest["oauth_token"] = oauth_token
    return data[:-1] + b"," + json.dumps(rest).encode()[1:] if rest else data


def encode(dependency: Dependency, data: Sequence[object], *, names: Sequence[str] = ()) -> bytes:
    """The data of a call as JSON: an object with "data" alone.

    Args:
        dependency: How the endpoint is wired.
        data: What `build` returned.
        names: The names of the parameters, for messages.

    Raises:
        ParameterError: A value cannot be written as JSON; names the parameter and the place inside
            it.
    """
    body = {"data": data}
    try:
        text = json.dumps(body, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise _not_json(dependency, data, names) from error
    try:
        return text.encode()
    except UnicodeEncodeError:  # a lone surrogate has no UTF-8, but an escape
        return json.dumps(body, allow_nan=False, separators=(",", ":")).encode("ascii")


def _not_json(
    dependency: Dependency, data: Sequence[object], names: Sequence[str]
) -> ParameterError:
    inputs = zip(dependency.inputs, data, strict=True)
    api_name = dependency.api_name
    for position, value in enumerate(value for component, value in inputs if not component.skip):
        found = find_unencodable(value)
        if found is not None:
            path, reason = found
            name = dependency.name_of(position, names)
            text = f"{api_name}: parameter {one_line(name, 60)}{one_line(path, 100)} {reason}."
            return ParameterError(text, api_name=api_name, parameter=name)
    text = f"{api_name}: a parameter cannot be written as JSON."
    return ParameterError(text, api_name=api_name)


def find_unencodable(
    value: object, path: str = "", inside: tuple[object, ...] = ()
) -> tuple[str, str] | None:
    """The first part of a value that JSON cannot hold; None when there is none.

    Args:
        value: The value, or a part of it.
        path: Where the part is ("[0].name").
        inside: What it is a part of, outermost first.

    Returns:
        The path of what was found, and the reason in words.
    """
    reason: str | None = None
    parts: Iterable[tuple[str, object]] = ()
    if any(value is each for each in inside) or len(inside) > MAX_DEPTH:
        reason = "contains itself or is nested too deeply"
    elif is_object(value):
        reason = _bad_key(value)
        parts = ((f".{key}", item) for key, item in value.items())
    elif _is_array(value):
        parts = ((f"[{index}]", item) for index, item in enumerate(value))
    else:
        reason = _no_json(value)
    if reason is not None:
        return path, reason
    for place, item in parts:
        found = find_unencodable(item, path + place, (*inside, value))
        if found is not None:
            return found
    return None


def _is_array(value: object) -> TypeGuard[Iterable[object]]:
    return isinstance(value, (list, tuple))


def _bad_key(keys: Iterable[object]) -> str | None:
    for key in keys:
        if key is not None and not isinstance(key, (str, int, float, bool)):
            return f"has a key of type {type(key).__name__}; keys of JSON objects are text"
    return None


def _no_json(value: object) -> str | None:
    if value is None or isinstance(value, (str, bool, int)):
        return None
    if isinstance(value, float):
        ends = math.isfinite(value)
        return None if ends else f"is {value}, which JSON cannot hold; pass None or a number"
    kind = type(value)
    name = f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")
    advice = next((_ADVICE[each] for each in _ADVICE if hasattr(value, each)), _OTHERWISE)
    return f"is of type {name}, which is no JSON value{advice}"
