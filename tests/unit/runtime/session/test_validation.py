"""Results checked against their types."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, TypedDict

import pytest

from gradio_session import UNCHANGED, ResponseError
from gradio_session.session.validation import validator_for
from tests.support.scripts import python


class RemoteFile:
    """Stands for a file in this module's annotations."""


class TextPart(TypedDict):
    text: str
    type: Literal["text"]


class FilePart(TypedDict):
    file: RemoteFile
    alt_text: str | None
    type: Literal["file"]


class Message(TypedDict):
    role: str
    content: list[TextPart | FilePart]
    metadata: dict[str, Any]


Odd = TypedDict("Odd", {"with space": "int", "class": "list[Message]"})


class Tree(TypedDict):
    value: int
    children: list[Tree]


class Result(NamedTuple):
    """Two results."""

    chat: list[Message]
    seed: float


FILE = RemoteFile()
TEXT = {"text": "hi", "type": "text"}
CHAT = [
    {
        "role": "user",
        "content": [TEXT, {"file": FILE, "alt_text": None, "type": "file"}],
        "metadata": {},
    }
]

FITS: list[tuple[str, Any]] = [
    ("str", "a"),
    ("str", "\ud800"),
    ("int", 3),
    ("float", 3.5),
    ("float", 3),
    ("bool", True),
    ("None", None),
    ("Any", object()),
    ("RemoteFile", FILE),
    ("RemoteFile | None", None),
    ("str | RemoteFile", "text"),
    ("list[str]", []),
    ("list[RemoteFile]", [FILE]),
    ("dict[str, float]", {"a": 1, "b": 2.5}),
    ("tuple[int, str]", [1, "a"]),
    ("tuple[int, str]", (1, "a")),
    ("tuple[RemoteFile | None, RemoteFile | None] | None", [FILE, None]),
    ("Literal['a', 1, None]", None),
    ("int | str | list[int]", [1]),
    ("list[Message]", CHAT),
    ("Message", {**CHAT[0], "unknown key": 1}),
    ("Odd", {"with space": 3, "class": CHAT}),
    ("Tree", {"value": 1, "children": [{"value": 2, "children": []}]}),
    ("Result", Result(CHAT, 3)),  # type: ignore[arg-type]
    ("Result", (CHAT, 3)),
    ("str", UNCHANGED),
    ("Result", Result(UNCHANGED, 3)),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("annotation", "value"), FITS)
def test_what_fits_comes_back_as_it_is(annotation: str, value: Any) -> None:
    assert validator_for(annotation, globals())(value) is value


def test_types_as_well_as_their_texts() -> None:
    assert validator_for(Result, globals())((CHAT, 1.5)) == (CHAT, 1.5)
    assert validator_for(int, {})(3) == 3


MISMATCHES: list[tuple[str, Any, str]] = [
    ("str", 3, "[0]"),
    ("str", None, "[0]"),
    ("int", "3", "[0]"),
    ("int", 3.0, "[0]"),
    ("int", True, "[0]"),
    ("float", "3", "[0]"),
    ("float", True, "[0]"),
    ("bool", 1, "[0]"),
    ("None", 3, "[0]"),
    ("RemoteFile", None, "[0]"),
    ("RemoteFile", "/etc/passwd", "[0]"),
    ("RemoteFile", {"path": "/x"}, "[0]"),
    ("list[RemoteFile]", [FILE, {"path": "/x"}], "[0][1]"),
    ("list[str]", "ab", "[0]"),
    ("list[str]", ("a",), "[0]"),
    ("dict[str, float]", {"a": 1, "b": "x"}, "[0].b"),
    ("tuple[int, str]", [1], "[0]"),
    ("tuple[int, str]", [1, 2], "[0][1]"),
    ("Literal['a', 1]", "b", "[0]"),
    ("list[Message]", [CHAT[0], {**CHAT[0], "role": None}], "[0][1].role"),
    ("list[Message]", [{"role": "user", "content": []}], "[0][0].metadata"),
    (
        "list[Message]",
        [{**CHAT[0], "content": [TEXT, {"file": "x", "alt_text": None, "type": "file"}]}],
        "[0][0].content[1].file",
    ),
    ("list[Message]", [{**CHAT[0], "content": [{**TEXT, "text": 3}]}], "[0][0].content[0].text"),
    ("Odd", {"with space": 3}, "[0].class"),
    ("Tree", {"value": 1, "children": [3]}, "[0].children[0]"),
    ("Result", (CHAT, "x"), "[1]"),
    ("Result", ([{**CHAT[0], "metadata": 3}], 1), "[0][0].metadata"),
]


@pytest.mark.parametrize(("annotation", "value", "path"), MISMATCHES)
def test_what_does_not_fit_is_an_error_with_its_path(
    annotation: str, value: Any, path: str
) -> None:
    with pytest.raises(ResponseError, match=r"^/f: a result does not fit its type at \[") as caught:
        validator_for(annotation, globals(), api_name="/f")(value)
    assert caught.value.path == path
    assert caught.value.data == (list(value) if annotation == "Result" else [value])
    assert caught.value.api_name == "/f"


def test_the_wrong_number_of_results() -> None:
    with pytest.raises(ResponseError, match="3 results where 2"):
        validator_for("Result", globals())((1, 2, 3))


def test_null_is_let_through_where_the_component_gives_it() -> None:
    assert validator_for("RemoteFile", globals(), components=("image",))(None) is None
    assert validator_for("Result", globals(), components=("chatbot", "number"))((CHAT, None))
    for component in ("chatbot", "slider", "checkbox", "api", "something of a stranger"):
        with pytest.raises(ResponseError):
            validator_for("list[Message]", globals(), components=(component,))(None)
    with pytest.raises(ResponseError):
        validator_for("list[RemoteFile]", globals(), components=("file",))([None])


def test_an_unknown_name_in_an_annotation() -> None:
    with pytest.raises(NameError):
        validator_for("Missing", globals())


def test_hostile_keys_in_a_path_stay_on_one_line() -> None:
    with pytest.raises(ResponseError) as caught:
        validator_for("dict[str, int]", globals())({"a\n\x1b[2J": "x"})
    assert "\n" not in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_without_pydantic_it_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['pydantic'] = None\n"
        "from gradio_session.session.validation import validator_for\n"
        "try: validator_for('int', {})\n"
        "except ImportError as error: print(error)"
    )
    done = python("-c", code)
    assert (
        done.stdout.strip()
        == 'Session(validate=True) needs pydantic: pip install "gradio-session[validate]"'
    )
