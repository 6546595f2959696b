"""The mutants of a file: one small change each, made to the text, so that all else stays as it is.

Left alone is what no test should hold: docstrings, texts, logs, `__repr__`, annotations,
`TYPE_CHECKING` blocks, and constants with a name of their own at the top of a file or class.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Mutant", "mutants"]

_SWAPPED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_LOGS = frozenset({"logger", "logging", "warnings"})
_SILENT_FUNCTIONS = frozenset({"__repr__", "__rich_repr__", "_repr_html_"})
_SILENT_CALLS = frozenset({"TypeVar", "ParamSpec", "cast", "getLogger"})
_WIDTH = 60


@dataclass(frozen=True, order=True)
class Mutant:
    """One change: in `file`, the bytes from `start` to `end` (line, column) become `text`."""

    file: Path
    start: tuple[int, int]
    end: tuple[int, int]
    what: str
    text: str = field(compare=False)

    def apply(self, source: bytes) -> bytes:
        """The source with the change."""
        lines = source.splitlines(keepends=True)
        starts = [0, *itertools.accumulate(map(len, lines))]
        start, end = (starts[line - 1] + column for line, column in (self.start, self.end))
        return source[:start] + self.text.encode() + source[end:]


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """Every node whose change tests should notice."""
    for part in _parts(node):
        yield part
        yield from _walk(part)


def _parts(node: ast.AST) -> Iterable[ast.AST]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            silent = node.name in _SILENT_FUNCTIONS
            defaults = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
            return () if silent else (*defaults, *_behaviour(node.body))
        case ast.Module() | ast.ClassDef():
            return [part for part in _behaviour(node.body) if not _is_declaration(part)]
        case ast.If() if _is_for_checkers(node.test):
            return node.orelse if isinstance(node.test, ast.Name) else node.body
        case ast.AnnAssign():
            return () if node.value is None else (node.value,)
        case ast.Call() | ast.JoinedStr() if _is_silent(node):
            return ()
        case _:
            return ast.iter_child_nodes(node)


def _behaviour(body: list[ast.stmt]) -> list[ast.stmt]:
    """Statements without docstrings."""
    return [
        statement
        for statement in body
        if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
    ]


def _is_declaration(statement: ast.stmt) -> bool:
    """Whether it is `__all__` or the like, or a constant with a name of its own."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return name.startswith("__") or isinstance(value, ast.Constant)
        case _:
            return False


def _is_for_checkers(test: ast.expr) -> bool:
    return "TYPE_CHECKING" in ast.unparse(test)


def _changes(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in the place of a node."""
    match node:
        case ast.Compare(ops=[first, *others]):
            ops: list[ast.cmpop] = [_SWAPPED[type(first)](), *others]
            yield ast.Compare(node.left, ops, node.comparators)
        case ast.BoolOp():
            yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand
        case ast.Expr(value=ast.Call() as call) | ast.Expr(value=ast.Await(ast.Call() as call)):
            if not _is_log(call):
                yield ast.Pass()
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            yield ast.Return(ast.Constant(None))
        case ast.AugAssign(op=ast.Add() | ast.Sub() as op):
            opposite = ast.Sub() if isinstance(op, ast.Add) else ast.Add()
            yield ast.AugAssign(node.target, opposite, node.value)
        case ast.Constant():
            yield from _other_constants(node.value)
        case _:
            pass


def _other_constants(value: object) -> Iterator[ast.Constant]:
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, (int, float)):
        yield ast.Constant(value + 1)
    elif isinstance(value, str) and value.isidentifier():  # a word that code compares, no text
        yield ast.Constant(f"{value}_")


def mutants(root: Path, file: Path) -> Iterator[Mutant]:
    """Every mutant of a file.

    Args:
        root: The repository.
        file: The file, below it.
    """
    for node in _walk(ast.parse((root / file).read_text(encoding="utf-8"))):
        if isinstance(node, (ast.If, ast.IfExp)) and not _is_for_checkers(node.test):
            for value in ("True", "False"):
                yield _mutant(file, node.test, value, f"if {_short(node.test)} -> if {value}")
        elif isinstance(node, (ast.expr, ast.stmt)):
            for new in _changes(node):
                text = ast.unparse(new)
                text = f"({text})" if isinstance(node, ast.expr) else text
                yield _mutant(file, node, text, f"{_short(node)} -> {_short(new)}")


def _mutant(file: Path, node: ast.expr | ast.stmt, text: str, what: str) -> Mutant:
    end = (node.end_lineno or node.lineno, node.end_col_offset or 0)
    return Mutant(file, (node.lineno, node.col_offset), end, what, text)


def _name(function: ast.expr) -> str:
    match function:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""


def _is_silent(node: ast.Call | ast.JoinedStr) -> bool:
    """Whether it is a log, for type checkers, or a text whose parts have no place of their own."""
    if isinstance(node, ast.JoinedStr):
        return True
    return _is_log(node) or _name(node.func) in _SILENT_CALLS


def _is_log(call: ast.Call) -> bool:
    match call.func:
        case ast.Attribute(value=ast.Name(id=owner)):
            return owner in _LOGS
        case _:
            return False


def _short(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 3]}..."
