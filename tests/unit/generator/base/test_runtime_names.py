"""The generator imports the runtime through one module, and that module has what it lists."""

from __future__ import annotations

import ast

import pytest

from gradio_session import generator_interface
from tests.support.environments import ROOT

GENERATOR = ROOT / "generator" / "gradio_codegen"


def imported(text: str) -> set[tuple[str, str]]:
    """Module and name of whatever a file imports of the runtime."""
    found: set[tuple[str, str]] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {(a.name, "") for a in node.names if a.name.startswith("gradio_session")}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("gradio_session"):
            found |= {(str(node.module), alias.name) for alias in node.names}
    return found


def test_the_generator_imports_nothing_else_of_the_runtime() -> None:
    used = set[tuple[str, str]]().union(
        *(imported(path.read_text("utf-8")) for path in GENERATOR.rglob("*.py"))
    )
    module = "gradio_session.generator_interface"
    names = {name for source, name in used if source == module}
    assert used - {(module, name) for name in names} == {("gradio_session", "generator_interface")}
    assert names <= set(generator_interface.__all__)


def test_every_name_of_the_list_is_used() -> None:
    text = "\n".join(path.read_text("utf-8") for path in GENERATOR.rglob("*.py"))
    assert [name for name in generator_interface.__all__ if name not in text] == []


@pytest.mark.parametrize("name", generator_interface.__all__)
def test_every_name_of_the_list_is_there(name: str) -> None:
    assert getattr(generator_interface, name) is not None


def test_a_name_that_is_not_listed_is_refused() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nope'"):
        getattr(generator_interface, "nope")  # noqa: B009 - type checkers know that it is not there
