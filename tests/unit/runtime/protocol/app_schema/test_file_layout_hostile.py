"""Where files stand in schemas that refer to themselves, are hostile or are no schemas at all."""

from __future__ import annotations

import ast
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradio_session.protocol.app_schema.file_layout import file_layout_of, is_file_schema
from tests.support.file_schemas import DEFS, FILE_4, REF


def test_a_schema_inside_itself_is_unrolled_a_few_times() -> None:
    node = {
        "type": "object",
        "properties": {
            "file": REF,
            "children": {"type": "array", "items": {"$ref": "#/$defs/Node"}},
        },
    }
    layout: Any = file_layout_of({"$ref": "#/$defs/Node", "$defs": {**DEFS, "Node": node}})
    depth = 0
    while layout:
        depth += 1
        assert layout["keys"]["file"] == "file"
        layout = layout["keys"].get("children", {}).get("items")
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
def test_any_json_has_a_layout_that_is_a_literal(schema: Any) -> None:
    layout = file_layout_of(schema)
    assert ast.literal_eval(repr(layout)) == layout
