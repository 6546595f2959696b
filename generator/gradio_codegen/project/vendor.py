"""Puts a private copy of the runtime beside the clients, so that they depend on httpx alone."""

from __future__ import annotations

import ast
import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from gradio_codegen.base.diagnostics import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["DIRECTORY", "IMPORT", "copied_version", "files", "installed_version", "is_ours"]

DIRECTORY = "_gradio_session"
"""The name of the copy, beside the clients."""

IMPORT = f".{DIRECTORY}"
"""What clients beside it import."""

_HANDS_OFF = "# fmt: off\n# ruff: noqa\n# mypy: ignore-errors\n# pyright: basic\n"
"""What keeps the formatter, linters and type checkers of the user's project off the copy. Types are still taken from it."""

_PACKAGE = "gradio_session"
_HEADER = re.compile(
    r"\A# gradio-session (?P<version>\S+), copied by gradio-codegen - do not edit\.\n# content: (?P<hash>sha256:[0-9a-f]{64})\n"
)


def files(directory: Path) -> dict[Path, str]:
    """Make the copy that belongs into a directory.

    Args:
        directory: Where the clients are.

    Returns:
        Path to content of every file of the copy: the modules, with imports of the runtime made
        relative, its `py.typed` and its licence.

    Raises:
        CommandError: The runtime is not installed, or cannot be read.
    """
    package = _package()
    version = installed_version()
    target = directory / DIRECTORY
    copies: dict[Path, str] = {}
    try:
        for path in sorted(package.rglob("*.py")):
            relative = path.relative_to(package)
            copies[target / relative] = _marked(
                _relative_imports(path.read_text("utf-8"), len(relative.parts)), version
            )
    except OSError as error:
        raise CommandError(f"the runtime in {package} cannot be read: {error}") from error
    copies[target / "py.typed"] = ""
    copies[target / "LICENSE"] = _licence()
    return copies


def installed_version() -> str:
    """Return the version of the runtime that a copy would be made of."""
    from importlib import metadata  # noqa: PLC0415 - slow, and only needed to vendor

    return metadata.version("gradio-session")


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
    return match is not None and _hash(text[match.end() :]) == match["hash"]


def _package() -> Path:
    import gradio_session  # noqa: PLC0415 - only when something is to be copied

    package = Path(gradio_session.__file__).parent
    if not (package / "__init__.py").is_file():
        raise CommandError(
            "gradio-session is not installed as files, so it cannot be copied; install it with pip"
        )
    return package


def _licence() -> str:
    from importlib import metadata  # noqa: PLC0415 - slow, and only needed to vendor

    for entry in metadata.files("gradio-session") or []:
        if entry.name == "LICENSE":
            return entry.read_text("utf-8")
    beside = _package().parent / "LICENSE"
    above = _package().parent.parent / "LICENSE"  # the licence of both distributions, in a checkout
    for path in (beside, above):
        if path.is_file():
            return path.read_text("utf-8")
    raise CommandError(
        "the licence of gradio-session is missing from its installation, and no copy is made without it; install it again"
    )


def _marked(text: str, version: str) -> str:
    marked = f"{_HANDS_OFF}{text}"
    return f"# gradio-session {version}, copied by gradio-codegen - do not edit.\n# content: {_hash(marked)}\n{marked}"


def _hash(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode("utf-8")).hexdigest()


def _relative_imports(text: str, depth: int) -> str:
    """Make imports of the runtime relative; `depth` is 1 for a module at its top."""
    lines = text.split("\n")
    for node in _imports(ast.parse(text)):
        if isinstance(node, ast.Import):
            what = f"`import {node.names[0].name}` (line {node.lineno})"
            raise CommandError(
                f"the runtime says {what}, which a copy cannot; this is a fault of gradio-session"
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
