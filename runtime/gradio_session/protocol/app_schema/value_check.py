"""Does a value fit a JSON Schema? As far as a mistaken call shows: kinds of values, choices, items of lists.

This is no validator: what is inside objects is the app's own business, and where a schema is
unclear the value is let through.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from typing import Any, cast

from gradio_session.protocol.app_schema.json_schema import follow, is_file_schema
from gradio_session.protocol.base.json_values import is_object, list_of
from gradio_session.protocol.base.text import one_line, with_article

__all__ = ["kind_of", "misfit"]

MAX_CHOICES = 20
MAX_DEPTH = 8
MAX_ITEMS = 1_000
"""How many items of a long list are looked at."""

_WORDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "True or False",
    "array": "a list",
    "object": "a dict",
    "null": "None",
}
_KINDS: tuple[tuple[Any, str | None], ...] = (
    (type(None), "null"),
    (bool, "boolean"),  # before int, of which it is a subclass
    (str, "string"),
    (int, "integer"),
    (Mapping, "object"),
    ((bytes, bytearray, memoryview), None),
    (Sequence, "array"),
)
_FILE = "a file (a path, a URL, bytes, an open file or a RemoteFile)"


def kind_of(value: object) -> str | None:
    """The JSON type of a Python value; "integer" also for 3.0; None for what JSON cannot hold."""
    if isinstance(value, float):
        return "integer" if value.is_integer() else "number"
    return next((name for types, name in _KINDS if isinstance(value, types)), None)


def misfit(schema: object, value: Any, *, choices: bool = True) -> str | None:
    """What is wrong with a value, as the end of a sentence that begins with the parameter's name; None when it fits.

    Args:
        schema: The JSON Schema of the parameter.
        value: The value as the user gave it.
        choices: Whether values outside of an `enum` are wrong.
    """
    found = _Fitting(schema, choices=choices).problem(schema, value, "", 0)
    if found is None:
        return None
    path, words = found
    return f" at {path} {words}" if path else f" {words}"


class _Fitting:
    def __init__(self, root: object, *, choices: bool) -> None:
        self._root = root
        self._choices = choices

    def problem(self, schema: object, value: Any, path: str, depth: int) -> tuple[str, str] | None:
        """Where the value does not fit, and why; None when it does."""
        if isinstance(value, float) and not math.isfinite(value):
            return (
                path,
                f"is {value}, which JSON cannot hold. Pass a number, or None where the app takes that.",
            )
        if is_file_schema(schema, self._root):
            return None if _is_file(value) else (path, f"takes {_FILE}, not {_shown(value)}.")
        schema = follow(schema, self._root)
        if not is_object(schema) or depth > MAX_DEPTH:
            return None
        options = list_of(schema.get("anyOf")) or list_of(schema.get("oneOf"))
        if options:
            return self._of_union(options, value, path, depth)
        if list_of(schema.get("enum")):
            return self._of_choices(list_of(schema["enum"]), value, path)
        return self._of_type(schema, value, path, depth)

    def _of_union(
        self, options: list[Any], value: Any, path: str, depth: int
    ) -> tuple[str, str] | None:
        problems = [self.problem(option, value, path, depth + 1) for option in options]
        if any(problem is None for problem in problems):
            return None
        deeper = [problem for problem in problems if problem and problem[0] != path]
        if deeper:
            return deeper[0]
        allowed = dict.fromkeys(
            word for option in options for word in self._words(option, depth + 1)
        )
        return path, f"takes {' or '.join(allowed)}, not {_shown(value)}."

    def _words(self, schema: object, depth: int) -> list[str]:
        if is_file_schema(schema, self._root):
            return [_FILE]
        schema = follow(schema, self._root)
        if not is_object(schema) or depth > MAX_DEPTH:
            return ["anything"]
        if list_of(schema.get("enum")):
            return [_listed(list_of(schema["enum"]))]
        nested = [
            word
            for key in ("anyOf", "oneOf")
            for option in list_of(schema.get(key))
            for word in self._words(option, depth + 1)
        ]
        return nested or [_WORDS.get(name, "anything") for name in _types(schema)] or ["anything"]

    def _of_choices(self, members: list[Any], value: Any, path: str) -> tuple[str, str] | None:
        if any(_same(member, value) for member in members):
            return None
        if not self._choices and kind_of(value) in {kind_of(member) for member in members}:
            return None
        return path, f"takes {_listed(members)}, not {_shown(value)}.{_suggestion(value, members)}"

    def _of_type(
        self, schema: Mapping[str, Any], value: Any, path: str, depth: int
    ) -> tuple[str, str] | None:
        types = _types(schema)
        kind = kind_of(value)
        if types and not (kind in types or (kind == "integer" and "number" in types)):
            allowed = " or ".join(_WORDS.get(name, name) for name in types)
            return path, f"takes {allowed}, not {_shown(value)}.{_advice(value, types)}"
        return (
            self._of_items(schema, cast("Sequence[Any]", value), path, depth)
            if kind == "array"
            else None
        )

    def _of_items(
        self, schema: Mapping[str, Any], value: Sequence[Any], path: str, depth: int
    ) -> tuple[str, str] | None:
        prefix = list_of(schema.get("prefixItems"))
        for index, item in enumerate(value[:MAX_ITEMS]):
            part = prefix[index] if index < len(prefix) else schema.get("items")
            found = self.problem(part, item, f"{path}[{index}]", depth + 1)
            if found is not None:
                return found
        return None


def _types(schema: Mapping[str, Any]) -> list[str]:
    declared = schema.get("type")
    names: list[Any] = list_of(declared) or [declared]
    return (
        [name for name in names if isinstance(name, str)]
        if all(name in _WORDS for name in names if isinstance(name, str))
        else []
    )


def _is_file(value: object) -> bool:
    return (
        value is None
        or isinstance(value, (str, bytes, bytearray, memoryview, os.PathLike, Mapping))
        or hasattr(value, "read")
    )


def _same(member: object, value: object) -> bool:
    return isinstance(member, bool) == isinstance(value, bool) and member == value


def _shown(value: object) -> str:
    if value is None or isinstance(value, (bool, int, float)):
        return repr(value)
    if isinstance(value, str):
        return one_line(repr(value), 60)
    return with_article(type(value).__name__)


def _listed(members: list[Any]) -> str:
    shown = ", ".join(one_line(repr(member), 60) for member in members[:MAX_CHOICES])
    rest = f" and {len(members) - MAX_CHOICES} more" if len(members) > MAX_CHOICES else ""
    return f"one of {shown}{rest}" if len(members) > 1 else shown


def _suggestion(value: object, members: list[Any]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only needed for an error

    alike = [
        member
        for member in members
        if isinstance(value, (int, float)) and not isinstance(value, bool) and member == str(value)
    ]
    folded = {member.casefold(): member for member in members if isinstance(member, str)}
    close = (
        get_close_matches(value.casefold(), list(folded), n=1, cutoff=0.6)
        if isinstance(value, str)
        else []
    )
    found = alike or [folded[name] for name in close]
    return f" Did you mean {one_line(repr(found[0]), 60)}?" if found else ""


def _advice(value: object, types: list[str]) -> str:
    if hasattr(value, "tolist") and hasattr(value, "dtype"):
        return " Pass value.tolist()."
    if types == ["array"] and isinstance(value, (set, frozenset)):
        return " Pass a list."
    return ""
