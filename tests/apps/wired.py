"""Endpoints whose wiring matters: what is skipped, defaults, choices, updates, odd and hidden
names. Runs under Gradio 4.44, 5.50 and 6.31.
"""

import tempfile
import time
from pathlib import Path

import gradio as gr

MAJOR = int(gr.__version__.split(".", maxsplit=1)[0])
FILE = Path(tempfile.mkdtemp()) / "notes.txt"
FILE.write_text("the app's own file")
HIDDEN = {"api_visibility": "undocumented"} if MAJOR >= 6 else {"show_api": False}
PRIVATE = {"api_visibility": "private"} if MAJOR >= 6 else {"api_name": False}


def mixed(first, count, _button, second):
    count = (count or 0) + 1
    return f"{first}+{second}", count, f"call {count}"


def defaults(text, colour, steps, notes, ticked):
    return f"{text}|{colour}|{steps}|{Path(notes).read_text() if notes else None}|{ticked}"


def updates(what):
    if what == "value":
        return gr.update(value="new", visible=True), 1
    if what == "skip":
        return gr.skip() if hasattr(gr, "skip") else gr.update(), 2
    return gr.update(visible=False), 3


def stream(what):
    yield "one", 1
    yield gr.update(visible=True), 2
    yield gr.update(), gr.update(value=3)


def fail(words):
    raise gr.Error(words)


def refill():
    return gr.update(choices=["cyan", "mauve"])


def echo(value):
    return value


def slow_start(value):
    time.sleep(0.1)
    return value


with gr.Blocks(title="Wired") as demo:
    first, second, what = (
        gr.Textbox(label="First"),
        gr.Textbox(label="Second"),
        gr.Textbox(label="What"),
    )
    out, number, button = gr.Textbox(label="Out"), gr.Number(label="Number"), gr.Button("Press")
    counter = gr.State()
    text = gr.Textbox("as given", label="Text")
    colour = gr.Dropdown(["red", "green"], value="green", label="Colour")
    steps = gr.Slider(1, 50, value=25, step=1, label="Steps")
    notes = gr.File(str(FILE), label="Notes")
    ticked = gr.CheckboxGroup(["a", "b"], value=["a"], label="Ticked")
    changing = gr.Dropdown(["red"], label="Changing")
    custom = gr.Dropdown(["red"], allow_custom_value=True, label="Custom")
    picture = gr.Image(label="Picture")
    trigger = gr.Button()
    trigger.click(mixed, [first, counter, button, second], [out, counter, what], api_name="mixed")
    trigger.click(defaults, [text, colour, steps, notes, ticked], out, api_name="defaults")
    trigger.click(updates, what, [out, number], api_name="updates")
    trigger.click(stream, what, [out, number], api_name="stream")
    trigger.click(fail, what, out, api_name="fail")
    trigger.click(refill, None, changing, api_name="refill")
    trigger.click(echo, changing, out, api_name="changing")
    trigger.click(echo, custom, out, api_name="custom")
    trigger.click(echo, picture, picture, api_name="picture")
    trigger.click(echo, what, out, api_name="with/slash")
    trigger.click(echo, what, out, api_name="/lead")
    trigger.click(echo, what, out, api_name="ünï with space")
    trigger.click(echo, what, None, api_name="nothing")
    trigger.click(echo, what, out, **({"api_name": "undocumented"} | HIDDEN))
    trigger.click(echo, what, out, **({"api_name": "secret"} | PRIVATE))

if __name__ == "__main__":
    demo.launch()
