"""Makes the Python environments that the project works in.

    python scripts/environments.py dev|5.50.0|4.44.1
    python scripts/environments.py --pin    renew all constraints

`dev` is `.venv`: both distributions in editable form, the development tools and Gradio 6.31.0. The
others hold one older Gradio each under `.envs/`, for tests alone. An environment is kept until its
constraints change; a second run takes milliseconds. The last line on standard output is the
environment's interpreter. Needs the standard library of Python 3.10 or newer, nothing else.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import time
import venv
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

ROOT = Path(__file__).resolve().parents[1]
UNSUPPORTED = 3
"""Exit code for a Gradio version that this Python cannot run."""


@dataclass(frozen=True)
class Environment:
    """What an environment is made of."""

    folder: Path
    constraints: Path
    install: tuple[str, ...]
    """What pip is asked for, under those constraints."""
    depends_on: tuple[Path, ...] = ()
    """Files whose change calls for another installation."""
    newest_python: tuple[int, int] | None = None
    """The newest Python that it can run on; None: any."""

    @property
    def python(self) -> Path:
        """Its interpreter."""
        if sys.platform == "win32":
            return self.folder / "Scripts" / "python.exe"
        return self.folder / "bin" / "python"

    def fingerprint(self) -> str:
        """A hash of everything that its content follows from."""
        parts = [
            self.constraints.read_bytes(),
            *(path.read_bytes() for path in self.depends_on),
            repr(self.install).encode(),
        ]
        return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _gradio(version: str, constraints: str, newest_python: tuple[int, int]) -> Environment:
    python = f"py{sys.version_info.major}{sys.version_info.minor}"
    return Environment(
        ROOT / ".envs" / f"gradio-{version}-{python}",
        ROOT / constraints,
        (f"gradio=={version}", "matplotlib"),
        newest_python=newest_python,
    )


ENVIRONMENTS = {
    "dev": Environment(
        ROOT / ".venv",
        ROOT / "constraints.txt",
        ("--group", "dev", "-e", "./runtime[validate,progress]", "-e", "."),
        (ROOT / "pyproject.toml", ROOT / "runtime" / "pyproject.toml"),
    ),
    "5.50.0": _gradio("5.50.0", "constraints-gradio5.txt", (3, 14)),
    "4.44.1": _gradio("4.44.1", "constraints-gradio4.txt", (3, 13)),
}

REQUIREMENTS = {
    "constraints.txt": ("-e ./runtime[validate,progress]", "-e .", "--group dev"),
    "constraints-lowest.txt": ("-e ./runtime[validate,progress]", "-e ."),
    "constraints-gradio5.txt": ("gradio==5.50.0", "matplotlib"),
    "constraints-gradio4.txt": (
        "gradio==4.44.1",
        "matplotlib",
        "fastapi<0.116",
        "huggingface_hub<0.26",
        "pillow<11",
        "pydantic<2.11",
        "starlette<0.41",
        "numpy<2; python_version < '3.13'",
        "audioop-lts; python_version >= '3.13'",
    ),
}
"""What each file of constraints is resolved from.

Gradio 4 does not bound what it depends on, and newer releases of these break it.
"""
LOWEST = "constraints-lowest.txt"
"""The oldest versions that both distributions admit, which a test installs."""


def say(text: str) -> None:
    """Tell the person who waits what is going on."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def locked(folder: Path) -> Generator[None]:
    """Keep other processes from making the same environment at the same time."""
    lock = ROOT / ".envs" / f"{folder.name.lstrip('.')}.lock"
    lock.parent.mkdir(exist_ok=True)
    with lock.open("w") as file:
        if sys.platform == "win32":
            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def make(name: str) -> Path:
    """Make the environment `name` unless it is up to date, and return its interpreter."""
    environment = ENVIRONMENTS[name]
    version = sys.version_info[:2]
    if environment.newest_python and version > environment.newest_python:
        newest = ".".join(map(str, environment.newest_python))
        say(
            f"Gradio {name} does not run on Python {version[0]}.{version[1]}: "
            f"it needs {newest} or older"
        )
        raise SystemExit(UNSUPPORTED)
    done = environment.folder / ".complete"
    with locked(environment.folder):
        if (
            done.exists()
            and done.read_text() == environment.fingerprint()
            and _runs(environment.python)
        ):
            return environment.python
        say(f"making {environment.folder.relative_to(ROOT)} (takes a minute or two, once)")
        started = time.monotonic()
        done.unlink(missing_ok=True)
        if not _runs(environment.python):
            venv.create(environment.folder, clear=True, with_pip=True)
        _pip(environment, "--upgrade", "pip")
        _pip(environment, "--build-constraint", str(environment.constraints), *environment.install)
        done.write_text(environment.fingerprint())
        say(f"made {environment.folder.relative_to(ROOT)} in {time.monotonic() - started:.0f} s")
    return environment.python


def _runs(python: Path) -> bool:
    return (
        python.exists()
        and subprocess.run(
            [python, "-c", "import pip"], check=False, capture_output=True
        ).returncode
        == 0
    )


def _pip(environment: Environment, *arguments: str) -> None:
    options = (
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
        "--constraint",
        str(environment.constraints),
    )
    command = [str(environment.python), "-m", "pip", "install", *options, *arguments]
    done = subprocess.run(command, cwd=ROOT, check=False, text=True, capture_output=True)
    if done.returncode:
        raise SystemExit(
            f"{done.stdout}{done.stderr}\n"
            f"{environment.folder.name}: pip failed, its own words are above"
        )


def pin() -> None:
    """Resolve every file of constraints anew, for Python 3.10 to 3.13 at once.

    Needs `uv` on the path.
    """
    for name, requirements in REQUIREMENTS.items():
        groups = [
            word for line in requirements if line.startswith("--group") for word in line.split()
        ]
        lines = [line for line in requirements if not line.startswith("--group")]
        command = [
            "uv",
            "pip",
            "compile",
            "-",
            *groups,
            "--universal",
            "--python-version",
            "3.10",
            "--upgrade",
            "--quiet",
        ]
        if name == LOWEST:
            command += ["--resolution", "lowest-direct"]
        command += ["--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links"]
        done = subprocess.run(
            command, cwd=ROOT, check=True, text=True, input="\n".join(lines), stdout=subprocess.PIPE
        )
        pins = [line for line in done.stdout.splitlines() if not line.startswith("-e")]
        (ROOT / name).write_text("\n".join(pins) + "\n")
        say(f"{name}: {len(pins)} pins")


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description="Make a Python environment, or renew the constraints."
    )
    parser.add_argument("name", nargs="?", choices=ENVIRONMENTS)
    parser.add_argument(
        "--pin", action="store_true", help="resolve constraints*.txt anew (needs uv)"
    )
    options = parser.parse_args()
    if options.pin:
        pin()
    elif options.name:
        print(make(options.name))
    else:
        parser.error("name an environment, or --pin")


if __name__ == "__main__":
    main()
