"""Formatting with ruff, all modules of a run in as few processes as possible."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

# ruff has no stubs for its finder.
from ruff.__main__ import find_ruff_bin  # type: ignore[import-untyped]  # pyright: ignore[reportMissingTypeStubs]

from gradio_codegen.base.diagnostics import CommandError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["format_all"]

_TIME_LIMIT = 120
_FLAGS = ("format", "--isolated", "--no-cache", "--quiet")


def format_all(texts: Sequence[str]) -> list[str]:
    """Format Python modules as `ruff format --isolated` does.

    Args:
        texts: The modules; they must be valid Python.

    Returns:
        The same, formatted.

    Raises:
        CommandError: ruff cannot be run, or refuses a module.
    """
    if not texts:
        return []
    if len(texts) == 1:
        return [_run(["-"], texts[0])]
    with tempfile.TemporaryDirectory(prefix="gradio-codegen-") as directory:
        files = [Path(directory, f"m{number}.py") for number in range(len(texts))]
        for file, text in zip(files, texts, strict=True):
            file.write_bytes(text.encode())
        _run([directory])
        return [file.read_bytes().decode() for file in files]


def _run(arguments: list[str], text: str | None = None) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - our own program with our own arguments
            [find_ruff_bin(), *_FLAGS, *arguments],
            input=text,
            capture_output=True,
            encoding="utf-8",
            timeout=_TIME_LIMIT,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise CommandError(
            f"ruff, which formats the modules, could not be run: {error}; reinstall gradio-codegen"
        ) from error
    if done.returncode != 0:
        raise CommandError(f"ruff could not format a module: {done.stderr.strip()[:500]}")
    return done.stdout
