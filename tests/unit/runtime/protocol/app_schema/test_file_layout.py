"""Where the files are in a schema."""

from __future__ import annotations

import ast
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradio_session.protocol.app_schema.file_layout import file_layout_of, is_file_schema

TEXT = {"type": "string"}
NULL = {"type": "null"}
META_CONST = {
    "type": "object",
    "properties": {"_type": {"const": "gradio.FileData", "type": "string"}},
    "required": ["_type"],
}
OPTIONAL_TEXT = {"anyOf": [TEXT, NULL], "default": None}
FIELDS = {
    "path": TEXT,
    "url": OPTIONAL_TEXT,
    "size": {"anyOf": [{"type": "integer"}, NULL]},
    "orig_name": OPTIONAL_TEXT,
}
FILE_6 = {
    "$defs": {"FileDataMeta": META_CONST},
    "properties": {**FIELDS, "meta": {"$ref": "#/$defs/FileDataMeta"}},
    "required": ["path"],
    "type": "object",
}
FILE_4 = {
    "properties": {**FIELDS, "meta": {"default": {"_type": "gradio.FileData"}, "type": "object"}},
    "required": ["path"],
    "type": "object",
}
IMAGE = {
    "properties": {
        **FIELDS,
        "path": OPTIONAL_TEXT,
        "meta": {"additionalProperties": True, "default": {"_type": "gradio.FileData"}},
    },
    "type": "object",
}
FILE_BEFORE_META = {"properties": FIELDS, "required": ["path"], "type": "object"}
DEFS = {
    "FileDataMeta": META_CONST,
    "FileData": {key: value for key, value in FILE_6.items() if key != "$defs"},
    "ImageData": IMAGE,
}
REF = {"$ref": "#/$defs/FileData"}
NOT_A_FILE = {"type": "object", "properties": {"path": TEXT, "meta": {"type": "object"}}}


def within(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "$defs": DEFS}


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
def test_shape(name: str) -> None:
    schema, shape = CASES[name]
    found = file_layout_of(schema)
    assert found == shape
    assert ast.literal_eval(repr(found)) == found
    assert file_layout_of(json.loads(json.dumps(schema))) == shape


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


def test_a_schema_inside_itself_is_unrolled_a_few_times() -> None:
    node = {
        "type": "object",
        "properties": {
            "file": REF,
            "children": {"type": "array", "items": {"$ref": "#/$defs/Node"}},
        },
    }
    shape: Any = file_layout_of({"$ref": "#/$defs/Node", "$defs": {**DEFS, "Node": node}})
    depth = 0
    while shape:
        depth += 1
        assert shape["keys"]["file"] == "file"
        shape = shape["keys"].get("children", {}).get("items")
    assert depth == 3


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/A"}}},
        {"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/B"}, "B": {"$ref": "#/$defs/A"}}},
        {"properties": {"path": {"$ref": "#"}, "meta": {"$ref": "#/properties/meta"}}},
    ],
)
def test_cycles_without_files(schema: dict[str, Any]) -> None:
    assert file_layout_of(schema) is None
    assert is_file_schema(schema) is False


def test_hostile_schemas_end_in_bounded_time() -> None:
    doubling: dict[str, Any] = {
        f"D{level}": {"type": "array", "prefixItems": [{"$ref": f"#/$defs/D{level + 1}"}] * 4}
        for level in range(30)
    }
    wide = {"type": "object", "properties": {f"k{number}": FILE_4 for number in range(30_000)}}
    deep: Any = FILE_4
    for _ in range(5_000):
        deep = {"type": "array", "items": deep}
    started = time.process_time()
    assert (
        len(repr(file_layout_of({"$ref": "#/$defs/D0", "$defs": {**doubling, "D30": FILE_4}})))
        < 1_000_000
    )
    assert len(repr(file_layout_of(wide))) < 1_000_000
    assert file_layout_of(deep) is None
    assert time.process_time() - started < 20


KEYWORDS = st.sampled_from(
    [
        "type",
        "properties",
        "items",
        "prefixItems",
        "anyOf",
        "oneOf",
        "allOf",
        "$ref",
        "$defs",
        "additionalProperties",
        "enum",
        "path",
        "meta",
    ]
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["#", "#/$defs/path", "string", "object"])
    | st.just(FILE_4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYWORDS, inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
def test_any_json_has_a_shape_that_is_a_literal(schema: Any) -> None:
    shape = file_layout_of(schema)
    assert ast.literal_eval(repr(shape)) == shape
