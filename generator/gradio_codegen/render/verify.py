"""A last look at every generated module: it holds nothing but what our templates can make.

Escaping keeps an app's text from becoming code. Should it ever fail, what it let through is a call,
an import, an attribute or a decorator that no template makes, and it is refused here before
anything is written.
"""

from __future__ import annotations

import ast
from collections import Counter
from typing import TYPE_CHECKING

from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.code.naming import BUILTINS, CHECKED, RESERVED

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["check", "is_data", "refused"]

_IMPORTS = frozenset({"__future__", "collections.abc", "typing"})


def check(tree: ast.Module, runtime: str) -> None:
    """Check a module.

    Args:
        tree: The parsed module.
        runtime: The module that the runtime is imported from.

    Raises:
        CommandError: Something in it is none of what templates make.
    """
    _Checker(tree, runtime).module(tree.body)


class _Checker:
    def __init__(self, tree: ast.Module, runtime: str) -> None:
        self._runtime = runtime
        self._defined = [name for node in tree.body for name in _defined_names(node)]
        unbound = {"self", "session", "with_options"}
        self._known = BUILTINS | (RESERVED - unbound) | set(self._defined)

    def module(self, body: Sequence[ast.stmt]) -> None:
        twice = [
            name
            for name, count in Counter([*self._defined, *RESERVED - {"R_co"}, *BUILTINS]).items()
            if count > 1
        ]
        if twice:
            raise CommandError(
                f"a generated module would define {twice[0]} twice; "
                "nothing was written, please report this"
            )
        self._docstring(body)
        for node in body[1:]:
            self._top_level(node)

    def _top_level(self, node: ast.stmt) -> None:
        match node:
            case ast.ImportFrom():
                self._import(node, _IMPORTS)
            case ast.If(
                test=ast.Name(id="TYPE_CHECKING"),
                body=guarded,
                orelse=[ast.ImportFrom() as at_run_time],
            ):
                for each in guarded:
                    self._guarded(each)
                self._import(at_run_time, frozenset({f"{self._runtime}.client.typing_names"}))
            case ast.Assign(targets=[ast.Name(id="__all__")], value=ast.List(elts=names)):
                self._all(
                    node,
                    [
                        isinstance(name, ast.Constant) and isinstance(name.value, str)
                        for name in names
                    ],
                )
            case ast.AnnAssign(
                target=ast.Name(), annotation=ast.Name(id="TypeAlias"), value=ast.expr() as value
            ):
                self._type(value)
            case ast.Assign(
                targets=[ast.Name(id="R_co")],
                value=ast.Call(
                    func=ast.Name(id="TypeVar"),
                    args=[ast.Constant(value="R_co")],
                    keywords=[ast.keyword(arg="covariant", value=ast.Constant(value=True))],
                ),
            ):
                pass
            case ast.Assign(
                targets=[ast.Name(id=name)],
                value=ast.Call(
                    func=ast.Name(id="TypedDict"),
                    args=[ast.Constant(value=own), ast.Dict() as keys],
                ),
            ):
                self._all(
                    node,
                    [name == own, not node.value.keywords]
                    if isinstance(node.value, ast.Call)
                    else [False],
                )
                self._functional(keys)
            case ast.ClassDef(decorator_list=[] | [ast.Name(id="final")]):
                self._class(node)
            case _:
                self._refuse(node)

    def _guarded(self, node: ast.stmt) -> None:
        match node:
            case ast.ImportFrom():
                self._import(node, frozenset(CHECKED.values()))
            case _:
                self._refuse(node)

    def _import(self, node: ast.ImportFrom, modules: frozenset[str]) -> None:
        source = "." * node.level + (node.module or "")
        self._all(
            node,
            [
                source in modules or source == self._runtime,
                *(a.asname is None and a.name in RESERVED for a in node.names),
            ],
        )

    def _functional(self, keys: ast.Dict) -> None:
        for key, value in zip(keys.keys, keys.values, strict=True):
            match key, value:
                case ast.Constant(value=str()), ast.Constant(value=str() as text):
                    self._type(ast.parse(text, mode="eval").body)
                case _:
                    self._refuse(keys)

    def _class(self, node: ast.ClassDef) -> None:
        for base in node.bases:
            self._base(base)
        for keyword in node.keywords:
            self._all(node, [keyword.arg is not None])
            self._data(keyword.value)
        members = [member.name for member in node.body if isinstance(member, ast.FunctionDef)]
        self._all(node, [len(members) == len(set(members))])
        for member in node.body:
            match member:
                case ast.Expr(value=ast.Constant(value=str())):
                    pass
                case ast.AnnAssign(target=ast.Name(), annotation=annotation, value=None):
                    self._type(annotation)
                case ast.FunctionDef(name="__call__", decorator_list=[]):
                    self._function(member)
                case _:
                    self._refuse(member)

    def _base(self, node: ast.expr) -> None:
        """A class that is inherited from; a type that it is subscripted with may be in quotes."""
        match node:
            case ast.Constant(value=str() as text):
                if text not in self._known:
                    self._type(ast.parse(text, mode="eval").body)
            case ast.Subscript(value=ast.Name() as generic, slice=inner):
                self._type(generic)
                for part in inner.elts if isinstance(inner, ast.Tuple) else [inner]:
                    self._base(part)
            case _:
                self._type(node)

    def _function(self, node: ast.FunctionDef) -> None:
        arguments = node.args
        self._all(
            node,
            [
                not arguments.vararg,
                not arguments.kwarg,
                not arguments.posonlyargs,
                node.returns is not None,
            ],
        )
        for argument in [*arguments.args[1:], *arguments.kwonlyargs]:
            self._type(argument.annotation or argument)
        for default in [*arguments.defaults, *filter(None, arguments.kw_defaults)]:
            if not (isinstance(default, ast.Name) and default.id == "DEFAULT"):
                self._data(default)
        self._type(node.returns or node)
        names = [argument.arg for argument in [*arguments.args[1:], *arguments.kwonlyargs]]
        match node.body:
            case [ast.Expr(value=ast.Constant(value=str())), ast.Return(value=ast.expr() as value)]:
                self._result(value, names)
            case _:
                self._refuse(node)

    def _result(self, node: ast.expr, names: Sequence[str]) -> None:
        """Check `self._send(a, b)`, which hands on every parameter in order."""
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="self"), attr="_send"), keywords=[]):
                given = [each.id if isinstance(each, ast.Name) else "" for each in node.args]
                self._all(node, [given == names])
            case _:
                self._refuse(node)

    def _type(self, node: ast.AST) -> None:
        match node:
            case ast.Name(id=name):
                self._all(node, [name in self._known])
            case ast.Constant(value=None):
                pass
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                self._type(left)
                self._type(right)
            case ast.Subscript(value=ast.Name(id="Literal"), slice=inner):
                self._data(inner)
            case ast.Subscript(value=ast.Name() as generic, slice=inner):
                self._type(generic)
                for part in inner.elts if isinstance(inner, ast.Tuple) else [inner]:
                    self._type(part)
            case _:
                self._refuse(node)

    def _data(self, node: ast.expr) -> None:
        if not is_data(node):
            self._refuse(node)

    def _docstring(self, body: Sequence[ast.stmt]) -> None:
        match body:
            case [ast.Expr(value=ast.Constant(value=str())), *_]:
                pass
            case _:
                raise CommandError(
                    "a generated module has no docstring; nothing was written, please report this"
                )

    def _all(self, node: ast.AST, conditions: Sequence[bool]) -> None:
        if not all(conditions):
            self._refuse(node)

    def _refuse(self, node: ast.AST) -> None:
        raise refused(node)


def is_data(node: ast.expr) -> bool:
    """Tell whether a node is a literal value."""
    match node:
        case (
            ast.Constant() | ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float()))
        ):
            return True
        case ast.Tuple(elts=items):
            return all(map(is_data, items))
        case ast.Dict(keys=keys, values=values):
            return all(part is not None and is_data(part) for part in [*keys, *values])
        case _:
            return False


def refused(node: ast.AST) -> CommandError:
    """Make the error of a node that no template makes."""
    place = f"line {getattr(node, 'lineno', 0)} of a generated module"
    return CommandError(
        f"{place} would hold code that no template makes ({type(node).__name__}); "
        "nothing was written, please report this"
    )


def _defined_names(node: ast.stmt) -> list[str]:
    match node:
        case ast.ClassDef(name=name):
            return [name]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
        case ast.Assign(targets=targets):
            return [
                target.id
                for target in targets
                if isinstance(target, ast.Name) and target.id != "__all__"
            ]
        case _:
            return []
