"""Generate a client with the command, as a user would, and import it."""

from __future__ import annotations

import importlib.util
import itertools
import subprocess
import sys
from pathlib import Path
from types import ModuleType

COMMAND = Path(sys.executable).with_name("gradio-codegen")


class Generate:
    """`generate(source, *options)` gives the imported module; the same arguments generate once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._numbers = itertools.count(1)
        self._made: dict[tuple[str, ...], ModuleType] = {}

    def __call__(self, source: str, *options: str) -> ModuleType:
        key = (source, *options)
        if key not in self._made:
            self._made[key] = load(self.file(source, *options))
        return self._made[key]

    def file(self, source: str, *options: str, cwd: Path | None = None) -> Path:
        """Generate, and give the path of the module.

        Raises:
            RuntimeError: The command failed; the message holds what it printed.
        """
        target = self.folder / f"client_{next(self._numbers)}.py"
        done = subprocess.run(
            [COMMAND, "generate", source, "-o", target, *options],
            cwd=cwd or self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(
                f"gradio-codegen generate {source} ended with exit code {done.returncode}:\n"
                f"{done.stdout}{done.stderr}"
            )
        return target


def load(path: Path) -> ModuleType:
    """Import the module at `path`, under the name of the file."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module
