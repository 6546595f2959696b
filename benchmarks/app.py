"""The app that the benchmarks call.

Its endpoints do next to nothing, so that what is measured is the client.
"""

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import gradio as gr

MIB = 1024 * 1024
FOLDER = Path(tempfile.mkdtemp(prefix="bench-"))
stopped = 0.0


def echo(text: str) -> str:
    """Give the text back."""
    return text


async def nap(text: str) -> str:
    """Give the text back after 50 ms."""
    await asyncio.sleep(0.05)
    return text


def grow_text(count: float) -> Iterator[str]:
    """A text that grows by four characters with each output."""
    text = ""
    for number in range(int(count)):
        text += f"{number % 1000:03} "
        yield text


def grow_list(count: float) -> Iterator[list[int]]:
    """A list that grows by one number with each output."""
    values: list[int] = []
    for number in range(int(count)):
        values.append(number)
        yield values


def big_text(mebibytes: float) -> str:
    """A text of that many MiB."""
    return "0123456789abcdef" * (int(mebibytes) * MIB // 16)


def take(file: str) -> float:
    """The size of an uploaded file in bytes."""
    return float(Path(file).stat().st_size)


def give(mebibytes: float) -> str:
    """A file of that many MiB."""
    path = FOLDER / f"{int(mebibytes)}.bin"
    if not path.exists():
        path.write_bytes(os.urandom(int(mebibytes) * MIB))
    return str(path)


async def forever() -> AsyncIterator[float]:
    """Count until stopped; `stopped_at` tells when that was."""
    global stopped  # noqa: PLW0603  (one benchmark runs at a time)
    number = 0.0
    try:
        while True:
            number += 1
            yield number
            await asyncio.sleep(0.005)
    finally:
        stopped = time.monotonic()


def stopped_at() -> float:
    """When `forever` last ended, on the machine's monotonic clock, in seconds."""
    return stopped


api = gr.api  # pyright: ignore[reportPrivateImportUsage]  (public, but not listed by the package)

with gr.Blocks(title="Bench") as demo:
    api(echo, api_name="echo", concurrency_limit=None)
    api(nap, api_name="nap", concurrency_limit=None)
    api(grow_text, api_name="grow_text", concurrency_limit=None)
    api(grow_list, api_name="grow_list", concurrency_limit=None)
    api(big_text, api_name="big_text", concurrency_limit=None)
    api(forever, api_name="forever", concurrency_limit=None)
    api(stopped_at, api_name="stopped_at", concurrency_limit=None)
    size = gr.Number(label="Size")
    file = gr.File(label="File")
    gr.Button("Take").click(take, file, size, api_name="take")
    gr.Button("Give").click(give, size, file, api_name="give")
    words, said = gr.Textbox(label="Words"), gr.Textbox(label="Said")
    # Its event makes a stream of the endpoint; the chunks are texts, which cost nothing to upload.
    gr.Audio(streaming=True).stream(
        echo, words, said, api_name="listen", time_limit=600, concurrency_limit=None
    )

demo.queue(max_size=None)
