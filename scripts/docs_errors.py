"""The error catalogue: the tree of errors, and every message that the runtime's source can give."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import docs_text

from gradio_session import errors

__all__ = ["page"]

SOURCE = Path(errors.__file__).parent


def page() -> str:
    """The page, as Markdown."""
    tree = (errors.__doc__ or "").split("\n\n")
    drawing = [part for part in tree if part.startswith("    ")]
    texts = [part for part in tree[1:] if not part.startswith("    ")]
    parts = [
        "# Errors",
        "",
        (
            "Every error that the runtime raises, with the messages it can carry. "
            "This page is made from the code; names in braces are filled in."
        ),
    ]
    parts += [
        "",
        "```",
        *inspect.cleandoc("\n\n".join(drawing)).splitlines(),
        "```",
        "",
        *texts,
        "",
    ]
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
            f"Is a {bases}.",
            "",
            *docs_text.markdown(inspect.getdoc(kind) or ""),
            "",
        ]
        if found.get(name):
            parts += ["*Messages*", "", *(f"- {_code(text)}" for text in found[name]), ""]
    return "\n".join(parts).rstrip() + "\n"


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
    """The text of a message with its expressions in braces; "" for what is no text of ours."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            _text(part) if isinstance(part, ast.Constant) else f"{{{_short(part)}}}"
            for part in node.values
        )
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _text(node.left), _text(node.right)
        return left + right if left and right else ""
    return ""


def _short(part: ast.expr) -> str:
    """A readable name for an expression in an f-string."""
    value = part.value if isinstance(part, ast.FormattedValue) else part
    names = [
        node.id if isinstance(node, ast.Name) else node.attr
        for node in ast.walk(value)
        if isinstance(node, (ast.Name, ast.Attribute))
    ]
    plain = [
        name.strip("_")
        for name in names
        if name
        not in {"self", "str", "len", "join", "type", "__name__", "repr", "one_line", "clean"}
    ]
    return plain[0] if plain else "..."


def _code(text: str) -> str:
    fence = "``" if "`" in text else "`"
    space = " " if fence == "``" else ""
    return f"{fence}{space}{' '.join(text.split())}{space}{fence}"
