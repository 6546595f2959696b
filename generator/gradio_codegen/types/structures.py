"""Structured types as `TypedDict`s.

datamodel-code-generator decides how the keys of a structure are written. It sees schemas in which
every name is a placeholder (`T3`, `f0`), so no text of the app ever reaches it; the placeholders
are then replaced by the names that `naming` made.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from gradio_codegen.code.escaping import Code
from gradio_codegen.code.naming import is_plain
from gradio_codegen.types.annotations import SHORT_CHOICES, annotation, choices_annotation
from gradio_codegen.types.graph import JSON_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gradio_codegen.types.annotations import Family, Names
    from gradio_codegen.types.graph import Node

__all__ = ["Key", "Structure", "structures"]

_PLACEHOLDER = re.compile(r"\b(?:T\d+|Sequence|Mapping)\b")
_WORD = re.compile(r"\w+")
_TEXT = re.compile(r"""(["'])(?:\\.|(?!\1).)*\1""")
_CONCRETE: Final = {"Sequence": "list", "Mapping": "dict"}

_Slot: TypeAlias = "tuple[Node, Family, bool]"
"""What a key is written from: its type, whether it goes in or comes out, whether it must be there.

Few of them are distinct, however many structures an app has.
"""


@dataclass(frozen=True)
class Key:
    """A key of a structure (the app's own word) and its annotation."""

    key: str
    annotation: Code


@dataclass(frozen=True)
class Structure:
    """A `TypedDict`.

    Attributes:
        name: Its name.
        keys: Its keys in the app's order.
        functional: Whether a key can only be written in the functional form: it is no identifier,
            or would hide a name that an annotation uses.
    """

    name: Code
    keys: tuple[Key, ...]
    functional: bool


def structures(wanted: Mapping[tuple[Node, Family], None], names: Names) -> list[Structure]:
    """The `TypedDict`s of a module, made by one call of datamodel-code-generator.

    Args:
        wanted: The records to generate, each with its family, in the order that they shall stand.
        names: What they are called.
    """
    if not wanted:
        return []
    written = _annotations(wanted, names)
    return [
        _structure(
            names.of(node, family),
            tuple(
                Key(key, written[slot])
                for (key, *_), slot in zip(node.fields, _slots(node, family), strict=True)
            ),
        )
        for node, family in wanted
    ]


def _slots(node: Node, family: Family) -> list[_Slot]:
    """The keys of a record, in its order."""
    return [
        (field, family, given if family == "in" else present)
        for _, field, given, present in node.fields
    ]


def _annotations(wanted: Iterable[tuple[Node, Family]], names: Names) -> dict[_Slot, Code]:
    # A door: datamodel-code-generator is slow to import, and many apps have no structures.
    from gradio_codegen.types.datamodel import annotations_of  # noqa: PLC0415

    slots = list(dict.fromkeys(slot for record in wanted for slot in _slots(*record)))
    schema = _Schema(names)
    written = annotations_of(schema.text(slots))
    meanings: dict[str, str] = {
        name: _meaning(*leaf, names) for leaf, name in schema.placeholders.items()
    }

    known = {"in": meanings, "out": {**meanings, **_CONCRETE}}

    def code(slot: _Slot, text: str) -> Code:
        words = known[slot[1]]
        return Code(_PLACEHOLDER.sub(lambda found: words.get(found[0], found[0]), text))

    return {slot: code(slot, text) for slot, text in zip(slots, written, strict=True)}


def _meaning(node: Node, family: Family, names: Names) -> Code:
    """What stands for a placeholder; choices are written in place where they are short.

    Their alias may be named after a parameter elsewhere.
    """
    if node.kind != "choices":
        return annotation(node, family, names)
    written = choices_annotation(node)
    return written if len(written) <= SHORT_CHOICES else names.choices[node]


class _Schema:
    """The JSON Schema of keys, with placeholders for names."""

    def __init__(self, names: Names) -> None:
        self._compounds = names.compounds
        self.placeholders: dict[tuple[Node, Family], str] = {}

    def text(self, slots: Sequence[_Slot]) -> str:
        properties = {
            f"f{n}": self._schema(node, family) | ({"readOnly": True} if family == "in" else {})
            for n, (node, family, _) in enumerate(slots)
        }
        required = [f"f{n}" for n, (_, _, must) in enumerate(slots) if must]
        leaves = {name: {"title": name, "type": "object"} for name in self.placeholders.values()}
        keys = {"title": "Keys", "type": "object", "properties": properties, "required": required}
        return json.dumps({"$defs": {"Keys": keys, **leaves}})

    def _schema(self, node: Node, family: Family) -> dict[str, Any]:
        if node in self._compounds or node.kind in ("choices", "file", "record"):
            name = self.placeholders.setdefault((node, family), f"T{len(self.placeholders)}")
            return {"$ref": f"#/$defs/{name}"}
        parts = [self._schema(part, family) for part in node.parts]
        match node.kind:
            case "scalar":
                schema: dict[str, Any] = {"type": JSON_NAMES[node.name]}
            case "list":
                schema = {"type": "array", "items": parts[0]}
            case "map":
                schema = {"type": "object", "additionalProperties": parts[0]}
            case "union":
                schema = {"anyOf": parts}
            case "also":
                schema = {"anyOf": parts[::-1]} if family == "in" else parts[0]
            case _:
                schema = {}
        return schema


def _structure(name: Code, keys: tuple[Key, ...]) -> Structure:
    words = {word for key in keys for word in _WORD.findall(_TEXT.sub("", key.annotation))}
    return Structure(
        name, keys, functional=any(not is_plain(key.key) or key.key in words for key in keys)
    )
