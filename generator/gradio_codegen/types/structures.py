"""Structured types as `TypedDict`s.

datamodel-code-generator decides how a structure is written. It sees schemas in which every name is
a placeholder (`T3In`, `f0`, `C7`), so no text of the app ever reaches it; the placeholders are then
replaced by the names that `naming` made.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gradio_codegen.code.escaping import Code
from gradio_codegen.code.naming import is_plain
from gradio_codegen.types.annotations import SHORT_CHOICES, annotation, choices_annotation
from gradio_codegen.types.graph import JSON_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gradio_codegen.types.annotations import Family, Names
    from gradio_codegen.types.graph import Node

__all__ = ["Key", "Structure", "structures"]

_PLACEHOLDER = re.compile(r"\b(?:[TP]\d+(?:In|Out)|C\d+|FileIn|FileOut|Sequence|Mapping)\b")
_WORD = re.compile(r"\w+")
_TEXT = re.compile(r"""(["'])(?:\\.|(?!\1).)*\1""")
_CONCRETE: Final = {"Sequence": "list", "Mapping": "dict"}


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
    # A door: datamodel-code-generator is slow to import, and many apps have no structures.
    from gradio_codegen.types.datamodel import annotations_of  # noqa: PLC0415

    definitions = _Definitions(wanted, names)
    classes = annotations_of(definitions.text())
    meanings: dict[str, str] = {"FileIn": "FileInput", "FileOut": "RemoteFile"}
    meanings.update(
        {name: names.of(node, family) for (node, family), name in definitions.names.items()}
    )
    meanings.update(
        {
            name: annotation(node, family, names)
            for (node, family), name in definitions.compounds.items()
        }
    )
    meanings.update({name: _within(node, names) for node, name in definitions.choices.items()})
    return [
        _structure(node, family, names, classes[name], meanings)
        for (node, family), name in definitions.names.items()
    ]


def _within(node: Node, names: Names) -> Code:
    """Write choices as a key of a structure has them: in place where they are short.

    Their alias may be named after a parameter elsewhere.
    """
    written = choices_annotation(node)
    return written if len(written) <= SHORT_CHOICES else names.choices[node]


def _suffix(family: Family) -> str:
    return "In" if family == "in" else "Out"


class _Definitions:
    """The JSON Schema of the structures of a module, with placeholders for names."""

    def __init__(self, wanted: Iterable[tuple[Node, Family]], names: Names) -> None:
        self._compounds = names.compounds
        self.names = {
            record: f"T{number}{_suffix(record[1])}" for number, record in enumerate(wanted)
        }
        self.choices: dict[Node, str] = {}
        self.compounds: dict[tuple[Node, Family], str] = {}

    def text(self) -> str:
        definitions = {
            name: self._record(node, family) for (node, family), name in self.names.items()
        }
        leaves = ("FileIn", "FileOut", *self.choices.values(), *self.compounds.values())
        definitions.update({name: {"title": name, "type": "object"} for name in leaves})
        return json.dumps({"$defs": definitions})

    def _record(self, node: Node, family: Family) -> dict[str, Any]:
        extra = {"readOnly": True} if family == "in" else {}
        properties = {
            f"f{i}": self._schema(field, family) | extra
            for i, (_, field, _, _) in enumerate(node.fields)
        }
        required = [
            f"f{i}"
            for i, (_, _, given, present) in enumerate(node.fields)
            if (given if family == "in" else present)
        ]
        return {
            "title": self.names[node, family],
            "type": "object",
            "properties": properties,
            "required": required,
        }

    def _schema(self, node: Node, family: Family) -> dict[str, Any]:
        if node in self._compounds:
            return {"$ref": f"#/$defs/{self._placeholder(node, family)}"}
        parts = [] if node.kind == "record" else [self._schema(part, family) for part in node.parts]
        match node.kind:
            case "scalar":
                schema: dict[str, Any] = {"type": JSON_NAMES[node.name]}
            case "any":
                schema = {}
            case "list":
                schema = {"type": "array", "items": parts[0]}
            case "map":
                schema = {"type": "object", "additionalProperties": parts[0]}
            case "union":
                schema = {"anyOf": parts}
            case "also":
                schema = {"anyOf": parts[::-1]} if family == "in" else parts[0]
            case "choices" | "file" | "record":
                schema = {"$ref": f"#/$defs/{self._placeholder(node, family)}"}
        return schema

    def _placeholder(self, node: Node, family: Family) -> str:
        if node.kind == "choices":
            return self.choices.setdefault(node, f"C{len(self.choices)}")
        if node in self._compounds:
            number = len(self.compounds)
            return self.compounds.setdefault((node, family), f"P{number}{_suffix(family)}")
        return f"File{_suffix(family)}" if node.kind == "file" else self.names[node, family]


def _structure(
    node: Node,
    family: Family,
    names: Names,
    written: Mapping[str, str],
    meanings: Mapping[str, str],
) -> Structure:
    concrete = meanings if family == "in" else {**meanings, **_CONCRETE}
    keys: list[Key] = []
    for number, (key, _, _, _) in enumerate(node.fields):
        text = _PLACEHOLDER.sub(
            lambda found: concrete.get(found[0], found[0]), written[f"f{number}"]
        )
        keys.append(Key(key, Code(text)))
    words = {word for key in keys for word in _WORD.findall(_TEXT.sub("", key.annotation))}
    return Structure(
        names.of(node, family),
        tuple(keys),
        functional=any(not is_plain(key.key) or key.key in words for key in keys),
    )
