"""`check` and `diff`: what they notice, what they say, and what they cost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Serve, Start
from tests.support.command import NUMBER, SMALL, app, files_of, gives, project, run, save, takes
from tests.support.environments import ROOT
from tests.support.scripts import python

SETTINGS = '[tool.gradio-codegen.clients.lab]\nsource = "lab.json"\n'


@pytest.fixture
def one(tmp_path: Path) -> Path:
    """A project of one fresh client."""
    folder = project(tmp_path, SETTINGS)
    save(folder / "lab.json", SMALL)
    assert run(folder, "generate").exit_code == 0
    return folder


def stale(folder: Path, *options: str) -> str:
    before = files_of(folder)
    result = run(folder, "check", *options)
    assert result.exit_code == 1, result.output
    assert files_of(folder) == before
    return result.stdout


def test_a_fresh_client_is_fresh(one: Path) -> None:
    for options in ([], ["--offline"], ["lab"]):
        result = run(one, "check", *options)
        assert (result.exit_code, result.stdout) == (0, "lab: fresh\n")


def test_a_change_of_the_app_is_told_as_a_person_would(one: Path) -> None:
    save(
        one / "lab.json",
        app(greet=([takes("name"), takes("steps", NUMBER), takes("times", NUMBER, 1)], [gives()])),
    )
    assert run(one, "check", "--offline").exit_code == 0
    words = stale(one)
    assert "`/greet`: parameter `steps` is new and required: existing calls break" in words
    assert "gradio-codegen generate" in words
    report = json.loads(run(one, "check", "--json").stdout)
    assert report["clients"][0]["state"] == "stale"
    assert {
        "severity": "breaking",
        "where": "/greet",
        "what": "parameter `steps` is new and required: existing calls break",
    } in report["clients"][0]["changes"]
    assert run(one, "generate").exit_code == 0
    assert run(one, "check").exit_code == 0


def test_another_version_of_gradio_is_no_change(one: Path) -> None:
    save(one / "lab.json", {**SMALL, "config": {**SMALL["config"], "version": "6.99.0"}})
    assert run(one, "check").exit_code == 0


def test_what_makes_a_module_stale_without_a_look_at_the_app(one: Path) -> None:
    module, settings, lock = one / "lab.py", one / "pyproject.toml", one / "gradio-codegen.lock"
    text = module.read_text("utf-8")
    module.write_text(text.replace("greet", "greeted"), encoding="utf-8")
    told = stale(one, "--offline")
    assert "was edited" in told
    assert "run `gradio-codegen generate --force`" in told, "without it, generate refuses"
    module.unlink()
    assert "is missing" in stale(one, "--offline")
    module.write_text(text, encoding="utf-8")
    settings.write_text(SETTINGS + 'mode = "sync"\n', encoding="utf-8")
    assert "option mode is now 'sync', it was generated with 'both'" in stale(one, "--offline")
    settings.write_text(SETTINGS + 'output = "sub"\n', encoding="utf-8")
    assert "belongs in" in stale(one, "--offline")
    settings.write_text(SETTINGS.replace("lab.json", "other.json"), encoding="utf-8")
    assert "its source is now other.json" in stale(one, "--offline")
    settings.write_text(
        SETTINGS + '[tool.gradio-codegen.clients.new]\nsource = "lab.json"\n', encoding="utf-8"
    )
    assert "new: stale\n  was never generated" in stale(one, "--offline")
    settings.write_text(SETTINGS.replace("clients.lab", "clients.renamed"), encoding="utf-8")
    assert "lab: stale\n  is no longer configured" in stale(one, "--offline")
    settings.write_text(SETTINGS, encoding="utf-8")
    assert run(one, "check", "--offline").exit_code == 0
    lock.unlink()
    assert "was never generated" in stale(one, "--offline")


def test_a_client_of_another_generator_is_stale(one: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradio_codegen.project.freshness.VERSION", "9.9.9")
    assert "by gradio-codegen 0.1.0, this is 9.9.9" in stale(one, "--offline")


def test_an_app_that_is_down_cannot_be_judged(one: Path) -> None:
    (one / "lab.json").unlink()
    result = run(one, "check")
    assert result.exit_code == 2
    assert "lab: cannot tell" in result.stdout
    assert json.loads(run(one, "check", "--json").stdout)["clients"][0]["state"] == "unknown"


def test_nothing_to_check_is_an_error(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    assert run(tmp_path, "check").exit_code == 2
    assert run(project(tmp_path, "[tool.gradio-codegen]\n"), "check").exit_code == 2
    assert run(project(tmp_path, SETTINGS), "check", "lav").exit_code == 2


def test_offline_and_fresh_imports_nothing_heavy(one: Path) -> None:
    code = (
        "import sys\nfrom gradio_codegen.cli import main\n"
        "try: main(['check', '--offline'])\n"
        "except SystemExit as end: assert end.code == 0, end.code\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules} & "
        "{'httpx', 'jinja2', 'datamodel_code_generator', 'rich', 'pydantic', 'asyncio', "
        "'subprocess', 'gradio', 'filelock'}))"
    )
    done = python("-c", code, cwd=one)
    assert done.stdout == "lab: fresh\n[]\n", done.stdout + done.stderr


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom gradio_codegen.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "heavy = ('gradio_', 'httpx', 'jinja2', 'rich', 'pydantic', 'asyncio', 'datamodel')\n"
        "print(sorted(name for name in sys.modules if name.startswith(heavy) "
        "and not name.startswith('gradio_codegen.commands')))"
    )
    done = python("-c", code)
    assert done.stdout.splitlines()[-1] == str(
        [
            "gradio_codegen",
            "gradio_codegen.base",
            "gradio_codegen.base.diagnostics",
            "gradio_codegen.base.suggest",
            "gradio_codegen.base.text",
            "gradio_codegen.base.version",
            "gradio_codegen.cli",
            "gradio_codegen.console",
            "gradio_codegen.console.say",
        ]
    )


def test_running_apps_are_compared_and_a_restart_changes_nothing(
    start_server: Start, tmp_path: Path
) -> None:
    source = ROOT / "examples" / "lab.py"
    server = start_server(source)
    folder = project(tmp_path, f'[tool.gradio-codegen.clients.lab]\nsource = "{server.url}"\n')
    assert run(folder, "generate").exit_code == 0
    before = files_of(folder)
    assert run(folder, "check").exit_code == 0
    server.stop()
    assert run(folder, "check").exit_code == 2
    start_server(source, port=server.port)
    assert run(folder, "generate").exit_code == 0
    assert files_of(folder) == before


def test_diff_of_two_descriptions_and_its_exit_codes(tmp_path: Path) -> None:
    old = save(tmp_path / "old.json", SMALL)
    wider = save(
        tmp_path / "wider.json",
        app(
            greet=(
                [takes("name"), takes("times", NUMBER, 1), takes("loud", default=None)],
                [gives()],
            )
        ),
    )
    narrower = save(tmp_path / "narrower.json", app(greet=([takes("name")], [gives()])))
    same = run(tmp_path, "diff", old, old)
    assert (same.exit_code, same.stdout) == (0, "nothing changed that a client shows\n")
    compatible = run(tmp_path, "diff", old, wider)
    assert compatible.exit_code == 0
    assert "compatible `/greet`: parameter `loud` is new" in compatible.stdout
    breaking = run(tmp_path, "diff", old, narrower, "--json")
    assert breaking.exit_code == 1
    assert json.loads(breaking.stdout)["changes"][0]["severity"] == "breaking"
    assert run(tmp_path, "diff", old, "missing.json").exit_code == 2


def test_the_names_of_two_files_are_no_change(tmp_path: Path) -> None:
    untitled = app(None, greet=([takes("name")], [gives()]))
    assert (
        run(
            tmp_path,
            "diff",
            save(tmp_path / "monday.json", untitled),
            save(tmp_path / "friday.json", untitled),
        ).exit_code
        == 0
    )


def test_diff_of_a_client_and_its_app(one: Path) -> None:
    assert run(one, "diff", "lab").exit_code == 0
    save(one / "lab.json", app(greet=([takes("name")], [gives()])))
    result = run(one, "diff", "lab")
    assert result.exit_code == 1
    assert "parameter `times` is gone" in result.stdout
    unknown = run(one, "diff", "lap")
    assert unknown.exit_code == 2
    assert "did you mean 'lab'?" in unknown.stderr


def test_diff_works_against_a_running_app(serve: Serve, tmp_path: Path) -> None:
    url = serve(ROOT / "examples" / "lab.py")
    result = run(tmp_path, "diff", url, f"{ROOT / 'examples' / 'lab.py'}:demo")
    assert (result.exit_code, result.stdout) == (0, "nothing changed that a client shows\n")
