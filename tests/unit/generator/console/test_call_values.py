"""`name=value` arguments, read by what a parameter takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gradio_codegen.app_schema.schema import parse as parse_app
from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.console.call_names import Target, find_target
from gradio_codegen.console.call_values import read_arguments, values_of
from gradio_codegen.source.document import Document
from tests.support.command import FILE, NUMBER, TEXT, app, choice, many, takes

MAYBE_TEXT = {"anyOf": [TEXT, {"type": "null"}]}
MAYBE_NUMBER = {"oneOf": [{"type": "null"}, NUMBER]}
MESSAGE = {
    "type": "object",
    "properties": {"text": TEXT, "files": {"type": "array", "items": {"$ref": "#/$defs/FileData"}}},
    "$defs": {"FileData": FILE},
    "required": ["text"],
}


def endpoint(*parameters: dict[str, Any]) -> Target:
    document = app("Lab", run=(list(parameters), []))
    parsed, _ = parse_app(Document(document["info"], document["config"], "lab", None, "lab"))
    return find_target(parsed, "run", {})


def read(schema: dict[str, Any], *texts: str, given: bytes = b"") -> Any:
    return read_arguments(
        endpoint(takes("a", schema)), [f"a={text}" for text in texts], lambda: given
    )["a"]


def refused(schema: dict[str, Any], *texts: str) -> str:
    with pytest.raises(CommandError) as caught:
        read(schema, *texts)
    assert caught.value.exit_code == 2
    return caught.value.message


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [
        (TEXT, "a=b c", "a=b c"),
        (TEXT, "", ""),
        (TEXT, "null", "null"),
        (TEXT, "5", "5"),
        (TEXT, "@handle", "@handle"),
        (MAYBE_TEXT, "null", None),
        (MAYBE_TEXT, "x", "x"),
        (NUMBER, "5", 5),
        (NUMBER, "5.5", 5.5),
        (NUMBER, "1e3", 1000.0),
        (MAYBE_NUMBER, "", None),
        ({"type": "integer"}, "-7", -7),
        ({"type": "boolean"}, "No", False),
        ({"type": "boolean"}, "1", True),
        (choice("x", "y"), "y", "y"),
        ({"type": "string", "enum": [75, True, None]}, "75", 75),
        ({"type": "string", "enum": [75, True, None]}, "true", True),
        ({"type": "string", "enum": [75, True, None]}, "null", None),
        (many(NUMBER), "[1, 2]", [1, 2]),
        (many(NUMBER), "1", [1]),
        (many(TEXT), "one", ["one"]),
        ({"type": "object"}, '{"a": [1]}', {"a": [1]}),
        ({"type": {}}, '{"a": 1}', {"a": 1}),
        ({"type": {}}, "words", "words"),
        ({}, "3", 3),
    ],
)
def test_a_text_becomes_what_the_parameter_takes(
    schema: dict[str, Any], text: str, value: Any
) -> None:
    result = read(schema, text)
    assert (result, type(result)) == (value, type(value))


@pytest.mark.parametrize(
    ("schema", "text", "words"),
    [
        (NUMBER, "many", "takes a number, not 'many'"),
        ({"type": "integer"}, "1.5", "takes a whole number"),
        ({"type": "boolean"}, "maybe", "takes true or false"),
        (choice("plain", "fancy"), "fanci", "did you mean 'fancy'"),
        (many(choice("a", "b")), "c", "is not among its choices ('a', 'b')"),
        ({"type": "object"}, "{", "takes JSON (an object)"),
        ({"type": "object"}, "[" * 50_000, "takes JSON"),
        (FILE, "plain.txt", "write @plain.txt"),
        (FILE, "@missing.txt", "missing.txt is no file"),
        (FILE, "@.", "is a directory"),
        (MESSAGE, '{"text": "x", "files": ["plain.txt"]}', "write @plain.txt"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_is_allowed(
    schema: dict[str, Any], text: str, words: str
) -> None:
    message = refused(schema, text)
    assert message.startswith("/run, parameter a: ")
    assert words in message


def test_files_by_path_address_and_standard_input(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"x")
    assert read(FILE, f"@{path}") == path
    assert read(FILE, "https://example.org/a.png") == "https://example.org/a.png"
    assert read(FILE, "-", given=b"\0\1") == b"\0\1"
    assert read(many(FILE), f"@{path}", f"@{path}") == [path, path]
    assert read(MESSAGE, f'{{"text": "@x", "files": ["@{path}"]}}') == {
        "text": "@x",
        "files": [path],
    }


def test_standard_input_is_read_as_the_parameter_takes_it() -> None:
    assert read(TEXT, "-", given="grüße\n".encode()) == "grüße"
    assert read(NUMBER, "-", given=b"5\n") == 5
    assert read({"type": "object"}, "-", given=b'{"a": 1}') == {"a": 1}
    with pytest.raises(CommandError, match="only one parameter"):
        read_arguments(endpoint(takes("a"), takes("b")), ["a=-", "b=-"], lambda: b"")


def test_names_are_checked_before_values() -> None:
    target = endpoint(takes("prompt"), takes("steps", NUMBER, 5))
    assert read_arguments(target, ["prompt=x"], lambda: b"") == {"prompt": "x"}
    for arguments, words in (
        (["promt=x"], "did you mean 'prompt'"),
        (["steps=1"], "prompt must be given"),
        (["prompt"], "NAME=VALUE"),
        (["prompt=a", "prompt=b"], "one value"),
    ):
        with pytest.raises(CommandError, match=words):
            read_arguments(target, arguments, lambda: b"")


def test_a_choice_that_takes_others_too_takes_them() -> None:
    document = app("Lab", run=([takes("a", choice("x"))], []))
    document["info"]["named_endpoints"]["/run"]["parameters"][0]["allow_custom_value"] = True
    parsed, _ = parse_app(Document(document["info"], document["config"], "lab", None, "lab"))
    target = find_target(parsed, "run", {})
    assert read_arguments(target, ["a=anything"], lambda: b"") == {"a": "anything"}


def test_what_a_shell_may_offer() -> None:
    offered = [
        values_of(endpoint(takes("a", schema)).parameters["a"])
        for schema in (choice("x", "y"), {"type": "boolean"}, TEXT)
    ]
    assert offered == [["x", "y"], ["true", "false"], []]
