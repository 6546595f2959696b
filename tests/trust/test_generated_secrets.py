"""The command with every kind of secret: none is in what it prints, in a module, in the lock, or
anywhere else that it writes.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.fake_gradio import Answer, FakeGradio
from tests.support.scripts import python

WORD = "s3cr3t"
PASSWORD = f"{WORD}-password"
TOKEN = f"hf_{WORD}TOKEN"
LOGIN = ("--token", TOKEN, "--auth", f"ada:{PASSWORD}")


def run(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """The command in a folder, as a user runs it."""
    environment = {**os.environ, "NO_PROXY": "127.0.0.1", "HF_HUB_OFFLINE": "1", **variables}
    return python(
        "-m", "gradio_codegen", *arguments, cwd=folder, env=environment, within=90, code=None
    )


def assert_clean(folder: Path, *results: subprocess.CompletedProcess[str]) -> None:
    for result in results:
        assert WORD not in result.stdout + result.stderr
    written = [
        path for path in folder.rglob("*") if path.is_file() and path.name != "pyproject.toml"
    ]
    for path in written:
        assert WORD.encode() not in path.read_bytes(), path
        assert WORD not in str(path)


def test_secrets_of_the_command_line(tmp_path: Path) -> None:
    with FakeGradio(auth=("ada", PASSWORD)) as fake:
        done = run(tmp_path, "generate", fake.url, "-o", "lab.py", *LOGIN)
        assert done.returncode == 0, done.stderr
        assert "class EchoEndpoint" in (tmp_path / "lab.py").read_text()
        assert any(TOKEN in str(request.headers) for request in fake.received), (
            "the token must reach the app"
        )
        again = run(tmp_path, "generate", fake.url, "-o", "lab.py", *LOGIN, "--json")
        looked = run(tmp_path, "inspect", fake.url, *LOGIN, "--json")
        called = run(tmp_path, "call", fake.url, "/echo", "value=x", *LOGIN)
        assert called.returncode == 0, called.stderr
    assert_clean(tmp_path, done, again, looked, called)


def test_secrets_of_a_project_stay_variables_in_lock_and_module(tmp_path: Path) -> None:
    with FakeGradio(auth=("ada", PASSWORD)) as fake:
        (tmp_path / "pyproject.toml").write_text(
            f"""
[project]
name = "mine"
version = "1"

[tool.gradio-codegen]
output = "clients"

[tool.gradio-codegen.clients.lab]
source = "{fake.url}"
auth = "${{LAB_LOGIN}}"
token = "${{LAB_TOKEN}}"
"""
        )
        variables = {"LAB_LOGIN": f"ada:{PASSWORD}", "LAB_TOKEN": TOKEN}
        made = run(tmp_path, "generate", **variables)
        assert made.returncode == 0, made.stderr
        assert (tmp_path / "clients" / "lab.py").exists()
        assert (tmp_path / "gradio-codegen.lock").exists()
        checked = run(tmp_path, "check", "--json", **variables)
        assert checked.returncode == 0, checked.stdout + checked.stderr
        fake.config["title"] = "Other"
        stale = run(tmp_path, "check", **variables)
        differing = run(tmp_path, "diff", "lab", **variables)
    assert_clean(tmp_path, made, checked, stale, differing)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(400, {"detail": f"{PASSWORD} is wrong"}),
        Answer(401, {"detail": "no"}),
        Answer(None, then="reset"),
    ],
)
def test_secrets_in_what_fails(tmp_path: Path, answer: Answer) -> None:
    with FakeGradio(auth=("ada", "another")) as fake:
        fake.always("POST /login", answer)
        failed = run(tmp_path, "generate", fake.url, "-o", "lab.py", *LOGIN)
        assert failed.returncode == 2
    down = run(
        tmp_path, "generate", f"http://ada:{PASSWORD}@127.0.0.1:1/?token={TOKEN}", "-o", "lab.py"
    )
    assert down.returncode == 2
    assert_clean(tmp_path, failed, down)
