"""Defaults as they stand in a signature, and what a parameter's type must be so that its own default checks."""

from __future__ import annotations

from typing import Any, Final, cast

from gradio_codegen.escaping import Code, is_visible, literal
from gradio_codegen.normalise import is_opaque
from gradio_codegen.schema import Parameter
from gradio_codegen.typetree import Arena, Node

__all__ = ["APP_DEFAULT", "decide", "fits"]

APP_DEFAULT: Final = Code("DEFAULT")
"""Stands for a default that is too large, too odd or too unstable to be written: the app's own, looked up when the call is sent."""

_LONGEST: Final = 120
_MOST_ITEMS: Final = 12


def decide(parameter: Parameter, node: Node, arena: Arena) -> tuple[Code | None, Node]:
    """The default of a parameter and the type that it leaves the parameter with.

    Args:
        parameter: The parameter.
        node: The type by its schema.
        arena: Where a wider type is made.

    Returns:
        The code of the default (None for a required parameter), and the type: wider where the component takes more than its choices or the app's own default
        is outside its type.
    """
    if parameter.free_choice:
        node = _freed(node, arena)
    if not parameter.has_default:
        return None, node
    if is_opaque(parameter.default):
        return APP_DEFAULT, node
    value = parameter.default
    if value is None:
        return Code("None"), node if fits(node, None) else arena.union((node, arena.none))
    if not fits(node, value):
        node = _widened(node, value, arena)
        if not fits(node, value):
            return APP_DEFAULT, node
    return _written(value) or APP_DEFAULT, node


def fits(node: Node, value: object) -> bool:
    """Whether a JSON value is of a type; a file never is, as what an app's own file is called means nothing elsewhere."""
    match node.kind:
        case "any":
            return True
        case "scalar":
            kinds: dict[str, tuple[type, ...]] = {"str": (str,), "int": (int,), "float": (int, float), "bool": (bool,), "None": (type(None),)}
            return type(value) in kinds[node.name]
        case "choices":
            return any(type(value) is type(choice) and value == choice for choice in node.choices)
        case "list":
            return isinstance(value, list) and all(fits(node.parts[0], item) for item in cast("list[object]", value))
        case "tuple":
            items = cast("list[object]", value) if isinstance(value, list) else []
            return len(items) == len(node.parts) and all(map(fits, node.parts, items))
        case "map":
            return isinstance(value, dict) and all(fits(node.parts[0], item) for item in cast("dict[str, object]", value).values())
        case "record":
            given = cast("dict[str, object]", value) if isinstance(value, dict) else None
            return given is not None and all(fits(field, given[key]) if key in given else not must for key, field, must, _ in node.fields)
        case "union":
            return any(fits(part, value) for part in node.parts)
        case "file":
            return False


def _freed(node: Node, arena: Arena) -> Node:
    """Choices that take any other text too, alone or in a list."""
    return arena.list(_widened(node.parts[0], "", arena)) if node.kind == "list" else _widened(node, "", arena)


def _widened(node: Node, value: object, arena: Arena) -> Node:
    """A type that takes this value beside its own: text beside choices, a number beside text."""
    if isinstance(value, list):
        items = cast("list[object]", value)
        if node.kind == "list":
            item = node.parts[0]
            for one in items:
                item = item if fits(item, one) else _widened(item, one, arena)
            return arena.list(item)
        return node
    if isinstance(value, dict):
        return node
    if node.kind in ("choices", "scalar", "union") and not any(part.kind in ("file", "record", "list") for part in (node, *node.parts)):
        return arena.union((node, arena.scalar(cast("Any", "None" if value is None else type(value).__name__))))
    return node


def _written(value: object) -> Code | None:
    if isinstance(value, str):
        return literal(value) if len(value) <= _LONGEST and is_visible(value) else None
    if isinstance(value, bool | int | float):
        return literal(value) if abs(value) < 2**63 else None
    if isinstance(value, list):
        items = [_written(item) if not isinstance(item, list | dict) else None for item in cast("list[object]", value)[: _MOST_ITEMS + 1]]
        code = literal(tuple(cast("list[object]", value))) if len(items) <= _MOST_ITEMS and None not in items else None
        return code if code is not None and len(code) <= _LONGEST else None
    return None
