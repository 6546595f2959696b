"""Generated command lines at work, as a user runs them, against a real app."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Serve
from tests.support.command import spawn
from tests.support.environments import ROOT
from tests.support.patience import patience, wait_for

APP = r"""
import pathlib
import time

import gradio as gr


def shout(text: str, times: int, style: str, loud: bool, level: float):
    '''Shout a text.

    As often as you like.
    '''
    return f"{text.upper() if loud else text} x{times!r} {style} {level!r}"


def count(to):
    for number in range(1, int(to) + 1):
        yield number
        time.sleep(0.05)


def work(text, progress=gr.Progress()):
    gr.Info("beginning now")
    for _ in progress.tqdm(range(3), desc="steps"):
        time.sleep(0.05)
    return text


def fail(text):
    raise gr.Error(f"cannot do {text}\x1b[2J")


def copy(file):
    path = pathlib.Path(file)
    out = path.with_name("copied-" + path.name)
    out.write_bytes(path.read_bytes()[::-1])
    return str(out)


def sheet(files):
    return [str(path) for path in files or []], len(files or [])


def pick(tags, number):
    return "+".join(tags), number * 2


def forever(mark):
    path = pathlib.Path(mark)
    try:
        for number in range(10_000):
            path.write_text("running")
            yield number
            time.sleep(0.05)
    finally:
        path.write_text("stopped")


def tree(value):
    return {"got": value}


def odd(json, help, имя):
    return f"{json}|{help}|{имя}\x1b[2J"


with gr.Blocks(title="Shell Lab") as demo:
    text = gr.Textbox(label="Text")
    gr.Button().click(
        shout,
        [
            text, gr.Number(2, precision=0), gr.Dropdown(["plain", "very fancy"], value="plain"),
            gr.Checkbox(True), gr.Slider(1, 50, 25),
        ],
        gr.Textbox(),
        api_name="shout",
    )
    gr.Button().click(count, gr.Number(3), gr.Number(), api_name="count")
    gr.Button().click(work, text, gr.Textbox(), api_name="work")
    gr.Button().click(fail, text, gr.Textbox(), api_name="fail")
    gr.Button().click(copy, gr.File(), gr.File(label="Copied"), api_name="copy_file")
    many = gr.File(file_count="multiple")
    listed = [gr.File(file_count="multiple", label="All"), gr.Number(label="How many")]
    gr.Button().click(sheet, many, listed, api_name="sheet")
    tags = gr.CheckboxGroup(["a", "b", "c"], value=["a"])
    picked = [gr.Textbox(label="Tags"), gr.Number(label="Doubled")]
    gr.Button().click(pick, [tags, gr.Number(1)], picked, api_name="pick")
    gr.Button().click(forever, text, gr.Number(), api_name="forever")
    gr.Button().click(tree, gr.JSON(), gr.JSON(label="Tree"), api_name="tree")
    words = [gr.Textbox(word, label=f"{word}\x1b[2J") for word in ("a", "b", "c")]
    gr.Button().click(odd, words, gr.Textbox(label="--json"), api_name="странно")
