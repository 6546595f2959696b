"""`watch`: regenerates when an app changes, and survives whatever the app does."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from gradio_codegen.project.config import load
from gradio_codegen.project.watch import MAX_BACKOFF, News, Watcher
from tests.conftest import Start
from tests.support.command import COMMAND, NUMBER, SMALL, app, gives, project, run, save, takes
from tests.support.patience import patience

SETTINGS = '[tool.gradio-codegen.clients.lab]\nsource = "lab.json"\n'
STEPS = app(greet=([takes("name"), takes("steps", NUMBER), takes("times", NUMBER, 1)], [gives()]))


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def watched(tmp_path: Path, clock: Clock) -> Watcher:
    """A watcher of one client whose app is a saved description."""
    folder = project(tmp_path, SETTINGS)
    save(folder / "lab.json", SMALL)
    config = load(folder / "pyproject.toml")
    return Watcher(config, list(config.clients.values()), interval=2.0, clock=clock)


def turn(watcher: Watcher, clock: Clock) -> list[News]:
    clock.now += watcher.wait()
    return watcher.round()


def test_it_generates_then_keeps_quiet_then_tells_what_changed(
    watched: Watcher, clock: Clock, tmp_path: Path
) -> None:
    assert ["wrote" in news.what for news in turn(watched, clock)] == [True]
    assert turn(watched, clock) == []
    save(tmp_path / "lab.json", STEPS)
    (news,) = turn(watched, clock)
    assert (
        str(news.changes[0])
        == "breaking: `/greet`: parameter `steps` is new and required: existing calls break"
    )
    assert "steps: float" in (tmp_path / "lab.py").read_text("utf-8")
    assert run(tmp_path, "check").exit_code == 0
    assert turn(watched, clock) == []


def test_trouble_is_told_once_tried_ever_more_slowly_and_its_end_is_told(
    watched: Watcher, clock: Clock, tmp_path: Path
) -> None:
    turn(watched, clock)
    module = (tmp_path / "lab.py").read_bytes()
    (tmp_path / "lab.json").write_text("{", encoding="utf-8")
    (news,) = turn(watched, clock)
    assert news.trouble
    waits: list[float] = []
    for _ in range(8):
        waits.append(watched.wait())
        assert turn(watched, clock) == []
    assert waits[:3] == [4.0, 8.0, 16.0]
    assert max(waits) == MAX_BACKOFF
    assert (tmp_path / "lab.py").read_bytes() == module
    save(tmp_path / "lab.json", SMALL)
    assert [news.what for news in turn(watched, clock)] == ["works again"]
    assert watched.wait() == 2.0


def test_an_edited_module_is_kept_and_told(watched: Watcher, clock: Clock, tmp_path: Path) -> None:
    turn(watched, clock)
    path = tmp_path / "lab.py"
    path.write_text(path.read_text("utf-8") + "# mine\n", encoding="utf-8")
    save(tmp_path / "lab.json", STEPS)
    (news,) = turn(watched, clock)
    assert news.trouble
    assert "was edited" in news.what
    assert path.read_text("utf-8").endswith("# mine\n")


def test_a_module_that_somebody_removed_comes_back(
    watched: Watcher, clock: Clock, tmp_path: Path
) -> None:
    turn(watched, clock)
    (tmp_path / "lab.py").unlink()
    assert ["wrote" in news.what for news in turn(watched, clock)] == [True]


APP = """
import gradio as gr

def shout(text, {parameters}):
    return text.upper()

with gr.Blocks(title="Shouter") as demo:
    gr.Button().click(shout, [gr.Textbox(), {inputs}], gr.Textbox(), api_name="shout")
"""


@pytest.mark.slow
def test_a_running_app_that_is_restarted_with_another_signature(
    start_server: Start, tmp_path: Path
) -> None:
    server = start_server(APP.format(parameters="times=1", inputs="gr.Number(1)"))
    folder = project(tmp_path, f'[tool.gradio-codegen.clients.shout]\nsource = "{server.url}"\n')
    process = subprocess.Popen(
        [*COMMAND, "watch", "--interval", "0.3"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert process.stdout is not None
        read = iter(process.stdout.readline, "")
        assert "watching shout" in next(read)
        assert "wrote" in next(read)
        server.stop()
        assert "trying again" in next(read)
        start_server(APP.format(parameters="volume", inputs="gr.Slider(1, 5)"), port=server.port)
        lines = [next(read) for _ in range(3)]
        assert any("works again" in line for line in lines)
        assert any("wrote" in line for line in lines)
        assert any(
            "parameter `times` is now called `volume`" in line or "`volume`" in line
            for line in lines
        )
        assert "volume: float" in (folder / "shout.py").read_text("utf-8")
        process.send_signal(signal.SIGINT)
        rest = process.communicate(timeout=patience(20))[0]
        assert process.returncode == 0
        assert "stopped" in rest
        assert "Traceback" not in rest
    finally:
        process.kill()
        process.wait()


@pytest.mark.slow
def test_code_is_imported_again_only_when_one_of_its_files_changes(
    tmp_path: Path, clock: Clock
) -> None:
    folder = project(tmp_path, '[tool.gradio-codegen.clients.small]\nsource = "app.py:demo"\n')
    (folder / "helper.py").write_text("DEFAULT = 1\n", encoding="utf-8")
    (folder / "app.py").write_text(
        "import pathlib\nimport gradio as gr\nfrom helper import DEFAULT\n"
        "with open('imports', 'a') as log: log.write('x')\n"
        "with gr.Blocks(title='Small') as demo:\n"
        "    number = gr.Number(DEFAULT)\n"
        "    gr.Button().click(lambda n: n, number, gr.Number(), api_name='same')\n",
        encoding="utf-8",
    )
    config = load(folder / "pyproject.toml")
    watcher = Watcher(config, list(config.clients.values()), clock=clock)
    before = Path.cwd()
    os.chdir(folder)
    try:
        assert ["wrote" in news.what for news in turn(watcher, clock)] == [True]
        assert turn(watcher, clock) == []
        assert (folder / "imports").read_text("utf-8") == "x"
        time.sleep(0.01)
        (folder / "helper.py").write_text("DEFAULT = 2\n", encoding="utf-8")
        assert ["now defaults to 2" in str(news.changes[0]) for news in turn(watcher, clock)] == [
            True
        ]
        assert (folder / "imports").read_text("utf-8") == "xx"
    finally:
        os.chdir(before)
