"""`call`: one call of a real app from the shell."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from tests.conftest import Serve
from tests.support.command import COMMAND, files_of, project, run, spawn
from tests.support.patience import patience, wait_for

APP = """
import pathlib
import time

import gradio as gr


def shout(text: str, times: int = 2, loud: bool = True, style: str = "plain"):
    return f"{text.upper() if loud else text} x{times} {style}"


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
    raise gr.Error(f"cannot do {text}")


def copy(file):
    path = pathlib.Path(file)
    out = path.with_name("copied-" + path.name)
    out.write_bytes(path.read_bytes()[::-1])
    return str(out)


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


with gr.Blocks(title="Shell") as demo:
    text = gr.Textbox(label="Text")
    gr.Button().click(
        shout,
        [
            text, gr.Number(2, precision=0), gr.Checkbox(True),
            gr.Dropdown(["plain", "fancy"], value="plain"),
        ],
        gr.Textbox(),
        api_name="shout",
    )
    gr.Button().click(count, gr.Number(), gr.Number(), api_name="count")
    gr.Button().click(work, text, gr.Textbox(), api_name="work")
    gr.Button().click(fail, text, gr.Textbox(), api_name="fail")
    gr.Button().click(copy, gr.File(), gr.File(), api_name="copy")
    tags = gr.CheckboxGroup(["a", "b", "c"])
    picked = [gr.Textbox(label="Tags"), gr.Number(label="Doubled")]
    gr.Button().click(pick, [tags, gr.Number()], picked, api_name="pick")
    gr.Button().click(forever, text, gr.Number(), api_name="forever")
    gr.Button().click(tree, gr.JSON(), gr.JSON(), api_name="tree")
