from __future__ import annotations

import sys

import pytest

from gradio_codegen.code.naming import (
    Scope,
    attribute_names,
    field_names,
    import_order,
    is_plain,
    module_name,
    parameter_names,
    telling_name,
)
from gradio_codegen.code.words import pascal, snake


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("lambda_1_1", "Lambda1_1"),
        ("lambda_11", "Lambda11"),
        ("image lab", "ImageLab"),
        ("translate-to-german", "TranslateToGerman"),
        ("über/naïve-name.v1 x", "ÜberNaïveNameV1X"),
        ("Op1", "Op1"),
        ("CheckboxGroup", "CheckboxGroup"),
        ("🦊", ""),
    ],
)
def test_pascal(text: str, name: str) -> None:
    assert pascal(text) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Seed used", "seed_used"),
        ("CheckboxGroup", "checkbox_group"),
        ("LoRA weights", "lora_weights"),
        ("LoRAs", "loras"),
        ("VRAM (GiB)", "vram_gib"),
        ("ControlNet", "controlnet"),
        ("DiT path", "dit_path"),
        ("MoE", "moe"),
        ("iOS", "ios"),
        ("TeaCache", "teacache"),
        ("topK", "top_k"),
        ("numSteps", "num_steps"),
        ("3D model", "3d_model"),
        ("…", ""),
        ("Größe (cm)", "größe_cm"),
    ],
)
def test_snake(text: str, name: str) -> None:
    assert snake(text) == name


def test_snake_is_cut_off_between_words() -> None:
    assert (
        snake("one two three four five six seven eight nine ten eleven")
        == "one_two_three_four_five_six_seven_eight"
    )


@pytest.mark.parametrize(
    ("api_name", "attribute"),
    [
        ("/generate", "generate"),
        ("/Op1", "Op1"),
        ("/lambda", "lambda_"),
        ("/session", "session_"),
        ("/with_options", "with_options_"),
        ("/Call", "Call_"),
        ("/sum", "sum"),
        ("/list", "list"),
        ("/_entry", "entry"),
        ("/__init__", "init"),
        ("/with/slash", "with_slash"),
        ("/über/naïve-name.v1 x", "über_naïve_name_v1_x"),
        ("/2d", "endpoint_2d"),
        ("/!!!", "endpoint"),
        ("/ﬁt", "fit"),
        ("12", "fn_12"),
    ],
)
def test_attributes(api_name: str, attribute: str) -> None:
    assert attribute_names([api_name], []) == {api_name: attribute}


def test_an_exact_name_is_kept_whatever_comes_before_it() -> None:
    assert attribute_names(["/a-b", "/a_b", "/a b"], []) == {
        "/a_b": "a_b",
        "/a b": "a_b_2",
        "/a-b": "a_b_3",
    }


def test_attributes_do_not_depend_on_the_order_of_the_app() -> None:
    names = ["/a-b", "/a_b", "/a b", "/entry", "/_entry"]
    assert attribute_names(names, []) == attribute_names(reversed(names), [])


def test_parameters_keep_the_names_of_their_functions() -> None:
    given = ["prompt", "_", "dict", "имя", "match", "_private", "print"]
    assert parameter_names([(name, "Label", "textbox") for name in given]) == given


def test_a_mere_number_gives_way_to_a_telling_label() -> None:
    given = [
        ("param_0", "Positive prompt", "textbox"),
        ("param_1", "Seed", "number"),
        ("param_2", "Seed", "number"),
        ("in_3", "Width", "slider"),
        ("param_4", "steps", "slider"),
        ("steps", "", "slider"),
        ("param_6", "🎲", "number"),
        ("param_7", "class", "number"),
        ("param_8", "3D", "image"),
    ]
    assert parameter_names(given) == [
        *("positive_prompt", "param_1", "param_2", "width", "param_4", "steps", "param_6"),
        *("class_", "image_3d"),
    ]


def test_parameters_that_cannot_be_python_names() -> None:
    given = [
        ("self", "", ""),
        ("lambda", "", ""),
        ("__mangled", "", ""),
        ("with space", "", ""),
        ("1st", "", "image"),
        ("ﬁ", "", ""),
        ("__", "Seed", ""),
    ]
    assert parameter_names(given) == [
        "self_",
        "lambda_",
        "mangled",
        "with_space",
        "image_1st",
        "fi",
        "seed",
    ]


def test_parameters_without_names_are_called_after_labels_and_components() -> None:
    given = [
        ("", "Your text", "textbox"),
        ("", "", "textbox"),
        ("", "Your text", "textbox"),
        ("", "🦊", "image"),
        ("", "3D", "model3d"),
        ("", "", "3"),
        ("", "", "·"),
    ]
    assert parameter_names(given) == [
        "your_text",
        "textbox",
        "your_text_2",
        "image",
        "model3d_3d",
        "value",
        "value_2",
    ]


def test_a_parameter_given_twice_is_still_two() -> None:
    assert parameter_names([("x", "", ""), ("x", "", "")]) == ["x", "x_2"]


def test_fields_never_hide_what_a_tuple_or_an_annotation_needs() -> None:
    given = [
        (label, "textbox")
        for label in (
            "count",
            "Index",
            "list",
            "_private",
            "class",
            "str",
            "1st",
            "",
            "Result",
            "Result",
            "session",
        )
    ]
    assert field_names(given, ["result"]) == [
        *(
            "count_",
            "index_",
            "list_",
            "private",
            "class_",
            "str_",
            "result_1",
            "textbox",
            "result_",
            "result__2",
            "session_",
        ),
    ]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Image Lab", "image_lab"),
        ("mini-board", "mini_board"),
        ("über", "uber"),
        ("3d", "app_3d"),
        ("class", "class_app"),
        ("json", "json_app"),
        ("cgi", "cgi_app"),
        ("con", "con_app"),
        ("../../etc/passwd", "etc_passwd"),
        ("文字", "fallback"),
        ("", "fallback"),
    ],
)
def test_module_names(text: str, name: str) -> None:
    assert module_name(text, "fallback") == name


def test_module_names_never_hide_the_standard_library() -> None:
    assert not {module_name(name) for name in sys.stdlib_module_names} & set(
        sys.stdlib_module_names
    )


def test_a_module_has_a_name_even_if_nothing_else_has() -> None:
    assert module_name("", "🦊") == "app"


def test_a_scope_gives_no_name_twice() -> None:
    scope = Scope({"Call"})
    assert [
        scope.take("Call"),
        scope.take("Call"),
        scope.take("Call_"),
        scope.take("x"),
        scope.take("x"),
    ] == [
        "Call_",
        "Call_2",
        "Call__2",
        "x",
        "x_2",
    ]


def test_a_scope_takes_derived_names_too() -> None:
    scope = Scope()
    scope.take("AsyncAEndpoint")
    assert scope.take("A", lambda base: (f"{base}Endpoint", f"Async{base}Endpoint")) == "A_2"


@pytest.mark.parametrize("name", ["class", "__x", "a b", "", "ﬁ", "1a", "None"])
def test_not_plain(name: str) -> None:
    assert not is_plain(name)


def test_numbered_parameters_call_their_types_after_labels() -> None:
    assert telling_name("param_3", "Model name") == "model_name"
    assert telling_name("param_3", "") == "param_3"
    assert telling_name("model", "Label") == "model"


def test_import_order() -> None:
    names = ["b", "Bc10", "Bc9", "ABC", "Abc", "A"]
    assert sorted(names, key=import_order) == ["ABC", "A", "Abc", "Bc9", "Bc10", "b"]
