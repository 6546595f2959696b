"""What the user gave, as values in order: names, defaults, and what is refused before anything is
sent.
"""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradio_session import DEFAULT
from gradio_session.errors import ParameterError
from gradio_session.protocol.app_schema.config import AppConfig, Dependency
from gradio_session.protocol.app_schema.info import AppInfo, EndpointDescription
from gradio_session.protocol.app_schema.parameters import arrange, check, resolved
from tests.support.flows import component, config_document, dependency

FILE = {
    "type": "object",
    "properties": {
        "path": {"type": "string"},
        "meta": {"default": {"_type": "gradio.FileData"}, "type": "object"},
    },
}


def described(*parameters: tuple[str, bool, Any]) -> EndpointDescription:
    """An endpoint of `/info` by its parameters: name, has a default, default."""
    records = [
        {"parameter_name": name, "parameter_has_default": has, "parameter_default": value}
        for name, has, value in parameters
    ]
    info = AppInfo({"named_endpoints": {"/draw": {"parameters": records}}}, "http://h")
    found = info.get("/draw")
    assert found is not None
    return found


DRAW = described(("prompt", False, None), ("scheduler", True, "euler"), ("steps", True, 25))


def wired(schema: Any, *, kind: str = "x", **props: Any) -> Dependency:
    """An endpoint with one input of that schema, after one that the app skips."""
    components = [component(1, "state", skip=True), component(2, kind, schema=schema, **props)]
    record = dependency("draw", 0, (1, 2))
    return AppConfig(
        config_document(components=components, dependencies=[record]), "http://h"
    ).dependency("draw")


@pytest.mark.parametrize(
    ("params", "values"),
    [
        ({"prompt": "a"}, ["a", DEFAULT, DEFAULT]),
        ({"steps": 3, "prompt": "a"}, ["a", DEFAULT, 3]),
        ({"prompt": None}, [None, DEFAULT, DEFAULT]),
        (["a", "b", 3], ["a", "b", 3]),
        (("a",), ["a", DEFAULT, DEFAULT]),
        (["a", "b"], ["a", "b", DEFAULT]),
        (["a", "b", 3, 4], ["a", "b", 3, 4]),
    ],
)
def test_lists_go_in_order_and_mappings_by_name(params: Any, values: list[Any]) -> None:
    assert arrange("/draw", params, DRAW) == values


def test_a_list_may_leave_out_only_what_has_a_default() -> None:
    with pytest.raises(ParameterError, match="'prompt' has no default") as caught:
        arrange("/draw", [], DRAW)
    assert caught.value.parameter == "prompt"
    assert arrange("/draw", ["a"], None) == ["a"]  # not described: `payloads.build` counts


def test_no_parameters() -> None:
    assert arrange("/draw", None, None) == []
    assert arrange("/draw", None, described(("a", True, 1))) == [DEFAULT]
    with pytest.raises(ParameterError, match="'prompt' has no default"):
        arrange("/draw", None, DRAW)


@pytest.mark.parametrize(
    ("params", "words", "parameter"),
    [
        ({"promt": "a"}, "^/draw has no parameter 'promt'. Did you mean 'prompt'", "promt"),
        ({"PROMPT": "a"}, "Did you mean 'prompt'", "PROMPT"),
        ({"zzz": 1, "prompt": "a"}, "It has 'prompt', 'scheduler', 'steps'", "zzz"),
        ({"prompt": "a", 3: 1}, "has no parameter 3", None),
        ({"steps": 3}, "^/draw: parameter 'prompt' has no default; pass a value", "prompt"),
        ("a cat", r"not as a str. For a single value pass \[value\]", None),
        (b"x", "not as a bytes", None),
        (3, "not as an int", None),
        ({1, 2}, "not as a set", None),
    ],
)
def test_what_cannot_be_placed(params: Any, words: str, parameter: str | None) -> None:
    with pytest.raises(ParameterError, match=words) as caught:
        arrange("/draw", params, DRAW)
    assert (caught.value.api_name, caught.value.parameter) == ("/draw", parameter)


def test_all_missing_parameters_are_named() -> None:
    with pytest.raises(ParameterError, match="parameters 'a', 'b' have no default"):
        arrange("/draw", {}, described(("a", False, None), ("b", False, None), ("c", True, 1)))
    with pytest.raises(ParameterError, match="It takes none"):
        arrange("/draw", {"a": 1}, described())


def test_names_need_a_description() -> None:
    with pytest.raises(ParameterError, match=r"not described by the app's /info.*as a list"):
        arrange("/draw", {"a": 1}, None)


