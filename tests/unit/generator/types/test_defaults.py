from __future__ import annotations

from typing import Any

import pytest

from gradio_codegen.app_schema import schema
from gradio_codegen.types.annotations import Names, annotation
from gradio_codegen.types.defaults import decide, fits
from gradio_codegen.types.graph import TypeInterner
from gradio_codegen.types.json_schema import Reader
from tests.support.golden import document, endpoint, named, parameter

TEXT = {"type": "string"}
NUMBER = {"type": "number"}
CHOICES = {"type": "string", "enum": ["a", "b"]}
FILE = {
    "type": "object",
    "properties": {
        "path": TEXT,
        "meta": {"type": "object", "default": {"_type": "gradio.FileData"}},
    },
}


def decided(type_: object, **more: Any) -> tuple[str | None, str]:
    """The default and the annotation of a parameter."""
    app, _ = schema.parse(document(named(f=endpoint([parameter("x", type_, **more)]))))
    interner = TypeInterner()
    code, node = decide(app.endpoints[0].parameters[0], Reader(interner, type_).read(), interner)
    return code, annotation(node, "in", Names({}, {}, {}))


@pytest.mark.parametrize(
    ("type_", "default", "code", "annotated"),
    [
        (TEXT, "it's", '"it\'s"', "str"),
        (TEXT, 'a "b" \\', '"a \\"b\\" \\\\"', "str"),
        (NUMBER, 25, "25", "float"),
        (NUMBER, -0.5, "-0.5", "float"),
        ({"type": "boolean"}, False, "False", "bool"),
        (CHOICES, "a", '"a"', 'Literal["a", "b"]'),
        ({"type": "array", "items": CHOICES}, ["a"], '("a",)', 'Sequence[Literal["a", "b"]]'),
        ({"type": "array", "items": TEXT}, [], "()", "Sequence[str]"),
        ({"anyOf": [FILE, {"type": "null"}]}, None, "None", "FileInput | None"),
        ({}, None, "None", "Any"),
        ({}, {"a": 1}, "DEFAULT", "Any"),
    ],
)
def test_defaults_that_fit(type_: object, default: object, code: str, annotated: str) -> None:
    assert decided(type_, default=default) == (code, annotated)


@pytest.mark.parametrize(
    ("type_", "default", "code", "annotated"),
    [
        (CHOICES, "own/model", '"own/model"', 'Literal["a", "b"] | str'),
        (CHOICES, None, "None", 'Literal["a", "b"] | None'),
        (CHOICES, 3, "3", 'Literal["a", "b"] | int'),
        (
            {"type": "array", "items": CHOICES},
            ["a", "z"],
            '("a", "z")',
            'Sequence[Literal["a", "b"] | str]',
        ),
        (TEXT, 3, "3", "str | int"),
        (TEXT, None, "None", "str | None"),
        (FILE, None, "None", "FileInput | None"),
        (NUMBER, "", '""', "float | str"),
        (NUMBER, True, "True", "float | bool"),
    ],
)
def test_the_type_widens_until_the_default_checks(
    type_: object, default: object, code: str, annotated: str
) -> None:
    assert decided(type_, default=default) == (code, annotated)


@pytest.mark.parametrize(
    ("type_", "default", "annotated"),
    [
        (TEXT, "x" * 121, "str"),
        (TEXT, "two\nlines", "str"),
        (TEXT, "\u202egnirts", "str"),
        (TEXT, ["a"], "str"),
        (TEXT, {"a": 1}, "str"),
        (FILE, "cat.png", "FileInput"),
        ({"type": "integer"}, 2**63, "int"),
        ({"type": "array", "items": NUMBER}, list(range(13)), "Sequence[float]"),
        (
            {"type": "array", "items": {"type": "array", "items": TEXT}},
            [["a"]],
            "Sequence[Sequence[str]]",
        ),
        ({"type": "array", "items": CHOICES}, "a", 'Sequence[Literal["a", "b"]]'),
    ],
)
def test_defaults_left_to_the_app(type_: object, default: object, annotated: str) -> None:
    assert decided(type_, default=default) == ("DEFAULT", annotated)


def test_no_default() -> None:
    assert decided(TEXT) == (None, "str")


def test_components_that_take_more_than_their_choices() -> None:
    assert decided(CHOICES, allow_custom_value=True) == (None, 'Literal["a", "b"] | str')
    assert decided({"type": "array", "items": CHOICES}, allow_custom_value=True, default=["c"]) == (
        '("c",)',
        'Sequence[Literal["a", "b"] | str]',
    )


@pytest.mark.parametrize(
    ("type_", "value", "fitting"),
    [
        (CHOICES, "c", False),
        ({"enum": [1]}, True, False),
        ({"enum": [True]}, 1, False),
        ({"type": "integer"}, 1.0, False),
        ({"type": "integer"}, True, False),
        (NUMBER, 1, True),
        ({"type": "array", "prefixItems": [TEXT, NUMBER], "minItems": 2}, ["a", 1], True),
        ({"type": "array", "prefixItems": [TEXT, NUMBER], "minItems": 2}, [None, 1], False),
        ({"type": "object", "additionalProperties": NUMBER}, {"a": 1}, True),
        ({"type": "object", "additionalProperties": NUMBER}, {"a": "b"}, False),
        (
            {"type": "object", "properties": {"a": TEXT, "b": TEXT}, "required": ["a"]},
            {"a": ""},
            True,
        ),
        (
            {"type": "object", "properties": {"a": TEXT, "b": TEXT}, "required": ["a"]},
            {"b": ""},
            False,
        ),
    ],
)
def test_fits(type_: object, value: object, *, fitting: bool) -> None:
    assert fits(Reader(TypeInterner(), type_).read(), value) is fitting
