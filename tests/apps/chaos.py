"""An app for the chaos suite: quick endpoints of every kind, all of which give back the text that
they got.
"""

import asyncio
import tempfile
from pathlib import Path

import gradio as gr


def echo(text: str) -> str:
    return text


async def slow(text: str, seconds: float) -> str:
    await asyncio.sleep(seconds)
    return text


def fail(text: str) -> str:
    raise gr.Error(f"no {text}")


async def count(text: str, steps: float):
    for step in range(int(steps)):
        yield f"{text}-{step}"
        await asyncio.sleep(0.002)


def copied(file: str) -> str:
    folder = Path(tempfile.mkdtemp())
    (folder / "copy.txt").write_bytes(Path(file).read_bytes())
    return str(folder / "copy.txt")


with gr.Blocks() as demo:
    text, number, out = gr.Textbox(), gr.Number(), gr.Textbox()
    file, copy = gr.File(), gr.File()
    for function, inputs, output in (
        (echo, [text], out),
        (slow, [text, number], out),
        (fail, [text], out),
        (count, [text, number], out),
        (copied, [file], copy),
    ):
        gr.Button(function.__name__).click(
            function, inputs, output, api_name=function.__name__, concurrency_limit=None
        )

demo.queue(max_size=None)
