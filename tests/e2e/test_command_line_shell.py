"""Generated command lines and the shell that runs them: exit codes, Ctrl-C and pipes, ways to start
them, completion.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.environments import ROOT
from tests.support.patience import patience, wait_for
from tests.support.shell_lab import Program, ProgramHere, clients, run, url

__all__ = ["clients", "run", "url"]


# Exit codes


def test_an_error_of_the_app_is_exit_code_1(run: Program) -> None:
    done = run("fail", "this")
    assert (done.code, done.out) == (1, "")
    assert "error: /fail: cannot do this" in done.err
    assert "\x1b[2J" not in done.err


def test_an_app_that_cannot_be_reached_is_exit_code_2(run: Program) -> None:
    for address in ("http://127.0.0.1:1", "no url at all"):
        done = run("--url", address, "count")
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith("error: ")


def test_a_deadline_cancels(run: Program) -> None:
    mark = run.folder / "mark"
    done = run("forever", str(mark), "--timeout", "1")
    assert done.code == 2
    assert _becomes(mark, "stopped")


def test_ctrl_c_cancels_on_the_server(run: Program) -> None:
    mark = run.folder / "mark"
    process = subprocess.Popen(
        [*run.start, "forever", str(mark), "--stream"],
        cwd=run.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"0\n"
    os.kill(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=patience(20))
    assert process.returncode == 130, errors
    assert b"Traceback" not in errors
    assert _becomes(mark, "stopped")


def test_a_closed_pipe_is_no_error(run: Program) -> None:
    command = f"{' '.join(run.start)} count --to 40 --stream | head -n 1"
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=run.folder,
        capture_output=True,
        check=False,
        timeout=patience(60),
    )
    assert done.stdout == b"1\n"
    assert b"Traceback" not in done.stderr
    assert b"Error" not in done.stderr


def _becomes(path: Path, text: str) -> bool:
    return wait_for(lambda: path.exists() and path.read_text("utf-8") == text)


# Where the app is, and how the program is started


def test_common_options_stand_before_or_behind_or_in_the_environment(
    run: Program, url: str
) -> None:
    dead = {"SHELL_LAB_URL": "http://127.0.0.1:1"}
    assert run("count", env=dead).code == 2
    assert run("--url", url, "count", env=dead).out == "3\n"
    assert run("--url", "http://127.0.0.1:1", "count", "--url", url).out == "3\n"
    wrong = run("count", env={"SHELL_LAB_TIMEOUT": "soon"})
    assert wrong.code == 2
    assert "SHELL_LAB_TIMEOUT" in wrong.err or "--timeout" in wrong.err


def test_waiting_for_an_app_has_an_end(run: Program) -> None:
    done = run("--url", "http://127.0.0.1:1", "--wait", "0.2", "count")
    assert (done.code, done.out) == (2, "")
    assert run("--wait", "5", "count").out == "3\n"


def test_a_script_beside_its_client_needs_no_package(run: Program) -> None:
    path = str(run.folder / "clients" / "shell_lab_cli.py")
    assert Program(run.folder, path)("count").out == "3\n"


def test_an_entry_point_runs_it(run: Program) -> None:
    code = "import sys; from clients.shell_lab_cli import cli; sys.argv[0] = 'lab'; sys.exit(cli())"
    done = Program(run.folder, "-c", code)("count", "--help")
    assert "Usage: lab count [OPTIONS]" in done.out


def test_without_click_one_sentence_says_so(run: Program) -> None:
    code = (
        "import sys; sys.modules['click'] = None; import runpy; "
        "runpy.run_module('clients.shell_lab_cli', run_name='__main__')"
    )
    done = Program(run.folder, "-c", code)("count")
    assert (done.code, done.out) == (2, "")
    assert done.err == "error: this program needs click: pip install 'gradio-session[cli]'\n"


def test_a_client_that_is_gone_is_a_sentence(run: Program) -> None:
    (run.folder / "alone_cli.py").write_bytes(
        (run.folder / "clients" / "shell_lab_cli.py").read_bytes()
    )
    done = Program(run.folder, "alone_cli.py")("count")
    assert (done.code, done.out) == (2, "")
    assert "shell_lab" in done.err


# Completion


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["sh"], ["shout", "sheet"]),
        (["shout", "--st"], ["--style", "--stream"]),
        (["shout", "--style", ""], ["plain", "'very fancy'"]),
        (["shout", "--style", "p"], ["plain"]),
        (["shout", "--no"], ["--no-loud"]),
        (["pick", "--tags", "a", "--tags", ""], ["a", "b", "c"]),
    ],
)
def test_bash_completes(run: ProgramHere, words: list[str], offered: list[str]) -> None:
    found = _completed(run, "bash", words)
    assert [line.partition(",")[2] for line in found] == offered


def test_zsh_and_fish_quote_by_themselves(run: ProgramHere) -> None:
    assert "very fancy" in _completed(run, "zsh", ["shout", "--style", ""])
    assert "plain,very fancy" in _completed(run, "fish", ["shout", "--style", "v"])


def test_bash_completes_a_file(run: ProgramHere) -> None:
    assert _completed(run, "bash", ["copy-file", "--file", "n"]) == ["file,n"]


def test_bash_reads_the_script_of_the_completion(run: Program) -> None:
    shim = run.folder / "shell-lab"
    code = "from clients.shell_lab_cli import cli; cli(prog_name='shell-lab')"
    shim.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{code}" "$@"\n')
    shim.chmod(0o755)
    script = (
        'eval "$(_SHELL_LAB_COMPLETE=bash_source shell-lab)"\n'
        "COMP_WORDS=(shell-lab shout --style v) COMP_CWORD=3\n"
        "_shell_lab_completion shell-lab\n"
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", script],
        cwd=run.folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": f"{run.folder}:{os.environ['PATH']}"},
    )
    assert done.stdout == "'very fancy'\n", done.stderr


def _completed(run: ProgramHere, shell: str, words: list[str]) -> list[str]:
    line = ["shell-lab", *words]
    env: dict[str, Any] = {
        "_SHELL_LAB_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": " ".join(line),
        "COMP_CWORD": words[-1] if shell == "fish" else str(len(line) - 1),
    }
    return run(env=env, name="shell-lab").out.splitlines()


def test_the_example_runs(lab_url: str, tmp_path: Path) -> None:
    done = subprocess.run(
        ["sh", str(ROOT / "examples" / "command_line.sh"), lab_url, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("A 1024 by 1024 picture")
    assert (tmp_path / "description.txt").read_text() == done.stdout
