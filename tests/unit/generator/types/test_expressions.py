"""Types as a person writes them: which are read, and which are refused."""

from __future__ import annotations

import warnings

import pytest

from gradio_codegen.types.annotations import Names, annotation
from gradio_codegen.types.expressions import read_type
from gradio_codegen.types.graph import TypeInterner


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("str", "str"),
        (" int ", "int"),
        ("float", "float"),
        ("bool", "bool"),
        ("Any", "Any"),
        ("None | int", "int | None"),
        ("int | float", "float"),
        ("str | int | None", "str | int | None"),
        ("list[str]", "Sequence[str]"),
        ("list[list[int | None]]", "Sequence[Sequence[int | None]]"),
        ("Literal['a']", 'Literal["a"]'),
        ('Literal["a", 1, -2, True, "a"]', 'Literal["a", 1, -2, True]'),
        ("Literal[1, True]", "Literal[1, True]"),
        ("Literal['a', None]", 'Literal["a"] | None'),
        (r"""Literal['it"s', "\n", '\\', '\u202e']""", r'Literal["it\"s", "\n", "\\", "\u202e"]'),
        ("list[Literal['x', 'y']]", 'Sequence[Literal["x", "y"]]'),
    ],
)
def test_a_type_is_written_anew(written: str, meant: str) -> None:
    node = read_type(written, TypeInterner())
    assert annotation(node, "in", Names({}, {}, {})) == meant


@pytest.mark.parametrize(
    "written",
    [
        "",
        "None",
        "int or str",
        "integer",
        "Int",
        "object",
        "bytes",
        "FileInput",
        "'int'",
        "int,",
        "int; str",
        "x = int",
        "list",
        "list[int, str]",
        "dict[str, int]",
        "Literal",
        "Literal[()]",
        "Literal[a]",
        "Literal[1.5]",
        "Literal[b'a']",
        "Literal[...]",
        "Literal[-True]",
        "Literal[('a', 'b'), 'c']",
        "Literal[f'{x}']",
        "Literal['\\ud800']",
        f"Literal[{2**63}]",
        "Literal['a'][0]",
        "typing.Any",
        "int & str",
        "str.mro()",
        "(lambda: int)()",
        "[int for x in y]",
        "__import__('os').system('x')",
        "Literal[__import__('os')]",
        "list[__import__('os')]",
        "int | __import__('os')",
        "int\x00",
        "(" * 3_000,
        "-" * 3_000 + "1",
        "list[" * 60 + "int" + "]" * 60,
        f"Literal[{'x' * 5_000!r}]",
    ],
)
def test_anything_else_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read_type(written, TypeInterner())


def test_nothing_is_printed_of_a_backslash() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_type(r"Literal['\d']", TypeInterner()).choices == ("\\d",)
