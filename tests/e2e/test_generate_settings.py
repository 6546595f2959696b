"""What settings, sources and options make of a generated client, and what the command says of it:
warnings, names, selection, variables, templates, the report.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import (
    NUMBER,
    SMALL,
    TEXT,
    app,
    choice,
    files_of,
    gives,
    inside,
    project,
    run,
    save,
    takes,
)
from tests.support.scripts import python
from tests.support.two_clients import reconfigure, two

__all__ = ["two"]


def test_warnings_can_be_fatal(tmp_path: Path) -> None:
    save(tmp_path / "lab.json", app("Lab", run=([takes("a", {"type": "filepath"})], [])))
    result = run(tmp_path, "generate", "lab.json", "-o", "lab.py", "--fail-on-warnings")
    assert result.exit_code == 1
    assert not (tmp_path / "lab.py").exists()


def test_what_the_app_leaves_open_is_counted_and_no_warning(tmp_path: Path) -> None:
    save(tmp_path / "lab.json", app("Lab", run=([takes("a", {"type": {}})], [])))
    result = run(tmp_path, "generate", "lab.json", "-o", "lab.py", "--fail-on-warnings")
    assert result.exit_code == 0
    assert "(1 untyped by the app), 0 warnings" in result.output


def test_warnings_name_a_configured_client_by_its_name(two: Path) -> None:
    described = app("Small Lab", run=([takes("a", {"type": "filepath"})], []))
    save(two / "apps" / "lab.json", described)
    assert "warning: lab: /run, parameter a at $: typed as Any" in run(two, "generate").output


def test_a_very_large_app_gets_one_hint(tmp_path: Path) -> None:
    many: dict[str, Any] = {f"e{n}": ([], []) for n in range(151)}
    save(tmp_path / "lab.json", app("Lab", **many))
    told = run(tmp_path, "generate", "lab.json", "-o", "lab.py").output
    assert told.count("--include") == 1
    some = run(tmp_path, "generate", "lab.json", "-o", "lab.py", "--include", "/e1*").output
    assert "--include" not in some


def test_an_untitled_app_is_named_after_its_module(tmp_path: Path) -> None:
    save(tmp_path / "saved.json", app("Gradio", run=([], [])))
    assert run(tmp_path, "generate", "saved.json", "-o", "my_lab.py").exit_code == 0
    assert "class MyLab(" in (tmp_path / "my_lab.py").read_text("utf-8")


def test_endpoints_are_selected_by_name(two: Path) -> None:
    save(
        two / "apps" / "lab.json",
        app("Small Lab", draw=([], []), draw_more=([], []), talk=([], [])),
    )
    reconfigure(
        two,
        'source = "apps/lab.json"',
        'source = "apps/lab.json"\ninclude = ["/draw*"]\nexclude = ["draw_more"]',
    )
    assert run(two, "generate", "lab").exit_code == 0
    text = (two / "clients" / "lab.py").read_text("utf-8")
    assert ["/draw_more" in text, "/talk" in text, '"/draw"' in text] == [False, False, True]


def test_a_source_with_a_variable_keeps_it_out_of_every_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project(
        tmp_path,
        '[tool.gradio-codegen.clients.lab]\nsource = "${LAB_PLACE}/lab.json"\n'
        'token = "${LAB_TOKEN}"\n',
    )
    save(folder / "s3cret-place" / "lab.json", SMALL)
    monkeypatch.setenv("LAB_PLACE", "s3cret-place")
    monkeypatch.setenv("LAB_TOKEN", "s3cret-token")
    result = run(folder, "generate")
    assert result.exit_code == 0, result.output
    written = (
        result.output
        + (folder / "lab.py").read_text("utf-8")
        + (folder / "gradio-codegen.lock").read_text("utf-8")
    )
    assert "s3cret" not in written
    assert "${LAB_PLACE}/lab.json" in written
    assert "url=" not in (folder / "lab.py").read_text("utf-8")
    monkeypatch.delenv("LAB_PLACE")
    assert run(folder, "check", "--offline").exit_code == 0
    assert run(folder, "generate", "--locked").exit_code == 0
    missing = run(folder, "generate")
    assert missing.exit_code == 2
    assert "LAB_PLACE is not set" in missing.stderr


def test_a_failing_source_with_a_variable_does_not_show_its_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project(
        tmp_path, '[tool.gradio-codegen.clients.lab]\nsource = "http://127.0.0.1:1/${LAB_KEY}"\n'
    )
    monkeypatch.setenv("LAB_KEY", "s3cret-key")
    for command in (["generate"], ["check"], ["generate", "--json"]):
        result = run(folder, *command)
        assert result.exit_code in (1, 2)
        assert "s3cret-key" not in result.output


def test_templates_of_the_project_are_used_and_their_change_is_noticed(two: Path) -> None:
    template = two / "own" / "body.py.jinja"
    template.parent.mkdir()
    from gradio_codegen.render.template_files import own_templates

    with inside(two):
        original = own_templates()
    template.write_text(
        (original / "body.py.jinja").read_text("utf-8") + "\n\nPOCKET = 1\n", encoding="utf-8"
    )
    reconfigure(two, 'output = "clients"', 'output = "clients"\ntemplates = "own"')
    stale = run(two, "check", "--offline")
    assert stale.exit_code == 1
    assert "option templates" in stale.stdout
    assert run(two, "generate").exit_code == 0
    assert "POCKET = 1" in (two / "clients" / "lab.py").read_text("utf-8")
    assert run(two, "check").exit_code == 0
    template.write_text(template.read_text("utf-8") + "{% if %}", encoding="utf-8")
    before = files_of(two / "clients")
    broken = run(two, "generate")
    assert broken.exit_code == 2
    assert f"{template}, line {len(template.read_text('utf-8').splitlines())}" in broken.stderr
    assert files_of(two / "clients") == before


@pytest.mark.usefixtures("imports_by_fork")
def test_code_is_imported_from_the_root_of_the_project(tmp_path: Path) -> None:
    folder = project(tmp_path, '[tool.gradio-codegen.clients.small]\nsource = "package.app:demo"\n')
    (folder / "package").mkdir()
    (folder / "package" / "app.py").write_text(
        "import gradio as gr\nwith gr.Blocks(title='Small') as demo:\n    pass\n", encoding="utf-8"
    )
    (folder / "deep").mkdir()
    result = run(folder / "deep", "generate")
    assert result.exit_code == 0, result.output
    assert (folder / "small.py").is_file()


@pytest.mark.parametrize("level", ["0", "99"])
def test_a_module_for_another_runtime_says_so_in_one_sentence(tmp_path: Path, level: str) -> None:
    assert (
        run(tmp_path, "generate", save(tmp_path / "lab.json", SMALL), "-o", "lab.py").exit_code == 0
    )
    module = tmp_path / "lab.py"
    module.write_text(
        module.read_text("utf-8").replace("runtime=2", f"runtime={level}"), encoding="utf-8"
    )
    done = python("-c", "import lab", cwd=tmp_path, code=1)
    last = done.stderr.strip().splitlines()[-1]
    assert "gradio-session" in last
    assert "upgrade" in last.casefold() or "generate" in last


def test_the_report_counts_what_was_generated(tmp_path: Path) -> None:
    described = app(
        "Lab",
        run=(
            [takes("a", choice("x")), takes("b", {"type": {}}), takes("c", {"type": "filepath"})],
            [gives(), gives(NUMBER), gives(TEXT)],
        ),
    )
    report = json.loads(
        run(
            tmp_path, "generate", save(tmp_path / "lab.json", described), "-o", "out/", "--json"
        ).stdout
    )
    client = report["clients"][0]
    assert {
        key: client[key]
        for key in (
            "class",
            "endpoints",
            "parameters",
            "results",
            "any_declared",
            "any_unknown",
            "error",
        )
    } == {
        "class": "Lab",
        "endpoints": 1,
        "parameters": 3,
        "results": 3,
        "any_declared": 1,
        "any_unknown": 1,
        "error": None,
    }
    assert client["module"] == str(Path("out/lab.py"))
    assert [warning["where"] for warning in client["warnings"]] == ["/run, parameter c at $"]
