"""The rules of the house that a machine can check: linters, type checkers, metadata, who imports
whom.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.environments import ROOT
from tests.support.scripts import python

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

GENERATOR = ROOT / "generator" / "gradio_codegen"
RUNTIME = ROOT / "runtime" / "gradio_session"
PROJECTS = {
    path: tomllib.loads(path.read_text(encoding="utf-8"))
    for path in (ROOT / "pyproject.toml", ROOT / "runtime" / "pyproject.toml")
}


def imports(path: Path) -> set[str]:
    """The dotted names of all modules that the file imports, at any depth; `from a import b` gives
    `a` and `a.b`.
    """
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


@pytest.mark.parametrize(
    "command",
    [
        "ruff check .",
        "ruff format --check .",
        pytest.param("pyright", marks=pytest.mark.slow),
        pytest.param("mypy", marks=pytest.mark.slow),
    ],
)
def test_linters_and_type_checkers_are_content(command: str) -> None:
    python("-m", *command.split(), cwd=ROOT)


@pytest.mark.parametrize("command", ["check", "format --check"])
def test_generated_modules_satisfy_ruff_as_anybody_would_run_it(command: str) -> None:
    python("-m", "ruff", *command.split(), "--isolated", "generated", cwd=ROOT)


def test_the_runtime_never_imports_the_generator() -> None:
    guilty = [
        path.name
        for path in RUNTIME.rglob("*.py")
        if any(name.split(".")[0] == "gradio_codegen" for name in imports(path))
    ]
    assert not guilty


def test_only_the_transport_imports_httpx() -> None:
    guilty = [
        path.name
        for path in RUNTIME.rglob("*.py")
        if path.parent.name != "transport" and _imports_at_run_time(path, {"httpx", "httpcore"})
    ]
    assert not guilty


def test_the_protocol_core_has_no_sockets_clocks_or_threads() -> None:
    forbidden = {
        "socket",
        "ssl",
        "select",
        "threading",
        "asyncio",
        "concurrent",
        "subprocess",
        "httpx",
        "httpcore",
    }
    assert not {
        path.name: found
        for path in (RUNTIME / "protocol").rglob("*.py")
        if (found := _imports_at_run_time(path, forbidden))
    }
    assert not [
        path.name for path in (RUNTIME / "protocol").rglob("*.py") if _reads_the_clock(path)
    ]


def _reads_the_clock(path: Path) -> bool:
    """Whether the file calls a function of `time` itself; handing one over as an effect is not
    reading it.
    """
    calls = [
        node.func
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    ]
    return any(
        isinstance(func, ast.Attribute)
        and isinstance(func.value, ast.Name)
        and func.value.id == "time"
        for func in calls
    )


def _imports_at_run_time(path: Path, roots: set[str]) -> set[str]:
    """Which of `roots` the file imports outside `if TYPE_CHECKING:`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            node.body = [ast.Pass()]
    names = [
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    ]
    names += [
        node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module
    ]
    return {name.split(".")[0] for name in names} & roots


def test_data_flows_one_way_through_the_generator() -> None:
    stages = ["source", "app_schema", "plan", "render", "project"]
    for number, stage in enumerate(stages):
        later = {f"gradio_codegen.{name}" for name in stages[number + 1 :]}
        for path in (GENERATOR / stage).glob("*.py"):
            assert not imports(path) & later, f"{path.name} imports a later stage"


def test_both_distributions_have_the_same_version_and_the_changelog_knows_it() -> None:
    versions = {project["project"]["version"] for project in PROJECTS.values()}
    assert len(versions) == 1
    assert f"## {versions.pop()}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_runtime_depends_on_httpx_alone() -> None:
    dependencies = PROJECTS[ROOT / "runtime" / "pyproject.toml"]["project"]["dependencies"]
    assert [Requirement(text).name for text in dependencies] == ["httpx"]


@pytest.mark.parametrize("python", ["3.10", "3.11", "3.12", "3.13"])
def test_the_constraints_pin_everything_that_is_asked_for(python: str) -> None:
    asked = [text for project in PROJECTS.values() for text in project["project"]["dependencies"]]
    asked += PROJECTS[ROOT / "pyproject.toml"]["dependency-groups"]["dev"]
    environment = {
        **default_environment(),
        "python_version": python,
        "python_full_version": f"{python}.0",
    }
    pinned: dict[str, str] = {}
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        pin = Requirement(line)
        if pin.marker is None or pin.marker.evaluate(environment):
            assert canonicalize_name(pin.name) not in pinned, f"{pin.name} is pinned twice"
            pinned[canonicalize_name(pin.name)] = str(pin.specifier).removeprefix("==")
    for text in asked:
        requirement = Requirement(text)
        name = canonicalize_name(requirement.name)
        if name != "gradio-session" and (
            requirement.marker is None or requirement.marker.evaluate(environment)
        ):
            assert name in pinned, f"{name} is not pinned"
            assert requirement.specifier.contains(pinned[name]), (
                f"{name} {pinned[name]} is not {requirement.specifier}"
            )


@pytest.mark.parametrize(
    "name", ["constraints.txt", "constraints-gradio5.txt", "constraints-gradio4.txt"]
)
def test_the_constraints_name_no_index_and_no_host(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert not [line for line in text.splitlines() if line.startswith("-")]
