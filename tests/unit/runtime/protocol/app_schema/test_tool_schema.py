"""The parameters of an endpoint in the form that tools of language models take."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from gradio_session import EndpointDescription
from gradio_session.protocol.app_schema.tool_schema import MAX_PARTS

META = {"type": "object", "default": {"_type": "gradio.FileData"}}
FILE = {
    "title": "FileData",
    "description": "The FileData class is a subclass of ...",
    "type": "object",
    "properties": {"path": {"type": "string"}, "meta": META},
}
A_FILE = {"type": "string", "description": "the URL or the local path of a file"}


def described(*parameters: dict[str, Any]) -> EndpointDescription:
    return EndpointDescription("/draw", {"parameters": list(parameters)})


def property_of(schema: Any, **more: Any) -> Any:
    """The property that stands for a parameter of that schema."""
    endpoint = described({"parameter_name": "it", "type": schema, **more})
    Draft202012Validator.check_schema(endpoint.input_schema)
    return endpoint.input_schema["properties"]["it"]


def test_the_schema_of_an_endpoint() -> None:
    endpoint = described(
        {"parameter_name": "prompt", "label": "Prompt", "type": {"type": "string"}},
        {
            "parameter_name": "steps",
            "label": "Steps",
            "type": {"type": "number", "description": "numeric value between 1 and 50"},
            "parameter_has_default": True,
            "parameter_default": 25,
        },
    )
    assert endpoint.input_schema == {
        "type": "object",
        "properties": {
            "prompt": {"description": "Prompt", "type": "string"},
            "steps": {
                "description": "Steps: numeric value between 1 and 50",
                "type": "number",
                "default": 25,
            },
        },
        "required": ["prompt"],
        "additionalProperties": False,
    }
    assert [each.required for each in endpoint.parameters] == [True, False]


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (FILE, A_FILE),
        ({"anyOf": [FILE, {"type": "null"}]}, {"anyOf": [A_FILE, {"type": "null"}]}),
        (
            {"$defs": {"F": FILE}, "type": "array", "items": {"$ref": "#/$defs/F"}},
            {"type": "array", "items": A_FILE},
        ),
        # Text at a place that takes text or a file goes as text.
        ({"anyOf": [FILE, {"type": "string"}]}, {"anyOf": [{"type": "string"}]}),
        ({"anyOf": [FILE, FILE]}, {"anyOf": [A_FILE, A_FILE]}),
    ],
)
def test_files_are_strings(schema: Any, expected: Any) -> None:
    assert property_of(schema) == expected


def test_a_file_of_the_server_is_no_default() -> None:
    default = {"path": "/tmp/a.png", "meta": {"_type": "gradio.FileData"}}
    assert property_of(FILE, parameter_has_default=True, parameter_default=default) == A_FILE


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": {}, "description": "any valid json"}, {"description": "any valid json"}),
        ({}, {}),
        (True, {}),
        ("Blob", {}),
        ({"type": "string", "enum": []}, {"type": "string"}),
        ({"type": "string", "enum": [1, None]}, {"enum": [1, None]}),
        (
            {"type": "object", "properties": {"type": {"enum": ["a"]}}, "required": ["type"]},
            {"type": "object", "properties": {"type": {"enum": ["a"]}}, "required": ["type"]},
        ),
        ({"type": "number", "minimum": "0", "maximum": 5}, {"type": "number", "maximum": 5}),
        ({"type": "array", "items": {}, "maxSize": 3}, {"type": "array", "items": {}}),
        ({"type": "array", "prefixItems": [FILE, {"type": "null"}]}, None),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, None),
        ({"$ref": "#/$defs/nowhere"}, {}),
        ({"$ref": "https://example.org/schema"}, {}),
        ({"required": "all", "anyOf": "none", "items": False}, {"items": False}),
    ],
)
def test_odd_schemas_become_valid_ones(schema: Any, expected: Any) -> None:
    found = property_of(schema)
    if expected is not None:
        assert found == expected


def test_schemas_that_refer_to_themselves_end() -> None:
    tree = {"type": "object", "properties": {"more": {"$ref": "#"}}}
    assert property_of(tree)["properties"]["more"]["properties"]["more"]["type"] == "object"
    wide = {f"d{n}": {"anyOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 9} for n in range(20)}
    found = property_of({"$defs": wide, "$ref": "#/$defs/d0"})
    assert repr(found).count("{") < 2 * MAX_PARTS
