from __future__ import annotations

import ast
from typing import Any

import pytest

from gradio_codegen.code.escaping import Code, comment, docstring, is_visible, literal, one_line

NASTY = [
    '"',
    "'",
    '"""',
    "\\",
    "\\\\",
    '\\"',
    "\n",
    "\r\n",
    "\x00",
    "\u202e",
    "\ud800",
    "{{ 7*7 }}",
    "# noqa",
    "é",
    "🦊",
    "\u2028",
    "\x1b[31m",
    "\ufeff",
    "",
]


@pytest.mark.parametrize("text", [*NASTY, "".join(NASTY)])
def test_a_literal_evaluates_to_its_text(text: str) -> None:
    code = literal(text)
    assert ast.literal_eval(code) == text
    assert is_visible(code)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        -1,
        2**63,
        0.5,
        -1e300,
        (),
        ("a",),
        ("a", 1),
        [],
        ["a"],
        {},
        {"a": ("b", None)},
        {0: "file"},
    ],
)
def test_a_literal_evaluates_to_its_value(value: Any) -> None:
    assert ast.literal_eval(literal(value)) == value


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), {1}, b"x"])
def test_some_values_have_no_literal(value: Any) -> None:
    with pytest.raises(TypeError, match="no literal"):
        literal(value)


@pytest.mark.parametrize(
    "text", [*NASTY, "".join(NASTY), 'ends with "', 'ends with """', '"starts', "ends with \\"]
)
def test_a_docstring_stays_between_its_quotes(text: str) -> None:
    source = f'def f():\n    """{docstring(text)}"""\n'
    body = ast.parse(source).body
    assert len(body) == 1
    function = body[0]
    assert isinstance(function, ast.FunctionDef)
    assert len(function.body) == 1
    assert ast.get_docstring(function) is not None


def test_a_docstring_reads_as_it_was_written() -> None:
    assert ast.literal_eval(f'"""{docstring(NASTY[2] + chr(92) + "d")}"""') == '"""\\d'
    assert docstring("    indented") == "    indented"


@pytest.mark.parametrize(
    "text",
    [
        "coding: latin-1",
        "-*- coding=utf-7 -*-",
        "# type: ignore",
        "# noqa",
        "a\nimport os",
        "a\rb",
        "a\x0cb",
        "a\u2028b",
    ],
)
def test_a_comment_stays_one_comment_that_nobody_obeys(text: str) -> None:
    source = f"# {comment(text)}\nx = 1\n"
    assert len(ast.parse(source.encode()).body) == 1
    assert source.count("#") == 1
    assert source.splitlines()[1:] == ["x = 1"]
    assert "coding:" not in source
    assert "coding=" not in source


def test_one_line_is_cut_off() -> None:
    assert one_line("  a \n b\x00\u202ec  ") == "a bc"
    assert one_line("x" * 300) == "x" * 197 + "..."
    assert len(one_line("word " * 100, 30)) <= 30


def test_code_is_made_by_filters_alone() -> None:
    assert not isinstance("a" + Code("b"), Code)
    assert isinstance(literal("a"), Code)
