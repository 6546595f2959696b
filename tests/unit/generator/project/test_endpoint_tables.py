"""The tables of endpoints in pyproject.toml: what is read, and what is refused without an app."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.plan.overrides import ParameterOverride
from gradio_codegen.project.config import ClientConfig, load
from gradio_codegen.project.endpoint_tables import plain_tables, read_tables
from tests.support.command import project

CLIENT = '[tool.gradio-codegen.clients.lab]\nsource = "lab.json"\n'
TABLE = '[tool.gradio-codegen.clients.lab.endpoints."/lambda_1"]\n'


def client(folder: Path, table: str) -> ClientConfig:
    return load(project(folder, CLIENT + table) / "pyproject.toml").clients["lab"]


def refused(folder: Path, table: str) -> str:
    with pytest.raises(CommandError) as caught:
        client(folder, table)
    assert caught.value.exit_code == 2
    place = f"{folder / 'pyproject.toml'}: {TABLE.strip()}: "
    assert caught.value.message.startswith(place)
    assert "\n" not in caught.value.message
    return caught.value.message.removeprefix(place)


def test_what_is_written_is_read_and_kept_as_plain_values(tmp_path: Path) -> None:
    own = client(
        tmp_path,
        TABLE
        + 'name = "upscale"\n'
        + 'parameters = { param_1 = { name = "factor", type = "int" }, param_0 = "image" }\n'
        + 'results = ["image", "log"]\n',
    ).endpoints
    assert own["/lambda_1"].name == "upscale"
    assert own["/lambda_1"].parameters == {
        "param_0": ParameterOverride("image"),
        "param_1": ParameterOverride("factor", "int"),
    }
    assert own["/lambda_1"].results == ("image", "log")
    kept = plain_tables(own)
    assert json.dumps(kept) == json.dumps(
        {
            "/lambda_1": {
                "name": "upscale",
                "parameters": {
                    "param_0": {"name": "image"},
                    "param_1": {"name": "factor", "type": "int"},
                },
                "results": ["image", "log"],
            }
        }
    )
    assert read_tables(json.loads(json.dumps(kept)), "lock: [lab") == own


def test_another_spelling_of_a_table_is_the_same_table(tmp_path: Path) -> None:
    short = client(tmp_path, TABLE + 'parameters = { a = "x" }\n')
    long = client(
        tmp_path,
        '[tool.gradio-codegen.clients.lab.endpoints."/lambda_1".parameters.a]\nname = "x"\n',
    )
    assert plain_tables(short.endpoints) == plain_tables(long.endpoints)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ('nme = "x"', "unknown key 'nme'; did you mean 'name'?"),
        ("quite = 1", "unknown key 'quite'; known are: name, parameters, results"),
        ("name = 1", "name must be a string"),
        ('parameters = "x"', "parameters must be a table"),
        ("parameters = { a = 1 }", "parameters: 'a': must be a name, or {"),
        ('parameters = { a = { tpe = "int" } }', "unknown key 'tpe'; did you mean 'type'?"),
        ("parameters = { a = { type = 1 } }", "parameters: 'a': type must be a string"),
        ('results = "a"', "results must be a list of names"),
        ("results = [1]", "results must be a list of names"),
        ('results = ["a", "a"]', "results: two would be called 'a'"),
        ('name = ""', "name '' is no Python name"),
        ('name = "class"', "name 'class' is a keyword of Python"),
        ('name = "two words"', "name 'two words' is no Python name"),
        ('name = "2x"', "is no Python name"),
        ('name = "_x"', "is no Python name that can stand there"),
        ('name = "session"', "name 'session' is reserved"),
        ('name = "App"', "name 'App' is reserved"),
        (f'name = "{"x" * 81}"', "has more than 80 characters"),
        ('name = "\\"; import os"', "is no Python name"),
        ('name = "a\\nb"', "name 'a\\nb' is no Python name"),
        ('name = "\\uFB01x"', "is no Python name"),
        ('parameters = { a = "self" }', "parameters: 'a': name 'self' is reserved"),
        ('parameters = { a = "None" }', "name 'None' is a keyword of Python"),
        ('parameters = { a = "__x" }', "name '__x' is no Python name"),
        ('parameters = { a = "a b" }', "name 'a b' is no Python name"),
        ('parameters = { a = { type = "integer" } }', "type 'integer' cannot be used; a type is"),
        ('results = ["_a", "b"]', "results: '_a' is no Python name"),
        ('results = ["count", "b"]', "results: 'count' is reserved"),
        ('results = ["str", "b"]', "results: 'str' is reserved"),
        ('results = ["a", "b c"]', "results: 'b c' is no Python name"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(tmp_path: Path, table: str, words: str) -> None:
    assert words in refused(tmp_path, TABLE + table + "\n")


def test_an_endpoint_is_a_table(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="must be a table with name, parameters, results"):
        client(tmp_path, 'endpoints = { "/x" = "upscale" }\n')
    with pytest.raises(CommandError, match="endpoints must be a table"):
        client(tmp_path, 'endpoints = "x"\n')
