"""Reads a Gradio app from Python code: `module:attribute` or `path/app.py:demo`."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gradio_codegen.base.diagnostics import CommandError

__all__ = ["DEFAULT_LIMIT", "ImportedApp", "import_app"]

DEFAULT_LIMIT = 120.0
"""Seconds that an app may take to be imported; some load models."""

_TOLD = 300
_running: set[subprocess.Popen[bytes]] = set()


@dataclass(frozen=True)
class ImportedApp:
    """An app's description, and the user's files that it is made of.

    Attributes:
        info: What its `/info` would answer.
        config: What its `/config` would answer.
        files: Python files outside the environment that were imported.
    """

    info: dict[str, Any]
    config: dict[str, Any]
    files: tuple[Path, ...]


def import_app(
    target: str,
    attribute: str,
    *,
    is_file: bool,
    undocumented: bool,
    base: Path,
    limit: float = DEFAULT_LIMIT,
) -> ImportedApp:
    """Import an app without launching it.

    Its output stands only in the message of an error. When it takes too long, it is ended with
    every process that it started.

    Args:
        target: A module's name, or the path of a Python file.
        attribute: The app in it, dots allowed.
        is_file: Whether `target` is a path.
        undocumented: Whether to describe the undocumented endpoints too.
        base: The directory to import it in.
        limit: Seconds that it may take.

    Returns:
        The app's description.

    Raises:
        CommandError: There is no such module or attribute, it is not a Gradio app, it fails or
            takes too long.
    """
    origin = f"{target}:{attribute}"
    with tempfile.TemporaryDirectory(prefix="gradio-codegen-") as folder:
        result = Path(folder) / "result.json"
        job = {
            "target": str(Path(target).resolve()) if is_file else target,
            "attribute": attribute,
            "is_file": is_file,
            "undocumented": undocumented,
            "result": str(result),
        }
        output = _run(job, Path(folder) / "output.txt", base, origin, limit)
        try:
            answer: dict[str, Any] = json.loads(result.read_text("utf-8"))
        except FileNotFoundError:
            raise CommandError(
                f"{origin}: the app ended its process while it was imported; "
                f"its last output: {_tail(output)}"
            ) from None
    if "error" in answer:
        raise CommandError(f"{origin}: {answer['error']}")
    return ImportedApp(answer["info"], answer["config"], tuple(map(Path, answer["files"])))


def _run(job: dict[str, Any], output: Path, base: Path, origin: str, limit: float) -> str:
    environment = {
        **os.environ,
        "GRADIO_ANALYTICS_ENABLED": "False",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [sys.executable, str(Path(__file__).with_name("_import_app.py")), json.dumps(job)]
    with output.open("wb") as sink:
        process = subprocess.Popen(  # noqa: S603 - our own script under our own interpreter
            command,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=base,
            start_new_session=True,
        )
        _running.add(process)
        try:
            process.wait(timeout=limit)
        except subprocess.TimeoutExpired:
            raise CommandError(
                f"{origin}: importing the app took more than {limit:.0f} s; "
                f"its last output: {_tail(_text(output))}"
            ) from None
        finally:
            _running.discard(process)
            _end(process)
    return _text(output)


@atexit.register
def _end_all() -> None:
    """End every app that another thread still imports: Ctrl-C does not reach their sessions."""
    for process in list(_running):
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and every process of its session."""
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()


def _text(output: Path) -> str:
    return output.read_bytes().decode("utf-8", "replace")


def _tail(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return " / ".join(lines[-3:])[-_TOLD:] or "nothing"
