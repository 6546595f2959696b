"""The sample app of the documentation, served by the command."""

from __future__ import annotations

import signal
import socket
import subprocess
from pathlib import Path

import pytest

from tests.support.command import COMMAND, run
from tests.support.launcher import free_port
from tests.support.patience import patience
from tests.support.scripts import python

WITHOUT_GRADIO = (
    "import sys; sys.modules['gradio'] = None; sys.argv = ['gradio-codegen', 'sample']\n"
    "from gradio_codegen.__main__ import run; run()"
)


@pytest.mark.parametrize(
    "auth",
    [
        pytest.param((), id="open", marks=pytest.mark.slow),
        pytest.param(("--auth", "ada:lovelace"), id="login"),
    ],
)
def test_it_is_served_called_and_stopped(tmp_path: Path, auth: tuple[str, ...]) -> None:
    port = free_port()
    served = subprocess.Popen(
        [*COMMAND, "sample", "--port", str(port), *auth],
        cwd=tmp_path,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        assert served.stdout is not None
        line = served.stdout.readline()
        assert f"http://127.0.0.1:{port} " in line
        called = run(
            tmp_path, "call", f"http://127.0.0.1:{port}", "moderate", "prompt=a cat", *auth
        )
        assert called.exit_code == 0, called.output
        assert called.stdout.strip() == "a cat"
    finally:
        served.send_signal(signal.SIGINT)
        rest, errors = served.communicate(timeout=patience(60))
    assert served.returncode == 0, rest + errors
    assert "Traceback" not in errors


@pytest.mark.slow
def test_a_port_that_is_taken_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        done = python("-m", "gradio_codegen", "sample", "--port", str(port), cwd=tmp_path, code=2)
    said = done.stderr.splitlines()
    assert said[1:] == [f"error: port {port} is taken: choose another one with --port"]


def test_without_gradio_it_says_what_to_install(tmp_path: Path) -> None:
    done = python("-c", WITHOUT_GRADIO, cwd=tmp_path, code=2)
    assert "pip install 'gradio-codegen[sample]'" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("auth", ["ada", "ada:", ":lovelace", ""])
def test_half_a_login_is_refused(tmp_path: Path, auth: str) -> None:
    done = run(tmp_path, "sample", "--auth", auth)
    assert done.exit_code == 2
    assert "give USER:PASSWORD" in done.output