"""

OPTIONS = (
    "--json",
    "--oauth-token",
    "--output",
    "--stream",
    "--timeout",
    "--token",
    "--url",
    "--wait",
)


class Done:
    """What a run gave. It never ends in a traceback."""

    def __init__(self, process: subprocess.CompletedProcess[bytes]) -> None:
        self.code = process.returncode
        self.out = process.stdout.decode()
        self.err = process.stderr.decode()
        assert "Traceback" not in self.err, self.err


class Program:
    """The command line of an app, beside its client in a package."""

    def __init__(self, folder: Path, *start: str) -> None:
        self.folder = folder
        self.start = [sys.executable, *(start or ("-m", "clients.shell_lab_cli"))]

    def __call__(
        self, *arguments: str, given: bytes | None = None, env: Mapping[str, str] | None = None
    ) -> Done:
        return Done(
            subprocess.run(
                [*self.start, *arguments],
                cwd=self.folder,
                input=given,
                capture_output=True,
                check=False,
                timeout=patience(60),
                env={**os.environ, **(env or {})},
            )
        )


@pytest.fixture(scope="module")
def url(serve: Serve) -> str:
    return serve(APP)


@pytest.fixture(scope="module")
def clients(url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("command-line")
    done = spawn(folder, "generate", url, "-o", "clients/shell_lab.py", "--cli")
    assert done.returncode == 0, done.stderr
    return folder / "clients"


@pytest.fixture
def run(clients: Path, tmp_path: Path) -> Program:
    (tmp_path / "clients").symlink_to(clients)
    return Program(tmp_path)


# What it says of itself


def test_help_lists_the_endpoints_in_the_order_of_the_app(run: Program) -> None:
    done = run("--help")
    assert done.code == 0
    lines = done.out.partition("Commands:")[2].split("\n")
    names = [line.split()[0] for line in lines if line.strip()]
    expected = "shout count work fail copy-file sheet pick forever tree странно"
    assert names == expected.split()
    assert "Shout a text." in done.out
    assert all(option in done.out for option in OPTIONS)
    assert "SHELL_LAB_URL" in done.out


def test_help_of_a_command(run: Program) -> None:
    done = run("shout", "--help")
    assert done.code == 0
    for words in (
        "Usage: python -m clients.shell_lab_cli shout [OPTIONS] TEXT",
        "As often as you like.",
        "--style [plain|very fancy]",
        "[default: plain]",
        "--loud / --no-loud",
        "1<=x<=50",
        "Common options:",
        "Results: textbox.",
    ):
        assert words in done.out, done.out


# Values


def test_defaults_are_those_of_the_app(run: Program) -> None:
    done = run("shout", "a cat")
    assert (done.code, done.out) == (0, "A CAT x2 plain 25\n"), done.err


def test_scalars_choices_ranges_and_flags(run: Program) -> None:
    words = ["--times", "-3", "--style", "very fancy", "--no-loud", "--level", "1.5"]
    assert run("shout", "a cat", *words).out == "a cat x-3 very fancy 1.5\n"
    assert run("shout", "-", given="grüße\n".encode()).out == "GRÜSSE x2 plain 25\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["shoot", "x"], "did you mean 'shout'"),
        (["shout"], "Missing argument 'TEXT'"),
        (["shout", "x", "y"], "unexpected extra argument"),
        (["shout", "x", "--tims", "3"], "--times"),
        (["shout", "x", "--times", "many"], "'many' is no number"),
        (["shout", "x", "--times", "1.5"], "no whole number"),
        (["shout", "x", "--style", "fancy"], "did you mean 'very fancy'"),
        (["shout", "x", "--level", "51"], "not in the range 1<=x<=50"),
        (["copy-file", "--file", "missing.pdf"], "missing.pdf is no file"),
        (["pick", "--tags", "z"], "not among its choices ('a', 'b', 'c')"),
        (["tree", "@missing.json"], "missing.json is no file"),
        (["--auth", "ada", "count"], "takes USER:PASSWORD"),
        (["count", "--timeout", "0"], "no number of seconds above 0"),
    ],
)
def test_wrong_usage_is_exit_code_2(run: Program, arguments: list[str], words: str) -> None:
    done = run(*arguments)
    assert (done.code, done.out) == (2, "")
    assert words in done.err.replace("\n", " "), done.err


def test_lists_repeat_and_an_empty_text_empties_them(run: Program) -> None:
    assert run("pick").out == "tags: a\ndoubled: 2\n"
    done = run("pick", "--tags", "b", "--tags", "c", "--number", "1.5")
    assert done.out == "tags: b+c\ndoubled: 3.0\n"
    assert run("pick", "--tags", "").out == "tags: \ndoubled: 2\n".replace(" \n", "\n")


def test_json_is_written_out_or_in_a_file(run: Program) -> None:
    (run.folder / "value.json").write_text('{"a": [1]}')
    for value in ('{"a": [1]}', "@value.json"):
        assert json.loads(run("tree", value).out) == {"got": {"a": [1]}}
    assert json.loads(run("tree", "-", given=b"[1]").out) == {"got": [1]}


def test_names_that_are_ours_or_of_another_alphabet(run: Program) -> None:
    assert "\x1b" not in run("странно", "--help").out
    done = run("странно", "--app-json", "1", "--имя", "-3", "--json")
    assert json.loads(done.out) == {"json": "1|b|-3\x1b[2J"}, done.err
    assert run("странно", "--app-help", "").out == "a||c\x1b[2J\n"


# Files


def test_files_by_path_address_and_standard_input(run: Program, url: str) -> None:
    (run.folder / "note.txt").write_bytes(b"abc")
    done = run("copy-file", "--file", "note.txt", "--output", "out")
    assert done.code == 0, done.err
    assert done.out == "out/copied-note.txt\n"
    assert (run.folder / "out" / "copied-note.txt").read_bytes() == b"cba"
    again = run("copy-file", "--file", "-", given=b"xyz")
    assert "/" not in again.out
    assert (run.folder / again.out.strip()).read_bytes() == b"zyx"
    # Gradio fetches nothing from the machine that it runs on: the app says no, not the shell.
    remote = run("copy-file", "--file", f"{url}/config")
    assert (remote.code, remote.out) == (1, "")


def test_a_list_of_files_is_a_path_on_each_line(run: Program) -> None:
    for name in ("a.txt", "b.txt"):
        (run.folder / name).write_text(name)
    done = run("sheet", "--files", "a.txt", "--files", "b.txt", "-o", "out")
    assert done.code == 0, done.err
    *paths, last = done.out.removeprefix("all: ").splitlines()
    assert [Path(path).name for path in paths] == ["a.txt", "b.txt"]
    assert last == "how_many: 2"
    none = json.loads(run("sheet", "--json").out)
    assert none["how_many"] == 0


# Output


def test_json_for_machines_is_one_object_by_the_names(run: Program) -> None:
    assert json.loads(run("pick", "--json").out) == {"tags": "a", "doubled": 2}
    assert json.loads(run("--json", "shout", "x").out) == {"textbox": "X x2 plain 25"}
    saved = json.loads(run("copy-file", "--file", "-", "--json", given=b"x").out)
    assert (run.folder / saved["copied"]).read_bytes() == b"x"


def test_outputs_are_streamed_one_a_line(run: Program) -> None:
    assert run("count").out == "3\n"
    assert run("count", "--to", "2", "--stream").out == "1\n2\n"
    streamed = run("count", "--to", "2", "--stream", "--json").out
    assert streamed == '{"number": 1}\n{"number": 2}\n'


def test_what_happens_meanwhile_goes_to_standard_error(run: Program) -> None:
    done = run("work", "ready")
    assert (done.out, done.code) == ("ready\n", 0)
    assert "beginning now" in done.err
    assert run("-q", "work", "ready").err == ""
    lines = run("work", "ready", "-v").err.splitlines()
    assert {"started", "log: info: beginning now"} <= set(lines)
    assert any(line.startswith("completed: after") for line in lines)


def test_without_rich_the_lines_are_plain(run: Program) -> None:
    blocked = "import sys; sys.modules['rich'] = None; import runpy; "
    code = f"{blocked}runpy.run_module('clients.shell_lab_cli', run_name='__main__')"
    done = Program(run.folder, "-c", code)("work", "ready")
    assert (done.out, done.code) == ("ready\n", 0)
    assert "info: beginning now" in done.err.splitlines()


# Exit codes


def test_an_error_of_the_app_is_exit_code_1(run: Program) -> None:
    done = run("fail", "this")
    assert (done.code, done.out) == (1, "")
    assert "error: /fail: cannot do this" in done.err
    assert "\x1b[2J" not in done.err


def test_an_app_that_cannot_be_reached_is_exit_code_2(run: Program) -> None:
    for url in ("http://127.0.0.1:1", "no url at all"):
        done = run("--url", url, "count")
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


# In the shell


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
def test_bash_completes(run: Program, words: list[str], offered: list[str]) -> None:
    found = _completed(run, "bash", words)
    assert [line.partition(",")[2] for line in found] == offered


def test_zsh_and_fish_quote_by_themselves(run: Program) -> None:
    assert "very fancy" in _completed(run, "zsh", ["shout", "--style", ""])
    assert "plain,very fancy" in _completed(run, "fish", ["shout", "--style", "v"])


def test_bash_completes_a_file(run: Program) -> None:
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


def _completed(run: Program, shell: str, words: list[str]) -> list[str]:
    code = "from clients.shell_lab_cli import cli; cli(prog_name='shell-lab')"
    line = ["shell-lab", *words]
    env: dict[str, Any] = {
        "_SHELL_LAB_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": " ".join(line),
        "COMP_CWORD": words[-1] if shell == "fish" else str(len(line) - 1),
    }
    return Program(run.folder, "-c", code)(env=env).out.splitlines()


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
