"""Puts a private copy of the runtime beside the clients, so that they depend on httpx alone."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.base.hashing import digest
from gradio_codegen.base.version import VERSION
from gradio_session.generator_interface import PACKAGE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["DIRECTORY", "IMPORT", "copied_version", "copy_of_runtime", "is_ours"]

DIRECTORY = "_gradio_session"
"""The name of the copy, beside the clients."""

IMPORT = f".{DIRECTORY}"
"""What clients beside it import."""

_HANDS_OFF = "# fmt: off\n# ruff: noqa\n# mypy: ignore-errors\n# pyright: basic\n"
"""Keeps the formatter, linters and type checkers of the user's project off the copy.

Types are still taken from it.
"""

_PACKAGE = "gradio_session"
_HEADER = re.compile(
    r"\A# gradio-session (?P<version>\S+), copied by gradio-codegen - do not edit\.\n"
    r"# content: (?P<hash>sha256:[0-9a-f]{64})\n"
)


def copy_of_runtime(directory: Path) -> dict[Path, str]:
    """Make the copy that belongs into a directory.

    Args:
        directory: Where the clients are.

    Returns:
        Path to content of every file of the copy: the modules, with imports of the runtime made
        relative, its `py.typed` and its licence.

    Raises:
        CommandError: The runtime is not installed as files, or cannot be read.
    """
    if not (PACKAGE / "__init__.py").is_file():
        raise CommandError(
            "gradio-session is not installed as files, so it cannot be copied; install it with pip"
        )
    target = directory / DIRECTORY
    copies: dict[Path, str] = {}
    try:
        for path in sorted(PACKAGE.rglob("*.py")):
            relative = path.relative_to(PACKAGE)
            copies[target / relative] = _marked(
                _relative_imports(path.read_text("utf-8"), len(relative.parts))
            )
    except OSError as error:
        raise CommandError(f"the runtime in {PACKAGE} cannot be read: {error}") from error
    copies[target / "py.typed"] = ""
    copies[target / "LICENSE"] = _licence()
    return copies


def copied_version(directory: Path) -> str | None:
    """Return the version of the copy in a directory; None if there is none."""
    try:
        match = _HEADER.match((directory / DIRECTORY / "__init__.py").read_text("utf-8"))
    except (OSError, UnicodeDecodeError):
        return None
    return match["version"] if match else None


def is_ours(text: str) -> bool:
    """Tell whether a file's text is that of a copy, as it was written."""
    match = _HEADER.match(text)
    return match is not None and digest(text[match.end() :]) == match["hash"]


def _licence() -> str:
    # A door: slow to import, and only a copy needs it.
    from importlib import metadata  # noqa: PLC0415

    for entry in metadata.files("gradio-session") or []:
        if entry.name == "LICENSE":
            return entry.read_text("utf-8")
    # In a checkout the licence of both distributions stands above.
    for path in (PACKAGE.parent / "LICENSE", PACKAGE.parent.parent / "LICENSE"):
        if path.is_file():
            return path.read_text("utf-8")
    raise CommandError(
        "the licence of gradio-session is missing from its installation, "
        "and no copy is made without it; install it again"
    )


def _marked(text: str) -> str:
    marked = f"{_HANDS_OFF}{text}"
    return (
        f"# gradio-session {VERSION}, copied by gradio-codegen - do not edit.\n"
        f"# content: {digest(marked)}\n{marked}"
    )


def _relative_imports(text: str, depth: int) -> str:
    """Make imports of the runtime relative; `depth` is 1 for a module at its top."""
    lines = text.split("\n")
    for node in _imports(ast.parse(text)):
        if isinstance(node, ast.Import):
            what = f"`import {node.names[0].name}` (line {node.lineno})"
            raise CommandError(
                f"the runtime holds {what}, which a copy cannot; this is a fault of gradio-session"
            )
        module = node.module or ""
        below = module.removeprefix(_PACKAGE).removeprefix(".")
        line = lines[node.lineno - 1]
        statement = re.sub(
            rf"from\s+{re.escape(module)}\s+import",
            f"from {'.' * depth}{below} import",
            line[node.col_offset :],
            count=1,
        )
        lines[node.lineno - 1] = line[: node.col_offset] + statement
    return "\n".join(lines)


def _imports(tree: ast.AST) -> Iterator[ast.ImportFrom | ast.Import]:
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.ImportFrom)
            and node.level == 0
            and (node.module or "").split(".")[0] == _PACKAGE
        ) or (
            isinstance(node, ast.Import)
            and any(alias.name.split(".")[0] == _PACKAGE for alias in node.names)
        ):
            yield node
