"""An app that runs alike on Gradio 4.44, 5 and 6 and has one endpoint for each thing that goes over
the wire.
"""

import tempfile
import time
from pathlib import Path

import gradio as gr


def echo(text, choice, number):
    return f"{text}|{choice}|{number:g}"


def remember(text, state):
    state = [*(state or []), text]
    return ",".join(state), state


def count(text, steps):
    for step in range(int(steps)):
        yield f"{text}-{step}"
        time.sleep(0.01)


def forever(text):
    step = 0
    while True:
        yield f"{text}-{step}"
        step += 1
        time.sleep(0.02)


def fail(text):
    raise gr.Error(f"no {text}")


def crash(text):
    raise KeyError(text)


def talk(text, progress=gr.Progress()):  # noqa: B008 - how Gradio is told of it
    gr.Info(f"hello {text}")
    for _ in progress.tqdm(range(3), desc="working"):
        time.sleep(0.05)
    gr.Warning("done <b>soon</b>")
    return text


def turn(file):
    content = Path(file).read_bytes()
    target = Path(tempfile.mkdtemp()) / "turned (1) ü.bin"
    target.write_bytes(content[::-1])
    return str(target)


def pressed(button, text):
    return f"pressed {text}", gr.update()


with gr.Blocks() as demo:
    text = gr.Textbox(label="text", value="default text")
    choice = gr.Radio(["a", "b"], value="a", label="choice")
    number = gr.Number(label="number", value=3)
    out, other, state = (
        gr.Textbox(label="out"),
        gr.Textbox(label="other", value="unchanged"),
        gr.State([]),
    )
    upload, download, button = (
        gr.File(label="upload"),
        gr.File(label="download"),
        gr.Button("button"),
    )
    button.click(echo, [text, choice, number], out, api_name="echo")
    button.click(remember, [text, state], [out, state], api_name="remember")
    button.click(count, [text, number], out, api_name="count")
    button.click(forever, text, out, api_name="forever", concurrency_limit=None)
    button.click(fail, text, out, api_name="fail")
    button.click(crash, text, out, api_name="crash")
    button.click(talk, text, out, api_name="talk")
    button.click(turn, upload, download, api_name="turn")
    button.click(pressed, [button, text], [out, other], api_name="pressed")
    button.click(echo, [text, choice, number], out, api_name="with/slash")

demo.queue()
