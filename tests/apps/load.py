"""An app for load and faults: quick, slow, failing, streaming, large and stateful endpoints,
without limits of its own.
"""

import asyncio
import time

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
        await asyncio.sleep(0.005)


def large(text: str, size: float) -> str:
    return text + "x" * int(size)


def add(text: str, state: list) -> tuple:
    state = [*state, text]
    return ",".join(state), state


def block(text: str, seconds: float) -> str:
    time.sleep(seconds)
    return text


with gr.Blocks() as demo:
    text, number, out, state = (
        gr.Textbox(label="text"),
        gr.Number(label="number"),
        gr.Textbox(label="out"),
        gr.State([]),
    )
    for function, inputs in (
        (echo, [text]),
        (slow, [text, number]),
        (fail, [text]),
        (count, [text, number]),
        (large, [text, number]),
        (block, [text, number]),
    ):
        gr.Button(function.__name__).click(
            function, inputs, out, api_name=function.__name__, concurrency_limit=None
        )
    gr.Button("add").click(add, [text, state], [out, state], api_name="add", concurrency_limit=None)
    gr.Button("one").click(
        slow, [text, number], out, api_name="one", concurrency_limit=1, concurrency_id="one"
    )

demo.queue(max_size=None)
