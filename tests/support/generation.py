"""Generate a client with the command, in this process, and import it."""

from __future__ import annotations

import importlib.util
import itertools
import sys
from pathlib import Path
from types import ModuleType

from tests.support.command import run


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
        done = run(cwd or self.folder, "generate", source, "-o", target, *options)
        if done.exit_code:
            raise RuntimeError(
                f"gradio-codegen generate {source} ended with exit code {done.exit_code}:\n"
                f"{done.output}"
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
