"""Odd places for a module, numbers beyond measure, Ctrl-C: one sentence, no traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import SMALL, files_of, run, save


def test_a_name_that_is_too_long(tmp_path: Path) -> None:
    source = save(tmp_path / "app.json", SMALL)
    result = run(tmp_path, "generate", source, "-o", "a" * 300 + ".py")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: ")
    assert "File name too long" in result.stderr
    assert "Traceback" not in result.output
    assert files_of(tmp_path).keys() == {source.name}


@pytest.mark.parametrize(
    ("name", "better"),
    [
        ("a-b c.py", "a_b_c.py"),
        ("clients/2d.py", "clients/app_2d.py"),
        ("lab.v2.py", "lab_v2.py"),
        ("class.py", "class_app.py"),
    ],
)
def test_a_name_that_cannot_be_imported(tmp_path: Path, name: str, better: str) -> None:
    source = save(tmp_path / "app.json", SMALL)
    result = run(tmp_path, "generate", source, "-o", name)
    assert result.exit_code == 2
    assert f"cannot be imported; try {better!r}" in result.stderr
    assert files_of(tmp_path).keys() == {source.name}


@pytest.mark.parametrize("options", [[], ["--force"]])
def test_a_dangling_link_is_not_written_through(tmp_path: Path, options: list[str]) -> None:
    source = save(tmp_path / "app.json", SMALL)
    (tmp_path / "lab.py").symlink_to(tmp_path / "elsewhere.py")
    result = run(tmp_path, "generate", source, "-o", "lab.py", *options)
    assert result.exit_code == 1
    assert "is a link to a file that does not exist, and is not written through" in result.output
    assert (tmp_path / "lab.py").is_symlink()
    assert not (tmp_path / "elsewhere.py").exists()


def test_a_link_to_a_module_stays_one(tmp_path: Path) -> None:
    source = save(tmp_path / "app.json", SMALL)
    assert run(tmp_path, "generate", source, "-o", "elsewhere.py").exit_code == 0
    (tmp_path / "lab.py").symlink_to(tmp_path / "elsewhere.py")
    assert run(tmp_path, "generate", source, "-o", "lab.py").exit_code == 0
    assert (tmp_path / "lab.py").is_symlink()


def test_an_integer_of_five_thousand_digits_does_not_refuse_the_app(tmp_path: Path) -> None:
    description = {
        "info": {
            "named_endpoints": {
                "/count": {
                    "parameters": [
                        {
                            "label": "Number",
                            "parameter_name": "number",
                            "parameter_has_default": True,
                            "parameter_default": "HUGE",
                            "type": {"type": "integer", "maximum": "HUGE"},
                            "python_type": {"type": "int", "description": ""},
                            "component": "Number",
                        }
                    ],
                    "returns": [],
                }
            },
            "unnamed_endpoints": {},
        }
    }
    text = json.dumps(description).replace('"HUGE"', "9" * 5000)
    (tmp_path / "app.json").write_text(text)
    result = run(tmp_path, "generate", "app.json", "-o", "lab.py")
    assert result.exit_code == 0, result.output
    assert "def __call__" in (tmp_path / "lab.py").read_text()


INTERRUPTED = """
import runpy, sys

class CtrlC:
    def find_spec(self, name, path=None, target=None):
        if name == interrupted:
            raise KeyboardInterrupt

_, interrupted = sys.argv
sys.argv = ["gradio-codegen", "inspect", "x.json"]
sys.meta_path.insert(0, CtrlC())
runpy.run_module("gradio_codegen", run_name="__main__", alter_sys=True)
"""


@pytest.mark.parametrize(
    "module", ["click", "gradio_codegen.cli", "gradio_codegen.commands.inspect"]
)
def test_ctrl_c_while_the_command_is_imported(tmp_path: Path, module: str) -> None:
    command = [sys.executable, "-c", INTERRUPTED, module]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert (done.returncode, done.stderr) == (130, "\ninterrupted\n")
