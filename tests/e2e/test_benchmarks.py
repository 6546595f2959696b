"""`make bench` works, in one round: what it says of time is not looked at."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from benchmarks import generation, startup
from benchmarks.cases import CASES
from tests.support.environments import ROOT
from tests.support.patience import patience

if TYPE_CHECKING:
    from pathlib import Path

NO_ENVIRONMENT = "/usr/bin:/bin"
"""A path without the tools of any environment: `make` activates none."""


@pytest.mark.slow
@pytest.mark.parametrize(
    "title",
    ["Upload of 64 MiB", "The first call of a process, 20 ms away", "10 calls in one process"],
)
def test_a_case_runs_with_every_client_and_is_reported(title: str) -> None:
    (case,) = (each for each in CASES if each.title == title)
    command = [sys.executable, "-m", "benchmarks", "--quick", "--only", case.title]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={"PATH": NO_ENVIRONMENT},
        capture_output=True,
        text=True,
        timeout=patience(100),
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert all(f"| {client} |" in done.stdout for client in case.clients)
    assert "## Budgets" in done.stdout


def test_starting_up_is_measured(tmp_path: Path) -> None:
    assert set(startup.help_text(1, tmp_path)) == {"ours", "import click"}
    (tmp_path / "thirty_cli.py").touch()
    assert set(startup.command_line(1, tmp_path)) == {"ours", "import click"}


def test_generating_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", NO_ENVIRONMENT)
    assert set(generation.generate(tmp_path, [1], 1)) == {"1", "floor"}
    assert set(generation.check_offline(tmp_path, 2, 1)) == {"ours", "import click"}
