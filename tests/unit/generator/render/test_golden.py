"""Whole modules, compared with the ones that were looked at and committed."""

from __future__ import annotations

import ast
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gradio_codegen.app_schema.normalise import normalise
from gradio_codegen.render import render
from gradio_codegen.source.document import Document
from tests.support.environments import ROOT, interpreter
from tests.support.golden import FOLDER, NAMES, build, golden_document, text_of, under_hash_seeds


@pytest.mark.parametrize("name", NAMES)
def test_generates_the_committed_module(name: str) -> None:
    assert text_of(golden_document(name)) == (FOLDER / f"{name}.py").read_text("utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_imports_nothing_but_the_standard_library_and_the_runtime(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(FOLDER)
    module = importlib.import_module(name)
    assert set(module.__all__) <= set(vars(module))
    tree = ast.parse((FOLDER / f"{name}.py").read_text("utf-8"))
    imported = {node.module for node in tree.body if isinstance(node, ast.ImportFrom)}
    assert imported <= {"__future__", "collections.abc", "functools", "typing", "gradio_session"}


HINTS = """
import sys, typing, inspect, gradio_session.client.typing_names as names
{lacking}
import {name} as module
def read(kind):
    assert set(typing.get_type_hints(kind)) >= set(kind.__dict__.get("__annotations__", ()))
    for method in vars(kind).values():
        if inspect.isfunction(method): typing.get_type_hints(method)
for kind in list(vars(module).values()):
    if inspect.isclass(kind) and kind.__module__ == module.__name__: read(kind)
"""


def type_hints_are_read(python: Path, name: str, lacking: str = "") -> None:
    done = subprocess.run(
        [python, "-c", HINTS.format(name=name, lacking=lacking)],
        cwd=FOLDER,
        env=os.environ | {"PYTHONPATH": str(ROOT / "runtime")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.returncode, done.stderr


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("version", ["3.10", "3.11", "3.12", "3.13"])
def test_type_hints_can_be_read(name: str, version: str) -> None:
    python = interpreter(version)
    if python is None:
        pytest.skip(f"no Python {version} on this machine")
    type_hints_are_read(python, name)


@pytest.mark.parametrize("name", NAMES)
def test_type_hints_can_be_read_where_typing_has_no_qualifiers(name: str) -> None:
    type_hints_are_read(
        Path(sys.executable), name, "names.NotRequired = names.ReadOnly = names._Plain"
    )


@pytest.mark.parametrize("name", NAMES)
def test_what_users_annotate_with_is_exported(name: str) -> None:
    """Clients, results, inputs, structures, named choices; an endpoint's classes go by name."""
    tree = ast.parse((FOLDER / f"{name}.py").read_text("utf-8"))
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    aliases = [node.target for node in tree.body if isinstance(node, ast.AnnAssign)]
    named = {each.id for each in aliases if isinstance(each, ast.Name)}
    named |= {each.name for each in classes if not each.name.endswith(("Endpoint", "Signature"))}
    functional = {
        node.targets[0].id
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Name)
        and node.value.func.id == "TypedDict"
        and isinstance(node.targets[0], ast.Name)
    }
    exported = next(
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    )
    assert set(ast.literal_eval(exported)) == named | functional


def test_many_modules_at_once_are_the_same_as_one_by_one() -> None:
    modules = [build(golden_document(name))[0] for name in NAMES]
    assert render.render(modules) == [(FOLDER / f"{name}.py").read_text("utf-8") for name in NAMES]


@pytest.mark.parametrize("name", NAMES)
def test_the_stored_description_gives_the_same_module(name: str) -> None:
    read = golden_document(name)
    stored = json.loads(json.dumps(normalise(read)))
    again = Document(stored["info"], stored["config"], read.origin, read.url, read.name)
    assert normalise(again) == stored
    assert text_of(again) == text_of(read)


def test_the_same_under_every_hash_seed() -> None:
    outputs = under_hash_seeds("text_of(golden_document('traps'))")
    assert outputs == {(FOLDER / "traps.py").read_bytes()}
