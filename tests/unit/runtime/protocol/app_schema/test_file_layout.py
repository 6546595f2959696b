"""Where the files are in a schema."""

from __future__ import annotations

import ast
import json
from typing import Any

import pytest

from gradio_session.protocol.app_schema.file_layout import file_layout_of, is_file_schema
from tests.support.file_schemas import (
    FILE_4,
    FILE_6,
    FILE_BEFORE_META,
    IMAGE,
    NOT_A_FILE,
    NULL,
    OPTIONAL_TEXT,
    REF,
    TEXT,
    within,
)

MESSAGE = {
    "type": "object",
    "properties": {
        "role": TEXT,
        "content": {
            "anyOf": [
                TEXT,
                {"type": "object", "properties": {"file": REF, "alt_text": OPTIONAL_TEXT}},
                {"type": "object"},
            ]
        },
    },
}
CASES: dict[str, tuple[Any, Any]] = {
    "FileData of Gradio 6": (FILE_6, "file"),
    "FileData of Gradio 4.44": (FILE_4, "file"),
    "FileData before meta": (FILE_BEFORE_META, "file"),
    "ImageData": (IMAGE, "file"),
    "a reference to it": (within(REF), "file"),
    "a reference with words beside it": (
        within({**REF, "description": "A picture", "default": None}),
        "file",
    ),
    "optional": (within({"anyOf": [REF, NULL]}), "file"),
    "optional by oneOf, null first": (within({"oneOf": [NULL, REF]}), "file"),
    "wrapped by allOf": (within({"allOf": [REF], "description": "x"}), "file"),
    "a union of two kinds of file": (
        within({"anyOf": [REF, {"$ref": "#/$defs/ImageData"}]}),
        "file",
    ),
    "text or file": (within({"anyOf": [TEXT, REF, NULL]}), "text|file"),
    "a number or a file": (within({"anyOf": [{"type": "number"}, REF]}), "text|file"),
    "anything or a file": (within({"anyOf": [{}, REF]}), "text|file"),
    "another object or a file": (
        within({"anyOf": [{"type": "object", "properties": {"a": TEXT}}, REF]}),
        "text|file",
    ),
    "a list of files": (within({"type": "array", "items": REF}), {"items": "file"}),
    "an optional list of optional files": (
        within({"anyOf": [NULL, {"type": "array", "items": {"anyOf": [REF, NULL]}}]}),
        {"items": "file"},
    ),
    "a file or a list of them": (
        within({"anyOf": [REF, {"type": "array", "items": REF}]}),
        {"items": "file", "file": "file"},
    ),
    "a file, a text or a list": (
        within({"anyOf": [REF, TEXT, {"type": "array", "items": REF}]}),
        {"items": "file", "file": "text|file"},
    ),
    "a pair": (
        within({"type": "array", "prefixItems": [REF, TEXT], "minItems": 2}),
        {"prefix": ("file", None)},
    ),
    "a pair and the rest": (
        within({"type": "array", "prefixItems": [TEXT], "items": REF}),
        {"items": "file", "prefix": (None,)},
    ),
    "a pair in the old spelling": (
        within({"type": "array", "items": [TEXT, REF]}),
        {"prefix": (None, "file")},
    ),
    "an optional pair of optional images": (
        within(
            {
                "anyOf": [
                    {
                        "type": "array",
                        "prefixItems": [{"anyOf": [{"$ref": "#/$defs/ImageData"}, NULL]}] * 2,
                    },
                    NULL,
                ]
            }
        ),
        {"prefix": ("file", "file")},
    ),
    "a pair or a list": (
        within(
            {
                "anyOf": [
                    {"type": "array", "prefixItems": [TEXT, REF]},
                    {"type": "array", "items": REF},
                ]
            }
        ),
        {"items": "file", "prefix": ("text|file", "file")},
    ),
    "a video with subtitles": (
        within(
            {"type": "object", "properties": {"video": REF, "subtitles": {"anyOf": [REF, NULL]}}}
        ),
        {"keys": {"subtitles": "file", "video": "file"}},
    ),
    "a gallery": (
        within(
            {
                "type": "array",
                "items": {
                    "anyOf": [
                        {"type": "object", "properties": {"video": REF, "caption": OPTIONAL_TEXT}},
                        {
                            "type": "object",
                            "properties": {
                                "image": {"$ref": "#/$defs/ImageData"},
                                "caption": OPTIONAL_TEXT,
                            },
                        },
                    ]
                },
            }
        ),
        {"items": {"keys": {"image": "file", "video": "file"}}},
    ),
    "a multimodal message": (
        within(
            {
                "type": "object",
                "properties": {
                    "text": TEXT,
                    "files": {"type": "array", "items": REF, "default": []},
                },
            }
        ),
        {"keys": {"files": {"items": "file"}}},
    ),
    "a chat of messages": (
        within({"type": "array", "items": MESSAGE}),
        {"items": {"keys": {"content": {"keys": {"file": "file"}}}}},
    ),
    "a mapping of files": (
        within({"type": "object", "additionalProperties": REF}),
        {"values": "file"},
    ),
    "a mapping by pattern": (
        within({"type": "object", "patternProperties": {"^a": REF, "^b": TEXT}}),
        {"values": "text|file"},
    ),
    "keys and the rest": (
        within(
            {"type": "object", "properties": {"a": TEXT, "b": REF}, "additionalProperties": REF}
        ),
        {"keys": {"b": "file"}, "values": "file"},
    ),
    "definitions by the older word": (
        {"$ref": "#/definitions/F", "definitions": {"F": FILE_4}},
        "file",
    ),
    "a key that needs escaping in a reference": (
        {"$ref": "#/$defs/a~1b%20c", "$defs": {"a/b c": FILE_4}},
        "file",
    ),
    "a reference through a list": ({"$ref": "#/anyOf/1", "anyOf": [TEXT, FILE_4]}, "file"),
    "a reference to a reference": (
        {"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/B"}, "B": FILE_4}},
        "file",
    ),
    "text": (TEXT, None),
    "the impossible type": ({"type": {}, "description": "any valid json"}, None),
    "nothing": ({}, None),
    "true": (True, None),
    "false": (False, None),
    "no schema at all": (None, None),
    "text where a schema belongs": ("Blob | File | Buffer", None),
    "choices": ({"enum": ["a", None]}, None),
    "an object that looks a little like a file": (NOT_A_FILE, None),
    "a property called type": (
        {"type": "object", "properties": {"type": {"enum": ["a"]}, "plot": TEXT}},
        None,
    ),
    "properties that are no schemas": (
        {"type": "object", "properties": {"a": 3, "b": [FILE_4]}},
        None,
    ),
    "a reference that leads nowhere": ({"$ref": "#/$defs/Missing"}, None),
    "a reference out of the document": ({"$ref": "http://evil/schema.json#/x"}, None),
    "an empty union": ({"anyOf": []}, None),
}


@pytest.mark.parametrize("name", CASES)
def test_file_layout(name: str) -> None:
    schema, layout = CASES[name]
    found = file_layout_of(schema)
    assert found == layout
    assert ast.literal_eval(repr(found)) == found
    assert file_layout_of(json.loads(json.dumps(schema))) == layout


def test_equal_schemas_have_one_spelling() -> None:
    keys = {"b": REF, "a": REF}
    turned = dict(reversed(keys.items()))
    assert repr(file_layout_of(within({"properties": keys}))) == repr(
        file_layout_of(within({"properties": turned}))
    )


@pytest.mark.parametrize(
    ("schema", "is_file"),
    [
        (FILE_6, True),
        (FILE_4, True),
        (IMAGE, True),
        (within(REF), True),
        (NOT_A_FILE, False),
        (TEXT, False),
        (None, False),
        (True, False),
    ],
)
def test_is_file_schema(schema: Any, is_file: bool) -> None:
    assert is_file_schema(schema) is is_file


def test_is_file_schema_inside_another() -> None:
    assert is_file_schema(REF, within({}))
    assert not is_file_schema(REF)
