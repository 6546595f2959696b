"""Does a value fit a JSON Schema, as far as a mistaken call shows?

That is: kinds of values, choices, items of lists. This is no validator: what is inside objects is
the app's own business, and where a schema is unclear the value is let through.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from gradio_session.protocol.app_schema.json_schema import follow, is_file_schema
from gradio_session.protocol.base.json_values import is_object, list_of, object_of, text_of
from gradio_session.protocol.base.suggest import closest
from gradio_session.protocol.base.text import one_line, with_article

if TYPE_CHECKING:
    from gradio_session.protocol.base.json_values import JsonArray, JsonObject

    _Mismatch = tuple[str, str] | None

__all__ = ["kind_of", "mismatch", "plain_types"]

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
_KINDS: tuple[tuple[type | tuple[type, ...], str | None], ...] = (
    (type(None), "null"),
    (bool, "boolean"),  # before int, of which it is a subclass
    (str, "string"),
    (int, "integer"),
    (Mapping, "object"),
    ((bytes, bytearray, memoryview), None),
    (Sequence, "array"),
)
_FILE = "a file (a path, a URL, bytes, an open file or a RemoteFile)"
_NOT_PLAIN = frozenset({"$ref", "anyOf", "oneOf", "enum", "properties"})
_PLAIN: dict[object, frozenset[type]] = {
    "string": frozenset({str}),
    "integer": frozenset({int}),
    "number": frozenset({int, float}),
    "boolean": frozenset({bool}),
}


def plain_types(schema: object) -> frozenset[type]:
    """The types of Python of which every value fits a schema (of floats, every finite one).

    Most values of most calls are of such a type and need no closer look.
    """
    found = object_of(schema)
    kind = text_of(found.get("type")) if _NOT_PLAIN.isdisjoint(found) else ""
    return _PLAIN.get(kind, frozenset())


def kind_of(value: object) -> str | None:
    """The JSON type of a Python value; "integer" also for 3.0; None for what JSON cannot hold."""
    if isinstance(value, float):
        return "integer" if value.is_integer() else "number"
    return next((name for types, name in _KINDS if isinstance(value, types)), None)


def mismatch(schema: object, value: object, *, choices: bool = True) -> str | None:
    """What is wrong with a value, as the end of a sentence that begins with the parameter's name.

    Args:
        schema: The JSON Schema of the parameter.
        value: The value as the user gave it.
        choices: Whether values outside of an `enum` are wrong.

    Returns:
        None when the value fits.
    """
    found = _ValueCheck(schema, choices=choices).mismatch(schema, value, "", 0)
    if found is None:
        return None
    path, words = found
    return f" at {path} {words}" if path else f" {words}"


class _ValueCheck:
    """The check of one value. Mismatches are a path and what is wrong there."""

    def __init__(self, root: object, *, choices: bool) -> None:
        self._root = root
        self._choices = choices

    def mismatch(self, schema: object, value: object, path: str, depth: int) -> _Mismatch:
        if isinstance(value, float) and not math.isfinite(value):
            advice = "Pass a number, or None where the app takes that."
            return path, f"is {value}, which JSON cannot hold. {advice}"
        if is_file_schema(schema, self._root):
            return None if _is_file(value) else self._refused(schema, value, path, depth)
        schema = follow(schema, self._root)
        if not is_object(schema) or depth > MAX_DEPTH:
            return None
        kind = kind_of(value)
        options, members = _options(schema), list_of(schema.get("enum"))
        if options:
            found = [self.mismatch(option, value, path, depth + 1) for option in options]
            deeper = next((each for each in found if each is not None and each[0] != path), None)
            wrong = deeper or self._refused(schema, value, path, depth)
            return None if None in found else wrong
        hint: str | None = None  # None while it fits
        types = _types(schema)
        if members:
            kinds = () if self._choices else map(kind_of, members)
            if kind not in kinds and not any(_same(member, value) for member in members):
                hint = _suggestion(value, members)
        elif types and not (kind in types or (kind == "integer" and "number" in types)):
            hint = _advice(value, types)
        if hint is not None:
            return self._refused(schema, value, path, depth, hint)
        return self._of_items(schema, value, path, depth) if kind == "array" else None

    def _refused(
        self, schema: object, value: object, path: str, depth: int, hint: str = ""
    ) -> _Mismatch:
        allowed = " or ".join(dict.fromkeys(self._words(schema, depth)))
        return path, f"takes {allowed}, not {_shown(value)}.{hint}"

    def _words(self, schema: object, depth: int) -> list[str]:
        """What a schema takes."""
        if is_file_schema(schema, self._root):
            return [_FILE]
        schema = follow(schema, self._root)
        if not is_object(schema) or depth > MAX_DEPTH:
            return ["anything"]
        options = [word for option in _options(schema) for word in self._words(option, depth + 1)]
        if options:
            return options
        if list_of(schema.get("enum")):
            return [_listed(list_of(schema["enum"]))]
        return [_WORDS[name] for name in _types(schema)] or ["anything"]

    def _of_items(self, schema: JsonObject, value: object, path: str, depth: int) -> _Mismatch:
        prefix = list_of(schema.get("prefixItems"))
        for index, item in enumerate(cast("Sequence[object]", value)[:MAX_ITEMS]):
            part = prefix[index] if index < len(prefix) else schema.get("items")
            found = self.mismatch(part, item, f"{path}[{index}]", depth + 1)
            if found is not None:
                return found
        return None


def _options(schema: JsonObject) -> JsonArray:
    return list_of(schema.get("anyOf")) or list_of(schema.get("oneOf"))


def _types(schema: JsonObject) -> list[str]:
    """The types that a schema declares; none where one of them is not of JSON Schema."""
    declared = schema.get("type")
    names = [name for name in list_of(declared) or [declared] if isinstance(name, str)]
    return names if all(name in _WORDS for name in names) else []


def _is_file(value: object) -> bool:
    kinds = str, bytes, bytearray, memoryview, os.PathLike, Mapping
    return value is None or isinstance(value, kinds) or hasattr(value, "read")


def _same(member: object, value: object) -> bool:
    return isinstance(member, bool) == isinstance(value, bool) and member == value


def _shown(value: object) -> str:
    if value is None or isinstance(value, (bool, int, float)):
        return repr(value)
    if isinstance(value, str):
        return one_line(repr(value), 60)
    return with_article(type(value).__name__)


def _listed(members: JsonArray) -> str:
    shown = ", ".join(one_line(repr(member), 60) for member in members[:MAX_CHOICES])
    rest = f" and {len(members) - MAX_CHOICES} more" if len(members) > MAX_CHOICES else ""
    return f"one of {shown}{rest}" if len(members) > 1 else shown


def _suggestion(value: object, members: JsonArray) -> str:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    alike = [member for member in members if number and member == str(value)]
    found = alike or closest(value, members)
    return f" Did you mean {one_line(repr(found[0]), 60)}?" if found else ""


def _advice(value: object, types: list[str]) -> str:
    if hasattr(value, "tolist") and hasattr(value, "dtype"):
        return " Pass value.tolist()."
    if types == ["array"] and isinstance(value, (set, frozenset)):
        return " Pass a list."
    return ""
