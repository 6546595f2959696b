"""A parameter of an endpoint as JSON Schema that tools of language models and MCP take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradio_session.protocol.app_schema.json_schema import is_file_schema, target
from gradio_session.protocol.base.json_values import is_list, is_object, list_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradio_session.protocol.base.json_values import JsonObject

__all__ = ["tool_property"]

MAX_PARTS = 2_000
"""How many schemas that of one parameter may hold; what lies beyond allows anything."""
MAX_DEPTH = 30

_FILE: JsonObject = {"type": "string", "description": "the URL or the local path of a file"}
_TYPES = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})
_NUMBERS = (
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
    "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties",
)  # fmt: skip
_KEPT: dict[str, Callable[[object], bool]] = {
    **dict.fromkeys(_NUMBERS, lambda value: type(value) in (int, float)),
    **dict.fromkeys(("description", "format", "pattern"), lambda value: text_of(value) != ""),
    "type": lambda value: text_of(value) in _TYPES,
    "enum": lambda value: list_of(value) != [],
    "const": lambda _: True,
    "uniqueItems": lambda value: isinstance(value, bool),
    "required": lambda value: is_list(value) and all(isinstance(name, str) for name in value),
}
"""Keywords that are kept as they stand, where their value is one that JSON Schema allows."""


def tool_property(label: str, schema: object, default: object) -> JsonObject:
    """The schema of a parameter that stands by itself, with what a model should know of it.

    Files are strings there, references are replaced by what they mean, and keywords that Gradio
    fills with what JSON Schema does not allow are left out.

    Args:
        label: What the app's page calls the parameter, or "".
        schema: Its JSON Schema as `/info` has it.
        default: Its default; None without one.
    """
    reader = _Reader(schema)
    found = reader.read(schema, 0)
    words = dict.fromkeys((label, text_of(found.pop("description", ""))))
    description = ": ".join(filter(None, words))
    # A default that holds files is one of the server's own, which a call takes as it is left out.
    if default is not None and not reader.files:
        found["default"] = default
    return {**({"description": description} if description else {}), **found}


class _Reader:
    def __init__(self, root: object) -> None:
        self.files = False
        self._root = root
        self._left = MAX_PARTS

    def read(self, schema: object, depth: int) -> JsonObject:
        """A schema that stands by itself; {} for one that allows anything."""
        self._left -= 1
        if not is_object(schema) or self._left < 0 or depth > MAX_DEPTH:
            return {}
        if is_file_schema(schema, self._root):
            self.files = True
            return dict(_FILE)
        if isinstance(schema.get("$ref"), str):
            return self.read(target(schema["$ref"], self._root), depth + 1)
        found: JsonObject = {}
        for keyword, value in schema.items():
            read = self._keyword(keyword, value, depth + 1)
            if read is not None:
                found[keyword] = read
        if found.get("type") == "string" and not all(
            isinstance(choice, str) for choice in found.get("enum", ())
        ):
            del found["type"]  # Gradio says "string" of choices of any type
        return found

    def _keyword(self, keyword: str, value: object, depth: int) -> object:
        """What a keyword says, or None where it says nothing that a tool could use."""
        if keyword in _KEPT:
            return value if _KEPT[keyword](value) else None
        if keyword in ("items", "additionalProperties"):
            return value if isinstance(value, bool) else self.read(value, depth)
        if keyword == "properties" and is_object(value):
            return {name: self.read(part, depth) for name, part in value.items()}
        if keyword in ("anyOf", "oneOf", "allOf", "prefixItems") and is_list(value):
            return self._several(keyword, value, depth)
        return None

    def _several(self, keyword: str, parts: list[object], depth: int) -> list[JsonObject] | None:
        found = [self.read(part, depth) for part in parts]
        others = [part for part in found if part != _FILE]
        if keyword != "prefixItems" and any(part.get("type") == "string" for part in others):
            found = others  # text at a place that takes text or a file goes as text
        return found or None
