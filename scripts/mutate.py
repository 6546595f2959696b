"""Change the code at random and see whether the tests notice.

    python scripts/mutate.py shells --count 40 --seed 1
    python scripts/mutate.py runtime/gradio_session/transport/pool.py:82

Each mutant is one small change in one file: a comparison turned round or its bound shifted, `and`
for `or`, a `not` dropped, a call left out, a constant changed, None returned, a condition forced,
`+=` for `-=`. It is made in a copy of the packages that stands first on the path; the work tree is
never touched. A mutant is killed when a test fails or the tests hang, and survives when they pass.
The same seed chooses the same mutants for as long as the code is the same. It needs nothing of
POSIX itself; the tests that it runs may.
"""

from __future__ import annotations

import argparse
import compileall
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from py_compile import PycInvalidationMode

from mutants import Mutant, mutants

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Preset:
    """Files to mutate and the tests that hold them, quickest first: globs from the top down."""

    files: tuple[str, ...]
    tests: tuple[str, ...]


PRESETS = {
    "shells": Preset(
        (
            "runtime/gradio_session/calls/[as]*.py",
            "runtime/gradio_session/connection/[abs]*.py",
            "runtime/gradio_session/session/[as]*.py",
            "runtime/gradio_session/stream/*.py",
            "runtime/gradio_session/transport/*.py",
        ),
        (
            "tests/unit/runtime/stream/test_*.py",
            "tests/faults/test_shell_*.py",
            "tests/unit/runtime/transport/test_*.py",
            "tests/unit/runtime/session/test_*.py",
            "tests/faults/test_[!rs]*.py",
            "tests/faults/test_races*.py",
            "tests/faults/test_stream*.py",
        ),
    ),
    "core": Preset(
        ("runtime/gradio_session/protocol/**/*.py", "generator/gradio_codegen/**/*.py"),
        (
            "tests/unit/runtime/protocol/**/test_*.py",
            "tests/unit/generator/**/test_*.py",
            "tests/hostile/test_generator_*.py",
            "tests/hostile/test_command_*.py",
            "tests/unit/runtime/files/test_*.py",
            "tests/hostile/test_files_*.py",
            "tests/faults/test_answers*.py",
            "tests/e2e/test_c[ah]*.py",
            "tests/e2e/test_diff*.py",
            "tests/e2e/test_generate_*.py",
            "tests/e2e/test_hooks.py",
            "tests/e2e/test_inspect.py",
            "tests/e2e/test_vendor.py",
            "tests/e2e/test_watch.py",
        ),
    ),
}

PACKAGES = ("runtime", "generator", "templates")
"""What is copied. The generator finds the templates beside its own folder."""

