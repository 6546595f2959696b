from __future__ import annotations

from typing import Any

import pytest

from gradio_codegen.app_schema import schema
from gradio_codegen.plan import docstrings
from gradio_codegen.types.graph import TypeInterner
from gradio_codegen.types.json_schema import Reader
from tests.support.golden import build, document, endpoint, named, parameter, result

FILE = {
    "type": "object",
    "properties": {
        "path": {"type": "string"},
        "meta": {"type": "object", "default": {"_type": "gradio.FileData"}},
    },
}


def about(**slot: Any) -> str:
    """The line on a parameter."""
    app, _ = schema.parse(
        document(
            named(
                f=endpoint(
                    [
                        {
                            "parameter_name": "x",
                            "label": "",
                            "component": "",
                            "type": {"type": "string"},
                        }
                        | slot
                    ]
                )
            )
        )
    )
    one = app.endpoints[0].parameters[0]
    return docstrings.parameter_text(one, "x", Reader(TypeInterner(), one.schema).read())


@pytest.mark.parametrize(
    ("slot", "text"),
    [
        ({"label": "Prompt", "component": "Textbox"}, "Prompt (Textbox)."),
        ({"label": "Checkbox Group", "component": "Checkboxgroup"}, "Checkbox Group."),
        ({"label": "", "component": "Textbox"}, "Textbox."),
        ({"label": "", "component": ""}, "Value."),
        ({"label": "1st", "component": "Api"}, "1st value."),
        (
            {
                "label": "Steps",
                "component": "Slider",
                "type": {"type": "number", "description": "numeric value between 1.0 and 50"},
            },
            "Steps, 1 to 50 (Slider).",
        ),
        (
            {
                "label": "Stars",
                "component": "Starrating",
                "type": {"type": "integer", "minimum": 0, "maximum": 5},
            },
            "Stars, 0 to 5 (Starrating).",
        ),
        (
            {"label": "Kind", "component": "Radio", "type": {"enum": ["a", "b"]}},
            'Kind (Radio), one of "a", "b".',
        ),
        (
            {
                "label": "Kinds",
                "component": "Dropdown",
                "type": {"type": "array", "items": {"enum": ["a", 1]}},
            },
            'Kinds (Dropdown), any of "a", 1.',
        ),
        (
            {"label": "Kind", "component": "Radio", "type": {"enum": [str(n) for n in range(9)]}},
            "Kind (Radio).",
        ),
        (
            {"label": "Photo", "component": "Image", "type": FILE},
            "Photo (Image): a path, a URL, an open file or a file that a call returned.",
        ),
        (
            {
                "label": "Time",
                "component": "Datetime",
                "type": {"type": "string", "description": "Formatted as YYYY-MM-DD HH:MM:SS"},
            },
            "Time (Datetime), Formatted as YYYY-MM-DD HH:MM:SS.",
        ),
        (
            {"label": "Class", "component": "Textbox", "parameter_name": "class"},
            "Class (Textbox); the app calls it `class`.",
        ),
        ({"label": "a\nb\x00c", "component": "Textbox"}, "a bc (Textbox)."),
    ],
)
def test_a_line_on_a_parameter(slot: dict[str, Any], text: str) -> None:
    assert about(**slot) == text


def test_text_or_file_says_which_is_which() -> None:
    assert "a string is text" in about(
        label="Parts", component="Api", type={"anyOf": [{"type": "string"}, FILE]}
    )


@pytest.mark.parametrize(
    ("description", "summary", "rest"),
    [
        ("", "Call `/f`.", []),
        ("Draw a cat", "Draw a cat.", []),
        ("Draw a cat!", "Draw a cat!", []),
        ("Draw a cat. It may be wild.", "Draw a cat.", ["", "It may be wild."]),
        ("Draw e.g. Cats.", "Draw e.g. Cats.", []),
        ("Draw.\n\nMore about it\nhere.", "Draw.", ["", "More about it", "here."]),
        ("Args:\n    x: y", "Call `/f`.", ["", "Args:", "x: y"]),
        ("画猫。", "画猫。", []),
    ],
)
def test_the_description_of_an_endpoint(description: str, summary: str, rest: list[str]) -> None:
    module, _ = build(document(named(f=endpoint(description=description))))
    assert module.endpoints[0].summary == summary
    assert list(module.endpoints[0].call_lines) == [summary, *rest]


def test_the_whole_docstring_of_a_call() -> None:
    config = {"dependencies": [{"api_name": "f", "types": {"generator": True}}]}
    module, _ = build(
        document(
            named(f=endpoint([parameter("x")], [result("Answer")], oauth_token="required")), config
        )
    )
    assert module.endpoints[0].call_lines == (
        "Call `/f`.",
        "",
        "Yields several outputs: iterate over the call that `submit` returns",
        "to see each as it comes.",
        "",
        "Needs a Hugging Face token: give one to the session or to the call.",
        "",
        "Args:",
        "    x: x (Textbox).",
        "",
        "Returns:",
        "    Answer (Textbox).",
    )


def test_the_attribute_shows_the_signature_while_it_is_short() -> None:
    short, long = build(
        document(
            named(
                f=endpoint([parameter("x", default="a")]),
                g=endpoint([parameter(f"p{n}") for n in range(40)]),
            )
        )
    )[0].endpoints
    assert short.overview == 'Call `/f`: `f(x="a") -> None`.'
    assert long.overview == "Call `/g`: `g(...) -> None`."
