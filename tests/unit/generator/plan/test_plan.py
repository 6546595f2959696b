"""What is decided of a module: its names, parameters, results and warnings."""

from __future__ import annotations

import ast
import json
from typing import Any

import pytest

from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.project.endpoint_tables import read_tables
from tests.support.golden import (
    NAMES,
    build,
    document,
    endpoint,
    golden_document,
    named,
    parameter,
    result,
    text_of,
)

ANY = {"type": {}, "description": "any valid json"}


def classes(text: str) -> dict[str, str]:
    """Every top-level definition of a module by its name, as it is written."""
    found: dict[str, str] = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.ClassDef):
            found[node.name] = ast.unparse(node)
        elif isinstance(node, ast.AnnAssign):
            found[ast.unparse(node.target)] = ast.unparse(node)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_an_unrelated_endpoint_in_front_changes_nothing_else(name: str) -> None:
    source = golden_document(name)
    before = classes(text_of(source))
    unrelated = endpoint(
        [parameter("colour", {"type": "string", "enum": ["sepia", "teal"]}, "Radio")],
        [result("Shade"), result("Tint")],
    )
    source.info["named_endpoints"] = {"/aaa_unrelated": unrelated, **source.info["named_endpoints"]}
    after = classes(text_of(source))
    apps = {name for name, written in before.items() if "App, " in written.partition("\n")[0]}
    assert len(apps) == 2
    assert {name: after[name] for name in before.keys() - apps} == {
        name: before[name] for name in before.keys() - apps
    }


@pytest.mark.parametrize(
    ("schema", "functional"),
    [
        ({"name": {"type": "string"}}, False),
        ({"with-dash": {"type": "string"}}, True),
        ({"class": {"type": "string"}}, True),
        ({"__x": {"type": "string"}}, True),
        ({"ﬁ": {"type": "string"}}, True),
        ({"": {"type": "string"}}, True),
        ({"str": {"type": "string"}}, True),
        ({"ReadOnly": {"type": "string"}}, True),
        ({"type": {"const": "type"}}, False),
        ({"_type": {"type": "string"}}, False),
    ],
)
def test_keys_that_a_class_cannot_hold(schema: dict[str, Any], *, functional: bool) -> None:
    module, _ = build(
        document(named(f=endpoint([parameter("x", {"type": "object", "properties": schema})])))
    )
    assert module.structures[0].functional is functional
    assert [key.key for key in module.structures[0].keys] == list(schema)


def test_what_follows_a_default_is_given_by_name() -> None:
    given = [parameter("a"), parameter("b", default=""), parameter("c"), parameter("d", default="")]
    module, _ = build(document(named(f=endpoint(given))))
    assert [(p.name, p.starts_keywords) for p in module.endpoints[0].parameters] == [
        *(("a", False), ("b", True), ("c", False), ("d", False)),
    ]
    module, _ = build(document(named(f=endpoint([given[0], given[1], given[3]]))))
    assert not any(p.starts_keywords for p in module.endpoints[0].parameters)


def test_no_one_and_several_results() -> None:
    module, _ = build(
        document(
            named(
                none=endpoint(),
                one=endpoint([], [result("a")]),
                two=endpoint([], [result("a"), result("b")]),
            )
        )
    )
    assert [(e.result, e.result_class) for e in module.endpoints] == [
        ("str", None),
        ("TwoResult", "TwoResult"),
        ("None", None),
    ]


def test_warnings_name_endpoint_and_parameter() -> None:
    broken = {"type": "array", "items": {"type": "filepath"}}
    info = named(
        run=endpoint(
            [parameter("data", ANY, "Json"), parameter("odd", broken)],
            [result("Details", {"type": "array"}, "Json")],
        )
    )
    module, diagnostics = build(document(info))
    assert [(d.where, d.what) for d in diagnostics] == [
        (
            "/run, parameter odd at $.items",
            "typed as Any, because it is of a kind that this version does not know",
        ),
    ]
    assert (
        module.counts.parameters,
        module.counts.results,
        module.counts.any_declared,
        module.counts.any_unknown,
    ) == (2, 1, 2, 1)


@pytest.mark.parametrize(
    ("version", "kept"),
    [("6.31.0", ["/listen", "/say"]), ("5.0.0", ["/listen", "/say"]), ("4.44.1", ["/say"])],
)
def test_endpoints_that_take_a_stream_are_in_the_module_from_gradio_5_on(
    version: str, kept: list[str]
) -> None:
    dependencies = [{"api_name": "listen", "connection": "stream", "types": {}}]
    config = {"version": version, "dependencies": dependencies}
    module, diagnostics = build(document(named(listen=endpoint(), say=endpoint()), config))
    assert [e.api_name for e in module.endpoints] == kept
    assert [e.streaming_input for e in module.endpoints] == [name == "/listen" for name in kept]
    assert [d.where for d in diagnostics] == ([] if "/listen" in kept else ["/listen"])


@pytest.mark.parametrize(
    ("title", "name", "class_name"),
    [
        ("Image Lab", "saved", "ImageLab"),
        ("Gradio", "my-app", "MyApp"),
        ("", "my_app", "MyApp"),
        ("🦊", "🦊", "GradioApp"),
        ("Call", "x", "Call_"),
        ("list", "x", "List"),
        ("3D world", "scene", "Scene"),
        ("文字", "x", "文字"),
    ],
)
def test_the_class_is_called_after_the_title(title: str, name: str, class_name: str) -> None:
    module, _ = build(document(named(), {"title": title}, name=name))
    assert module.class_name == class_name


