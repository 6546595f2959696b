"""The mutation run, on a package of one module."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.environments import ROOT

sys.path.append(str(ROOT / "scripts"))

import mutate

SAMPLE = '''"""A package: 1 < 2."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    print("one")
else:
    ONE = "one"

__all__ = ["held", "unheld"]
LIMIT = 3


def held(number: int) -> bool:
    "one"
    return number > LIMIT


def unheld(number: int = 5) -> int:
    number += 1
    return number


class Named:
    """one"""

    name = "named"

    def __repr__(self) -> str:
        return "one" + "two"
'''
TEST = """
from sample import held, unheld

def test_held():
    assert [held(number) for number in (2, 3, 4)] == [False, False, True]
    unheld()
"""
TEST_NAME = "tests/test_sample.py::test_held"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with one package and its test."""
    for name, text in {
        "runtime/sample.py": SAMPLE,
        "tests/test_sample.py": TEST,
        "pyproject.toml": "",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def run(project: Path, *arguments: str) -> list[str]:
    """The lines of a run."""
    options = mutate.parser().parse_args([*arguments, "--tests", "tests/*.py", "--seed", "1"])
    return list(mutate.run(project, options))


@pytest.mark.slow
def test_what_tests_notice_is_killed_and_what_they_do_not_survives(project: Path) -> None:
    head, passed, *mutants, ratio = run(project, "runtime/*.py")
    assert head == "seed 1: 7 of 7 mutants"
    assert passed.startswith("the tests pass without any change")
    assert {" ".join(line.split()[1:]) for line in mutants} == {
        "runtime/sample.py:8 'one' -> 'one_' survived",
        f"runtime/sample.py:16 number > LIMIT -> number >= LIMIT killed ({TEST_NAME})",
        f"runtime/sample.py:16 return number > LIMIT -> return None killed ({TEST_NAME})",
        "runtime/sample.py:19 5 -> 6 survived",
        "runtime/sample.py:20 number += 1 -> number -= 1 survived",
        "runtime/sample.py:20 1 -> 2 survived",
        "runtime/sample.py:21 return number -> return None survived",
    }
    assert ratio == "2 of 7 killed"
    assert (project / "runtime" / "sample.py").read_text() == SAMPLE


@pytest.mark.slow
def test_a_hang_is_a_kill_and_one_line_can_be_named(project: Path) -> None:
    (project / "runtime" / "sample.py").write_text(
        "def held(number):\n    while number > 3:\n        number -= 1\n    return number\n"
    )
    (project / "tests" / "test_sample.py").write_text(
        "from sample import held\n\ndef test_held():\n    assert held(5) == 3\n"
    )
    *mutants, ratio = run(project, "runtime/sample.py:3", "--timeout", "15")[2:]
    found = {" ".join(line.split()[1:]) for line in mutants}
    assert found == {
        "runtime/sample.py:3 number -= 1 -> number += 1 killed (hung)",
        "runtime/sample.py:3 1 -> 2 survived",
    }
    assert ratio == "1 of 2 killed"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["nothing/*.py"], "no Python file"), (["runtime/*.py"], "fail without")],
)
def test_a_run_that_cannot_begin_says_why(project: Path, arguments: list[str], words: str) -> None:
    (project / "tests" / "test_sample.py").write_text("def test_broken():\n    assert False\n")
    with pytest.raises(mutate.MutationError, match=words):
        run(project, *arguments)


def test_the_same_seed_chooses_the_same_and_every_mutant_is_a_program() -> None:
    for name, preset in mutate.PRESETS.items():
        found = [mutant for pattern in preset.files for mutant in mutate.find(ROOT, pattern)]
        chosen = mutate.choose(found, 50, 7)
        assert chosen == mutate.choose(list(reversed(found)), 50, 7)
        assert chosen != mutate.choose(found, 50, 8)
        for mutant in chosen:
            ast.parse(mutant.apply((ROOT / mutant.file).read_bytes()))
        for pattern in (*preset.files, *preset.tests):
            assert list(ROOT.glob(pattern)), f"{name}: nothing matches {pattern}"


def test_the_command_says_what_is_wrong() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "mutate.py"), "nothing/*.py"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (1, "mutate: no Python file matches nothing/*.py\n")
