"""Programs in an interpreter of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support.environments import ROOT
from tests.support.patience import patience

PRELUDE = """
import asyncio, os, signal, sys, threading, time
from gradio_session import *
import gradio_session
URL = sys.argv[1]
def say(*words):
    print(*words, flush=True)
"""


@dataclass
class Ended:
    """How a program ended: its exit code, what it printed, and what stood on stderr."""

    code: int
    out: str
    err: str


class Script:
    """A program under way; a context manager that kills what is left of it.

    Args:
        body: Its source; `URL` is the app, `say(...)` prints a line at once.
        url: The app.
        strict: Show every warning, those about resources that were not closed too.
    """

    def __init__(self, body: str, url: str, *, strict: bool = True) -> None:
        paths = [os.environ.get("PYTHONPATH", ""), str(ROOT / "runtime"), str(ROOT / "generator")]
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, paths)),
            "NO_PROXY": "127.0.0.1,localhost",
        }
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-W",
                "default" if strict else "ignore",
                "-c",
                PRELUDE + textwrap.dedent(body),
                url,
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,  # what `wait_line` has not asked for stays in the pipe, for `end`
            env=environment,
            start_new_session=True,
        )

    def __enter__(self) -> Script:
        return self

    def __exit__(self, *exception: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def wait_line(self, word: str) -> str:
        """Read its output up to the line that begins with `word`."""
        assert self.process.stdout is not None
        while line := self.process.stdout.readline().decode():
            if line.startswith(word):
                return line
        errors = self.process.stderr.read().decode() if self.process.stderr else ""
        raise AssertionError(f"the program ended before it said {word!r}:\n{errors}")

    def signal(self, number: int) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def end(self, within: float) -> Ended:
        """Wait for its end; `subprocess.TimeoutExpired` if that takes longer."""
        out, err = self.process.communicate(timeout=patience(within))
        return Ended(self.process.returncode, out.decode(), err.decode())


def python(
    *arguments: str | Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    within: float = 60,
    code: int | None = 0,
) -> subprocess.CompletedProcess[str]:
    """Run Python to its end, and give what it printed.

    Args:
        arguments: What follows the interpreter: `-c`, a program, its arguments.
        cwd: Where it runs.
        env: Its environment.
        within: The seconds that it takes at most on an idle machine.
        code: The exit code that it must end with; None for any.
    """
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=patience(within),
    )
    assert code in {None, done.returncode}, done.stdout + done.stderr
    return done
