from __future__ import annotations

from pathlib import Path

import pytest

from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.render import render, template_files
from gradio_codegen.render.ruff import format_all
from tests.support.golden import (
    build,
    document,
    endpoint,
    golden_document,
    named,
    parameter,
    text_of,
)


def test_a_directory_of_templates_goes_before_ours(tmp_path: Path) -> None:
    (tmp_path / "result.py.jinja").write_text("", "utf-8")
    (tmp_path / "app.py.jinja").write_text(
        "class {{ module.class_name }}:\n    def hello(self) -> str:\n"
        "        return {{ module.title | literal }}\n",
        "utf-8",
    )
    text = render.render([build(golden_document("image_lab"))[0]], tmp_path)[0]
    assert 'return "Image Lab"' in text
    assert "class GenerateEndpoint(" in text


@pytest.mark.parametrize(
    ("template", "block", "kept"),
    [
        ("app.py.jinja", "members", "    generate: GenerateEndpoint\n"),
        ("endpoint.py.jinja", "members", "    submit: GenerateSignature["),
        ("signature.py.jinja", "members", "    def __call__("),
        ("signature.py.jinja", "call", "class GenerateSignature("),
        ("app.py.jinja", "endpoints", "class ImageLab("),
    ],
)
def test_a_block_of_ours_is_replaced_and_the_rest_stays(
    template: str, block: str, kept: str, tmp_path: Path
) -> None:
    hello = "    def hello(self) -> str:\n        return {{ module.title | literal }}\n"
    (tmp_path / template).write_text(
        f'{{% extends "builtin/{template}" %}}\n{{% block {block} %}}\n\n{hello}{{% endblock %}}\n',
        "utf-8",
    )
    module = build(golden_document("image_lab"))[0]
    text = render.render([module], tmp_path)[0]
    modes, endpoints = len(module.modes), len(module.endpoints)
    classes = {"app": modes, "endpoint": modes * endpoints, "signature": endpoints}
    assert text.count('return "Image Lab"') == classes[template.partition(".")[0]]
    assert kept in text


@pytest.mark.parametrize(
    "template",
    [
        "{{ module.title }}",
        "{{ module.nothing }}",
        "{% if %}",
        "{{ module.class_name ~ 'x' }}",
        '{% include "nowhere.jinja" %}',
        "{{ 'x' | identifier }}{{ '1x' | identifier }}",
    ],
)
def test_templates_that_do_not_render(template: str, tmp_path: Path) -> None:
    (tmp_path / "app.py.jinja").write_text(template, "utf-8")
    with pytest.raises(CommandError, match="templates"):
        render.render([build(golden_document("image_lab"))[0]], tmp_path)


def test_a_directory_of_templates_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="nowhere: no such directory of templates"):
        render.render([build(golden_document("image_lab"))[0]], tmp_path / "nowhere")


def test_templates_that_give_no_python(tmp_path: Path) -> None:
    (tmp_path / "app.py.jinja").write_text("class :", "utf-8")
    with pytest.raises(CommandError, match="no valid Python"):
        render.render([build(golden_document("image_lab"))[0]], tmp_path)


def test_only_what_is_used_is_imported() -> None:
    text = text_of(document(named(f=endpoint())), mode="sync")
    assert "from gradio_session import App, Endpoint, Signature\n" in text
    assert "    from gradio_session import Bound, Call\nelse:" in text
    assert "from typing import TYPE_CHECKING, TypeVar\n" in text
    assert "collections" not in text
    empty = text_of(document(named()), mode="async")
    assert "from gradio_session import AsyncApp\n" in empty
    assert "TYPE_CHECKING" not in empty


def test_qualifiers_are_imported_for_type_checkers_alone() -> None:
    text = text_of(
        document(
            named(
                f=endpoint(
                    [parameter("x", {"type": "object", "properties": {"a-b": {"type": "string"}}})]
                )
            )
        )
    )
    assert "    from gradio_session import AsyncCall, Bound, Call\n    from typing_ext" in text
    assert "    from typing_extensions import NotRequired, ReadOnly  #" in text
    assert '"a-b": "NotRequired[ReadOnly[str]]"' in text


def test_a_vendored_runtime_is_imported_from_beside() -> None:
    text = text_of(document(named(f=endpoint())), runtime="._runtime")
    assert "from ._runtime import App, AsyncApp, AsyncEndpoint, Endpoint, Signature\n" in text
    assert "if TYPE_CHECKING:\n    from ._runtime import AsyncCall, Bound, Call\nelse:" in text
    assert "    from ._runtime.client.typing_names import AsyncCall, Bound, Call\n" in text
    with pytest.raises(CommandError, match="no name of a module"):
        text_of(document(named()), runtime="os; import sys")


def test_nothing_to_do() -> None:
    assert render.render([]) == []


def test_ruff_says_what_it_cannot_format() -> None:
    assert format_all(["x=1"]) == ["x = 1\n"]
    assert format_all(["x=1", "y  = '🦊'"]) == ["x = 1\n", 'y = "🦊"\n']
    with pytest.raises(CommandError, match="could not format"):
        format_all(["x = ("])


def test_templates_beside_the_package_go_before_those_of_the_source_tree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "generator" / "gradio_codegen"
    monkeypatch.setattr(template_files, "__file__", str(package / "render" / "template_files.py"))
    assert template_files.own_templates() == tmp_path / "templates"
    (package / "templates").mkdir(parents=True)
    assert template_files.own_templates() == package / "templates"


def test_the_hash_of_templates_is_that_of_their_names_and_texts(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "app.py.jinja").write_bytes(b"one\r\ntwo")
    first = template_files.templates_hash(tmp_path)
    (tmp_path / "more" / "app.py.jinja").write_bytes(b"one\ntwo")
    assert template_files.templates_hash(tmp_path) == first
    (tmp_path / "more" / "app.py.jinja").rename(tmp_path / "app.py.jinja")
    moved = template_files.templates_hash(tmp_path)
    (tmp_path / "app.py.jinja").write_bytes(b"one\n")
    assert len({first, moved, template_files.templates_hash(tmp_path)}) == 3
    with pytest.raises(CommandError, match="none: no such directory of templates"):
        template_files.templates_hash(tmp_path / "none")
