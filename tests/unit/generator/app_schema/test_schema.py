from __future__ import annotations

import json
from typing import Any

import pytest

from gradio_codegen.app_schema import schema
from gradio_codegen.app_schema.normalise import FILE, LARGE, UNSTABLE, is_opaque, normalise
from gradio_codegen.base.diagnostics import CommandError
from tests.support.golden import document, endpoint, golden_document, named, parameter, result


def parsed(info: dict[str, Any], config: dict[str, Any] | None = None) -> schema.App:
    return schema.parse(document(info, config))[0]


def test_reads_what_gradio_6_writes() -> None:
    app, diagnostics = schema.parse(golden_document("image_lab"))
    assert diagnostics == []
    assert (app.title, app.version, app.url) == ("Image Lab", "6.31.0", "http://127.0.0.1:7860")
    assert [e.api_name for e in app.endpoints] == ["/generate", "/upscale", "/describe", "/reset"]
    generate = app.endpoints[0]
    assert [(p.name, p.component, p.has_default, p.default) for p in generate.parameters] == [
        ("prompt", "textbox", False, None),
        ("scheduler", "dropdown", True, "euler"),
        ("steps", "slider", True, 25),
        ("reference", "image", False, None),
    ]
    assert [(r.label, r.component) for r in generate.results] == [
        ("Image", "image"),
        ("Seed", "number"),
    ]
    assert [e.streams for e in app.endpoints] == [False, False, True, False]


def test_reads_what_gradio_3_writes() -> None:
    app, _ = schema.parse(golden_document("before_gradio_4"))
    assert [e.api_name for e in app.endpoints] == ["/predict", "3"]
    assert [(p.name, p.label, p.has_default) for p in app.endpoints[0].parameters] == [
        *(
            ("", "Your text", False),
            ("", "Strength", False),
            ("", "", False),
            ("", "Your text", False),
        ),
    ]


def test_free_choices_and_streams_come_from_the_configuration() -> None:
    info = named(
        draw=endpoint(
            [parameter("model", {"type": "string", "enum": ["a"]}, "Dropdown"), parameter("prompt")]
        ),
        listen=endpoint(),
    )
    components = [
        {"id": 1, "type": "state", "skip_api": True, "props": {}},
        {"id": 2, "type": "dropdown", "props": {"allow_custom_value": True}},
        {"id": 3, "type": "textbox", "props": {}},
    ]
    dependencies = [
        {
            "api_name": "draw",
            "inputs": [1, 2, 3],
            "types": {"generator": True},
            "connection": "sse",
        },
        {"api_name": "listen", "inputs": [], "types": {"generator": False}, "connection": "stream"},
    ]
    app = parsed(info, {"components": components, "dependencies": dependencies})
    assert [p.free_choice for p in app.endpoints[0].parameters] == [True, False]
    assert [(e.streams, e.streaming_input) for e in app.endpoints] == [(True, False), (False, True)]


@pytest.mark.parametrize(
    ("label", "read"),
    [
        ("Prompt", "Prompt"),
        ({"key": "hello", "__type__": "translation_metadata"}, "hello"),
        ('__i18n__{"key": "hello"}', "hello"),
        ("__i18n__{broken", ""),
        ("value_46", ""),
        ("parameter_17", ""),
        (None, ""),
        (7, ""),
    ],
)
def test_labels(label: object, read: str) -> None:
    app = parsed(named(f=endpoint(returns=[{"label": label, "type": {}, "component": "Json"}])))
    assert app.endpoints[0].results[0].label == read


@pytest.mark.parametrize(
    ("default", "reason"),
    [
        ({"path": "/tmp/gradio/1/cat.png", "meta": {"_type": "gradio.FileData"}}, FILE),
        ([{"image": {"path": "x", "meta": {"_type": "gradio.FileData"}}}], FILE),
        ("/tmp/gradio/abc/cat.png", UNSTABLE),
        ("/home/user/models", UNSTABLE),
        ("C:\\models", UNSTABLE),
        ("http://127.0.0.1:7860/file=x", UNSTABLE),
        ("http://localhost:7860", UNSTABLE),
        (float("nan"), UNSTABLE),
        ([float("inf")], UNSTABLE),
        ('__i18n__{"key": "hello"}', UNSTABLE),
        ("x" * 3000, LARGE),
        (10**400, LARGE),
        ("http://localhost.example.org/", None),
        ("/generate", None),
        ("a home/run", None),
        (25, None),
        (None, None),
    ],
)
def test_defaults_without_a_value_of_their_own(default: object, reason: str | None) -> None:
    app = parsed(named(f=endpoint([parameter("x", default=default)])))
    assert is_opaque(app.endpoints[0].parameters[0].default) == reason
    assert app.endpoints[0].parameters[0].has_default


