"""An app with a parameter of each kind that a command line takes, and its generated command line,
run in this process or as a user runs it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from tests.conftest import Serve
from tests.support.command import inside
from tests.support.command import run as command
from tests.support.patience import patience

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


class Done:
    """What a run gave. It never ends in a traceback."""

    def __init__(self, code: int, out: bytes, err: bytes) -> None:
        self.code = code
        self.out = out.decode()
        self.err = err.decode()
        assert "Traceback" not in self.err, self.err


class Program:
    """The command line of an app, beside its client in a package, in a process of its own."""

    def __init__(self, folder: Path, *start: str) -> None:
        self.folder = folder
        self.start = [sys.executable, *(start or ("-m", "clients.shell_lab_cli"))]

    def __call__(
        self, *arguments: str, given: bytes | None = None, env: Mapping[str, str] | None = None
    ) -> Done:
        done = subprocess.run(
            [*self.start, *arguments],
            cwd=self.folder,
            input=given,
            capture_output=True,
            check=False,
            timeout=patience(60),
            env={**os.environ, **(env or {})},
        )
        return Done(done.returncode, done.stdout, done.stderr)


class ProgramHere(Program):
    """The same in this process, where a run costs no start of Python."""

    def __call__(
        self,
        *arguments: str,
        given: bytes | None = None,
        env: Mapping[str, str] | None = None,
        name: str = "python -m clients.shell_lab_cli",
    ) -> Done:
        cli: click.Group = import_module("clients.shell_lab_cli").cli
        with inside(self.folder):
            done = CliRunner().invoke(cli, arguments, input=given, env=env, prog_name=name)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return Done(done.exit_code, done.stdout_bytes, done.stderr_bytes)


@pytest.fixture(scope="module")
def url(serve: Serve) -> str:
    """The app."""
    return serve(APP)


@pytest.fixture(scope="module")
def clients(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The package that holds the client and its command line; it can be imported."""
    folder = tmp_path_factory.mktemp("command-line")
    done = command(folder, "generate", url, "-o", "clients/shell_lab.py", "--cli")
    assert done.exit_code == 0, done.stderr
    sys.path.insert(0, str(folder))
    yield folder / "clients"
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.partition(".")[0] == "clients"]:
        del sys.modules[name]


@pytest.fixture
def run(clients: Path, tmp_path: Path) -> ProgramHere:
    """The command line, in an empty folder beside that package."""
    (tmp_path / "clients").symlink_to(clients)
    return ProgramHere(tmp_path)
