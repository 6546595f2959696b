"""Change the code at random and see whether the tests notice.

    python scripts/mutate.py shells --count 40 --seed 1
    python scripts/mutate.py runtime/gradio_session/transport/pool.py:82

Each mutant is one small change in one file: a comparison turned round or its bound shifted, `and`
for `or`, a `not` dropped, a call left out, a constant changed, None returned, a condition forced,
`+=` for `-=`. It is made in a copy of the packages that stands first on the path; the work tree is
never touched. A mutant is killed when a test fails or the tests hang, and survives when they pass.
The same seed chooses the same mutants for as long as the code is the same. It needs nothing of
POSIX itself; the tests that it runs may.

Left alone is what no test should hold: docstrings, texts, logs, `__repr__`, annotations,
`TYPE_CHECKING` blocks, and constants with a name of their own at the top of a file or class.
"""

from __future__ import annotations

import argparse
import ast
import compileall
import itertools
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from py_compile import PycInvalidationMode

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Preset:
    """Files to mutate and the tests that hold them, quickest first: globs from the top down."""

    files: tuple[str, ...]
    tests: tuple[str, ...]


PRESETS = {
    "shells": Preset(
        (
            "runtime/gradio_session/_call_*.py",
            "runtime/gradio_session/_channel_*.py",
            "runtime/gradio_session/_waiting_*.py",
            "runtime/gradio_session/_connection*.py",
            "runtime/gradio_session/_session_*.py",
            "runtime/gradio_session/_workers.py",
            "runtime/gradio_session/transport/*.py",
        ),
        (
            "tests/unit/test_pool.py",
            "tests/unit/test_workers.py",
            "tests/unit/test_transport_*.py",
            "tests/unit/test_login_credentials.py",
            "tests/unit/test_repository.py",
            "tests/unit/test_testing_fake.py",
            "tests/faults/test_shell_*.py",
            "tests/faults/test_[!rs]*.py",
            "tests/faults/test_races.py",
            "tests/faults/test_stream.py",
        ),
    ),
    "core": Preset(
        ("runtime/gradio_session/protocol/**/*.py", "generator/gradio_codegen/**/*.py"),
        (
            "tests/unit/test_*.py",
            "tests/hostile/test_generator_*.py",
            "tests/hostile/test_command_*.py",
        ),
    ),
}

PACKAGES = ("runtime", "generator", "templates")
"""What is copied. The generator finds the templates beside its own folder."""

_SWAPPED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_LOGS = frozenset({"logger", "logging", "warnings"})
_SILENT_FUNCTIONS = frozenset({"__repr__", "__rich_repr__", "_repr_html_"})
_SILENT_CALLS = frozenset({"TypeVar", "ParamSpec", "cast", "getLogger"})
_WIDTH = 60

SURVIVED = "survived"
_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)

_no_caches = shutil.ignore_patterns("__pycache__")


class MutationError(Exception):
    """The run cannot begin; the message says why."""


@dataclass(frozen=True, order=True)
class Mutant:
    """One change: in `file`, the bytes from `start` to `end` (line, column) become `text`."""

    file: Path
    start: tuple[int, int]
    end: tuple[int, int]
    what: str
    text: str = field(compare=False)

    def apply(self, source: bytes) -> bytes:
        """The source with the change."""
        lines = source.splitlines(keepends=True)
        starts = [0, *itertools.accumulate(map(len, lines))]
        start, end = (starts[line - 1] + column for line, column in (self.start, self.end))
        return source[:start] + self.text.encode() + source[end:]


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """Every node whose change tests should notice."""
    for part in _parts(node):
        yield part
        yield from _walk(part)


def _parts(node: ast.AST) -> Iterable[ast.AST]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            silent = node.name in _SILENT_FUNCTIONS
            defaults = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
            return () if silent else (*defaults, *_behaviour(node.body))
        case ast.Module() | ast.ClassDef():
            return [part for part in _behaviour(node.body) if not _is_declaration(part)]
        case ast.If() if _is_for_checkers(node.test):
            return node.orelse if isinstance(node.test, ast.Name) else node.body
        case ast.AnnAssign():
            return () if node.value is None else (node.value,)
        case ast.Call() if _is_log(node) or _name(node.func) in _SILENT_CALLS:
            return ()
        case ast.JoinedStr():  # a text; and Python before 3.12 does not know where its parts stand
            return ()
        case _:
            return ast.iter_child_nodes(node)


