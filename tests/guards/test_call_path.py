"""How far a warm call travels: the files and Python calls of `predict`, caller and reader together.

Counted on a real server with the interpreter's own hooks, in the files of the runtime alone.
"""

from __future__ import annotations

import collections
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest

import gradio_session
from gradio_session import Session
from gradio_session.stream.threads import KEEP_ALIVE
from tests.conftest import Serve
from tests.support.environments import ROOT

PACKAGE = str(Path(gradio_session.__file__).parent) + "/"
MOST_MODULES = 24
MOST_CALLS = 300

Counts = collections.Counter[tuple[str, str]]


@contextmanager
def counted() -> Iterator[Counts]:
    """Count the Python calls in the runtime, of this thread and of all that start meanwhile."""
    counts: Counts = collections.Counter()

    def hook(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(PACKAGE):
            counts[code.co_filename.removeprefix(PACKAGE), code.co_name] += 1

    threading.setprofile(hook)
    sys.setprofile(hook)
    try:
        yield counts
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


def without_readers() -> None:
    """Wait until the threads that read streams are gone: the next one is new, and counted."""
    end = time.monotonic() + 100 * KEEP_ALIVE
    while any(each.name == "gradio-session" for each in threading.enumerate()):
        assert time.monotonic() < end
        time.sleep(KEEP_ALIVE / 4)


@pytest.fixture
def url(serve: Serve) -> str:
    return serve(ROOT / "benchmarks" / "app.py")


def count_of_a_call(session: Session) -> Counts:
    """What one warm call takes."""
    without_readers()
    with counted() as counts:
        assert session.predict("echo", ["x"]) == "x"
        without_readers()  # the last one has come to the end of the stream
    assert any(module == "stream/reader_sync.py" for module, _ in counts), "no reader was counted"
    return counts


def modules_of(counts: Counts) -> set[str]:
    """The files that a call went through."""
    return {module for module, _ in counts}


def test_a_warm_call_is_short(url: str) -> None:
    """The straightest of some: where the machine is busy, those who wait look at the clock."""
    with Session(url) as session:
        for _ in range(5):
            assert session.predict("echo", ["x"]) == "x"
        counts = min((count_of_a_call(session) for _ in range(5)), key=lambda c: len(modules_of(c)))
    modules = modules_of(counts)
    shown = "\n".join(f"{count:4} {name}" for name, count in sorted(counts.items()))
    assert len(modules) <= MOST_MODULES, f"{len(modules)} modules\n{shown}"
    assert counts.total() <= MOST_CALLS, f"{counts.total()} calls\n{shown}"
