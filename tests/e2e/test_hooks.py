"""Where people run the command: pre-commit, completion of shells."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.support.command import COMMAND, SMALL, project, run, save, spawn
from tests.support.environments import ROOT

SETTINGS = """
[tool.gradio-codegen]
output = "pocket/clients"
[tool.gradio-codegen.clients.lab]
source = "lab.json"
"""


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=Test", "-c", "user.email=test@example.org"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package with a client, in a repository of its own."""
    folder = project(tmp_path, SETTINGS)
    (folder / ".git").rmdir()
    git(folder, "init", "--quiet")
    save(folder / "lab.json", SMALL)
    assert run(folder, "generate").exit_code == 0
    return folder


def test_the_hook_that_we_publish_is_what_we_test() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert hook["id"] == "gradio-codegen-check"
    assert hook["entry"] == "gradio-codegen check --offline"
    assert hook["pass_filenames"] is False


def test_pre_commit_lets_fresh_clients_in_and_keeps_stale_ones_out(
    package: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    hooks = tmp_path_factory.mktemp("hooks")
    git(hooks, "init", "--quiet")
    shutil.copy(ROOT / ".pre-commit-hooks.yaml", hooks)
    git(hooks, "add", "-A")
    git(hooks, "commit", "--quiet", "-m", "hooks")
    revision = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=hooks, capture_output=True, text=True, check=True
    ).stdout.strip()
    settings = {
        "repos": [{"repo": str(hooks), "rev": revision, "hooks": [{"id": "gradio-codegen-check"}]}]
    }
    (package / ".pre-commit-config.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    git(package, "add", "-A")
    env = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PRE_COMMIT_HOME": str(tmp_path_factory.mktemp("home")),
    }
    command = [sys.executable, "-m", "pre_commit", "run", "--all-files"]
    fresh = subprocess.run(
        command, cwd=package, capture_output=True, text=True, check=False, env=env
    )
    assert fresh.returncode == 0, fresh.stdout + fresh.stderr
    module = package / "pocket" / "clients" / "lab.py"
    module.write_text(module.read_text("utf-8") + "# mine\n", encoding="utf-8")
    stale = subprocess.run(
        command, cwd=package, capture_output=True, text=True, check=False, env=env
    )
    assert stale.returncode == 1
    assert "was edited" in stale.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_for_every_shell(shell: str, tmp_path: Path) -> None:
    script = spawn(tmp_path, env={"_GRADIO_CODEGEN_COMPLETE": f"{shell}_source"})
    assert b"_GRADIO_CODEGEN_COMPLETE" in script.stdout
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=script.stdout, check=True)


def test_configured_clients_complete_by_name(tmp_path: Path) -> None:
    folder = project(
        tmp_path,
        '[tool.gradio-codegen.clients.image_lab]\nsource = "x.json"\n'
        '[tool.gradio-codegen.clients.chat]\nsource = "y.json"\n',
    )
    for command in ("generate", "check", "watch", "diff", "inspect", "call"):
        env = {
            **os.environ,
            "_GRADIO_CODEGEN_COMPLETE": "bash_complete",
            "COMP_WORDS": f"gradio-codegen {command} im",
            "COMP_CWORD": "2",
        }
        done = subprocess.run(
            COMMAND, cwd=folder, capture_output=True, text=True, check=False, env=env
        )
        assert done.stdout.splitlines() == ["plain,image_lab"], command