SURVIVED = "survived"
HUNG = "hung"
_FAILED = re.compile(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", re.MULTILINE)

_no_caches = shutil.ignore_patterns("__pycache__")


class MutationError(Exception):
    """The run cannot begin; the message says why."""


def find(root: Path, target: str) -> list[Mutant]:
    """Every mutant of the files that a glob names, of one line alone with `:LINE` behind it."""
    pattern, _, line = target.partition(":")
    files = sorted(file.relative_to(root) for file in root.glob(pattern) if file.suffix == ".py")
    if not files:
        raise MutationError(f"no Python file matches {pattern}")
    found = [mutant for file in files for mutant in mutants(root, file)]
    return [mutant for mutant in found if not line or mutant.start[0] == int(line)]


def choose(mutants: Sequence[Mutant], count: int, seed: int) -> list[Mutant]:
    """So many of them, the same for the same seed."""
    ordered = sorted(set(mutants))
    return random.Random(seed).sample(ordered, min(count, len(ordered)))


class Trial:
    """A copy of the packages in which mutants are tried one after another.

    Args:
        root: The repository.
        folder: Where the copy goes.
        tests: What pytest is given.
        limit: Seconds for one run of the tests; None derives it from `check`.
    """

    def __init__(self, root: Path, folder: Path, tests: Sequence[str], limit: float | None) -> None:
        self._root = root
        self._folder = folder
        self._tests = tests
        self._limit = limit
        self._command = [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0"]
        self._command += ["-p", "no:cacheprovider", "-m", "not slow", "--tb=no", "-rfE"]
        for name in PACKAGES:
            if (root / name).exists():
                shutil.copytree(root / name, folder / name, ignore=_no_caches)
        compileall.compile_dir(folder, quiet=2, invalidation_mode=PycInvalidationMode.CHECKED_HASH)

    def check(self) -> float:
        """Run the tests on the unchanged copy.

        Returns:
            The seconds that this took.

        Raises:
            MutationError: They do not pass.
        """
        begin = time.monotonic()
        if (outcome := self._certain()) != SURVIVED:
            raise MutationError(f"the tests fail without any change: {outcome}")
        took = time.monotonic() - begin
        self._limit = self._limit or 30 + 3 * took
        return took

    def outcome(self, mutant: Mutant) -> str:
        """What the tests make of a mutant: "survived", "hung", or the test that failed."""
        file = self._folder / mutant.file
        original = file.read_bytes()
        file.write_bytes(mutant.apply(original))
        try:
            return self._certain()
        finally:
            file.write_bytes(original)

    def _certain(self) -> str:
        """Run the tests; should one fail that passes alone, as under load, run all once more."""
        outcome = self._run(self._tests)
        alone = outcome in {SURVIVED, HUNG} or self._run([outcome]) != SURVIVED
        return outcome if alone else self._run(self._tests)

    def _run(self, tests: Sequence[str]) -> str:
        path = os.pathsep.join(str(self._folder / name) for name in PACKAGES)
        environment = {**os.environ, "PYTHONPATH": path}
        output = self._folder / "output.txt"  # no pipe: a server that outlives a hang holds it open
        with output.open("wb") as file:
            process = subprocess.Popen(
                [*self._command, *tests],
                cwd=self._root,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
            )
            try:
                if process.wait(self._limit) == 0:
                    return SURVIVED
            except subprocess.TimeoutExpired:
                return HUNG
            finally:
                process.kill()
                process.wait()
        failed = _FAILED.findall(output.read_text(encoding="utf-8", errors="replace"))
        return failed[0] if failed else "nothing could be run"


def run(root: Path, options: argparse.Namespace) -> Iterator[str]:
    """Try mutants and tell of each; the last line is the ratio.

    Args:
        root: The repository.
        options: What `parser` reads.

    Raises:
        MutationError: A target or the tests match nothing, or the tests fail without any change.
    """
    found: list[Mutant] = []
    for target in options.targets:
        for pattern in PRESETS[target].files if target in PRESETS else (target,):
            found += find(root, pattern)
    chosen = choose(found, options.count, options.seed)
    tests = tests_for(root, chosen, options.tests)
    killed = 0
    with tempfile.TemporaryDirectory(prefix="mutate-", ignore_cleanup_errors=True) as folder:
        trial = Trial(root, Path(folder), tests, options.timeout)
        yield f"seed {options.seed}: {len(chosen)} of {len(set(found))} mutants"
        yield f"the tests pass without any change, in {trial.check():.0f} s"
        for number, mutant in enumerate(chosen, 1):
            outcome = trial.outcome(mutant)
            killed += outcome != SURVIVED
            verdict = SURVIVED if outcome == SURVIVED else f"killed ({outcome})"
            place = f"{mutant.file.as_posix()}:{mutant.start[0]}"
            yield f"{number:4} {place}  {mutant.what}  {verdict}"
    yield f"{killed} of {len(chosen)} killed"


def tests_for(root: Path, mutants: Sequence[Mutant], given: Sequence[str]) -> list[str]:
    """The tests to run: those given, else those of the presets that the files belong to."""
    globs = list(given)
    files = {root / mutant.file for mutant in mutants}
    for preset in PRESETS.values() if not given else ():
        if any(files.intersection(root.glob(pattern)) for pattern in preset.files):
            globs += preset.tests
    found = [test for pattern in globs for test in sorted(root.glob(pattern))]
    if not found:
        raise MutationError("no tests: name some with --tests")
    return [str(test.relative_to(root)) for test in dict.fromkeys(found)]


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(description="Change the code at random; do tests notice?")
    presets = ", ".join(PRESETS)
    parser.add_argument(
        "targets", nargs="+", metavar="TARGET", help=f"{presets}, a glob of files, or FILE:LINE"
    )
    parser.add_argument("--count", type=int, default=40, help="how many mutants (40)")
    parser.add_argument(
        "--seed", type=int, default=random.randrange(10_000), help="chooses them (random, printed)"
    )
    parser.add_argument(
        "--timeout", type=float, help="seconds for each mutant (30, and 3 times the tests' own)"
    )
    parser.add_argument(
        "--tests", nargs="+", default=(), metavar="GLOB", help="tests in place of the preset's"
    )
    return parser


def main() -> None:
    """Run the command."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the tests must end with it
    try:
        for line in run(ROOT, parser().parse_args()):
            print(line, flush=True)
    except MutationError as error:
        raise SystemExit(f"mutate: {error}") from None


if __name__ == "__main__":
    main()
