"""A type as a person writes it (`int | None`) -> a node; nothing of its text becomes code."""

from __future__ import annotations

import ast
import warnings
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gradio_codegen.types.graph import ChoiceValue, Node, Scalar, TypeInterner

__all__ = ["ALLOWED", "read_type"]

ALLOWED: Final = "str, int, float, bool, Any, Literal[...], list[...], and several with | or | None"
"""What a type may be made of, for messages."""

_LONGEST: Final = 4_000
_LARGEST: Final = 2**63
_SCALARS: Final[dict[str, Scalar]] = {
    "str": "str",
    "int": "int",
    "float": "float",
    "bool": "bool",
}


def read_type(text: str, interner: TypeInterner) -> Node:
    """Read a type.

    It is parsed, never evaluated; what is allowed is made anew as a node, so that the module shows
    what we write of that node and not a character of the text.

    Args:
        text: A Python expression of the words in `ALLOWED`.
        interner: Where the nodes are made.

    Returns:
        The type.

    Raises:
        ValueError: It is no such expression, or is too long.
    """
    if len(text) > _LONGEST:
        raise ValueError("a type of too many characters")
    try:
        with warnings.catch_warnings():
            # Python would print what it thinks of a backslash.
            warnings.simplefilter("ignore")
            tree = ast.parse(text.strip(), mode="eval").body
        node = _node(tree, interner)
    except (SyntaxError, MemoryError, RecursionError) as error:
        raise ValueError("no expression") from error
    if node is interner.none or node.untyped_by_us:
        raise ValueError("a type that says nothing, or too much")
    return node


def _node(tree: ast.expr, interner: TypeInterner) -> Node:
    match tree:
        case ast.Name(id="Any"):
            return interner.untyped_by_schema
        case ast.Name(id=name) if name in _SCALARS:
            return interner.scalar(_SCALARS[name])
        case ast.Constant(value=None):
            return interner.none
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return interner.union((_node(left, interner), _node(right, interner)))
        case ast.Subscript(value=ast.Name(id="list"), slice=item):
            return interner.list_of(_node(item, interner))
        case ast.Subscript(value=ast.Name(id="Literal"), slice=values):
            return interner.choices(_choices(values))
        case _:
            raise ValueError("neither a known word nor made of such")


def _choices(tree: ast.expr) -> tuple[ChoiceValue, ...]:
    values = [_choice(part) for part in (tree.elts if isinstance(tree, ast.Tuple) else [tree])]
    if not values:
        raise ValueError("no choice")
    # 1 and True are equal, and two choices.
    return tuple({(type(value), value): value for value in values}.values())


def _choice(tree: ast.expr) -> ChoiceValue:
    match tree:
        case ast.Constant(value=str() as value):
            value.encode()  # a ValueError for half of a surrogate pair
            return value
        case ast.Constant(value=bool() | None as value):
            return value
        case ast.Constant(value=int() as number) if number < _LARGEST:
            return number
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as number)) if (
            not isinstance(number, bool) and number < _LARGEST
        ):
            return -number
        case _:
            raise ValueError("neither text nor a whole number, a bool or None")
