"""JSON Schema as Gradio writes it -> types.

Gradio's schemas are not all valid: `{"type": {}}` for a component that takes anything, an empty
`enum` for choices that are filled in later, values in `enum` that `type` denies. What a key means
depends on where it stands (a property may be called `type`), so nothing is cleaned up before it is
read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gradio_codegen.app_schema.normalise import MAX_DEPTH
from gradio_session.generator_interface import (
    is_file_schema,
    is_list,
    is_object,
    list_of,
    target,
)

if TYPE_CHECKING:
    from gradio_codegen.types.graph import ChoiceValue, Field, Node, Scalar, TypeInterner

__all__ = ["MAX_CHOICES", "Reader", "scalar_of"]

MAX_CHOICES: Final = 2_000
_MAX_CHOICE_TEXT: Final = 200_000
_MESSAGES: Final = frozenset({"Message", "ChatMessage"})
"""Messages of a chat: their content is text before Gradio 6, then a list of parts."""
_MAX_KEYS: Final = 500
_MAX_KEY: Final = 500
_SCALARS: Final[dict[str, Scalar]] = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "null": "None",
}
_ANY_KEYS: Final = frozenset(
    {
        "type",
        "enum",
        "const",
        "anyOf",
        "oneOf",
        "allOf",
        "$ref",
        "properties",
        "items",
        "prefixItems",
    }
)


class Reader:
    """Reads the schema of one parameter or result.

    Attributes:
        problems: What could not be told, as pairs of a JSON path and a sentence.
        titles: The titles that the app gives to the records, lists and unions met, with the path
            of their first place.
    """

    def __init__(self, interner: TypeInterner, schema: object) -> None:
        self.problems: list[tuple[str, str]] = []
        self.titles: dict[Node, tuple[str, str]] = {}
        self._interner = interner
        self._root = schema
        self._entered: set[str] = set()
        self._known: dict[str, Node] = {}

    def read(self) -> Node:
        """The type that the schema describes."""
        return self._read(self._root, "$", 0)

    def _untyped(self, path: str, what: str) -> Node:
        self.problems.append((path, what))
        return self._interner.untyped_by_us

    def _read(self, schema: object, path: str, depth: int) -> Node:
        if schema is True or schema == {}:
            return self._interner.untyped_by_schema
        if not is_object(schema):
            return self._untyped(path, "is no JSON Schema")
        if depth > MAX_DEPTH:
            return self._untyped(path, "is nested too deeply")
        if isinstance(schema.get("$ref"), str):
            return self._referred(schema["$ref"], path, depth)
        node = (
            self._alternatives(schema, path, depth)
            or self._values(schema, path)
            or self._typed(schema, path, depth)
        )
        if node.kind in ("list", "union"):
            title = schema.get("title")
            self.titles.setdefault(node, (title if isinstance(title, str) else "", path))
        return node

    def _alternatives(self, schema: dict[str, Any], path: str, depth: int) -> Node | None:
        """What a combination of schemas means; None if the schema is none."""
        for key in ("anyOf", "oneOf", "allOf"):
            parts = list_of(schema.get(key))
            if len(parts) == 1 or (parts and key != "allOf"):
                return self._interner.union(
                    tuple(
                        self._read(part, f"{path}.{key}[{i}]", depth + 1)
                        for i, part in enumerate(parts)
                    )
                )
        return None

    def _values(self, schema: dict[str, Any], path: str) -> Node | None:
        """What a file, or a schema that names its values, means.

        None for any other schema, and for choices that are filled in later (an empty `enum`).
        """
        if self._is_file(schema):
            return self._interner.file
        if "const" in schema:
            return self._choices([schema["const"]], path)
        values = list_of(schema.get("enum"))
        return self._choices(values, path) if values else None

    def _typed(self, schema: dict[str, Any], path: str, depth: int) -> Node:
        kind = schema.get("type")
        if is_list(kind):
            return self._interner.union(
                tuple(
                    self._read({**schema, "type": one}, path, depth + 1)
                    for one in kind[: len(_SCALARS) + 2]
                )
            )
        if isinstance(kind, str) and kind in _SCALARS:
            return self._interner.scalar(_SCALARS[kind])
        if kind == "array" or (
            not isinstance(kind, str) and ("items" in schema or "prefixItems" in schema)
        ):
            return self._array(schema, path, depth)
        if kind == "object" or (not isinstance(kind, str) and "properties" in schema):
            return self._object(schema, path, depth)
        if kind == {} or not _ANY_KEYS & schema.keys():
            return self._interner.untyped_by_schema
        return self._untyped(path, "is of a kind that this version does not know")

    def _array(self, schema: dict[str, Any], path: str, depth: int) -> Node:
        prefix = schema.get("prefixItems")
        items = schema.get("items")
        if is_list(prefix) and prefix:
            parts = tuple(
                self._read(part, f"{path}.prefixItems[{i}]", depth + 1)
                for i, part in enumerate(prefix)
            )
            rest = (
                (self._read(items, f"{path}.items", depth + 1),)
                if items not in (None, False)
                else ()
            )
            return self._interner.list_of(self._interner.union((*parts, *rest)))
        if items is None:
            return self._interner.list_of(self._interner.untyped_by_schema)
        return self._interner.list_of(self._read(items, f"{path}.items", depth + 1))

    def _object(self, schema: dict[str, Any], path: str, depth: int) -> Node:
        properties = schema.get("properties")
        others = schema.get("additionalProperties")
        if not is_object(properties) or not properties:
            if "properties" in schema or others is False:
                return self._interner.map_of(
                    self._untyped(path, "is an object whose keys the app does not tell")
                )
            return self._interner.map_of(
                self._interner.untyped_by_schema
                if others is None
                else self._read(others, f"{path}.additionalProperties", depth + 1)
            )
        if len(properties) > _MAX_KEYS or max(map(len, properties)) > _MAX_KEY:
            return self._interner.map_of(
                self._untyped(
                    path,
                    f"has more than {_MAX_KEYS} keys, or one of more than {_MAX_KEY} characters",
                )
            )
        required = list_of(schema.get("required"))
        fields: list[Field] = []
        for key, part in properties.items():
            node = self._read(part, f"{path}.{key}", depth + 1)
            if key == "content" and node.kind == "list" and schema.get("title") in _MESSAGES:
                node = self._interner.also(node, self._interner.scalar("str"))
            must = key in required
            # A model always writes out its keys, with their defaults; a container without a stated
            # default has one that is made anew each time.
            present = (
                must
                or (is_object(part) and "default" in part)
                or node.kind in ("also", "list", "map", "record")
            )
            fields.append((key, node, must, present))
        record = self._interner.record(tuple(fields))
        if record.kind == "record":
            title = schema.get("title")
            self.titles.setdefault(record, (title if isinstance(title, str) else "", path))
        return record

    def _choices(self, values: list[Any], path: str) -> Node:
        if not all(value is None or isinstance(value, str | int | float) for value in values):
            return self._untyped(path, "has choices that are neither text nor numbers")
        unique: dict[object, ChoiceValue] = {(type(value), value): value for value in values}
        if (
            all(map(_is_literal, values))
            and len(unique) <= MAX_CHOICES
            and sum(len(v) for v in values if isinstance(v, str)) <= _MAX_CHOICE_TEXT
        ):
            return self._interner.choices(tuple(unique.values()))
        kinds: dict[Scalar, None] = dict.fromkeys(scalar_of(value) for value in values)
        return self._interner.union(tuple(map(self._interner.scalar, kinds)))

    def _referred(self, reference: str, path: str, depth: int) -> Node:
        if reference in self._known:
            return self._known[reference]
        if reference in self._entered:
            return self._untyped(path, "refers to itself")
        self._entered.add(reference)
        found = target(reference, self._root)
        node = (
            self._untyped(path, "refers to something that is not there")
            if found is True
            else self._read(found, path, depth + 1)
        )
        self._entered.discard(reference)
        self._known[reference] = node
        return node

    def _is_file(self, schema: dict[str, Any]) -> bool:
        properties = schema.get("properties")
        if not is_object(properties):
            return False
        if "path" in properties:
            return is_file_schema(schema, self._root)
        return {"name", "data", "is_file"} <= properties.keys()  # as Gradio 3 wrote files


def scalar_of(value: str | float | None) -> Scalar:
    """The Python type of a scalar, as annotations name it."""
    if value is None:
        return "None"
    if isinstance(value, bool):
        return "bool"
    return "str" if isinstance(value, str) else "int" if isinstance(value, int) else "float"


def _is_literal(value: object) -> bool:
    if isinstance(value, str):
        return not any("\ud800" <= c <= "\udfff" for c in value)
    return value is None or (isinstance(value, int) and abs(value) < 2**63)
