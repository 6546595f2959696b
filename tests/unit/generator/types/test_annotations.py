"""What datamodel-code-generator makes of structures is what signatures say of the same types."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradio_codegen.code.escaping import Code
from gradio_codegen.types import datamodel
from gradio_codegen.types.annotations import Names, annotation
from gradio_codegen.types.graph import Node, TypeInterner
from gradio_codegen.types.json_schema import Reader
from gradio_codegen.types.structures import structures

FILE = {
    "type": "object",
    "properties": {
        "path": {"type": "string"},
        "meta": {"type": "object", "default": {"_type": "gradio.FileData"}},
    },
}
LEAVES = [
    *({"type": kind} for kind in ("string", "integer", "number", "boolean", "null")),
    {},
    FILE,
    {"enum": ["a", "b"]},
    {"const": 1},
]
schemas = st.recursive(
    st.sampled_from(LEAVES),
    lambda inner: st.one_of(
        inner.map(lambda item: {"type": "array", "items": item}),
        inner.map(lambda item: {"type": "object", "additionalProperties": item}),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"anyOf": parts}),
        st.lists(inner, min_size=1, max_size=3).map(
            lambda parts: {"type": "array", "prefixItems": parts, "minItems": len(parts)}
        ),
    ),
    max_leaves=6,
)


def record(properties: dict[str, Any], required: list[str]) -> Node:
    return Reader(
        TypeInterner(), {"type": "object", "properties": properties, "required": required}
    ).read()


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(schemas, min_size=1, max_size=6))
def test_keys_are_written_as_parameters_are(parts: list[dict[str, Any]]) -> None:
    node = record(
        {f"k{n}": part for n, part in enumerate(parts)}, [f"k{n}" for n in range(len(parts))]
    )
    names = Names({}, {node: Code("Thing")}, {})
    going_in, coming_out = structures({(node, "in"): None, (node, "out"): None}, names)
    for n, (_, field, _, _) in enumerate(node.fields):
        assert (
            going_in.keys[n].annotation.replace("'", '"')
            == f"ReadOnly[{annotation(field, 'in', names)}]"
        )
        assert coming_out.keys[n].annotation.replace("'", '"') == annotation(field, "out", names)


def test_the_two_families_of_a_structure() -> None:
    properties = {
        "role": {"type": "string"},
        "files": {"type": "array", "items": FILE},
        "note": {"type": "string", "default": ""},
        "extra": {"type": "string"},
    }
    node = record(properties, ["role"])
    going_in, coming_out = structures(
        {(node, "in"): None, (node, "out"): None}, Names({}, {node: Code("Message")}, {})
    )
    assert (going_in.name, [key.annotation for key in going_in.keys]) == (
        "MessageInput",
        [
            "ReadOnly[str]",
            "NotRequired[ReadOnly[Sequence[FileInput]]]",
            "NotRequired[ReadOnly[str]]",
            "NotRequired[ReadOnly[str]]",
        ],
    )
    assert (coming_out.name, [key.annotation for key in coming_out.keys]) == (
        "Message",
        ["str", "list[RemoteFile]", "str", "NotRequired[str]"],
    )


def test_keys_of_one_type_are_written_once(monkeypatch: pytest.MonkeyPatch) -> None:
    interner = TypeInterner()
    records = [
        Reader(interner, {"type": "object", "properties": {key: {"type": "string"}}}).read()
        for key in ("a", "b", "c")
    ]
    sizes: list[int] = []
    really = datamodel.annotations_of

    def annotations_of(schema: str) -> list[str]:
        sizes.append(len(json.loads(schema)["$defs"]["Keys"]["properties"]))
        return really(schema)

    monkeypatch.setattr(datamodel, "annotations_of", annotations_of)
    names = Names({}, {record: Code(f"R{n}") for n, record in enumerate(records)}, {})
    written = structures({(record, "out"): None for record in records}, names)
    assert sizes == [1]
    assert [(key.key, key.annotation) for one in written for key in one.keys] == [
        (key, "NotRequired[str]") for key in ("a", "b", "c")
    ]


def test_no_structures_no_work() -> None:
    assert structures({}, Names({}, {}, {})) == []
