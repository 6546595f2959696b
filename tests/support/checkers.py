"""Run pyright and mypy, both strict, over some files, and give what they found as values."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.environments import ROOT

SEARCH_PATHS = (ROOT / "runtime", ROOT / "generated")
CACHE = ROOT / ".mypy_cache" / "tests" / os.environ.get("PYTEST_XDIST_WORKER", "alone")
"""What mypy knows of the files that no test changes (typeshed, httpx, the runtime) stays here. Each
worker has one of its own, as mypy does not share a cache with another that runs beside it.
"""


@dataclass(frozen=True)
class Finding:
    """One error: where, and what the checker says."""

    file: Path
    line: int
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.file.name}:{self.line}: {self.message} ({self.rule})"


def pyright(
    files: Sequence[Path],
    work: Path,
    *,
    python: str = "3.10",
    search: Sequence[Path] = SEARCH_PATHS,
) -> list[Finding]:
    """Pyright's errors, in strict mode and for the Python version `python`. `work` receives its
    configuration.

    Raises:
        RuntimeError: Pyright did not run, or looked at other files than `files`.
    """
    settings = {
        "include": [os.path.relpath(file, work) for file in files],  # pyright wants relative ones
        "typeCheckingMode": "strict",
        "pythonVersion": python,
        "extraPaths": [str(path) for path in search],
        "reportUnusedExpression": "none",
    }
    config = work / "pyrightconfig.json"
    config.write_text(json.dumps(settings), encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pyright",
        "--project",
        str(config),
        "--pythonpath",
        sys.executable,
        "--outputjson",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        report = json.loads(done.stdout)
    except json.JSONDecodeError:
        raise RuntimeError(f"pyright did not run:\n{done.stdout}{done.stderr}") from None
    if report["summary"]["filesAnalyzed"] < len(files):
        raise RuntimeError(
            f"pyright looked at {report['summary']['filesAnalyzed']} of {len(files)} files"
        )
    return [
        Finding(
            Path(item["file"]),
            item["range"]["start"]["line"] + 1,
            item.get("rule", ""),
            item["message"],
        )
        for item in report["generalDiagnostics"]
        if item["severity"] == "error"
    ]


def mypy(
    files: Sequence[Path],
    work: Path,
    *,
    python: str = "3.10",
    search: Sequence[Path] = SEARCH_PATHS,
) -> list[Finding]:
    """Mypy's errors under `--strict`, for the Python version `python`. `work` receives its
    configuration.

    Raises:
        RuntimeError: Mypy did not run.
    """
    config = work / "mypy.ini"
    config.write_text("[mypy]\n", encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--config-file",
        str(config),
        "--output",
        "json",
        "--python-version",
        python,
    ]
    command += ["--cache-dir", str(CACHE), *map(str, files)]
    environment = {**os.environ, "MYPYPATH": os.pathsep.join(map(str, search))}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment, cwd=work
    )
    if done.returncode not in {0, 1}:
        raise RuntimeError(f"mypy did not run:\n{done.stdout}{done.stderr}")
    items = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return [
        Finding(work / item["file"], item["line"], item["code"] or "", item["message"])
        for item in items
        if item["severity"] == "error"
    ]


CHECKERS = {"pyright": pyright, "mypy": mypy}

Check = Callable[[Sequence[Path], Sequence[Path]], dict[Path, list[Finding]]]
"""A checker in a folder of its own: files and search paths -> what it finds in each file."""
