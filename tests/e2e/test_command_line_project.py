"""Command lines in a project: kept like the clients by lock, check, watch, vendoring and builds."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from gradio_codegen.project.config import load
from gradio_codegen.project.watch import Watcher
from tests.conftest import Serve
from tests.support.command import SMALL, app, files_of, gives, project, run, save, takes
from tests.support.environments import ROOT
from tests.support.scripts import python

SETTINGS = """
[tool.gradio-codegen]
output = "clients"
[tool.gradio-codegen.clients.lab]
source = "lab.json"
cli = true
"""
BUILD = """
[build-system]
requires = ["hatchling", "gradio-codegen"]
build-backend = "hatchling.build"
[project]
name = "clients"
version = "1"
[tool.hatch.build.hooks.gradio-codegen]
"""
BIGGER = app(greet=([takes("name"), takes("loud", {"type": "boolean"}, False)], [gives()]))


@pytest.fixture
def one(tmp_path: Path) -> Path:
    """A project of one fresh client with a command line."""
    folder = project(tmp_path, SETTINGS)
    save(folder / "lab.json", SMALL)
    result = run(folder, "generate")
    assert result.exit_code == 0, result.output
    assert "created clients/lab_cli.py" in result.output
    return folder


def settings(folder: Path, text: str) -> None:
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")


def lock(folder: Path) -> str:
    return (folder / "gradio-codegen.lock").read_text("utf-8")


def test_it_is_fresh_and_generated_again_without_a_change(one: Path) -> None:
    for options in ([], ["--offline"]):
        assert run(one, "check", *options).exit_code == 0
    before = files_of(one)
    assert "unchanged clients/lab_cli.py" in run(one, "generate").output
    assert files_of(one) == before
    shutil.rmtree(one / "clients")
    (one / "lab.json").unlink()
    assert run(one, "generate", "--locked").exit_code == 0
    assert {name: text for name, text in before.items() if name != "lab.json"} == files_of(one)


def test_check_sees_that_it_is_gone_edited_or_wanted(one: Path) -> None:
    line = one / "clients" / "lab_cli.py"
    whole = line.read_text("utf-8")
    line.unlink()
    assert "clients/lab_cli.py is missing" in run(one, "check", "--offline").output
    line.write_text(whole + "x = 1\n")
    result = run(one, "check", "--offline")
    assert (result.exit_code, "clients/lab_cli.py was edited" in result.output) == (1, True)
    line.write_text(whole)
    settings(one, SETTINGS.replace("cli = true", ""))
    result = run(one, "check", "--offline")
    assert (result.exit_code, "its option cli is now false" in result.output) == (1, True)


def test_an_edited_one_is_left_alone_and_stays_stale(one: Path) -> None:
    line = one / "clients" / "lab_cli.py"
    line.write_text("print('mine')\n")
    save(one / "lab.json", BIGGER)
    result = run(one, "generate")
    assert result.exit_code == 1
    assert "clients/lab_cli.py: was edited" in result.output
    assert line.read_text() == "print('mine')\n"
    assert run(one, "check", "--offline").exit_code == 1
    assert run(one, "generate", "--force").exit_code == 0
    assert "--loud/--no-loud" in line.read_text("utf-8")
    assert run(one, "check", "--offline").exit_code == 0


def test_a_strangers_file_in_its_place_is_kept(tmp_path: Path) -> None:
    folder = project(tmp_path, SETTINGS)
    save(folder / "lab.json", SMALL)
    mine = folder / "clients" / "lab_cli.py"
    mine.parent.mkdir()
    mine.write_text("print('mine')\n")
    result = run(folder, "generate")
    assert (result.exit_code, mine.read_text()) == (1, "print('mine')\n")
    result = run(folder, "check", "--offline")
    assert (result.exit_code, "lab_cli.py was not written" in result.output) == (1, True)


@pytest.mark.parametrize(
    ("later", "left"),
    [
        (SETTINGS.replace("cli = true", ""), ["lab.py"]),
        (SETTINGS.replace("clients.lab]", "clients.x]"), ["x.py", "x_cli.py"]),
    ],
)
def test_it_is_removed_when_it_is_no_longer_wanted(one: Path, later: str, left: list[str]) -> None:
    settings(one, later)
    assert run(one, "generate").exit_code == 0
    assert sorted(path.name for path in (one / "clients").iterdir()) == left
    assert ("command-line-hash" in lock(one)) is ("x_cli.py" in left)
    assert run(one, "check").exit_code == 0


def test_a_lock_without_command_lines_stays_readable(tmp_path: Path) -> None:
    folder = project(tmp_path, SETTINGS.replace("cli = true", ""))
    save(folder / "lab.json", SMALL)
    assert run(folder, "generate").exit_code == 0
    assert "command-line-hash" not in lock(folder)


def test_clients_that_would_write_one_file_are_refused(one: Path) -> None:
    more = '[tool.gradio-codegen.clients.lab_cli]\nsource = "lab.json"\n'
    settings(one, f"{SETTINGS}{more}")
    result = run(one, "generate")
    assert (result.exit_code, "would both write" in result.output) == (2, True)


def test_the_option_works_without_a_project(tmp_path: Path) -> None:
    save(tmp_path / "lab.json", SMALL)
    result = run(tmp_path, "generate", "lab.json", "--cli")
    assert result.exit_code == 0, result.output
    assert {"lab.py", "lab_cli.py"} <= set(files_of(tmp_path))
    result = run(tmp_path, "generate", "lab.json", "--cli", "--mode", "async", "-o", "x.py")
    assert (result.exit_code, "synchronous class" in result.output) == (2, True)
    result = run(tmp_path, "generate", "lab.json", "--cli", "--dry-run", "-o", "y.py")
    assert "would create y_cli.py" in result.output
    assert not (tmp_path / "y_cli.py").exists()


def test_watch_writes_it_again(one: Path) -> None:
    now = [1000.0]
    config = load(one / "pyproject.toml")
    watcher = Watcher(config, list(config.clients.values()), clock=lambda: now[0])
    assert watcher.round() == []
    save(one / "lab.json", BIGGER)
    for _ in range(2):
        now[0] += 60
        (news,) = watcher.round()
        assert "lab_cli.py" in news.what
        assert run(one, "check").exit_code == 0
        (one / "clients" / "lab_cli.py").unlink()


def test_a_build_packs_it(one: Path) -> None:
    settings(one, BUILD + SETTINGS)
    (one / "clients" / "__init__.py").touch()
    (one / "clients" / "lab_cli.py").unlink()
    (one / ".git").rmdir()
    subprocess.run(["git", "init", "--quiet"], cwd=one, check=True)
    (one / ".gitignore").write_text("clients/lab*\ndist/\n")
    python("-m", "hatchling", "build", "-t", "wheel", cwd=one)
    (wheel,) = (one / "dist").glob("*.whl")
    assert "clients/lab_cli.py" in zipfile.ZipFile(wheel).namelist()


def test_a_vendored_one_runs_without_ours(serve: Serve, tmp_path: Path) -> None:
    url = serve(ROOT / "examples" / "lab.py")
    folder = project(tmp_path, SETTINGS.replace("lab.json", url) + "mode = 'sync'\n")
    text = (folder / "pyproject.toml").read_text().replace('"clients"', '"clients"\nvendor = true')
    settings(folder, text)
    assert run(folder, "generate").exit_code == 0
    code = (
        "import sys; sys.modules['gradio_session'] = None; import runpy; "
        "runpy.run_module('clients.lab_cli', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "generate", "a cat", "--steps", "1", "--json"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (folder / json.loads(done.stdout)["image"]).is_file()
    assert run(folder, "check", "--offline").exit_code == 0


def test_a_template_of_the_users_goes_before_ours(one: Path) -> None:
    (one / "templates").mkdir()
    (one / "templates" / "command_line.py.jinja").write_text(
        '{% extends "builtin/command_line.py.jinja" %}\n{% block members %}\n\n'
        '@cli.command()\ndef hello() -> None:\n    """Say hello."""\n    print("hello")\n'
        "{% endblock %}\n"
    )
    assert run(one, "generate", "--templates", "templates").exit_code == 0
    done = python("-m", "clients.lab_cli", "hello", cwd=one)
    assert done.stdout == "hello\n"