@pytest.mark.parametrize("kind", [{"kind": "json"}, {"kind": "json", "name": "settings"}])
@pytest.mark.parametrize(
    ("written", "meant"),
    [("root={'a': [1, None]}", {"a": [1, None]}), ("root=[1, 2]", [1, 2]), ("root=5", 5)],
)
def test_a_class_in_place_of_a_json_default_is_none(
    kind: dict[str, Any], written: str, meant: Any
) -> None:
    """Gradio 4.36 writes `str(JsonData(...))` into `/config`, and the value into `/info`."""
    old = wired({}, value=written, **kind)
    assert old.visible_inputs[0].default is None
    assert resolved(old, [DEFAULT], described(("settings", True, meant))) == [meant]
    new = wired({}, value=meant, **kind)
    assert resolved(new, [DEFAULT]) == [meant]
    text = wired({"type": "string"}, kind="textbox", value=written)
    assert resolved(text, [DEFAULT]) == [written]


def test_defaults_are_those_of_the_live_components() -> None:
    components = [
        component(1, value="live"),
        component(2, "state", skip=True),
        component(3, "image"),
        component(4, "file", value={"path": "/srv/x"}),
    ]
    live = AppConfig(
        config_document(components=components, dependencies=[dependency("draw", 0, (1, 2, 3, 4))]),
        "http://h",
    ).dependency("draw")
    info = described(("a", True, "old"), ("b", True, "from info"), ("c", True, None))
    assert resolved(live, [DEFAULT, DEFAULT, DEFAULT], info) == [
        "live",
        "from info",
        {"path": "/srv/x"},
    ]
    assert resolved(live, [DEFAULT, DEFAULT, DEFAULT]) == ["live", None, {"path": "/srv/x"}]
    assert resolved(live, ["mine", 2, DEFAULT]) == ["mine", 2, {"path": "/srv/x"}]
    assert resolved(live, (1, 2, 3)) == [1, 2, 3]
    assert resolved(live, [1, 2, 3, DEFAULT]) == [1, 2, 3, DEFAULT]


class Colour(str, Enum):
    RED = "red"


TEXT, INTEGER, NUMBER, BOOLEAN = (
    {"type": name} for name in ("string", "integer", "number", "boolean")
)
COLOURS = {"type": "string", "enum": ["red", "green"]}
FITS: list[tuple[Any, Any]] = [
    (TEXT, "x"),
    (TEXT, Colour.RED),
    (NUMBER, 3),
    (NUMBER, 3.5),
    (NUMBER, np.float64(3.5)),
    (INTEGER, 3),
    (INTEGER, 3.0),
    (INTEGER, 10**30),
    (BOOLEAN, True),
    (COLOURS, "red"),
    (COLOURS, Colour.RED),
    ({"enum": [1, 2.5, None, True]}, 1.0),
    ({"enum": [1, 2.5, None, True]}, None),
    ({"type": "string", "enum": []}, "anything"),
    ({"type": "array", "items": COLOURS}, ["red", "red"]),
    ({"type": "array", "items": COLOURS}, ()),
    ({"type": "array", "prefixItems": [TEXT, INTEGER]}, ("a", 1)),
    ({"type": "object", "properties": {"a": TEXT}}, {"a": 3}),
    ({"type": ["string", "null"]}, None),
    ({"anyOf": [TEXT, {"type": "null"}]}, None),
    ({"oneOf": [{"type": "null"}, INTEGER]}, 3),
    ({"anyOf": [TEXT, {"type": "array", "items": TEXT}]}, ["a"]),
    ({"$ref": "#/$defs/A", "$defs": {"A": COLOURS}}, "green"),
    ({"type": {}, "description": "any valid json"}, object()),
    ({}, 3),
    (True, 3),
    ({"type": "filepath"}, 3),
    (FILE, "picture.png"),
    (FILE, Path("picture.png")),
    (FILE, b"bytes"),
    (FILE, {"path": "/srv/x"}),
    (FILE, None),
    ({"type": "array", "items": FILE}, [Path("a"), b"b", "c"]),
    ({"anyOf": [TEXT, FILE]}, Path("a")),
    ({"type": "array", "items": {}}, range(3)),
]


@pytest.mark.parametrize(("schema", "value"), FITS)
def test_what_fits_is_let_through(schema: Any, value: Any) -> None:
    check(wired(schema, value=""), [value])


