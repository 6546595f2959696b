"""Both type checkers, strict, over generated modules and over calls of them: what must be accepted,
and what must be refused.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.checkers import SEARCH_PATHS, Check, Finding
from tests.support.environments import ROOT
from tests.support.golden import COMMAND_LINES, FOLDER, NAMES
from tests.support.scripts import python

CASES = Path(__file__).with_name("cases")
ACCEPTED = sorted(CASES.glob("accepted_*.py"))
REJECTED = sorted(CASES.glob("rejected_*.py"))
USE = CASES / "golden" / "use.py"
GENERATED = sorted((ROOT / "generated").glob("*.py"))
GOLDEN = [FOLDER / f"{name}.py" for name in NAMES]
GOLDEN += [FOLDER / f"{name}_cli.py" for name in COMMAND_LINES]
MARK = "# rejected"

Findings = dict[Path, list[Finding]]


@pytest.fixture(scope="module")
def findings(check: Check) -> Findings:
    """What one checker finds in the modules and in their use."""
    return {
        **check([*GENERATED, *ACCEPTED, *REJECTED], SEARCH_PATHS),
        **check([*GOLDEN, USE], (ROOT / "runtime", FOLDER)),
    }


def stem(path: Path) -> str:
    return path.stem


@pytest.mark.parametrize("path", [*GENERATED, *GOLDEN, *ACCEPTED], ids=stem)
def test_modules_and_right_calls_are_accepted(path: Path, findings: Findings) -> None:
    assert not findings[path], "\n".join(map(str, findings[path]))


@pytest.mark.parametrize("path", [*REJECTED, USE], ids=stem)
def test_wrong_calls_are_refused_and_nothing_else(path: Path, findings: Findings) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    marked = {number: line.strip() for number, line in enumerate(lines, 1) if line.endswith(MARK)}
    refused = {finding.line: str(finding) for finding in findings[path]}
    assert len(marked) > 3
    assert not {line for number, line in marked.items() if number not in refused}, "not refused"
    assert not {text for line, text in refused.items() if line not in marked}, (
        "refused without a mark"
    )


def test_golden_modules_are_clean_under_ruff_alone() -> None:
    for command in (["check"], ["format", "--check"]):
        python("-m", "ruff", *command, "--isolated", "--no-cache", *GOLDEN)
