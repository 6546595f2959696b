"""Whether a value of one type may stand where another one is expected, in both directions."""

from __future__ import annotations

import ast

import pytest

from gradio_codegen.compare.interface import read
from gradio_codegen.compare.type_relations import Relation, Type, Types, show

MODULE = """
from typing import Literal, NotRequired, ReadOnly, TypeAlias, TypedDict

Style: TypeAlias = Literal["x", "y"]

class Box(TypedDict):
    n: int

class Wide(TypedDict):
    n: float
    t: "NotRequired[ReadOnly[str]]"

class Strict(TypedDict):
    n: int
    t: str

class Tree(TypedDict):
    trees: list[Tree]

class Bush(TypedDict):
    trees: list[Bush]
"""
TYPES = Types(read(MODULE))


def kind(text: str) -> Type:
    return TYPES.read(ast.parse(text, mode="eval").body)


@pytest.mark.parametrize(
    ("given", "taken", "goes_in", "comes_out"),
    [
        # Names
        ("str", "str", True, True),
        ("str", "int", False, False),
        ("bool", "int", True, True),
        ("int", "bool", False, False),
        ("bool", "float", True, True),
        ("int", "float", True, True),
        ("float", "int", False, False),
        ("str", "Any", True, True),
        ("str", "object", True, True),
        ("Any", "str", False, True),
        ("object", "str", False, False),
        ("'str'", "str", True, True),
        # Files
        ("RemoteFile", "FileInput", True, True),
        ("bytes", "FileInput", True, True),
        ("FileInput", "FileInput", True, True),
        ("str", "FileInput", False, False),
        ("FileInput", "RemoteFile", False, False),
        # Literals and unions
        ("Style", "Literal['x', 'y']", True, True),
        ("Literal['x']", "Style", True, True),
        ("Style", "Literal['x']", False, False),
        ("Style", "str", True, True),
        ("str", "Style", False, False),
        ("Literal[1]", "float", True, True),
        ("Literal[1]", "str", False, False),
        ("Literal[1]", "Literal[True]", False, False),
        ("Literal['x']", "list[str]", False, False),
        ("Literal['x', None]", "str | None", True, True),
        ("str", "Optional[str]", True, True),
        ("str | int", "Union[int, str]", True, True),
        ("str | None", "str", False, False),
        ("None", "str | None", True, True),
        # Lists: one that comes out is handed on as it is
        ("list[int]", "list[int]", True, True),
        ("list[int]", "list[float]", True, False),
        ("list[int]", "Sequence[float]", True, True),
        ("Sequence[int]", "Sequence[int]", True, True),
        ("Sequence[int]", "list[int]", False, False),
        ("list[int | str]", "list[str | int]", True, True),
        ("list[int]", "list[int | str]", True, False),
        ("list[int | str]", "list[int | str | None]", True, False),
        ("list[list[int]]", "list[list[int]]", True, True),
        ("list[list[int]]", "list[list[float]]", True, False),
        ("list[int]", "int", False, False),
        ("int", "list[int]", False, False),
        ("str", "Sequence[str]", True, True),
        ("str", "Sequence[int]", False, False),
        ("bytes", "Sequence[str]", False, False),
        # Mappings
        ("dict[str, int]", "dict[str, int]", True, True),
        ("dict[str, int]", "dict[str, float]", True, False),
        ("dict[str, int]", "Mapping[str, float]", True, True),
        ("Mapping[str, int]", "dict[str, int]", False, False),
        ("dict[str, int]", "list[str]", False, False),
        # Tuples
        ("tuple[int, str]", "tuple[int, str]", True, True),
        ("tuple[int, str]", "tuple[float, str]", True, True),
        ("tuple[int, str]", "tuple[int]", False, False),
        ("tuple[int]", "tuple[int, str]", False, False),
        ("tuple[int, int]", "tuple[int, ...]", True, True),
        ("tuple[int, ...]", "tuple[float, ...]", True, True),
        ("tuple[int, str]", "tuple[int, ...]", False, False),
        ("tuple[int, ...]", "tuple[int, int]", False, False),
        ("tuple[int, str]", "Sequence[int | str]", True, True),
        ("tuple[int, str]", "Sequence[int]", False, False),
        ("tuple[int, ...]", "Sequence[int]", True, True),
        # Structures
        ("Box", "Box", True, True),
        ("Box", "Wide", True, False),
        ("Wide", "Box", False, False),
        ("Box", "Strict", False, False),
        ("Strict", "Box", False, True),
        ("Strict", "Wide", True, True),
        ("Wide", "Strict", False, False),
        ("Tree", "Bush", True, True),
        ("Box", "Tree", False, False),
        ("list[Tree]", "list[Bush]", True, True),
        ("list[Box]", "list[Box]", True, True),
        ("list[Box]", "list[int]", False, False),
        ("Box", "str", False, False),
    ],
)
def test_what_fits(given: str, taken: str, *, goes_in: bool, comes_out: bool) -> None:
    """Callers gave what goes in to the old module; what comes out is that of the new one."""
    assert Relation(TYPES, TYPES, "in").holds(kind(given), kind(taken)) is goes_in
    assert Relation(TYPES, TYPES, "out").holds(kind(taken), kind(given)) is comes_out


def test_keys_that_are_always_there() -> None:
    assert TYPES.fields("Wide") == {"n": (kind("float"), True), "t": (kind("str"), False)}
    assert TYPES.record("Style") is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("str", "str"),
        ("Optional[str]", "str | None"),
        ("Style", "'x' | 'y'"),
        ("dict[str, list[int]]", "dict[str, list[int]]"),
        ("tuple[int, ...]", "tuple[int, ...]"),
        ("Literal[1, 2, 3, 4, 5, 6, 7, 8]", "1 | 2 | 3 | 4 | 5 | 6 | 7 | 8"),
        ("Literal[1, 2, 3, 4, 5, 6, 7, 8, 9]", "1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | ... (9 in all)"),
    ],
)
def test_how_people_read_it(text: str, words: str) -> None:
    assert show(kind(text)) == words
