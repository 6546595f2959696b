"""The `gradio-codegen` command in tests: descriptions of small apps, projects, and running it in
this process or as a user would.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from tests.support.patience import patience

COMMAND = [sys.executable, "-m", "gradio_codegen"]

TEXT: dict[str, Any] = {"type": "string"}
NUMBER: dict[str, Any] = {"type": "number"}
FILE: dict[str, Any] = {
    "title": "FileData",
    "type": "object",
    "properties": {
        "path": {"type": "string"},
        "url": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        "meta": {"type": "object", "default": {"_type": "gradio.FileData"}},
    },
    "required": ["path"],
}
_REQUIRED = object()


def choice(*values: Any) -> dict[str, Any]:
    """The schema of a value that is one of these."""
    return {"type": "string", "enum": list(values)}


def many(items: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of a list."""
    return {"type": "array", "items": dict(items)}


def takes(
    name: str,
    schema: Mapping[str, Any] = TEXT,
    default: Any = _REQUIRED,
    *,
    label: str = "",
    component: str = "Textbox",
) -> dict[str, Any]:
    """A parameter as `/info` has it."""
    return {
        "label": label or name.title(),
        "parameter_name": name,
        "parameter_has_default": default is not _REQUIRED,
        "parameter_default": None if default is _REQUIRED else default,
        "type": dict(schema),
        "component": component,
    }


def gives(
    schema: Mapping[str, Any] = TEXT, label: str = "Output", component: str = "Textbox"
) -> dict[str, Any]:
    """A result as `/info` has it."""
    return {"label": label, "type": dict(schema), "component": component}


def app(
    title: str | None = "Small Lab",
    description: str = "",
    **endpoints: tuple[list[dict[str, Any]], list[dict[str, Any]]],
) -> dict[str, Any]:
    """A saved description: endpoint name = (parameters, results)."""
    named = {
        f"/{name}": {"parameters": ins, "returns": outs, "description": description}
        for name, (ins, outs) in endpoints.items()
    }
    info = {"named_endpoints": named, "unnamed_endpoints": {}}
    return (
        {"info": info}
        if title is None
        else {"info": info, "config": {"version": "6.31.0", "title": title, "dependencies": []}}
    )


SMALL = app(greet=([takes("name"), takes("times", NUMBER, 1, component="Number")], [gives()]))


def save(path: Path, document: Mapping[str, Any]) -> Path:
    """Write a description to a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def project(folder: Path, settings: str) -> Path:
    """Make a project with this configuration, at the root of a repository."""
    (folder / ".git").mkdir(parents=True, exist_ok=True)
    (folder / "pyproject.toml").write_text(settings, encoding="utf-8")
    return folder


@contextmanager
def inside(folder: Path) -> Iterator[None]:
    """Work in a directory."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def run(folder: Path, *arguments: str | Path, given: str | bytes | None = None) -> Result:
    """Run the command in this process, in a directory.

    Raises:
        AssertionError: It ended in a traceback.
    """
    from gradio_codegen.cli import main

    with inside(folder):
        result = CliRunner().invoke(
            main, [str(argument) for argument in arguments], input=given, prog_name="gradio-codegen"
        )
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(
        result.exception
    )
    return result


def spawn(
    folder: Path,
    *arguments: str | Path,
    given: bytes | None = None,
    env: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Run the command as a user would, in a process of its own."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=folder,
        input=given,
        capture_output=True,
        check=False,
        timeout=patience(120),
        env={**os.environ, **(env or {})},
    )


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file below a directory, with its content."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
