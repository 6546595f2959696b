"""`call` as people see it: on a terminal of its own (a pty), against a real app that queues, logs,
reports progress and streams.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pyte
import pytest

from tests.conftest import Serve
from tests.support.command import COMMAND
from tests.support.patience import patience, wait_for

APP = r"""
import pathlib
import time

import gradio as gr


def work(text, progress=gr.Progress()):
    gr.Info("beginning now")
    for step in progress.tqdm(range(8), desc="steps"):
        time.sleep(0.25)
        if step == 3:
            gr.Warning("half [bold]way[/bold]\x1b[2J")
    return f"{text}\x1b[31m is done"


def count(to):
    for number in range(int(to)):
        time.sleep(0.1)
        yield f"line {number}"


def forever(mark):
    try:
        for number in range(10_000):
            pathlib.Path(mark).write_text("running")
            yield number
            time.sleep(0.05)
    finally:
        pathlib.Path(mark).write_text("stopped")


with gr.Blocks(title="Terminal") as demo:
    gr.Button().click(work, gr.Textbox(), gr.Textbox(), api_name="work")
    gr.Button().click(count, gr.Number(), gr.Textbox(), api_name="count")
    gr.Button().click(forever, gr.Textbox(), gr.Number(), api_name="forever")
"""

HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.fixture(scope="module")
def url(serve: Serve) -> str:
    return serve(APP)


def _never() -> bool:
    return False


def on_a_terminal(
    folder: Path, *arguments: str, interrupt: Callable[[], bool] = _never
) -> tuple[int, str]:
    """Run the command on a terminal of 30 lines and 100 columns, and give its exit code and
    everything that the terminal got.

    It is interrupted, as by Ctrl-C, once `interrupt()` holds.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))

    env = {
        key: value
        for key, value in os.environ.items()
        if key not in ("NO_COLOR", "CI", "COLUMNS", "LINES")
    } | {"TERM": "xterm-256color"}
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=folder,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        env=env,
    )
    os.close(theirs)
    got = b""
    begin = time.monotonic()
    try:
        while time.monotonic() - begin < patience(60):
            if select.select([ours], [], [], 0.1)[0]:
                try:
                    got += os.read(ours, 65536)
                except OSError:  # Linux: nobody holds the other end any more
                    break
            if interrupt():
                process.send_signal(signal.SIGINT)
                interrupt = _never
        return process.wait(timeout=patience(20)), got.decode()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        os.close(ours)


def lines(text: str) -> list[str]:
    """What stood on the terminal's lines at one time or another, without colours and bars."""
    plain = re.sub(r"[━╺╸\u2800-\u28ff]+", " ", _CONTROL.sub("", text))
    return [" ".join(line.split()) for line in re.split(r"[\r\n]+", plain) if line.strip()]


def left_on_screen(text: str) -> list[str]:
    """What a terminal still shows in the end."""
    screen = pyte.Screen(100, 30)
    pyte.Stream(screen).feed(text)
    return [line.rstrip() for line in screen.display if line.strip()]


def test_queue_progress_and_logs_are_shown_live_and_only_logs_and_result_stay(
    url: str, tmp_path: Path
) -> None:
    code, text = on_a_terminal(tmp_path, "call", url, "work", "text=all")
    assert code == 0, text
    shown = lines(text)
    steps = [int(found[1]) for line in shown if (found := re.search(r"steps (\d)/8 steps", line))]
    assert steps == sorted(steps)
    assert len(set(steps)) > 2, shown
    assert any(line.startswith("/work running") for line in shown), shown
    logs = [
        shown.index("info beginning now"),
        next(
            number
            for number, line in enumerate(shown)
            if line.startswith("warning half [bold]way[/bold]")
        ),
    ]
    assert logs[0] < logs[1] < len(shown) - 1
    assert text.rindex(SHOW) > text.rindex(HIDE)
    assert shown.count("info beginning now") == 1
    assert left_on_screen(text) == [
        "info beginning now",
        "warning half [bold]way[/bold] [2J",
        "all\ufffd[31m is done",
    ]


def test_what_an_app_says_cannot_command_the_terminal(url: str, tmp_path: Path) -> None:
    _, text = on_a_terminal(tmp_path, "call", url, "work", "text=all")
    assert "\x1b[2J" not in text
    assert "all\x1b[31m" not in text
    assert any(line.startswith("all") and line.endswith("is done") for line in lines(text))


def test_streamed_outputs_stand_above_the_live_display_each_once(url: str, tmp_path: Path) -> None:
    code, text = on_a_terminal(tmp_path, "call", url, "count", "to=5", "--stream")
    assert code == 0, text
    assert [line for line in lines(text) if line.startswith("line ")] == [
        f"line {number}" for number in range(5)
    ]


def test_ctrl_c_gives_the_terminal_back_and_cancels(url: str, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    code, text = on_a_terminal(
        tmp_path, "call", url, "forever", f"mark={mark}", interrupt=mark.exists
    )
    assert code == 130, text
    assert "Traceback" not in text
    assert text.rindex(SHOW) > text.rindex(HIDE)
    assert _CONTROL.sub("", text).splitlines()[-1] == "interrupted", "a line of its own"
    assert wait_for(lambda: mark.read_text("utf-8") == "stopped")
