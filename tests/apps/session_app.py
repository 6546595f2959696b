"""An app for the tests of sessions, calls and events: one endpoint for each thing that can happen
to a call.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import gradio as gr

JOURNAL: list[str] = []
LOCK = threading.Lock()


def note(entry: str) -> None:
    """Remember what has really run."""
    with LOCK:
        JOURNAL.append(entry)


def journal(_: str) -> str:
    """What has run so far that bears a mark."""
    with LOCK:
        return " ".join(JOURNAL)


def echo(text: str, style: str, times: float) -> str:
    """Repeat a text."""
    note(f"echo:{text}")
    return " ".join([text.upper() if style == "loud" else text] * int(times))


async def slow(seconds: float, mark: str) -> str:
    """Sleep, and tell whether it was cancelled."""
    note(f"begin:{mark}")
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        note(f"cancelled:{mark}")
        raise
    note(f"end:{mark}")
    return mark


async def single(seconds: float, mark: str) -> str:
    """The same, one at a time."""
    return await slow(seconds, mark)


async def ticks(count: float, pause: float, mark: str) -> AsyncIterator[str]:
    """Yield one text after the other."""
    for number in range(int(count)):
        note(f"tick:{mark}:{number}")
        yield f"{mark}{number}"
        await asyncio.sleep(pause)
    note(f"ticked:{mark}")


def breaks(count: float) -> Iterator[str]:
    """Yield, and fail midway."""
    for number in range(int(count)):
        yield str(number)
    raise gr.Error("broken midway", title="Broken", duration=3)


def steps(progress: gr.Progress = gr.Progress()) -> str:  # noqa: B008 - how Gradio is asked for one
    """Nested progress bars."""
    for _ in progress.tqdm(range(2), desc="outer", unit="rounds"):
        for _ in progress.tqdm(range(3), desc="inner", unit="items"):
            time.sleep(0.03)
    return "done"


def logs() -> str:
    """Messages to the user."""
    gr.Info("an <b>info</b>", title="Note")
    gr.Warning("a warning")
    return "logged"


def fails(text: str) -> str:
    """Fail with words."""
    raise gr.Error(text, title="Refused", duration=7)


def crashes() -> str:
    """Fail without."""
    raise RuntimeError("a secret of the server")


def count(step: float, total: int) -> tuple[int, int]:
    """Count in the session's state."""
    total += int(step)
    return total, total


def mixed(_button: Any, text: str, total: int) -> tuple[str, int, Any, Any]:
    """Skipped inputs and outputs, and updates."""
    return text, total, gr.update(value="updated", visible=True), gr.skip()


def skips() -> Iterator[tuple[Any, Any]]:
    """Updates that leave outputs as they were."""
    yield "a", "b"
    yield gr.skip(), "c"
    yield gr.update(value="d"), gr.skip()


def measure(file: str) -> str:
    """Name and size of a file."""
    return f"{Path(file).name}:{Path(file).stat().st_size}"


def large(count: float, size: float) -> Iterator[str]:
    """Outputs of that many characters."""
    for number in range(int(count)):
        yield str(number) + "x" * int(size)


def nothing(text: str) -> None:
    """Return nothing."""
    note(f"nothing:{text}")


with gr.Blocks(title="Sessions") as demo:
    text, style, times = (
        gr.Textbox("hi", label="Text"),
        gr.Radio(["plain", "loud"], value="plain", label="Style"),
        gr.Number(2, label="Times"),
    )
    seconds, mark, pause = (
        gr.Number(0.1, label="Seconds"),
        gr.Textbox("m", label="Mark"),
        gr.Number(0.05, label="Pause"),
    )
    out, out2, out3 = gr.Textbox(label="Out"), gr.Textbox(label="Out 2"), gr.Textbox(label="Out 3")
    number, button = gr.Number(label="Number"), gr.Button("Go")
    state, file, amount = gr.State(0), gr.File(label="File"), gr.Number(3, label="Count")
    gr.on(fn=journal, inputs=text, outputs=out, api_name="journal", triggers=[text.submit])
    button.click(echo, [text, style, times], out, api_name="echo")
    button.click(slow, [seconds, mark], out, api_name="slow", concurrency_limit=16)
    button.click(single, [seconds, mark], out, api_name="single", concurrency_limit=1)
    button.click(ticks, [amount, pause, mark], out, api_name="ticks", concurrency_limit=16)
    button.click(breaks, amount, out, api_name="breaks")
    button.click(steps, None, out, api_name="steps")
    button.click(logs, None, out, api_name="logs")
    button.click(fails, text, out, api_name="fails")
    button.click(crashes, None, out, api_name="crashes")
    button.click(count, [amount, state], [number, state], api_name="count", concurrency_limit=32)
    button.click(mixed, [button, text, state], [out, state, out2, out3], api_name="mixed")
    button.click(skips, None, [out, out2], api_name="skips")
    button.click(measure, file, out, api_name="measure")
    button.click(large, [amount, seconds], out, api_name="large")
    button.click(nothing, text, None, api_name="nothing")
    button.click(echo, [text, style, times], out, api_name="nested/echo")
    button.click(ticks, [amount, pause, mark], out, api_name="nested/ticks", concurrency_limit=16)

demo.queue(default_concurrency_limit=8)
