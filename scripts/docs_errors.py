"""The error catalogue: the tree of errors, and every message that the runtime's source can give."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import docs_text

from gradio_session import errors

__all__ = ["page"]

SOURCE = Path(errors.__file__).parent
FILLED_IN = "…"
"""Stands for every expression of a message."""

FEW_WORDS = 3
"""A message of fewer words of its own tells a reader nothing."""

_BRANCH = re.compile(r"(?P<branch>[^A-Za-z]*)(?P<name>\w+)\s*(?P<meaning>.*)")
_WORD = re.compile(r"[A-Za-z]{2,}")


def page() -> str:
    """The page, as Markdown."""
    tree = (errors.__doc__ or "").split("\n\n")
    drawing = [part for part in tree if part.startswith("    ")]
    texts = [part for part in tree[1:] if not part.startswith("    ")]
    parts = [
        *docs_text.head("Every error of gradio_session, what it means, and its messages."),
        "# Errors",
        "",
        (
            "Every error that the runtime raises, with the messages it can carry. "
            f"`{FILLED_IN}` stands for what differs: a name, an address, a reason. "
            "This page is made from the code."
        ),
    ]
    lines = inspect.cleandoc("\n".join(drawing)).splitlines()
    parts += ["", *map(_branch, filter(None, lines)), "", *texts, ""]
    found = messages()
    for name in errors.__all__:
        kind: type[BaseException] = getattr(errors, name)
        bases = ", ".join(
            f"[`{base.__name__}`](#{base.__name__.lower()})"
            if base.__module__ == errors.__name__
            else f"`{base.__name__}`"
            for base in kind.__bases__
        )
        parts += [
            f"## {name}",
            "",
            f"A kind of {bases}.",
            "",
            *docs_text.markdown(inspect.getdoc(kind) or ""),
            "",
        ]
        told = [text for text in found.get(name, []) if len(_WORD.findall(text)) >= FEW_WORDS]
        if told:
            parts += ["*Messages*", "", *(f"- {_code(text)}" for text in told), ""]
        elif name in found:
            parts += ["*Messages* differ: they say what happened, in the words of the case.", ""]
    return "\n".join(parts).rstrip() + "\n"


def _branch(line: str) -> str:
    """A line of the drawing of the tree as an item of a list: the name, and what it means."""
    match = _BRANCH.match(line)
    assert match is not None, line
    meaning = f": {match['meaning']}" if match["meaning"] else ""
    return f"{' ' * len(match['branch'])}- [{match['name']}](#{match['name'].lower()}){meaning}"


def messages() -> dict[str, list[str]]:
    """Name of an error to its messages, in the order of the source."""
    found: dict[str, list[str]] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        for function in _scopes(ast.parse(path.read_text(encoding="utf-8"))):
            for name, text in _raised(function):
                if text and text not in found.setdefault(name, []):
                    found[name].append(text)
    return found


def _scopes(tree: ast.Module) -> list[ast.AST]:
    return [
        node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]


def _raised(function: ast.AST) -> list[tuple[str, str]]:
    local: dict[str, ast.expr] = {}
    found: list[tuple[str, str]] = []
    for node in ast.walk(function):
        if (
            isinstance(node, ast.Assign)
            and len(node.targets) == 1
            and isinstance(node.targets[0], ast.Name)
        ):
            local[node.targets[0].id] = node.value
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in errors.__all__
            and node.args
        ):
            first = node.args[0]
            found.append(
                (
                    node.func.id,
                    _text(local.get(first.id, first) if isinstance(first, ast.Name) else first),
                )
            )
    return found


def _text(node: ast.expr) -> str:
    """The text of a message without its expressions; "" for what is no text of ours."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        text = "".join(
            _text(part) if isinstance(part, ast.Constant) else FILLED_IN for part in node.values
        )
        return re.sub(rf"{FILLED_IN}(?:\s*{FILLED_IN})+", FILLED_IN, text)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _text(node.left), _text(node.right)
        return left + right if left and right else ""
    return ""


def _code(text: str) -> str:
    fence = "``" if "`" in text else "`"
    space = " " if fence == "``" else ""
    return f"{fence}{space}{' '.join(text.split())}{space}{fence}"
