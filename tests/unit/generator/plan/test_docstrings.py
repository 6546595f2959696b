from __future__ import annotations

from typing import Any

import pytest

from tests.support.golden import build, document, endpoint, named, parameter, result

FILE = {
    "type": "object",
    "properties": {
        "path": {"type": "string"},
        "meta": {"type": "object", "default": {"_type": "gradio.FileData"}},
    },
}


def about(**slot: Any) -> str:
    """The line on a parameter, as the docstring of a call has it."""
    given = {"parameter_name": "x", "label": "", "component": "", "type": {"type": "string"}}
    module, _ = build(document(named(f=endpoint([given | slot]))))
    lines = [line.strip() for line in module.endpoints[0].call_lines]
    entry = " ".join(lines[lines.index("Args:") + 1 :]) if "Args:" in lines else ""
    return entry.removeprefix(f"{module.endpoints[0].parameters[0].name}: ")


def default(value: object) -> dict[str, Any]:
    return {"parameter_has_default": True, "parameter_default": value}


@pytest.mark.parametrize(
    ("slot", "text"),
    [
        ({"label": "Prompt"}, "Prompt."),
        ({"label": "X"}, ""),
        ({"label": ""}, ""),
        ({"label": "parameter_58"}, ""),
        (
            {
                "label": "Steps",
                "type": {"type": "number", "description": "numeric value between 1.0 and 50"},
            },
            "Steps, 1 to 50.",
        ),
        (
            {"label": "X", "type": {"type": "integer", "minimum": 0, "maximum": 5}},
            "0 to 5.",
        ),
        ({"label": "Kind", "type": {"enum": ["a", "b", "c"]}}, 'Kind: "a", "b" or "c".'),
        (
            {"label": "Kinds", "type": {"type": "array", "items": {"enum": ["a", 1]}}},
            'Kinds: any of "a" or 1.',
        ),
        (
            {"label": "Kind", "type": {"enum": ["a", "b"]}, **default("c")},
            'Kind: "a", "b" or another text.',
        ),
        (
            {"label": "Kind", "type": {"enum": [str(n) for n in range(20)]}},
            'Kind: "0", "1", "2" and 17 more, see `X`.',
        ),
        (
            {"label": "Kind", "type": {"enum": [f"m{n}" for n in range(30)]}, **default("c")},
            "Kind: " + ", ".join(f'"m{n}"' for n in range(30)) + " or another text.",
        ),
        ({"label": "Scale", "type": {"enum": [0.5, 1, 2]}}, "Scale: 0.5, 1 or 2."),
        (
            {"label": "Scales", "type": {"type": "array", "items": {"enum": [0.5, 1.5]}}},
            "Scales: any of 0.5 or 1.5.",
        ),
        (
            {"label": "Number", "type": {"anyOf": [{"enum": [0.5, 1.5]}, {"type": "null"}]}},
            "Number: 0.5 or 1.5.",
        ),
        (
            {"label": "Kind", "type": {"enum": [str(n) for n in range(2_500)]}},
            "Kind: " + ", ".join(f'"{n}"' for n in range(200)) + " and 2,300 more.",
        ),
        (
            {"label": "Kind", "type": {"enum": ["a", "b", "x" * 300_000]}},
            'Kind: "a", "b" and 1 more.',
        ),
        ({"label": "Kind", "type": {"enum": ["x" * 300_000] * 2}}, "Kind: one of 2 choices."),
        ({"label": "Kind", "type": {"enum": [10**5000, 0.5]}}, "Kind: 0.5."),
        (
            {"label": "Photo", "type": FILE},
            "Photo: a path, a URL, an open file or a file that a call returned.",
        ),
        (
            {
                "label": "Time",
                "type": {"type": "string", "description": "Formatted as YYYY-MM-DD HH:MM:SS"},
            },
            "Time, Formatted as YYYY-MM-DD HH:MM:SS.",
        ),
        ({"label": "Class", "parameter_name": "class"}, "The app calls it `class`."),
        ({"label": "Class", "parameter_name": "param_3"}, ""),
        ({"label": "a\nb\x00c"}, "A bc."),
        (
            {"type": {"type": "object"}, **default({"a": 1})},
            'DEFAULT: {"a": 1}.',
        ),
        (default("x" * 3000), "DEFAULT: the app's own value, which is too large to stand here."),
        (default("/tmp/gradio/x"), "DEFAULT: what the app has on its machine."),
    ],
)
def test_a_line_on_a_parameter(slot: dict[str, Any], text: str) -> None:
    assert about(**slot) == text


