"""Type checkers run once over all modules that the tests here look at, not once for each test."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.checkers import CHECKERS, Check, Finding


@pytest.fixture(scope="session", params=["3.10", "3.13"])
def target(request: pytest.FixtureRequest) -> str:
    """The Python version that modules are checked for."""
    return str(request.param)


@pytest.fixture(scope="session", params=CHECKERS)
def checker(request: pytest.FixtureRequest) -> str:
    """Each checker in turn."""
    return str(request.param)


@pytest.fixture(scope="session")
def check(checker: str, target: str, tmp_path_factory: pytest.TempPathFactory) -> Check:
    """`check(files, search)`: what the checker finds in each of the files."""
    folder = tmp_path_factory.mktemp(f"{checker}-{target}")

    def run(files: Sequence[Path], search: Sequence[Path]) -> dict[Path, list[Finding]]:
        found: dict[Path, list[Finding]] = {file: [] for file in files}
        for finding in CHECKERS[checker](files, folder, python=target, search=search):
            found[finding.file].append(finding)
        return found

    return run