def _behaviour(body: list[ast.stmt]) -> list[ast.stmt]:
    """Statements without docstrings."""
    return [
        statement
        for statement in body
        if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
    ]


def _is_declaration(statement: ast.stmt) -> bool:
    """Whether it is `__all__` or the like, or a constant with a name of its own."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return name.startswith("__") or isinstance(value, ast.Constant)
        case _:
            return False


def _is_for_checkers(test: ast.expr) -> bool:
    return "TYPE_CHECKING" in ast.unparse(test)


def _changes(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in the place of a node."""
    match node:
        case ast.Compare(ops=[first, *others]):
            ops: list[ast.cmpop] = [_SWAPPED[type(first)](), *others]
            yield ast.Compare(node.left, ops, node.comparators)
        case ast.BoolOp():
            yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand
        case ast.Expr(value=ast.Call() as call) | ast.Expr(value=ast.Await(ast.Call() as call)):
            if not _is_log(call):
                yield ast.Pass()
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            yield ast.Return(ast.Constant(None))
        case ast.AugAssign(op=ast.Add() | ast.Sub() as op):
            opposite = ast.Sub() if isinstance(op, ast.Add) else ast.Add()
            yield ast.AugAssign(node.target, opposite, node.value)
        case ast.Constant():
            yield from _other_constants(node.value)
        case _:
            pass


def _other_constants(value: object) -> Iterator[ast.Constant]:
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, (int, float)):
        yield ast.Constant(value + 1)
    elif isinstance(value, str) and value.isidentifier():  # a word that code compares, no text
        yield ast.Constant(f"{value}_")


def _mutants(file: Path, tree: ast.Module) -> Iterator[Mutant]:
    for node in _walk(tree):
        if isinstance(node, (ast.If, ast.IfExp)) and not _is_for_checkers(node.test):
            for value in ("True", "False"):
                yield _mutant(file, node.test, value, f"if {_short(node.test)} -> if {value}")
        elif isinstance(node, (ast.expr, ast.stmt)):
            for new in _changes(node):
                text = ast.unparse(new)
                text = f"({text})" if isinstance(node, ast.expr) else text
                yield _mutant(file, node, text, f"{_short(node)} -> {_short(new)}")


def _mutant(file: Path, node: ast.expr | ast.stmt, text: str, what: str) -> Mutant:
    end = (node.end_lineno or node.lineno, node.end_col_offset or 0)
    return Mutant(file, (node.lineno, node.col_offset), end, what, text)


def _name(function: ast.expr) -> str:
    match function:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""


def _is_log(call: ast.Call) -> bool:
    match call.func:
        case ast.Attribute(value=ast.Name(id=owner)):
            return owner in _LOGS
        case _:
            return False


def _short(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 3]}..."


def find(root: Path, target: str) -> list[Mutant]:
    """Every mutant of the files that a glob names, of one line alone with `:LINE` behind it."""
    pattern, _, line = target.partition(":")
    files = sorted(file for file in root.glob(pattern) if file.suffix == ".py")
    if not files:
        raise MutationError(f"no Python file matches {pattern}")
    found: list[Mutant] = []
    for file in files:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        mutants = _mutants(file.relative_to(root), tree)
        found += [mutant for mutant in mutants if not line or mutant.start[0] == int(line)]
    return found


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
        self._limit = limit
        self._command = [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0"]
        self._command += ["-p", "no:cacheprovider", "-m", "not slow", "--tb=no", "-rfE", *tests]
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
        if self._run() != SURVIVED:
            raise MutationError("the tests fail without any change; run them by themselves first")
        took = time.monotonic() - begin
        self._limit = self._limit or 30 + 3 * took
        return took

    def outcome(self, mutant: Mutant) -> str:
        """What the tests make of a mutant: "survived", "hung", or the test that failed."""
        file = self._folder / mutant.file
        original = file.read_bytes()
        file.write_bytes(mutant.apply(original))
        try:
            return self._run()
        finally:
            file.write_bytes(original)

    def _run(self) -> str:
        path = os.pathsep.join(str(self._folder / name) for name in PACKAGES)
        environment = {**os.environ, "PYTHONPATH": path}
        output = self._folder / "output.txt"  # no pipe: a server that outlives a hang holds it open
        with output.open("wb") as file:
            process = subprocess.Popen(
                self._command,
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
                return "hung"
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
    try:
        for line in run(ROOT, parser().parse_args()):
            print(line, flush=True)
    except MutationError as error:
        raise SystemExit(f"mutate: {error}") from None


if __name__ == "__main__":
    main()
