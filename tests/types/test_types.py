"""Both type checkers, strict, over calls of generated clients: what must be accepted, and what must
be refused.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.checkers import CHECKERS, Finding
from tests.support.environments import ROOT

CASES = Path(__file__).with_name("cases")
MARK = "# rejected"

Check = Callable[..., list[Finding]]


@pytest.fixture(scope="module", params=CHECKERS)
def findings(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[Finding]]:
    """What one checker finds in all cases: file name -> findings."""
    found: dict[str, list[Finding]] = {path.name: [] for path in sorted(CASES.glob("*.py"))}
    check: Check = CHECKERS[request.param]
    for finding in check(sorted(CASES.glob("*.py")), tmp_path_factory.mktemp(request.param)):
        found[finding.file.name].append(finding)
    return found


@pytest.mark.parametrize("name", [path.name for path in sorted(CASES.glob("accepted_*.py"))])
def test_right_calls_are_accepted(name: str, findings: dict[str, list[Finding]]) -> None:
    assert not findings[name], "\n".join(map(str, findings[name]))


@pytest.mark.parametrize("name", [path.name for path in sorted(CASES.glob("rejected_*.py"))])
def test_wrong_calls_are_refused_and_nothing_else(
    name: str, findings: dict[str, list[Finding]]
) -> None:
    lines = (CASES / name).read_text(encoding="utf-8").splitlines()
    marked = {number: line.strip() for number, line in enumerate(lines, 1) if line.endswith(MARK)}
    refused = {finding.line: str(finding) for finding in findings[name]}
    assert len(marked) > 3
    assert not {line for number, line in marked.items() if number not in refused}, "not refused"
    assert not {text for line, text in refused.items() if line not in marked}, (
        "refused without a mark"
    )


@pytest.mark.parametrize("python", ["3.10", "3.13"])
@pytest.mark.parametrize("checker", CHECKERS)
def test_generated_modules_are_clean_on_old_and_new_pythons(
    checker: str, python: str, tmp_path: Path
) -> None:
    modules = sorted((ROOT / "generated").glob("*.py"))
    assert modules
    found = CHECKERS[checker](modules, tmp_path, python=python)
    assert not found, "\n".join(map(str, found))
