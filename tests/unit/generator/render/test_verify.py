from __future__ import annotations

import ast

import pytest

from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.render.verify import check
from tests.support.golden import FOLDER, NAMES

MODULE = '''"""A module."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, Literal, TypeAlias, TypeVar

from gradio_session import App, Bound, Call, Endpoint, Signature

__all__ = ["Lab"]

R_co = TypeVar("R_co", covariant=True)


class Lab(App, runtime=2):
    """Lab."""

    draw: DrawEndpoint
    """Draw."""


class DrawSignature(Signature[R_co], api_name="/draw", inputs="textbox", input_files={0: "file"}):
    def __call__(self, mode: Mode | None = None, *, more: str = "") -> R_co:
        """Draw."""
        return self._send(mode, more)


class DrawEndpoint(DrawSignature[Coroutine[Any, Any, "Mode"]], Endpoint["Mode"]):
    submit: DrawSignature[Call[Mode]]
    bind: DrawSignature[Bound[Mode]]


Mode: TypeAlias = Literal["a", -1, None]
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
        ("from collections.abc import Coroutine", "import os"),
        ("from collections.abc import Coroutine", "from os import system"),
        ("from collections.abc import Coroutine", "from collections.abc import Coroutine as x"),
        ("from collections.abc import Coroutine", "from functools import reduce"),
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
        ("mode: Mode | None = None, *, ", "*mode: Mode, "),
        ('more: str = ""', 'more: str = "", **rest: Mode'),
        ("self._send(mode, more)", "self._send(mode, print())"),
        ("self._send(mode, more)", "self.close(mode, more)"),
        ("self._send(mode, more)", "mode._send(mode, more)"),
        ("self._send(mode, more)", "self._send(more, mode)"),
        ("self._send(mode, more)", "self._send(mode)"),
        ("self._send(mode, more)", "self._send(mode, more=more)"),
        ("self._send(mode, more)", "self._send(mode, more).result()"),
        ("self._send(mode, more)", "lambda: None"),
        ("        return self", "        print()\n        return self"),
        ("    def __call__", "    @property\n    def __call__"),
        ("    def __call__", "    async def __call__"),
        ("    def __call__", "    def close"),
        ("    def __call__", "    x = 1\n\n    def __call__"),
        ("    draw: DrawEndpoint", "    draw: print()"),
        ("    draw: DrawEndpoint", "    draw: DrawEndpoint = print()"),
        ('Endpoint["Mode"]', 'Endpoint["print()"]'),
        ('Endpoint["Mode"]', 'Endpoint["Mode", print()]'),
        ("covariant=True", "covariant=print()"),
        ('R_co = TypeVar("R_co", covariant=True)', 'T = TypeVar("T", covariant=True)'),
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
