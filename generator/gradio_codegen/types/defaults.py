"""Defaults as they stand in a signature, and types widened so that a default fits its type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gradio_codegen.app_schema.normalise import is_opaque
from gradio_codegen.code.escaping import Code, is_visible, literal
from gradio_codegen.types.json_schema import scalar_of
from gradio_session.generator_interface import is_list, is_object

if TYPE_CHECKING:
    from gradio_codegen.app_schema.schema import Parameter
    from gradio_codegen.types.graph import Node, Scalar, TypeInterner

__all__ = ["APP_DEFAULT", "decide", "fits", "open_choices", "without_choices"]

APP_DEFAULT: Final = Code("DEFAULT")
"""Stands for a default that is too large, odd or unstable to be written.

The runtime looks up the app's own when the call is sent.
"""

_PYTHON: Final[dict[str, tuple[type, ...]]] = {
    "str": (str,),
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "None": (type(None),),
}
_LARGEST: Final = 2**63
_LONGEST: Final = 120
_MOST_ITEMS: Final = 12


def decide(parameter: Parameter, node: Node, interner: TypeInterner) -> tuple[Code | None, Node]:
    """Decide the default of a parameter, and the type that goes with it.

    Args:
        parameter: The parameter.
        node: The type by its schema.
        interner: Where a wider type is made.

    Returns:
        The code of the default (None for a required parameter), and the type: wider where the
        component takes more than its choices, or where the app's own default is outside its type.
    """
    if parameter.free_choice:
        node = open_choices(node, interner)
    if parameter.component == "video" and any(key == "video" for key, *_ in node.fields):
        node = interner.union((interner.file, node))  # as Gradio 6 takes it; the runtime builds it
    if parameter.takes_null:
        node = interner.union((node, interner.none))
    if not parameter.has_default:
        return None, node
    if is_opaque(parameter.default):
        return APP_DEFAULT, node
    value = parameter.default
    if value is None:
        return Code("None"), node if fits(node, None) else interner.union((node, interner.none))
    if not fits(node, value):
        node = _widened(node, value, interner)
        if not fits(node, value):
            return APP_DEFAULT, node
    return _written(value) or APP_DEFAULT, node


def fits(node: Node, value: object) -> bool:
    """Tell whether a JSON value is of a type; a file never is: its path means nothing elsewhere."""
    match node.kind:
        case "any" | "file":
            fitting = node.kind == "any"
        case "scalar":
            fitting = type(value) in _PYTHON[node.name]
        case "choices":
            fitting = any(
                type(value) is type(choice) and value == choice for choice in node.choices
            )
        case "list":
            fitting = is_list(value) and all(fits(node.parts[0], item) for item in value)
        case "map":
            fitting = is_object(value) and all(fits(node.parts[0], item) for item in value.values())
        case "record":
            fitting = is_object(value) and all(
                fits(field, value[key]) if key in value else not must
                for key, field, must, _ in node.fields
            )
        case "union" | "also":
            fitting = any(fits(part, value) for part in node.parts)
    return fitting


def open_choices(node: Node, interner: TypeInterner) -> Node:
    """Choices that take any other text too, alone or in a list."""
    return (
        interner.list_of(_widened(node.parts[0], "", interner))
        if node.kind == "list"
        else _widened(node, "", interner)
    )


def without_choices(node: Node, interner: TypeInterner) -> Node:
    """The type of a result: choices are values of their kinds.

    They are often what the endpoint itself changes, or files of the app's machine. A structure's
    own keys keep theirs: they tell its kinds apart.
    """
    match node.kind:
        case "choices":
            kinds: dict[Scalar, None] = dict.fromkeys(scalar_of(value) for value in node.choices)
            return interner.union(tuple(map(interner.scalar, kinds)))
        case "list":
            return interner.list_of(without_choices(node.parts[0], interner))
        case "union":
            return interner.union(tuple(without_choices(p, interner) for p in node.parts))
        case _:
            return node


def _widened(node: Node, value: object, interner: TypeInterner) -> Node:
    """A type that takes this value beside its own: text beside choices, a number beside text."""
    if is_list(value) and node.kind == "list":
        item = node.parts[0]
        for one in value:
            item = item if fits(item, one) else _widened(item, one, interner)
        return interner.list_of(item)
    simple = all(
        part.kind in ("choices", "scalar")
        for part in (node.parts if node.kind == "union" else (node,))
    )
    if simple and (value is None or isinstance(value, str | int | float)):
        return interner.union((node, interner.scalar(scalar_of(value))))
    return node


def _written(value: object) -> Code | None:
    """A literal that is pleasant to read, or None."""
    if isinstance(value, str):
        return literal(value) if len(value) <= _LONGEST and is_visible(value) else None
    if isinstance(value, bool | int | float):
        return literal(value) if abs(value) < _LARGEST else None
    if (
        is_list(value)
        and len(value) <= _MOST_ITEMS
        and all(isinstance(item, str | int | float) and _written(item) for item in value)
    ):
        code = literal(tuple(value))
        return code if len(code) <= _LONGEST else None
    return None
