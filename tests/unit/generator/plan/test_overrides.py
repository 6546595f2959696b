"""The user's own names and types, held against an app: what they change, and every clash."""

from __future__ import annotations

from typing import Any

import pytest

from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.plan.model import Module
from gradio_codegen.plan.overrides import EndpointOverride
from gradio_codegen.project.endpoint_tables import read_tables
from tests.support.golden import build, document, endpoint, parameter, result, text_of

NUMBER = {"type": "number"}
CHOICE = {"type": "string", "enum": ["fast", "good"]}
PLACE = "pyproject.toml: [tool.gradio-codegen.clients.lab"

APP = document(
    {
        "named_endpoints": {
            "/lambda": endpoint(
                [
                    parameter("param_0", label="Input"),
                    parameter("param_1", NUMBER, "Number", label="How much", default=2),
                    parameter("param_2", CHOICE, "Radio", label="", default="good"),
                    parameter("given", {"type": "boolean"}, "Checkbox", default=False),
                ],
                [result("Picture"), result("Words"), result("Kind", CHOICE, "Radio")],
            ),
            "/lambda_1": endpoint([parameter("text")], [result("Words")]),
            "/upscale": endpoint(),
        },
        "unnamed_endpoints": {},
    },
    {"title": "Lab", "version": "6.31.0", "dependencies": []},
)


def tables(**written: dict[str, Any]) -> dict[str, EndpointOverride]:
    return read_tables({f"/{name}": table for name, table in written.items()}, PLACE)


def planned(**written: dict[str, Any]) -> Module:
    return build(APP, endpoints=tables(**written))[0]


def refused(**written: dict[str, Any]) -> str:
    with pytest.raises(CommandError) as caught:
        planned(**written)
    assert caught.value.exit_code == 2
    assert caught.value.message.startswith(f'{PLACE}.endpoints."/')
    return caught.value.message.removeprefix(f"{PLACE}.endpoints.")


def signature(module: Module, number: int = 0) -> list[tuple[str, str, str | None]]:
    return [(p.name, p.annotation, p.default) for p in module.endpoints[number].parameters]


def test_names_of_the_table_are_those_of_the_module() -> None:
    module = planned(
        **{
            "lambda": {
                "name": "enlarge",
                "parameters": {"param_0": "image", "how_much": {"name": "factor", "type": "int"}},
                "results": ["image", "log", "speed"],
            }
        }
    )
    first = module.endpoints[0]
    assert (first.api_name, first.attribute, first.class_name, first.result) == (
        "/lambda",
        "enlarge",
        "EnlargeEndpoint",
        "EnlargeResult",
    )
    assert [name for name, _, _ in signature(module)] == ["image", "factor", "param_2", "given"]
    assert [field.name for field in first.fields] == ["image", "log", "speed"]
    assert [e.attribute for e in module.endpoints[1:]] == ["lambda_1", "upscale"]


def test_a_table_changes_no_other_endpoint() -> None:
    before, after = planned(), planned(**{"lambda": {"name": "enlarge"}})
    assert before.endpoints[1:] == after.endpoints[1:]


@pytest.mark.parametrize(
    ("written", "annotation", "default"),
    [
        ("int", "int", "2"),
        ("float | None", "float | None", "2"),
        ("Any", "Any", "2"),
        ("str", "str | Default", "DEFAULT"),
        ("Literal[1, 4]", "Factor | Default", "DEFAULT"),
        ("Literal[2, 4]", "Factor", "2"),
        ("list[int]", "Sequence[int] | Default", "DEFAULT"),
    ],
)
def test_a_default_that_is_not_of_the_users_type_stands_for_itself(
    written: str, annotation: str, default: str
) -> None:
    module = planned(**{"lambda": {"parameters": {"param_1": {"name": "factor", "type": written}}}})
    assert signature(module)[1] == ("factor", annotation, default)


def test_a_set_of_choices_is_named_after_the_users_name() -> None:
    module = planned(**{"lambda": {"parameters": {"param_2": "quality"}}})
    assert [(a.name, a.annotation) for a in module.aliases] == [
        ("Quality", 'Literal["fast", "good"]')
    ]


def test_a_type_of_the_users_is_no_longer_warned_of() -> None:
    unknown = document(
        {
            "named_endpoints": {"/f": endpoint([parameter("x", {"type": "strange"})])},
            "unnamed_endpoints": {},
        }
    )
    assert len(build(unknown)[1]) == 1
    own = tables(f={"parameters": {"x": {"type": "str"}}})
    module, diagnostics = build(unknown, endpoints=own)
    assert diagnostics == []
    assert (module.counts.any_declared, module.counts.any_unknown) == (0, 0)
    assert "x: str" in text_of(unknown, endpoints=own)


