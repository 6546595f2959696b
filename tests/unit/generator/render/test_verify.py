from __future__ import annotations

import ast

import pytest

from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.render.verify import check
from tests.support.golden import FOLDER, NAMES

MODULE = '''"""A module."""

from __future__ import annotations

from functools import cached_property
from typing import Literal, TypeAlias

from gradio_session import App, Call, Endpoint

__all__ = ["Lab"]

Mode: TypeAlias = Literal["a", -1, None]


class DrawEndpoint(Endpoint[None], api_name="/draw", inputs=("textbox",), input_files={0: "file"}):
    """Draw."""

    def __call__(self, mode: Mode | None = None) -> None:
        """Draw."""
        return self.submit(mode).result()

    def submit(self, mode: Mode | None = None) -> Call[None]:
        """Start."""
        return self._submit(mode)


class Lab(App, runtime=1):
    """Lab."""

    @cached_property
    def draw(self) -> DrawEndpoint:
        """Draw."""
        return DrawEndpoint(self.session)
'''


def test_takes_what_templates_make() -> None:
    check(ast.parse(MODULE), "gradio_session")


@pytest.mark.parametrize("name", NAMES)
def test_takes_golden_modules(name: str) -> None:
    check(ast.parse((FOLDER / f"{name}.py").read_text("utf-8")), "gradio_session")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""A module."""', "x = 1"),
        ("from functools import cached_property", "import os"),
        ("from functools import cached_property", "from os import system"),
        ("from functools import cached_property", "from functools import cached_property as x"),
        ("from functools import cached_property", "from functools import reduce"),
        ("from gradio_session import", "from .gradio_session import"),
        ('__all__ = ["Lab"]', '__all__ = [print("x")]'),
        ('__all__ = ["Lab"]', 'print("x")'),
        ('__all__ = ["Lab"]', 'App = "Lab"'),
        ('__all__ = ["Lab"]', "if True:\n    pass"),
        ('Literal["a", -1, None]', "print()"),
        ('Literal["a", -1, None]', "Literal[print()]"),
        ('Literal["a", -1, None]', "Unknown"),
        ('api_name="/draw"', 'api_name="/" + "draw"'),
        ('api_name="/draw"', "api_name=print()"),
        ('api_name="/draw"', "**{}"),
        ('api_name="/draw"', "metaclass=App"),
        ("mode: Mode | None = None", "mode: Mode | None = print()"),
        ("mode: Mode | None = None", "mode: print() = None"),
        ("mode: Mode | None = None", "mode=None"),
        ("mode: Mode | None = None", "*mode: Mode"),
        ("mode: Mode | None = None", "mode: Mode | None = None, **rest: Mode"),
        ("self.submit(mode).result()", "self.submit(print()).result()"),
        ("self.submit(mode).result()", "self.close(mode).result()"),
        ("self.submit(mode).result()", "mode.submit(mode).result()"),
        ("self.submit(mode).result()", "self.submit(other).result()"),
        ("self.submit(mode).result()", "lambda: None"),
        ("        return self._submit(mode)", "        print()\n        return self._submit(mode)"),
        ("    @cached_property", "    @property"),
        ("    @cached_property", "    @cached_property()"),
        ("DrawEndpoint(self.session)", "print(self.session)"),
        ("    def submit", "    def __call__"),
        ("    def submit", "    x = 1\n\n    def submit"),
        ("class Lab(", "class DrawEndpoint("),
        ("class Lab(", "@print\nclass Lab("),
        ("class Lab(", "async def f(): pass\n\n\nclass Lab("),
    ],
)
def test_refuses_what_no_template_makes(old: str, new: str) -> None:
    assert old in MODULE
    with pytest.raises(CommandError, match="nothing was written"):
        check(ast.parse(MODULE.replace(old, new, 1)), "gradio_session")


@pytest.mark.parametrize(
    "structure",
    [
        'A = TypedDict("B", {"a-b": "str"})',
        'A = TypedDict("A", {"a-b": "print()"})',
        'A = TypedDict("A", {"a-b": str})',
        'A = TypedDict("A", {**{}})',
        'A = TypedDict("A", {"a-b": "str"}, total=print())',
        'A = NamedTuple("A", {"a-b": "str"})',
    ],
)
def test_refuses_functional_structures_that_hold_more(structure: str) -> None:
    with pytest.raises(CommandError, match="nothing was written"):
        check(ast.parse(f'"""A module."""\n\n{structure}\n'), "gradio_session")
    check(
        ast.parse('"""A module."""\n\nA = TypedDict("A", {"a-b": "str | list[A]"})\n'),
        "gradio_session",
    )
