"""Type checkers run once over all modules that the tests here look at, not once for each test."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.checkers import CHECKERS, Check, Finding

TURNS = [
    ("pyright", "3.10"),
    ("mypy", "3.13"),
    pytest.param(("pyright", "3.13"), marks=pytest.mark.slow),
    pytest.param(("mypy", "3.10"), marks=pytest.mark.slow),
]
"""Each checker, and the Python version that modules are checked for."""


@pytest.fixture(scope="session", params=TURNS, ids="-".join)
def check(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Check:
    """`check(files, search)`: what a checker finds in each of the files."""
    checker, target = request.param
    folder = tmp_path_factory.mktemp(f"{checker}-{target}")

    def run(files: Sequence[Path], search: Sequence[Path]) -> dict[Path, list[Finding]]:
        found: dict[Path, list[Finding]] = {file: [] for file in files}
        for finding in CHECKERS[checker](files, folder, python=target, search=search):
            found[finding.file].append(finding)
        return found

    return run