def variants() -> list[dict[str, Any]]:
    """One app as two servers describe it: other ports, other temporary folders, other component
    ids.
    """
    found: list[dict[str, Any]] = []
    for port, folder, number in (("7860", "aa", "46"), ("7999", "bb", "52")):
        file = {
            "path": f"/tmp/gradio/{folder}/a.png",
            "url": f"http://127.0.0.1:{port}/file=/tmp/{folder}/a.png",
            "meta": {"_type": "gradio.FileData"},
        }
        found.append(
            named(
                f=endpoint(
                    [
                        parameter("x", default=file, example_input=file),
                        parameter("y", python_type={"type": f"str{number}"}),
                    ],
                    [result(f"value_{number}")],
                    code_snippets={"python": f"Client('http://127.0.0.1:{port}')"},
                    description=f"See http://127.0.0.1:{port}/docs for more.",
                )
            )
        )
    return found


def test_the_fingerprint_does_not_change_between_two_readings_of_one_app() -> None:
    one, other = variants()
    assert one != other
    assert parsed(one).fingerprint == parsed(other).fingerprint


def test_the_fingerprint_changes_with_what_callers_depend_on() -> None:
    changes = [
        named(f=endpoint([parameter("x")])),
        named(g=endpoint([parameter("x")])),
        named(f=endpoint([parameter("y")])),
        named(f=endpoint([parameter("x", {"type": "number"})])),
        named(f=endpoint([parameter("x", default="a")])),
        named(f=endpoint([parameter("x", default="b")])),
        named(f=endpoint([parameter("x")], [result("y")])),
        named(f=endpoint([parameter("x", component="Code")])),
        named(f=endpoint([parameter("x")], description="Other.")),
    ]
    assert len({parsed(info).fingerprint for info in changes}) == len(changes)


def test_large_defaults_are_told_apart() -> None:
    defaults = ("a" * 3000, "b" * 3000, 10**400, -(10**400))
    fingerprints = {
        parsed(named(f=endpoint([parameter("x", default=default)]))).fingerprint
        for default in defaults
    }
    assert len(fingerprints) == len(defaults)


@pytest.mark.parametrize(
    "info",
    [
        {},
        {"detail": "Not Found"},
        {"named_endpoints": []},
        [],
        {"named_endpoints": {"/f": []}},
        {
            "named_endpoints": {
                "/f": {
                    "parameters": [{"label": "x", "type": "string", "component": "Textbox"}],
                    "returns": [],
                }
            }
        },
    ],
)
def test_refuses_what_is_no_description(info: Any) -> None:
    with pytest.raises(CommandError, match=r"app.json: .*/gradio_api/info") as caught:
        schema.parse(document(info))
    assert caught.value.exit_code == 2


def test_says_that_the_javascript_client_printed_it() -> None:
    info = {
        "named_endpoints": {
            "/f": {
                "parameters": [
                    {"label": "x", "type": "Blob | File | Buffer", "component": "Image"}
                ],
                "returns": [],
            }
        }
    }
    with pytest.raises(CommandError, match="JavaScript"):
        schema.parse(document(info))


def test_warns_of_an_app_without_endpoints() -> None:
    app, diagnostics = schema.parse(document(named()))
    assert app.endpoints == ()
    assert [d.what for d in diagnostics] == ["the app has no endpoints, so its client has none"]


@pytest.mark.parametrize("part", [None, 7, "x", [], {}, [[]], [7], [{}], [{"type": None}]])
def test_takes_parameters_and_results_of_any_form(part: Any) -> None:
    assert (
        parsed({"named_endpoints": {"/f": {"parameters": part, "returns": part}}})
        .endpoints[0]
        .api_name
        == "/f"
    )


def test_what_is_stored_is_plain_json() -> None:
    normalised = normalise(golden_document("traps"))
    assert json.loads(json.dumps(normalised)) == normalised