def test_two_endpoints_may_change_names() -> None:
    module = planned(lambda_1={"name": "upscale"}, upscale={"name": "lambda_1"})
    assert [e.attribute for e in module.endpoints] == ["lambda_", "upscale", "lambda_1"]


def test_two_parameters_may_change_names() -> None:
    module = planned(**{"lambda": {"parameters": {"param_0": "how_much", "param_1": "input"}}})
    assert [name for name, _, _ in signature(module)[:2]] == ["how_much", "input"]


def test_a_table_of_an_endpoint_that_is_left_out_rests() -> None:
    own = tables(**{"lambda": {"name": "upscale"}})
    module = build(APP, endpoints=own, exclude=("/lambda",))[0]
    assert [e.attribute for e in module.endpoints] == ["lambda_1", "upscale"]


def test_an_endpoint_that_is_not_there_is_refused_with_the_nearest() -> None:
    assert refused(lambda_2={}) == (
        "\"/lambda_2\"]: the app has no endpoint '/lambda_2'; "
        "did you mean '/lambda_1' or '/lambda'?"
    )
    assert "inspect" in refused(quite_another={})


def test_a_parameter_that_is_not_there_is_refused_with_the_nearest() -> None:
    words = refused(**{"lambda": {"parameters": {"param_5": "x"}}})
    assert words.startswith(
        "\"/lambda\"]: /lambda has no parameter 'param_5'; did you mean 'param_"
    )
    words = refused(**{"lambda": {"parameters": {"how_mush": "x"}}})
    assert words.endswith("did you mean 'how_much'?")
    assert refused(lambda_1={"parameters": {"zzz": "x"}}).endswith("; it has: text")
    assert refused(upscale={"parameters": {"zzz": "x"}}).endswith("; it takes nothing")


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ({"lambda_1": {"name": "upscale"}}, "name 'upscale' is what endpoint '/upscale' is called"),
        ({"lambda_1": {"name": "lambda_"}}, "is what endpoint '/lambda' is called"),
        (
            {"lambda": {"name": "same"}, "lambda_1": {"name": "same"}},
            "name 'same' is what endpoint '/lambda_1' is called",
        ),
        ({"lambda": {"name": "Lab"}}, "name 'Lab' is also the name of a class of the module"),
        ({"lambda": {"name": "AsyncLab"}}, "is also the name of a class of the module"),
        ({"lambda": {"name": "UpscaleEndpoint"}}, "is also the name of a class of the module"),
        (
            {"lambda": {"parameters": {"param_0": "x", "param_1": "x"}}},
            "parameters: two would be called 'x'",
        ),
        ({"lambda": {"parameters": {"param_0": "given"}}}, "two would be called 'given'"),
        ({"lambda": {"parameters": {"param_0": "how_much"}}}, "two would be called 'how_much'"),
        (
            {"lambda": {"parameters": {"param_1": "x", "how_much": "y"}}},
            "'param_1' and 'how_much' are two names of one parameter",
        ),
        ({"lambda": {"results": ["a", "b"]}}, "results names 2 values, /lambda returns 3"),
        ({"lambda": {"results": ["a"]}}, "results names 1 value, /lambda returns 3"),
        ({"lambda_1": {"results": ["a"]}}, "/lambda_1 returns one value, which has no name"),
        ({"upscale": {"results": ["a"]}}, "/upscale returns nothing; leave `results` out"),
        (
            {"lambda": {"parameters": {"param_2": "quality"}, "results": ["a", "Quality", "c"]}},
            "results: 'Quality' is also the name of a type of the module",
        ),
        ({"lambda": {"results": ["a", "b", "Lab"]}}, "'Lab' is also the name of a type"),
    ],
)
def test_every_clash_is_told_where_it_stands(written: dict[str, Any], words: str) -> None:
    assert words in refused(**written)


def test_the_type_of_a_file_stays() -> None:
    picture = {
        "title": "ImageData",
        "type": "object",
        "properties": {
            "path": {"type": "string"},
            "meta": {"type": "object", "default": {"_type": "gradio.FileData"}},
        },
        "required": ["path"],
    }
    app = document(
        {
            "named_endpoints": {"/f": endpoint([parameter("x", picture, "Image")])},
            "unnamed_endpoints": {},
        }
    )
    with pytest.raises(CommandError, match="type of 'photo' cannot be changed, it takes files"):
        build(app, endpoints=tables(f={"parameters": {"x": {"name": "photo", "type": "str"}}}))
    assert (
        build(app, endpoints=tables(f={"parameters": {"x": "photo"}}))[0]
        .endpoints[0]
        .parameters[0]
        .annotation
        == "FileInput"
    )
