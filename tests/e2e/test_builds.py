"""Distributions with generated clients, built offline from the lock as the guide says, by each
backend.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

from gradio_codegen.build import generate
from tests.support.command import SMALL, app, project, run, save
from tests.support.environments import ROOT
from tests.support.scripts import python
from tests.support.snippets import blocks

PROJECT = """
[project]
name = "myapp"
version = "1"
requires-python = ">=3.10"
[tool.gradio-codegen]
output = "myapp/clients"
[tool.gradio-codegen.clients.lab]
source = "lab.json"
"""
PAGE = (ROOT / "docs" / "package.md").read_text("utf-8")
SECTION = PAGE.partition("## Generate in your build")[2]
SAMPLES = [block for block in blocks(SECTION.partition("\n## ")[0]) if block.language != "bash"]
SETTINGS = {
    name: next(block.code for block in SAMPLES if f'requires = ["{name}"' in block.code)
    for name in ("hatchling", "setuptools", "pdm-backend", "poetry-core")
}
NOWHERE = "http://127.0.0.1:9"
OFFLINE = {"http_proxy": NOWHERE, "https_proxy": NOWHERE, "all_proxy": NOWHERE, "PIP_NO_INDEX": "1"}


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture(params=list(SETTINGS))
def package(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A project set up as the guide says; its clients are not in version control, and gone. What
    they were generated from is gone, too.
    """
    folder = project(tmp_path / "project", PROJECT + SETTINGS[request.param])
    for block in SAMPLES:
        if block.title and request.param == "poetry-core":
            (folder / block.title).write_text(block.code, encoding="utf-8")
    (folder / ".git").rmdir()
    git(folder, "init", "--quiet")
    (folder / ".gitignore").write_text("myapp/clients/\n", encoding="utf-8")
    (folder / "myapp").mkdir()
    (folder / "myapp" / "__init__.py").touch()
    save(folder / "lab.json", SMALL)
    assert run(folder, "generate").exit_code == 0
    shutil.rmtree(folder / "myapp" / "clients")
    (folder / "lab.json").unlink()
    return folder


def build(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Build a source distribution, and a wheel from that, without the network."""
    environment = {**os.environ, **OFFLINE}
    command = ("-m", "build", "--no-isolation", "--outdir", folder.parent / "dist", *options)
    return python(*command, cwd=folder, env=environment, within=120, code=None)


def one(folder: Path, pattern: str) -> Path:
    (path,) = (folder.parent / "dist").glob(pattern)
    return path


def held(folder: Path) -> list[str]:
    """What the source distribution holds."""
    with tarfile.open(one(folder, "*.tar.gz")) as archive:
        return archive.getnames()


@pytest.mark.slow
def test_the_client_of_a_wheel_is_imported(package: Path) -> None:
    done = build(package)
    assert done.returncode == 0, done.stdout + done.stderr
    names = held(package)
    assert {"myapp-1/myapp/clients/lab.py", "myapp-1/gradio-codegen.lock"} <= set(names)
    installed = package.parent / "installed"
    with zipfile.ZipFile(one(package, "*-py3-none-any.whl")) as wheel:
        assert [name for name in wheel.namelist() if "lock" in name] == []
        wheel.extractall(installed)
    program = "from myapp.clients import lab; print(lab.__file__, lab.SmallLab.__name__)"
    shown = python("-c", program, cwd=installed).stdout.split()
    assert shown == [str(installed / "myapp" / "clients" / "lab.py"), "SmallLab"]


@pytest.mark.slow
def test_a_build_without_the_lock_ends_with_one_sentence(package: Path) -> None:
    (package / "gradio-codegen.lock").unlink()
    for target in ("--sdist", "--wheel"):
        done = build(package, target)
        told = done.stdout + done.stderr
        assert done.returncode != 0
        assert f"gradio-codegen: there is no {package.resolve()}/gradio-codegen.lock; run" in told
        assert "Traceback" not in told


@pytest.mark.slow
def test_a_file_that_was_edited_ends_a_build(package: Path) -> None:
    generate(package)
    module = package / "myapp" / "clients" / "lab.py"
    module.write_text(module.read_text("utf-8") + "# mine\n", encoding="utf-8")
    done = build(package, "--wheel")
    told = done.stdout + done.stderr
    assert done.returncode != 0
    assert "was edited since it was generated" in told
    assert "Traceback" not in told
    assert module.read_text("utf-8").endswith("# mine\n")


@pytest.mark.slow
@pytest.mark.parametrize("package", ["hatchling", "setuptools", "pdm-backend"], indirect=True)
def test_a_build_may_read_the_apps_instead(package: Path) -> None:
    settings = package / "pyproject.toml"
    text = settings.read_text("utf-8")
    settings.write_text(text.replace("locked = true", "locked = false"), encoding="utf-8")
    save(package / "lab.json", app("Small Lab", other=([], [])))
    done = build(package, "--wheel")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "/other" in (package / "myapp" / "clients" / "lab.py").read_text("utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("package", ["setuptools", "pdm-backend"], indirect=True)
def test_a_project_that_does_not_ask_is_left_alone(package: Path) -> None:
    settings = package / "pyproject.toml"
    text = settings.read_text("utf-8").replace("[tool.gradio-codegen.build]\nlocked = true\n", "")
    settings.write_text(text, encoding="utf-8")
    (package / "gradio-codegen.lock").unlink()
    assert build(package).returncode == 0
    assert not (package / "myapp" / "clients").exists()
    assert "lab.py" not in str(zipfile.ZipFile(one(package, "*.whl")).namelist())


@pytest.mark.parametrize("package", ["pdm-backend"], indirect=True)
def test_generate_for_any_backend(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = package.resolve() / "myapp" / "clients" / "lab.py"
    assert generate(package) == [module]
    written = module.stat().st_mtime_ns
    assert generate(str(package)) == [module]
    assert module.stat().st_mtime_ns == written
    module.unlink()
    monkeypatch.chdir(package)
    assert generate(".") == [module]
    (package / "gradio-codegen.lock").unlink()
    with pytest.raises(SystemExit, match=r"gradio-codegen: there is no .*lock; run"):
        generate(package)
    with pytest.raises(SystemExit, match=r"pyproject\.toml: cannot be read"):
        generate(package / "myapp")


@pytest.mark.slow
def test_own_templates_are_part_of_a_source_distribution(tmp_path: Path) -> None:
    settings = PROJECT.replace(
        "[tool.gradio-codegen]\n", '[tool.gradio-codegen]\ntemplates = "docs/own"\n'
    )
    for name in ("hatchling", "setuptools", "pdm-backend"):
        folder = project(tmp_path / name / "project", settings + SETTINGS[name])
        (folder / "myapp").mkdir()
        (folder / "myapp" / "__init__.py").touch()
        (folder / "docs" / "own").mkdir(parents=True)
        (folder / "docs" / "own" / "app.py.jinja").write_text(
            (ROOT / "templates" / "app.py.jinja").read_text("utf-8"), encoding="utf-8"
        )
        save(folder / "lab.json", SMALL)
        assert run(folder, "generate").exit_code == 0
        done = build(folder)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "myapp-1/docs/own/app.py.jinja" in held(folder)
