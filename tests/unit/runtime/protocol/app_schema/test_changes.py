"""What differs between an app and what a client was generated from."""

from __future__ import annotations

from typing import Any

import pytest

from gradio_session.protocol.app_schema.changes import app_changed, compare_components, diagnose
from gradio_session.protocol.app_schema.config import AppConfig, Dependency
from gradio_session.protocol.app_schema.info import EndpointDescription
from gradio_session.protocol.app_schema.spec import EndpointSpec
from tests.support.flows import component, config_document, dependency


def spec(
    inputs: tuple[str, ...] | None,
    outputs: tuple[str, ...] = (),
    parameters: tuple[str, ...] | None = None,
    names: dict[int, str] | None = None,
) -> EndpointSpec:
    return EndpointSpec("/f", inputs=inputs, outputs=outputs, parameters=parameters, names=names)


def live(inputs: tuple[str, ...], outputs: tuple[str, ...] = ()) -> Dependency:
    kinds = ("state", *inputs, *outputs)
    components = [
        component(number, kind, skip=kind == "state", label=f"L{number}")
        for number, kind in enumerate(kinds)
    ]
    numbers = tuple(range(len(kinds)))
    record = dependency("f", 0, numbers[: 1 + len(inputs)], numbers[1 + len(inputs) :])
    return AppConfig(
        config_document(components=components, dependencies=[record]), "http://h"
    ).dependency("f")


@pytest.mark.parametrize(
    ("expected", "found", "sentences"),
    [
        (spec(("textbox", "slider"), ("image",)), live(("textbox", "slider"), ("image",)), []),
        (spec((), ()), live((), ()), []),
        (spec(None), live(("textbox",)), []),
        (
            spec(("textbox",)),
            live(("textbox", "slider")),
            ["it takes 2 inputs (textbox, slider) instead of 1 (textbox)"],
        ),
        (spec(("textbox",)), live(()), ["it takes 0 inputs (none) instead of 1 (textbox)"]),
        (
            spec((), ("image",)),
            live((), ("image", "number")),
            ["it returns 2 outputs (image, number) instead of 1 (image)"],
        ),
        (
            spec(("textbox", "slider")),
            live(("slider", "textbox")),
            [
                'input 1 ("L1") is a slider instead of a textbox',
                'input 2 ("L2") is a textbox instead of a slider',
            ],
        ),
        (
            spec((), ("image",)),
            live((), ("video",)),
            ['output 1 ("L1") is a video instead of an image'],
        ),
    ],
)
def test_components_compared_before_a_call_is_sent(
    expected: EndpointSpec, found: Dependency, sentences: list[str]
) -> None:
    assert compare_components(expected, found) == sentences


def test_a_component_made_from_another_matches_by_both_names() -> None:
    config = AppConfig(
        config_document(
            components=[component(1, "textbox", name="textarea")],
            dependencies=[dependency("f", 0, (1,))],
        ),
        "http://h",
    )
    assert compare_components(spec(("textarea",)), config.dependency("f")) == []
    assert compare_components(spec(("textbox",)), config.dependency("f")) == []


def info(
    parameters: list[tuple[str, bool, str]],
    returns: tuple[str, ...] = (),
    label: str = "",
) -> EndpointDescription:
    records = [
        {
            "parameter_name": name,
            "label": label,
            "parameter_has_default": has,
            "component": kind.capitalize(),
        }
        for name, has, kind in parameters
    ]
    returned = [{"component": kind} for kind in returns]
    return EndpointDescription("/f", {"parameters": records, "returns": returned})


@pytest.mark.parametrize(
    ("expected", "found", "sentences"),
    [
        (spec(("textbox",), ("image",), ("a",)), info([("a", False, "textbox")], ("Image",)), []),
        (spec(("textbox",), (), ("lambda_",)), info([("lambda", False, "textbox")]), []),
        (
            spec(("textbox",), (), ("a",)),
            info([("a", False, "textbox"), ("steps", False, "number"), ("seed", True, "number")]),
            [
                "parameter 'steps' is new and required",
                "parameter 'seed' is new",
                "it takes 3 inputs (textbox, number, number) instead of 1 (textbox)",
            ],
        ),
        (
            spec(("textbox", "number"), (), ("a", "b_")),
            info([("a", False, "textbox")]),
            [
                "parameter 'b_' is gone",
                "it takes 1 input (textbox) instead of 2 (textbox, number)",
            ],
        ),
        (
            spec(("textbox",), ("image",), ("a",)),
            info([("a", False, "slider")], ("video", "number")),
            [
                "input 1 is a slider instead of a textbox",
                "it returns 2 outputs (video, number) instead of 1 (image)",
            ],
        ),
        (
            spec(("textbox",), (), ("image",), {0: "param_0"}),
            info([("param_0", False, "textbox"), ("param_1", True, "textbox")]),
            [
                "parameter 'param_1' is new",
                "it takes 2 inputs (textbox, textbox) instead of 1 (textbox)",
            ],
        ),
        (
            spec(("textbox", "textbox"), (), ("image", "lora_path"), {0: "param_0"}),
            info([("param_1", False, "textbox")], label="LoRA path"),
            [
                "parameter 'image' is gone",
                "it takes 1 input (textbox) instead of 2 (textbox, textbox)",
            ],
        ),
        (spec(None, (), None), info([("a", False, "textbox")]), []),
    ],
)
def test_description_compared_after_a_call_failed(
    expected: EndpointSpec, found: EndpointDescription, sentences: list[str]
) -> None:
    assert diagnose(expected, found) == sentences


@pytest.mark.parametrize(
    ("sent", "words"), [(False, "Nothing was sent."), (True, "The call failed.")]
)
def test_the_error_says_what_changed_and_what_to_run(sent: bool, words: str) -> None:
    error = app_changed(
        spec(("textbox",)), ["it takes 2 inputs", "it is odd"], "http://h", sent=sent
    )
    assert error.changes == ("it takes 2 inputs", "it is odd")
    assert error.api_name == "/f"
    assert "it takes 2 inputs; it is odd" in str(error)
    assert words in str(error)
    assert "`gradio-codegen generate`" in str(error)


def test_hostile_names_in_sentences() -> None:
    hostile: Any = live(("textbox",))
    hostile.visible_inputs[0].label = "a\n\x1b[31m" + "x" * 1000
    (sentence,) = compare_components(spec(("slider",)), hostile)
    assert "\n" not in sentence
    assert "\x1b" not in sentence
    assert len(sentence) < 200
