"""An app whose inputs are streams: sound with state, pictures, slow and failing functions.

It runs on Gradio 4.44, too, which takes every chunk as a call.
"""

import time
from pathlib import Path

import gradio as gr

RUNS = []
NEW = {} if gr.__version__.startswith("4") else {"time_limit": 20}


def transcribe(sound, language, heard):
    """Samples of every chunk so far."""
    samples = 0 if sound is None else len(sound[1])
    RUNS.append((language, samples))
    if samples == 666:
        raise gr.Error("unlucky")
    heard = [*(heard or []), samples]
    return f"{language}: {heard}", heard


def runs(language):
    return [samples for each, samples in RUNS if each == language]


def flip(picture):
    return picture[::-1]


def held(sound, gate):
    """Wait until the gate is there."""
    while not Path(gate).exists():
        time.sleep(0.01)
    return len(sound[1])


def limited(sound):
    time.sleep(0.3)
    return len(sound[1])


def endless(sound):
    return len(sound[1])


def shout(text):
    return text.upper()


with gr.Blocks(title="Streamed") as demo:
    microphone = gr.Audio(streaming=True, sources="microphone")
    language = gr.Textbox("en")
    state = gr.State()
    text = gr.Textbox()
    number = gr.Number(precision=0)
    camera = gr.Image(streaming=True, sources="webcam")
    picture = gr.Image(format="png")
    listed = gr.JSON()
    microphone.stream(
        transcribe,
        [microphone, language, state],
        [text, state],
        api_name="transcribe",
        concurrency_limit=4,
        **NEW,
    )
    camera.stream(flip, camera, picture, api_name="flip", **NEW)
    for function, inputs, limit in (
        (held, [microphone, language], 30),
        (limited, microphone, 0.5),
        (endless, microphone, None),
    ):
        limits = {"time_limit": limit} if NEW else {}
        microphone.stream(function, inputs, number, api_name=function.__name__, **limits)
    gr.Button().click(runs, language, listed, api_name="runs")
    gr.Button().click(shout, language, text, api_name="shout")

if __name__ == "__main__":
    demo.launch()
