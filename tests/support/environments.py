"""The Python environments that hold the Gradio versions under test.

Gradio 6.31.0 lives in the environment that runs the tests; the others have one each under `.envs/`,
made by `scripts/environments.py` from pinned constraints and kept until those change.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_VERSION = "6.31.0"
VERSIONS = (DEFAULT_VERSION, "5.50.0", "4.44.1")


class EnvironmentMissingError(RuntimeError):
    """An environment cannot exist on this machine; the message says why."""


@cache
def python_for(version: str) -> Path:
    """The interpreter of the environment with Gradio `version`, which is made first where it does
    not exist.

    Raises:
        EnvironmentMissingError: This Python cannot run that Gradio (4.44.1 needs 3.12 or older).
        RuntimeError: The environment could not be made.
    """
    if version == DEFAULT_VERSION:
        return Path(sys.executable)
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "environments.py"), version],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    if done.returncode == UNSUPPORTED:
        raise EnvironmentMissingError(done.stderr.strip())
    if done.returncode:
        raise RuntimeError(f"no environment for Gradio {version}:\n{done.stderr}")
    return Path(done.stdout.strip().splitlines()[-1])


UNSUPPORTED = 3
"""Exit code of `scripts/environments.py` for a Gradio version that this Python cannot run."""


def interpreter(version: str) -> Path | None:
    """A Python of this minor version ("3.10"), found on the path or among pyenv's; None where the
    machine has none.
    """
    candidates = [Path(found)] if (found := shutil.which(f"python{version}")) else []
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    candidates += sorted(pyenv.glob(f"versions/{version}*/bin/python{version}"))
    for candidate in candidates:
        check = subprocess.run(
            [candidate, "-c", "import venv, ensurepip"], capture_output=True, check=False
        )
        if check.returncode == 0:
            return candidate
    return None
