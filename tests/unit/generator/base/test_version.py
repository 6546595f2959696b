"""The generator and the runtime have one version, and a pair that has not says what to install."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.base.version import VERSION, require_runtime
from gradio_codegen.cli import main
from gradio_session import generator_interface
from tests.support.environments import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def project_of(path: Path) -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))["project"]
    return project


def test_both_distributions_have_one_version() -> None:
    generator = project_of(ROOT / "pyproject.toml")
    runtime = project_of(ROOT / "runtime" / "pyproject.toml")
    assert {generator["version"], runtime["version"]} == {VERSION}
    assert f"gradio-session=={VERSION}" in generator["dependencies"]
    assert generator_interface.VERSION == VERSION
    require_runtime()


@pytest.mark.parametrize(
    ("found", "remedy"),
    [("0.0.9", f"gradio-session=={VERSION}"), ("10.0.0", "gradio-codegen==10.0.0")],
)
def test_another_runtime_is_refused_with_the_package_to_upgrade(
    found: str, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generator_interface, "VERSION", found)
    result = CliRunner().invoke(main, ["check", "--offline"])
    assert result.exit_code == 2
    expected = (
        f"needs gradio-session {VERSION}, but {found} is installed; run `pip install {remedy}`"
    )
    assert expected in result.stderr


def test_a_runtime_without_the_interface_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gradio_session.generator_interface", None)
    with pytest.raises(CommandError, match=f"pip install gradio-session=={VERSION}"):
        require_runtime()


def test_help_works_with_any_runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generator_interface, "VERSION", "0.0.9")
    assert CliRunner().invoke(main, ["--help"]).exit_code == 0
