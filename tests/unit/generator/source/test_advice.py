"""Advice of the runtime reaches people of the command as options, never as Python arguments."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from gradio_codegen.source.advice import WORDS, in_options
from tests.support.environments import ROOT

RUNTIME = ROOT / "runtime" / "gradio_session"
ROOMS = ("protocol", "transport", "connection", "stream", "calls")
ARGUMENT = re.compile(
    r"\b(token|auth|headers|cookies|verify|cert|proxy|timeout)=|\bsession\.\w+\(|\bverify\b"
)
"""What only Python understands, among what the options of a command are made of."""


def no_messages(tree: ast.AST) -> set[int]:
    """Which constants of a file are no texts of messages: docstrings, and those of `__repr__`."""
    left_out: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            left_out.add(id(node.value))
        elif isinstance(node, ast.FunctionDef) and node.name == "__repr__":
            left_out |= {id(each) for each in ast.walk(node)}
    return left_out


def texts() -> Iterator[str]:
    """Every text in the rooms whose errors the command may show."""
    for room in ROOMS:
        for path in sorted((RUNTIME / room).rglob("*.py")):
            tree = ast.parse(path.read_text("utf-8"))
            left_out = no_messages(tree)
            for node in ast.walk(tree):
                value = node.value if isinstance(node, ast.Constant) else None
                if isinstance(value, str) and " " in value and id(node) not in left_out:
                    yield value


def test_no_text_of_the_runtime_names_an_argument_once_it_is_translated() -> None:
    found = list(texts())
    assert len(found) > 100
    assert [text for text in found if ARGUMENT.search(in_options(text))] == []


@pytest.mark.parametrize("words", WORDS)
def test_every_translation_is_of_a_text_that_the_runtime_has(words: str) -> None:
    assert any(words in text for text in texts())


def test_what_is_no_advice_stays() -> None:
    assert in_options("127.0.0.1:7860 refused the connection.").endswith("connection.")
