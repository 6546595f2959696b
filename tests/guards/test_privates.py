"""Tests use no private name of the packages. Ruff (SLF001) sees those after a dot; this sees those
that are imported, and those that stand in a text for `getattr` or `monkeypatch`.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.support.environments import ROOT

PACKAGES = ("gradio_session", "gradio_codegen")
BY_TEXT = {"getattr", "hasattr", "setattr", "delattr", "setitem"}
PRIVATE = re.compile(r"(^|\.)_(?!_)")


def private_names(path: Path) -> list[str]:
    """The private names of the packages that a file of tests uses, with their lines."""
    found: list[str] = []
    tree = ast.parse(path.read_text("utf-8"))
    for node in [each for each in ast.walk(tree) if isinstance(each, ast.stmt | ast.Call)]:
        names: list[str] = []
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith(PACKAGES):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names if alias.name.startswith(PACKAGES)]
        elif isinstance(node, ast.Call) and called(node) in BY_TEXT:
            texts = [each.value for each in node.args if isinstance(each, ast.Constant)]
            names = [each for each in texts if isinstance(each, str) and is_ours(each)]
        found += [f"{path.name}:{node.lineno} {name}" for name in names if PRIVATE.search(name)]
    return found


def called(node: ast.Call) -> str:
    return ast.unparse(node.func).rpartition(".")[2]


def is_ours(name: str) -> bool:
    """Whether a text may name an attribute of the packages: not one of another module."""
    return "." not in name or name.startswith(PACKAGES)


def test_no_test_uses_a_private_name() -> None:
    folders = [each for each in (ROOT / "tests").iterdir() if each.name != "golden"]
    found = [private_names(path) for folder in folders for path in sorted(folder.rglob("*.py"))]
    assert len(found) > 100
    assert [each for each in found if each] == []


@pytest.mark.parametrize(
    "text",
    [
        "from gradio_session.stream._pace import Pace",
        "from gradio_session.stream.pacing import _after",
        "import gradio_codegen._plan",
        "monkeypatch.setattr(live, '_console', None)",
        "monkeypatch.setattr('gradio_session.display.live._console', None)",
        "getattr(session, '_open')",
    ],
)
def test_it_can_fail(text: str, tmp_path: Path) -> None:
    path = tmp_path / "test_x.py"
    path.write_text(text, "utf-8")
    assert len(private_names(path)) == 1