@pytest.mark.parametrize(
    ("targets", "text"),
    [
        ([[1, "click"]], 'Runs when "Generate" is clicked.'),
        (
            [[1, "click"], [2, "submit"]],
            'Runs when "Generate" is clicked or when "Prompt" is submitted.',
        ),
        ([[0, "load"]], "Runs when the page is opened."),
        ([[None, "load"]], "Runs when the page is opened."),
        ([[None, "then"]], "Runs after `/before`."),
        ([[2, "like"]], 'Runs on like of "Prompt".'),
        ([[3, "tick"]], "Runs with a timer."),
        ([[4, "click"]], "`/f`."),
        ([], "`/f`."),
        ([[1, 2], None, "click", [1]], "`/f`."),
    ],
)
def test_what_runs_an_endpoint(targets: list[Any], text: str) -> None:
    config = {
        "components": [
            {"id": 1, "type": "button", "props": {"value": "Generate"}},
            {"id": 2, "type": "textbox", "props": {"label": "Prompt"}},
            {"id": 3, "type": "timer", "props": {}},
            {"id": 4, "type": "button", "props": {"value": " \n"}},
        ],
        "dependencies": [
            {"id": 0, "api_name": "before", "targets": []},
            {"id": 1, "api_name": "f", "targets": targets, "trigger_after": 0},
        ],
    }
    module, _ = build(document(named(f=endpoint()), config))
    assert module.endpoints[0].call_lines[0] == text
    described, _ = build(document(named(f=endpoint(description="Draw.")), config))
    lines = described.endpoints[0].call_lines
    assert lines == (("Draw.",) if text == "`/f`." else ("Draw.", "", *lines[2:]))
    assert text == "`/f`." or " ".join(lines[2:]) == text


def test_text_or_file_says_which_is_which() -> None:
    assert "a string is text" in about(
        label="Parts", component="Api", type={"anyOf": [{"type": "string"}, FILE]}
    )


@pytest.mark.parametrize(
    ("description", "summary", "rest"),
    [
        ("", "`/f`.", []),
        ("Draw a cat", "Draw a cat.", []),
        ("Draw a cat!", "Draw a cat!", []),
        ("Draw a cat. It may be wild.", "Draw a cat.", ["", "It may be wild."]),
        ("Draw e.g. Cats.", "Draw e.g. Cats.", []),
        ("Draw.\n\nMore about it\nhere.", "Draw.", ["", "More about it", "here."]),
        ("Args:\n    x: y", "`/f`.", ["", "Args:", "x: y"]),
        ("画猫。", "画猫。", []),
    ],
)
def test_the_description_of_an_endpoint(description: str, summary: str, rest: list[str]) -> None:
    module, _ = build(document(named(f=endpoint(description=description))))
    assert module.endpoints[0].call_lines[0] == summary
    assert list(module.endpoints[0].call_lines) == [summary, *rest]


def test_the_whole_docstring_of_a_call() -> None:
    config = {"dependencies": [{"api_name": "f", "types": {"generator": True}}]}
    module, _ = build(
        document(
            named(f=endpoint([parameter("x")], [result("Answer")], oauth_token="required")), config
        )
    )
    assert module.endpoints[0].call_lines == (
        "`/f`.",
        "",
        "Yields several outputs: iterate over the call that `submit` returns",
        "to see each as it comes.",
        "",
        "Needs the token of a Hugging Face user: pass `oauth_token` to the client.",
        "",
        "Returns:",
        "    Answer.",
    )


def test_the_attribute_shows_the_whole_signature() -> None:
    short, long = build(
        document(
            named(
                f=endpoint(
                    [
                        parameter("x", default="a"),
                        parameter("y", {"enum": ["on", "off"], "type": "string"}, default="on"),
                    ],
                    description="Draw. More.",
                ),
                g=endpoint([parameter(f"p{n}") for n in range(40)]),
            )
        )
    )[0].endpoints
    assert short.overview == ("Draw.", "", 'f(x="a", y: Y = "on") -> None')
    assert all(f"p{n}: str" in " ".join(long.overview) for n in range(40))
    assert max(map(len, long.overview)) <= 84
    assert long.overview[0].startswith("g(p0: str, p1: str,")


def test_what_python_says_of_every_partial_is_no_description() -> None:
    text = "partial(func, *args, **keywords) - new function with partial application\n    of the."
    (only,) = build(document(named(f=endpoint(description=text))))[0].endpoints
    assert only.call_lines == ("`/f`.",)