REFUSED: list[tuple[Any, Any, str]] = [
    (TEXT, 3, "takes text, not 3"),
    (TEXT, Path("x"), "takes text, not a PosixPath"),
    (TEXT, None, "takes text, not None"),
    (TEXT, ["a"], "takes text, not a list"),
    (INTEGER, "3", "takes a whole number, not '3'"),
    (INTEGER, 3.5, "takes a whole number, not 3.5"),
    (INTEGER, True, "takes a whole number, not True"),
    (NUMBER, "3", "takes a number, not '3'"),
    (NUMBER, False, "takes a number, not False"),
    (NUMBER, float("nan"), "is nan, which JSON cannot hold"),
    (NUMBER, float("inf"), "is inf, which JSON cannot hold"),
    (BOOLEAN, 1, "takes True or False, not 1"),
    (BOOLEAN, "yes", "takes True or False, not 'yes'"),
    (COLOURS, "blue", "takes one of 'red', 'green', not 'blue'"),
    (COLOURS, "Red", "not 'Red'. Did you mean 'red'"),
    (COLOURS, "gren", "Did you mean 'green'"),
    ({"enum": ["1", "2"]}, 1, "takes one of '1', '2', not 1. Did you mean '1'"),
    ({"enum": [1, 0]}, True, "not True"),
    ({"enum": [f"c{number}" for number in range(50)]}, "x", r"'c19' and 30 more, not 'x'"),
    ({"type": "array", "items": COLOURS}, ["red", "blue"], r"at \[1\] takes one of"),
    ({"type": "array", "items": COLOURS}, "red", "takes a list, not 'red'"),
    ({"type": "array"}, {1, 2}, "takes a list, not a set. Pass a list"),
    ({"type": "array", "items": NUMBER}, np.zeros(2), r"not a ndarray. Pass value.tolist\(\)"),
    (
        {"type": "array", "prefixItems": [TEXT, INTEGER]},
        ["a", "b"],
        r"at \[1\] takes a whole number",
    ),
    ({"type": "object"}, [1], "takes a dict, not a list"),
    (
        {"anyOf": [TEXT, INTEGER, {"type": "null"}]},
        3.5,
        "takes text or a whole number or None, not 3.5",
    ),
    (
        {"anyOf": [TEXT, {"type": "array", "items": INTEGER}]},
        ["a"],
        r"at \[0\] takes a whole number",
    ),
    (
        {"oneOf": [{"type": "null"}, COLOURS]},
        "blue",
        "takes None or one of 'red', 'green', not 'blue'",
    ),
    (FILE, 3, r"takes a file \(a path, a URL, bytes, an open file or a RemoteFile\), not 3"),
    (FILE, ["a.png"], "takes a file .* not a list"),
    ({"type": "array", "items": FILE}, "a.png", "takes a list, not 'a.png'"),
    ({"type": "array", "items": FILE}, ["a.png", 3], r"at \[1\] takes a file"),
]


@pytest.mark.parametrize(("schema", "value", "words"), REFUSED)
def test_what_does_not_fit_is_refused(schema: Any, value: Any, words: str) -> None:
    with pytest.raises(ParameterError, match=words) as caught:
        check(wired(schema, label="Label", value={"odd": True}), [value], ["name"])
    assert str(caught.value).startswith("/draw: parameter 'name' (Label)")
    assert (caught.value.api_name, caught.value.parameter) == ("/draw", "name")


def test_labels_stand_in_for_names() -> None:
    with pytest.raises(ParameterError, match=r"^/draw: parameter 'Steps' takes"):
        check(wired(NUMBER, label="Steps"), ["x"])
    with pytest.raises(ParameterError, match=r"^/draw: parameter 'number 1' takes"):
        check(wired(NUMBER), ["x"])


def test_none_is_let_through_where_the_page_would_send_it() -> None:
    check(wired(NUMBER), [None])
    with pytest.raises(ParameterError):
        check(wired(NUMBER, value=3), [None])


def test_default_is_let_through() -> None:
    check(wired(NUMBER), [DEFAULT])


def test_a_default_of_another_type_than_declared_shows_that_the_declaration_is_wrong() -> None:
    check(wired(TEXT, value=3), [4])
    check(wired(TEXT, value=3), ["four"])
    with pytest.raises(ParameterError):
        check(wired(TEXT, value=3), [True])


def test_choices_beyond_those_declared() -> None:
    with pytest.raises(ParameterError):
        check(wired(COLOURS, value="red"), ["blue"])
    check(wired(COLOURS, allow_custom_value=True), ["blue"])
    with pytest.raises(ParameterError, match="not 3"):
        check(wired(COLOURS, allow_custom_value=True), [3])
    check(wired(COLOURS, value="blue"), ["blue"])
    check(wired({"type": "array", "items": COLOURS}, allow_custom_value=True), [["red", "blue"]])


def test_choices_that_calls_of_the_app_may_change_are_left_to_the_app() -> None:
    components = [component(1, "dropdown", schema=COLOURS)]
    records = [dependency("draw", 0, (1,)), dependency("update", 1, (), (1,))]
    live = AppConfig(
        config_document(components=components, dependencies=records), "http://h"
    ).dependency("draw")
    check(live, ["blue"])


def test_cycles_and_depth_are_let_through() -> None:
    check(
        wired(
            {"$ref": "#/$defs/A", "$defs": {"A": {"type": "array", "items": {"$ref": "#/$defs/A"}}}}
        ),
        [[[[[[[[[[[[[]]]]]]]]]]]]],
    )
    check(wired({"$ref": "#"}), [3])


def test_hostile_text_in_messages_stays_short_and_plain() -> None:
    with pytest.raises(ParameterError) as caught:
        check(wired({"enum": ["\x1b[2J" + "x" * 10_000] * 30}, label="a\nb" * 1000), ["y" * 10_000])
    assert "\x1b" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 3_000
