"""The last look at a generated command line: declarations of literal values, and nothing else."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from gradio_codegen.render.verify import is_data, refused

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["NAMES", "check"]

_KINDS: Final = frozenset(
    {"Choice", "File", "FileOrText", "Flag", "Integer", "Json", "Many", "Number", "Scalar", "Text"}
)
_DECLARED: Final = frozenset({"argument", "option"})

NAMES: Final = _KINDS | _DECLARED | {"command_line"}
"""What command lines import of the runtime."""

_RUN: Final = ast.dump(ast.parse('if __name__ == "__main__":\n    cli()').body[0])


def check(tree: ast.Module, runtime: str) -> None:
    """Check a command line.

    Args:
        tree: The parsed module.
        runtime: The module that the runtime is imported from.

    Raises:
        CommandError: Something in it is none of what the template makes.
    """
    for node in tree.body:
        if not _is_ours(node, runtime):
            raise refused(node)


def _is_ours(node: ast.stmt, runtime: str) -> bool:
    match node:
        case ast.ImportFrom(names=names):
            source = "." * node.level + (node.module or "")
            allowed = {"__future__": {"annotations"}, f"{runtime}.cli": NAMES}.get(source, set())
            found = all(name.asname is None and name.name in allowed for name in names)
        case ast.Assign(targets=[ast.Name(id="__all__")], value=ast.List(elts=elements)):
            found = all(isinstance(element, ast.Constant) for element in elements)
        case ast.Assign(
            targets=[ast.Name(id="cli")],
            value=ast.Call(
                func=ast.Name(id="command_line"),
                args=[ast.Name(id="__package__"), *rest],
                keywords=keywords,
            ),
        ):
            found = _all_data(rest, keywords)
        case ast.Expr(
            value=ast.Call(
                func=ast.Attribute(value=ast.Name(id="cli"), attr="endpoint"),
                args=[name, attribute, about, *parameters],
                keywords=keywords,
            )
        ):
            named = _all_data([name, attribute, about], keywords)
            found = named and all(map(_is_parameter, parameters))
        case _:
            is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            found = is_text or ast.dump(node) == _RUN
    return found


def _is_parameter(node: ast.expr) -> bool:
    match node:
        case ast.Call(func=ast.Name(id=function), args=[*texts], keywords=keywords):
            kinds = [text for text in texts if isinstance(text, ast.Call)]
            rest = [text for text in texts if not isinstance(text, ast.Call)]
            is_declared = function in _DECLARED and len(kinds) == 1
            return is_declared and _is_kind(kinds[0]) and _all_data(rest, keywords)
        case _:
            return False


def _is_kind(node: ast.expr) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="Many"), args=[item], keywords=[]):
            return _is_kind(item)
        case ast.Call(func=ast.Name(id=kind), args=values, keywords=keywords):
            return kind in _KINDS and _all_data(values, keywords)
        case _:
            return False


def _all_data(values: Iterable[ast.expr], keywords: Iterable[ast.keyword]) -> bool:
    named = all(keyword.arg is not None and is_data(keyword.value) for keyword in keywords)
    return named and all(map(is_data, values))
