"""What a shell may say for each kind of value."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gradio_session.cli.values import (
    Choice,
    File,
    FileOrText,
    Integer,
    Json,
    Kind,
    Number,
    Scalar,
    StandardInput,
    Text,
)

FILES = {"keys": {"files": {"items": "file"}, "note": "text|file"}}


def given(content: bytes = b"") -> StandardInput:
    return StandardInput(lambda: content)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Text(), "a b", "a b"),
        (Text(), "", ""),
        (Text(), "@handle", "@handle"),
        (Number(), "5", 5),
        (Number(), "-0.5", -0.5),
        (Integer(), "7", 7),
        (Choice("a", 2, True), "a", "a"),
        (Choice("a", 2, True), "2", 2),
        (Choice("a", 2, True), "True", True),
        (Choice("a", is_open=True), "b", "b"),
        (Scalar(), "3", 3),
        (Scalar(), "null", None),
        (Scalar(), "words", "words"),
        (Scalar(), "[1]", "[1]"),
        (File(), "https://example.org/a.png", "https://example.org/a.png"),
        (FileOrText(), "words", "words"),
        (Json(), '{"a": [1, null]}', {"a": [1, None]}),
        (Json(or_text=True), "words", "words"),
    ],
)
def test_a_text_becomes_a_value(kind: Kind, text: str, value: Any) -> None:
    found = kind.read(text, given())
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        (Number(), "many", "'many' is no number"),
        (Number(1, 50), "51", "51 is not in the range 1<=x<=50"),
        (Number(low=0), "-1", "range x>=0"),
        (Number(high=1.5), "2", "range x<=1.5"),
        (Integer(), "1.5", "'1.5' is no whole number"),
        (Choice("plain", "fancy"), "fanci", "did you mean 'fancy'"),
        (Choice("a\x1b[2J"), "b", "not among its choices"),
        (File(), "missing.png", "missing.png is no file"),
        (File(), ".", "is a directory"),
        (File(marked=True), "a.png", "write @a.png"),
        (FileOrText(), "@missing", "is no file"),
        (Json(), "{", "takes JSON"),
        (Json(), "[" * 50_000, "takes JSON"),
        (Json(), "@missing.json", "is no file"),
        (Json(FILES), '{"files": ["a.png"]}', "write @a.png"),
    ],
)
def test_what_is_no_value_is_said_in_a_sentence(kind: Kind, text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        kind.read(text, given())
    assert "\x1b" not in str(caught.value)


def test_files_in_their_places(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"x")
    document = tmp_path / "value.json"
    document.write_text('{"files": ["@' + str(path) + '"], "note": "plain", "@x": "@y"}')
    assert File().read(str(path), given()) == path
    assert File(marked=True).read(f"@{path}", given()) == path
    assert FileOrText().read(f"@{path}", given()) == path
    assert Json(FILES).read(f"@{document}", given()) == {
        "files": [path],
        "note": "plain",
        "@x": "@y",
    }


def test_standard_input_is_read_once() -> None:
    assert File().read("-", given(b"\0\1")) == b"\0\1"
    assert Text().read("-", given("grüße\n".encode())) == "grüße"
    assert Json().read("-", given(b"[1]")) == [1]
    twice = given(b"x")
    Text().read("-", twice)
    with pytest.raises(ValueError, match="only one parameter"):
        File().read("-", twice)