"""


@pytest.fixture(scope="module")
def url(serve: Serve) -> str:
    return serve(APP)


class Done:
    """What a call from the shell gave."""

    def __init__(self, result: Result) -> None:
        self.code = result.exit_code
        self.out = result.stdout
        self.err = result.stderr
        assert "Traceback" not in self.err


@pytest.fixture
def call(url: str, tmp_path: Path) -> Any:
    def call(*arguments: str, given: bytes | None = None) -> Done:
        return Done(run(tmp_path, "call", url, *arguments, given=given))

    return call


def test_text_goes_out_as_text_and_defaults_are_filled(call: Any) -> None:
    done = call("shout", "text=a cat")
    assert (done.code, done.out) == (0, "A CAT x2 plain\n")


def test_values_are_read_by_the_type_of_their_parameter(call: Any) -> None:
    assert call("/shout", "text=5", "times=3", "loud=no", "style=fancy").out == "5 x3 fancy\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["shoot", "text=x"], ["no endpoint 'shoot'", "did you mean '/shout'"]),
        (["shout"], ["text must be given"]),
        (["shout", "text=x", "tims=3"], ["no parameter 'tims'", "did you mean 'times'"]),
        (["shout", "text=x", "times=many"], ["parameter times", "a whole number", "'many'"]),
        (["shout", "text=x", "loud=perhaps"], ["parameter loud", "true or false"]),
        (["shout", "text=x", "style=fancier"], ["'plain', 'fancy'", "did you mean 'fancy'"]),
        (["shout", "text"], ["NAME=VALUE"]),
        (["shout", "text=x", "text=y"], ["takes one value"]),
        (["copy", "file=report.pdf"], ["write @report.pdf"]),
        (["copy", "file=@missing.pdf"], ["missing.pdf is no file"]),
        (["pick", "tags=a", "tags=z", "number=1"], ["'z' is not among its choices"]),
    ],
)
def test_wrong_usage_is_refused_before_anything_is_sent(
    call: Any, arguments: list[str], words: list[str]
) -> None:
    done = call(*arguments)
    assert (done.code, done.out) == (2, ""), done.err
    assert all(word in done.err for word in words), done.err


def test_json_for_machines(call: Any) -> None:
    picked = call("pick", "tags=a", "tags=c", "number=1.5", "--json").out
    assert json.loads(picked) == {"tags": "a+c", "doubled": 3}
    assert json.loads(call("tree", 'value={"a": [1, null]}', "--json").out) == {
        "json": {"got": {"a": [1, None]}}
    }
    assert json.loads(call("shout", "text=x", "--json").out) == {"textbox": "X x2 plain"}
    assert call("count", "to=2", "--json", "--stream").out == '{"number": 1}\n{"number": 2}\n'


def test_several_results_are_named(call: Any) -> None:
    assert call("pick", 'tags=["b"]', "number=2").out == "tags: b\ndoubled: 4\n"


def test_json_is_read_from_a_file(call: Any, tmp_path: Path) -> None:
    (tmp_path / "value.json").write_text('{"a": [1]}')
    assert json.loads(call("tree", "value=@value.json").out) == {"got": {"a": [1]}}


def test_standard_input_is_text_for_text_and_bytes_for_a_file(call: Any, tmp_path: Path) -> None:
    assert call("shout", "text=-", given=b"from a pipe\n").out == "FROM A PIPE x2 plain\n"
    done = call("copy", "file=-", "--download", "out", given=b"abc")
    assert done.code == 0, done.err
    assert (tmp_path / done.out.strip()).read_bytes() == b"cba"


def test_files_go_up_and_come_down(call: Any, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_bytes(b"abc")
    saved = call("copy", "file=@note.txt", "--download", "out")
    assert saved.code == 0, saved.err
    assert Path(saved.out.strip()).name == "copied-note.txt"
    assert (tmp_path / saved.out.strip()).read_bytes() == b"cba"
    before = files_of(tmp_path)
    shown = call("copy", "file=@note.txt")
    assert shown.out.startswith("http://")
    assert files_of(tmp_path) == before


def test_outputs_are_streamed_one_a_line(call: Any) -> None:
    assert call("count", "to=3", "--stream").out == "1\n2\n3\n"
    assert call("count", "to=3").out == "3\n"


def test_logs_go_to_standard_error_and_the_result_to_standard_output(call: Any) -> None:
    done = call("work", "text=ready")
    assert done.out == "ready\n"
    assert "beginning now" in done.err


def test_an_error_of_the_app_is_told_from_wrong_usage(call: Any) -> None:
    done = call("fail", "text=this")
    assert (done.code, done.out) == (1, "")
    assert "cannot do this" in done.err


def test_an_app_that_does_not_answer_is_exit_code_2(tmp_path: Path) -> None:
    assert run(tmp_path, "call", "http://127.0.0.1:1", "x").exit_code == 2


def test_an_app_that_is_not_running_cannot_be_called(tmp_path: Path) -> None:
    (tmp_path / "saved.json").write_text('{"named_endpoints": {}}', encoding="utf-8")
    done = Done(run(tmp_path, "call", "saved.json", "x"))
    assert done.code == 2
    assert "give its URL" in done.err


def test_a_configured_client_is_called_by_its_name(url: str, tmp_path: Path) -> None:
    folder = project(tmp_path, f'[tool.gradio-codegen.clients.shell]\nsource = "{url}"\n')
    assert spawn(folder, "call", "shell", "shout", "text=x").stdout == b"X x2 plain\n"


def test_a_deadline_cancels(call: Any, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    done = call("forever", f"mark={mark}", "--timeout", "1")
    assert done.code == 2
    assert _becomes(mark, "stopped")


def test_ctrl_c_cancels_on_the_server(url: str, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    process = subprocess.Popen(
        [*COMMAND, "call", url, "forever", f"mark={mark}", "--stream"],
        cwd=tmp_path,
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


def _becomes(path: Path, text: str) -> bool:
    return wait_for(lambda: path.exists() and path.read_text("utf-8") == text)


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["sh"], ["shout"]),
        (["/sh"], ["/shout"]),
        (["shout", "t"], ["text=", "times="]),
        (["shout", "style="], ["style=plain", "style=fancy"]),
        (["shout", "loud=t"], ["loud=true"]),
        (["no_such", "t"], []),
    ],
)
def test_endpoints_parameters_and_choices_complete_in_the_shell(
    url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    offered: list[str],
) -> None:
    line = ["gradio-codegen", "call", url, *words]
    monkeypatch.setenv("_GRADIO_CODEGEN_COMPLETE", "zsh_complete")
    monkeypatch.setenv("COMP_WORDS", " ".join(line))
    monkeypatch.setenv("COMP_CWORD", str(len(line) - 1))
    lines = run(tmp_path).stdout.splitlines()  # kind, value and help of each
    assert lines[1::3] == offered