@pytest.mark.parametrize(
    "class_name", ["", "1", "class", "a b", "App", "Literal", "str", "x\ny", "__X"]
)
def test_refuses_class_names_that_cannot_be(class_name: str) -> None:
    with pytest.raises(CommandError, match="cannot be the name of a class"):
        build(document(named()), class_name=class_name)


def test_an_endpoint_class_gives_way_to_the_class_of_the_app() -> None:
    module, _ = build(
        document(named(generate=endpoint(), async_generate=endpoint())),
        class_name="GenerateEndpoint",
    )
    names = [e.class_name for e in module.endpoints]
    assert module.class_name == "GenerateEndpoint"
    assert (
        len(
            {
                *names,
                *(f"Async{name}" for name in names),
                "GenerateEndpoint",
                "AsyncGenerateEndpoint",
            }
        )
        == 6
    )


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_one_world_alone(mode: str) -> None:
    text = text_of(golden_document("image_lab"), mode=mode)
    assert ("class ImageLab(" in text) is (mode == "sync")
    assert ("class AsyncImageLab(" in text) is (mode == "async")
    assert ("AsyncEndpoint" in text) is (mode == "async")
    assert ("    submit: GenerateSignature[Call[" in text) is (mode == "sync")


def test_the_address_is_baked_if_there_is_one() -> None:
    assert 'url="https://example.org/lab"' in text_of(
        document(named(), url="https://example.org/lab")
    )
    assert "url=" not in text_of(document(named()))


def test_files_are_told_to_the_runtime_by_their_place() -> None:
    module, _ = build(golden_document("structures"))
    chat = {str(name): value for name, value in module.endpoints[0].keywords}
    assert chat["input_files"][0] == {"keys": {"files": {"items": "file"}}}
    assert chat["output_files"][1] == {"keys": {"files": {"items": "file"}}}
    assert "input_files" not in dict(
        build(document(named(f=endpoint([parameter("x")]))))[0].endpoints[0].keywords
    )


def test_the_apps_names_are_told_to_the_runtime_where_they_cannot_be_guessed() -> None:
    parameters = [
        parameter("lambda"),
        {**parameter("param_1"), "label": "LoRA path"},
        {**parameter("param_2"), "label": "Strength"},
        parameter("steps"),
    ]
    described = document(named(f=endpoint(parameters)))
    automatic, _ = build(described)
    assert [str(each.name) for each in automatic.endpoints[0].parameters] == [
        *("lambda_", "lora_path", "strength", "steps")
    ]
    assert "names" not in dict(automatic.endpoints[0].keywords)
    chosen = {"param_1": "path", "param_2": "strength", "lambda": "order"}
    tables = read_tables({"/f": {"parameters": chosen}}, "pyproject.toml: [lab")
    module, _ = build(described, endpoints=tables)
    told = {str(key): value for key, value in module.endpoints[0].keywords}
    assert told["names"] == {0: "lambda", 1: "param_1"}


def test_nothing_of_the_servers_own_stands_in_a_module() -> None:
    text = text_of(golden_document("traps"))
    source = json.dumps(golden_document("traps").info)
    for own in ("/tmp/gradio", "127.0.0.1", "/home/user", "subclass of the GradioModel", "Client("):
        assert own in source
        assert own not in text


def test_291_parameters_and_149_results() -> None:
    given = [parameter(f"p{n}", {"type": "number"}, default=n) for n in range(291)]
    text = text_of(document(named(big=endpoint(given, [result(f"r{n}") for n in range(149)]))))
    compile(text, "big.py", "exec")
    assert "p290: float = 290" in text
    assert "r148: str" in text


def test_one_cause_is_one_warning_with_a_count() -> None:
    odd = {"type": "filepath"}
    _, diagnostics = build(document(named(a=endpoint([parameter("x", odd), parameter("y", odd)]))))
    assert [d.where for d in diagnostics] == ["/a, parameter x at $ and 1 more place"]


@pytest.mark.parametrize(("version", "warned"), [("3.50.2", 1), ("4.21.0", 1), ("4.44.1", 0)])
def test_an_app_that_the_runtime_refuses_gets_one_warning(version: str, warned: int) -> None:
    _, diagnostics = build(document(named(a=endpoint()), {"version": version}))
    assert len(diagnostics) == warned
    assert all("will refuse it" in d.what and "4.22" in d.advice for d in diagnostics)


def test_an_info_without_names_is_of_an_app_that_the_runtime_refuses() -> None:
    unnamed = {"label": "X", "type": {"type": "string"}, "component": "Textbox"}
    _, diagnostics = build(document(named(a=endpoint([unnamed]))))
    assert ["before 4.8" in d.what for d in diagnostics] == [True]


def test_what_hardly_anybody_calls_stands_last() -> None:
    config = {
        "components": [{"id": 1, "type": "textbox", "props": {}}],
        "dependencies": [{"api_name": "hello", "targets": [[0, "load"]], "outputs": [1]}],
    }
    described = named(
        hello=endpoint([], [result("a")]), nothing=endpoint(), show=endpoint([], [result("b")])
    )
    module, _ = build(document(described, config))
    assert [e.api_name for e in module.endpoints] == ["/show", "/hello", "/nothing"]


def test_an_untitled_app_is_called_after_its_module() -> None:
    app = document(named(), {"title": "Gradio"}, name="127.0.0.1:7860")
    assert build(app, module="my_lab")[0].class_name == "MyLab"
    assert build(app, module="")[0].class_name != "MyLab"
    titled = document(named(), {"title": "Image Lab"})
    assert build(titled, module="my_lab")[0].class_name == "ImageLab"
