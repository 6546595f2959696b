"""JSON Schema as apps write it, read and written as annotations of both families."""

from __future__ import annotations

from typing import Any

import pytest

from gradio_codegen.types.annotations import Names, annotation
from gradio_codegen.types.graph import TypeInterner
from gradio_codegen.types.json_schema import MAX_CHOICES, Reader

FILE = {
    "type": "object",
    "properties": {
        "path": {"type": "string"},
        "meta": {"type": "object", "default": {"_type": "gradio.FileData"}},
    },
}
TEXT = {"type": "string"}


def both(schema: object) -> tuple[str, str, int]:
    """The annotations going in and coming out, and the number of problems."""
    reader = Reader(TypeInterner(), schema)
    node = reader.read()
    names = Names({}, {}, {})
    return annotation(node, "in", names), annotation(node, "out", names), len(reader.problems)


@pytest.mark.parametrize(
    ("schema", "written"),
    [
        (TEXT, "str"),
        ({"type": "integer"}, "int"),
        ({"type": "number"}, "float"),
        ({"type": "boolean"}, "bool"),
        ({"type": "null"}, "None"),
        ({"type": ["string", "null"]}, "str | None"),
        ({"oneOf": [{"type": "null"}, {"type": "integer"}]}, "int | None"),
        ({"anyOf": [TEXT, {"anyOf": [TEXT, {"type": "boolean"}]}]}, "str | bool"),
        ({"anyOf": [{"type": "integer"}, {"type": "number"}]}, "float"),
        ({"allOf": [TEXT]}, "str"),
        ({"const": "on"}, 'Literal["on"]'),
        ({"type": "string", "enum": []}, "str"),
        ({"type": "string", "enum": [75, 150]}, "Literal[75, 150]"),
        ({"type": "string", "enum": ["en", None]}, 'Literal["en"] | None'),
        ({"enum": ["a", 1, True, "a", 1]}, 'Literal["a", 1, True]'),
        ({"enum": [0.5, 1]}, "float"),
        ({"enum": [None]}, "None"),
        ({"enum": ["\ud800"]}, "str"),
        ({"enum": [10**30]}, "int"),
        ({"enum": [str(n) for n in range(MAX_CHOICES + 1)]}, "str"),
        ({"$ref": "#/$defs/A~1b", "$defs": {"A/b": TEXT}}, "str"),
        ({"type": "string", "format": "byte"}, "str"),
    ],
)
def test_the_same_in_and_out(schema: object, written: str) -> None:
    assert both(schema) == (written, written, 0)


@pytest.mark.parametrize(
    ("schema", "going_in", "coming_out"),
    [
        (FILE, "FileInput", "RemoteFile"),
        ({"$ref": "#/$defs/F", "$defs": {"F": FILE}}, "FileInput", "RemoteFile"),
        ({"anyOf": [FILE, {"type": "null"}]}, "FileInput | None", "RemoteFile | None"),
        ({"anyOf": [TEXT, FILE]}, "str | FileInput", "str | RemoteFile"),
        ({"type": "array", "items": FILE}, "Sequence[FileInput]", "list[RemoteFile]"),
        ({"type": "array", "items": TEXT, "uniqueItems": True}, "Sequence[str]", "list[str]"),
        (
            {"type": "object", "additionalProperties": {"type": "number"}},
            "Mapping[str, float]",
            "dict[str, float]",
        ),
        (
            {
                "type": "object",
                "properties": {"name": TEXT, "data": TEXT, "is_file": {"type": "boolean"}},
            },
            "FileInput",
            "RemoteFile",
        ),
    ],
)
def test_the_two_families(schema: object, going_in: str, coming_out: str) -> None:
    assert both(schema) == (going_in, coming_out, 0)


@pytest.mark.parametrize(
    ("schema", "written"),
    [
        ({}, "Any"),
        (True, "Any"),
        ({"type": {}}, "Any"),
        ({"type": {}, "description": "any valid json"}, "Any"),
        ({"title": "X"}, "Any"),
        ({"anyOf": [TEXT, {}]}, "Any"),
        ({"type": "array"}, "list[Any]"),
        ({"type": "array", "items": {}}, "list[Any]"),
        ({"type": "object"}, "dict[str, Any]"),
        ({"type": "object", "additionalProperties": True}, "dict[str, Any]"),
    ],
)
def test_anything_by_the_word_of_the_app(schema: object, written: str) -> None:
    node = Reader(TypeInterner(), schema).read()
    assert both(schema)[1:] == (written, 0)
    assert node.untyped_by_schema
    assert not node.untyped_by_us


