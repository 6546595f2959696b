"""Whole modules, compared with the ones that were looked at and committed."""

from __future__ import annotations

import ast
import importlib
import json
import os
import subprocess
import sys

import pytest

from gradio_codegen.app_schema.normalise import normalise
from gradio_codegen.render import render
from gradio_codegen.source.document import Document
from tests.support.golden import FOLDER, NAMES, build, golden_document, text_of


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


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("lacking", ["", "q.NotRequired = q._Plain;"], ids=["own", "3.10"])
def test_type_hints_can_be_read(name: str, lacking: str) -> None:
    code = (
        "import sys, typing, inspect, gradio_session.client.qualifiers as q\n"
        f"{lacking}import {name} as module\n"
        "for kind in vars(module).values():\n"
        "    if inspect.isclass(kind) and kind.__module__ == module.__name__:\n"
        "        if issubclass(kind, (dict, tuple)): typing.get_type_hints(kind)\n"
        "        for method in vars(kind).values():\n"
        "            if inspect.isfunction(method): typing.get_type_hints(method)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=FOLDER, capture_output=True, text=True, check=False
    )
    assert not done.returncode, done.stderr


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
    code = (
        "from tests.support.golden import *; import sys; "
        "sys.stdout.buffer.write(text_of(golden_document('traps')).encode())"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "4711")
    }
    assert outputs == {(FOLDER / "traps.py").read_bytes()}
