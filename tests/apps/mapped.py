"""An app for tests of `map`: work that can be watched, state, errors, files, streams."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

LOCK = threading.Lock()
SEEN: dict[str, Any] = {"started": [], "finished": [], "sessions": {}, "now": 0, "most": 0}


def work(name: str, seconds: float, request: gr.Request) -> Iterator[str]:
    """Take some time; a generator, so that it can be stopped."""
    with LOCK:
        SEEN["started"].append(name)
        SEEN["sessions"][name] = request.session_hash
        SEEN["now"] += 1
        SEEN["most"] = max(SEEN["most"], SEEN["now"])
    try:
        if name.startswith("bad"):
            raise gr.Error(f"no {name}", title="Refused")
        until = time.monotonic() + seconds
        yield "busy"
        while time.monotonic() < until:
            time.sleep(0.02)
            yield "busy"
        with LOCK:
            SEEN["finished"].append(name)
        yield name.upper()
    finally:
        with LOCK:
            SEEN["now"] -= 1


def seen() -> dict[str, Any]:
    """What happened since the last time."""
    with LOCK:
        report = {
            **SEEN,
            "started": list(SEEN["started"]),
            "finished": list(SEEN["finished"]),
            "sessions": dict(SEEN["sessions"]),
        }
        SEEN.update(started=[], finished=[], sessions={}, most=SEEN["now"])
    return report


def count(step: float, total: float) -> tuple[float, float]:
    """Count in the session's own state."""
    time.sleep(0.5)
    return total + step, total + step


def write(text: str, count: float) -> tuple[str, float]:
    """A text as a file, and how long it is."""
    with LOCK:
        SEEN["started"].append(text)
    path = Path(tempfile.mkdtemp()) / "text.txt"
    path.write_text(text * int(count))
    return str(path), len(text) * count


def size(file: str) -> float:
    """How long a file is."""
    with LOCK:
        SEEN["started"].append("size")
    return Path(file).stat().st_size


def echo(value: Any) -> Any:
    """Anything, back again."""
    return value


with gr.Blocks(title="Mapped") as demo:
    name, seconds, result = gr.Textbox(), gr.Number(0), gr.Textbox()
    gr.Button().click(work, [name, seconds], result, api_name="work", concurrency_limit=64)
    gr.Button().click(seen, None, gr.JSON(), api_name="seen")
    state, step, shown = gr.State(0), gr.Number(), gr.Number()
    gr.Button().click(count, [step, state], [shown, state], api_name="count", concurrency_limit=64)
    text, times, file, length = gr.Textbox(), gr.Number(1), gr.File(), gr.Number()
    gr.Button().click(write, [text, times], [file, length], api_name="write", concurrency_limit=64)
    gr.Button().click(size, gr.File(), gr.Number(), api_name="size", concurrency_limit=64)
    gr.Button().click(echo, gr.JSON(), gr.JSON(), api_name="echo", concurrency_limit=64)
    demo.queue()

if __name__ == "__main__":
    demo.launch()