def deep(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = TEXT
    for _ in range(levels):
        schema = {"type": "array", "items": schema}
    return schema


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        (7, "is no JSON Schema"),
        (None, "is no JSON Schema"),
        (False, "is no JSON Schema"),
        ({"type": "filepath"}, "is of a kind"),
        ({"allOf": [TEXT, {"minLength": 1}]}, "is of a kind"),
        ({"type": "object", "properties": {}}, "whose keys"),
        ({"type": "object", "additionalProperties": False}, "whose keys"),
        ({"type": "object", "properties": {str(n): TEXT for n in range(501)}}, "more than 500"),
        ({"type": "object", "properties": {"x" * 501: TEXT}}, "more than 500"),
        ({"enum": [["a"], ["b"]]}, "neither text nor numbers"),
        ({"$ref": "#/$defs/A"}, "not there"),
        ({"$ref": "http://example.org/schema.json"}, "not there"),
        (
            {
                "$ref": "#/$defs/A",
                "$defs": {"A": {"type": "array", "items": {"$ref": "#/$defs/A"}}},
            },
            "refers to itself",
        ),
        ({"$ref": "#"}, "refers to itself"),
    ],
)
def test_what_cannot_be_told_says_why(schema: object, problem: str) -> None:
    reader = Reader(TypeInterner(), schema)
    assert reader.read().untyped_by_us
    assert problem in reader.problems[0][1]


def test_too_deep_for_an_annotation() -> None:
    assert "[" in both(deep(10))[0]
    assert Reader(TypeInterner(), deep(40)).read().untyped_by_us
    assert Reader(TypeInterner(), deep(500)).read().untyped_by_us


def test_a_graph_of_references_is_read_in_linear_time() -> None:
    definitions: dict[str, Any] = {
        f"N{n}": {
            "type": "array",
            "prefixItems": [{"$ref": f"#/$defs/N{n + 1}"}] * 8,
            "minItems": 8,
        }
        for n in range(30)
    }
    definitions["N30"] = TEXT
    assert Reader(TypeInterner(), {"$ref": "#/$defs/N0", "$defs": definitions}).read().untyped_by_us


def record(schema: dict[str, Any]) -> dict[str, tuple[bool, bool]]:
    """For each key whether callers must give it, and whether it always comes out."""
    return {
        key: (given, present)
        for key, _, given, present in Reader(TypeInterner(), schema).read().fields
    }


def test_keys_required_and_present() -> None:
    properties = {
        "required": TEXT,
        "defaulted": {"type": "string", "default": ""},
        "made_anew": {"type": "array", "items": TEXT},
        "optional": TEXT,
    }
    assert record({"type": "object", "properties": properties, "required": ["required"]}) == {
        "required": (True, True),
        "defaulted": (False, True),
        "made_anew": (False, True),
        "optional": (False, False),
    }


def test_a_property_called_type_is_a_property() -> None:
    schema = {
        "type": "object",
        "properties": {
            "type": {"type": "string", "enum": ["a", "b"]},
            "items": TEXT,
            "enum": TEXT,
            "$ref": TEXT,
        },
    }
    assert list(record(schema)) == ["type", "items", "enum", "$ref"]


def test_equal_structures_are_one_node_whatever_the_order_of_their_keys() -> None:
    interner = TypeInterner()
    one = Reader(
        interner,
        {"type": "object", "title": "A", "properties": {"a": TEXT, "b": FILE}, "required": ["a"]},
    ).read()
    other = Reader(
        interner,
        {"type": "object", "title": "B", "required": ["a"], "properties": {"b": FILE, "a": TEXT}},
    ).read()
    third = Reader(
        interner, {"type": "object", "properties": {"a": TEXT, "b": FILE}, "required": ["b"]}
    ).read()
    assert one is other
    assert one is not third


def test_true_and_one_are_different_choices() -> None:
    interner = TypeInterner()
    assert interner.choices((True,)) is not interner.choices((1,))


@pytest.mark.parametrize(
    ("schema", "written"),
    [
        ({"prefixItems": [TEXT, {"type": "integer"}], "minItems": 2, "maxItems": 2}, "str | int"),
        ({"prefixItems": [TEXT, {"type": "null"}], "items": False, "minSize": 2}, "str | None"),
    ],
)
def test_arrays_come_out_as_lists_and_go_in_as_any_sequence(
    schema: dict[str, object], written: str
) -> None:
    expected = (f"Sequence[{written}]", f"list[{written}]", 0)
    assert both({"type": "array", **schema}) == expected


def test_the_content_of_a_message_may_be_given_as_text() -> None:
    parts = {"type": "array", "items": TEXT}
    message = {"type": "object", "title": "Message", "properties": {"content": parts}}
    node = Reader(TypeInterner(), message).read()
    (_, content, _, _) = node.fields[0]
    names = Names({}, {}, {})
    assert annotation(content, "in", names) == "str | Sequence[str]"
    assert annotation(content, "out", names) == "list[str]"
