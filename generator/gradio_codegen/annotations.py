"""Types as Python annotations, and the structured ones as `TypedDict`s through datamodel-code-generator.

datamodel-code-generator sees schemas in which every name is a placeholder of ours (`T3In`, `f0`, `C7`): it decides how a structure is written, and no text of the
app ever reaches it. The placeholders are then replaced by the names that `naming` made.
"""

from __future__ import annotations

import ast
import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from gradio_codegen.escaping import Code, literal
from gradio_codegen.naming import is_plain
from gradio_codegen.typetree import Node

__all__ = ["Family", "Key", "Names", "Structure", "annotation", "choices_annotation", "structures"]

Family: TypeAlias = Literal["in", "out"]

_PLACEHOLDER = re.compile(r"\b(?:T\d+(?:In|Out)|C\d+|FileIn|FileOut|Sequence|Mapping)\b")
_WORD = re.compile(r"\w+")
_CONCRETE: Final = {"Sequence": "list", "Mapping": "dict"}
_JSON: Final = {"str": "string", "int": "integer", "float": "number", "bool": "boolean", "None": "null"}


@dataclass(frozen=True)
class Names:
    """What the types of a module are called.

    Attributes:
        choices: Names of the aliases of choices; choices without one are written in place.
        records: Names of the structures that come out; with `Input` behind for those that go in.
    """

    choices: Mapping[Node, Code]
    records: Mapping[Node, Code]

    def record(self, node: Node, family: Family) -> Code:
        """The name of a structure in one of the families."""
        return self.records[node] if family == "out" else Code(f"{self.records[node]}Input")


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
        functional: Whether a key can only be written in the functional form: it is no identifier, or would hide a name that an annotation uses.
    """

    name: Code
    keys: tuple[Key, ...]
    functional: bool


def annotation(node: Node, family: Family, names: Names) -> Code:
    """How a type is written in a signature."""
    match node.kind:
        case "scalar":
            return Code(node.name)
        case "any":
            return Code("Any")
        case "file":
            return Code("FileInput" if family == "in" else "RemoteFile")
        case "choices":
            return names.choices.get(node) or choices_annotation(node)
        case "record":
            return names.record(node, family)
        case "list":
            return Code(f"{'Sequence' if family == 'in' else 'list'}[{annotation(node.parts[0], family, names)}]")
        case "map":
            return Code(f"{'Mapping' if family == 'in' else 'dict'}[str, {annotation(node.parts[0], family, names)}]")
        case "tuple":
            return Code(f"tuple[{', '.join(annotation(part, family, names) for part in node.parts)}]")
        case "union":
            return Code(" | ".join(dict.fromkeys(annotation(part, family, names) for part in node.parts)))


def choices_annotation(node: Node) -> Code:
    """`Literal[...]` of choices."""
    return Code(f"Literal[{', '.join(map(literal, node.choices))}]")


def structures(wanted: Mapping[tuple[Node, Family], None], names: Names) -> list[Structure]:
    """The `TypedDict`s of a module, made by one call of datamodel-code-generator.

    Args:
        wanted: The records to generate, each with its family, in the order that they shall stand.
        names: What they are called.
    """
    if not wanted:
        return []
    numbers = {record: f"T{number}{_suffix(record[1])}" for number, record in enumerate(wanted)}
    choices: dict[Node, str] = {}
    definitions = {name: _definition(node, family, numbers, choices) for (node, family), name in numbers.items()}
    leaves = ("FileIn", "FileOut", *choices.values())
    definitions.update({name: {"title": name, "type": "object"} for name in leaves})
    classes = _generate(json.dumps({"$defs": definitions}))
    meanings: dict[str, str] = {"FileIn": "FileInput", "FileOut": "RemoteFile"}
    meanings.update({name: names.record(node, family) for (node, family), name in numbers.items()})
    meanings.update({name: annotation(node, "in", names) for node, name in choices.items()})
    return [_structure(node, family, names, classes[name], meanings) for (node, family), name in numbers.items()]


def _suffix(family: Family) -> str:
    return "In" if family == "in" else "Out"


def _definition(node: Node, family: Family, numbers: Mapping[tuple[Node, Family], str], choices: dict[Node, str]) -> dict[str, Any]:
    def schema(part: Node) -> dict[str, Any]:
        match part.kind:
            case "scalar":
                return {"type": _JSON[part.name]}
            case "any":
                return {}
            case "list":
                return {"type": "array", "items": schema(part.parts[0])}
            case "map":
                return {"type": "object", "additionalProperties": schema(part.parts[0])}
            case "tuple":
                return {"type": "array", "prefixItems": [schema(p) for p in part.parts], "minItems": len(part.parts), "maxItems": len(part.parts)}
            case "union":
                return {"anyOf": [schema(p) for p in part.parts]}
            case "choices":
                name = choices.setdefault(part, f"C{len(choices)}")
            case "file":
                name = f"File{_suffix(family)}"
            case "record":
                name = numbers[part, family]
        return {"$ref": f"#/$defs/{name}"}

    properties = {f"f{i}": schema(field) | ({"readOnly": True} if family == "in" else {}) for i, (_, field, _, _) in enumerate(node.fields)}
    required = [f"f{i}" for i, (_, _, given, present) in enumerate(node.fields) if (given if family == "in" else present)]
    return {"title": numbers[node, family], "type": "object", "properties": properties, "required": required}


@functools.lru_cache(maxsize=512)
def _generate(schema: str) -> dict[str, dict[str, str]]:
    """The annotations of every key of every class that datamodel-code-generator makes of a schema; many apps have the same structures."""
    from datamodel_code_generator import DataModelType, InputFileType, LiteralType, generate  # noqa: PLC0415 - slow to import, and most apps have no structures
    from datamodel_code_generator.format import PythonVersion  # noqa: PLC0415

    text = generate(
        schema,
        input_file_type=InputFileType.JsonSchema,
        input_filename="info.json",
        output_model_type=DataModelType.TypingTypedDict,
        target_python_version=PythonVersion.PY_310,
        enum_field_as_literal=LiteralType.All,
        use_closed_typed_dict=False,
        use_frozen_field=True,
        use_generic_container_types=True,
        use_standard_collections=True,
        use_tuple_for_fixed_items=True,
        use_union_operator=True,
        disable_timestamp=True,
        formatters=[],
    )
    classes = [node for node in ast.parse(str(text)).body if isinstance(node, ast.ClassDef)]
    return {node.name: {ast.unparse(a.target): ast.unparse(a.annotation) for a in node.body if isinstance(a, ast.AnnAssign)} for node in classes}


def _structure(node: Node, family: Family, names: Names, written: Mapping[str, str], meanings: Mapping[str, str]) -> Structure:
    concrete = meanings if family == "in" else {**meanings, **_CONCRETE}
    keys = tuple(
        Key(key, Code(_PLACEHOLDER.sub(lambda found: concrete.get(found[0], found[0]), written[f"f{i}"]))) for i, (key, _, _, _) in enumerate(node.fields)
    )
    words = {word for key in keys for word in _WORD.findall(key.annotation)}
    return Structure(names.record(node, family), keys, functional=any(not is_plain(key.key) or key.key in words for key in keys))
