"""The words of a call from the shell: those of the module, of its tables and of the app."""

from __future__ import annotations

from typing import Any

import pytest

from gradio_codegen.app_schema.schema import App
from gradio_codegen.app_schema.schema import parse as parse_app
from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.console.call_names import find_target
from gradio_codegen.console.call_values import read_arguments, values_of
from gradio_codegen.project.endpoint_tables import read_tables
from gradio_codegen.source.document import Document
from tests.support.command import NUMBER, TEXT, app, choice, gives, takes

TABLES = read_tables(
    {
        "/lambda_1": {
            "name": "enlarge",
            "parameters": {
                "param_0": "image",
                "param_1": {"name": "factor", "type": "int | None"},
                "param_2": {"type": 'list[Literal["a", "b"]]'},
                "lambda": {"type": "str"},
            },
            "results": ["image", "log"],
        },
        "/other": {"name": "third"},
    },
    "pyproject.toml: [lab",
)


@pytest.fixture(scope="module")
def lab() -> App:
    document = app(
        "Lab",
        lambda_1=(
            [
                takes("param_0", label="Positive Prompt"),
                takes("param_1", NUMBER, 2, label="Number"),
                takes("param_2", choice("x"), "x", label="Radio"),
                takes("lambda", {}, None),
            ],
            [gives(), gives()],
        ),
        other=([takes("text")], [gives(label="Output")]),
        third=([], []),
    )
    return parse_app(Document(document["info"], document["config"], "lab", None, "lab"))[0]


def read(lab: App, *arguments: str, tables: Any = TABLES) -> dict[str, Any]:
    return read_arguments(find_target(lab, "lambda_1", tables), arguments, lambda: b"")


@pytest.mark.parametrize(
    ("word", "api_name"),
    [
        ("enlarge", "/lambda_1"),
        ("/enlarge", "/lambda_1"),
        ("lambda_1", "/lambda_1"),
        ("/lambda_1", "/lambda_1"),
        ("third", "/other"),
        ("/third", "/third"),
        ("other", "/other"),
    ],
)
def test_a_word_is_the_tables_first_and_the_apps_with_its_slash(
    lab: App, word: str, api_name: str
) -> None:
    assert find_target(lab, word, TABLES).api_name == api_name


def test_a_wrong_word_is_answered_with_the_nearest(lab: App) -> None:
    with pytest.raises(CommandError, match="did you mean '/enlarge'"):
        find_target(lab, "enlarg", TABLES)
    with pytest.raises(CommandError, match="no endpoint 'enlarge'; it has /lambda_1, /other"):
        find_target(lab, "enlarge", {})


def test_parameters_go_by_the_names_of_the_table_and_of_the_app(lab: App) -> None:
    assert read(lab, "image=a", "factor=3") == {"param_0": "a", "param_1": 3}
    assert read(lab, "param_0=a", "param_1=3") == {"param_0": "a", "param_1": 3}
    assert list(find_target(lab, "enlarge", TABLES).parameters)[:3] == ["image", "factor", "radio"]
    with pytest.raises(CommandError, match="did you mean 'factor'"):
        read(lab, "image=a", "facto=3")
    with pytest.raises(CommandError, match="image must be given"):
        read(lab)


def test_values_are_read_by_the_types_of_the_table(lab: App) -> None:
    assert read(lab, "image=a", "lambda_=5") == {"param_0": "a", "lambda": "5"}
    assert read(lab, "image=a", "factor=null") == {"param_0": "a", "param_1": None}
    assert read(lab, "image=a", "radio=a", "radio=b")["param_2"] == ["a", "b"]
    for wrong in ("factor=1.5", "radio=x"):
        with pytest.raises(CommandError):
            read(lab, "image=a", wrong)
    target = find_target(lab, "enlarge", TABLES)
    assert target.results == ("image", "log")
    assert values_of(find_target(lab, "lambda_1", {}).parameters["radio"]) == ["x"]


def test_without_a_table_the_names_are_those_that_inspect_shows(lab: App) -> None:
    target = find_target(lab, "lambda_1", {})
    assert list(target.parameters) == ["positive_prompt", "number", "radio", "lambda_"]
    assert read(lab, "positive_prompt=a", "lambda=5", tables={}) == {"param_0": "a", "lambda": 5}


def test_names_that_are_swapped_mean_what_the_table_says() -> None:
    document = app("Lab", run=([takes("a"), takes("b", TEXT, "")], []))
    parsed, _ = parse_app(Document(document["info"], document["config"], "lab", None, "lab"))
    tables = read_tables({"/run": {"parameters": {"a": "b", "b": "a"}}}, "x: [lab")
    target = find_target(parsed, "run", tables)
    assert read_arguments(target, ["b=1", "a=2"], lambda: b"") == {"a": "1", "b": "2"}
