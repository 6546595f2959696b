"""Dictation: an app that listens to a microphone and writes down the notes that it hears.

Run it with `python examples/dictation.py`; `generated/dictation.py` is its client. The recogniser
is a fake one: it tells notes apart by counting how often the sound goes through zero.
"""

from __future__ import annotations

import math

import gradio as gr
import numpy as np

NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
SILENCE = 500


def note(rate: int, samples: np.ndarray) -> str:
    """The name of the note that a chunk of sound holds; "" for silence."""
    mono = samples.astype(float).reshape(len(samples), -1).mean(axis=1)
    if not len(mono) or np.abs(mono).max() < SILENCE:
        return ""
    crossings = np.count_nonzero(np.diff(np.signbit(mono)))
    frequency = crossings * rate / (2 * len(mono))
    return NAMES[round(12 * math.log2(frequency / 440) + 9) % 12]


def recognise(
    sound: tuple[int, np.ndarray] | None, separator: str, heard: list[str] | None
) -> tuple[str, list[str]]:
    """Write down the notes of the next chunk, behind those that were heard before."""
    name = "" if sound is None else note(*sound)
    heard = [*(heard or []), *([name] if name else [])]
    return separator.join(heard), heard


def forget() -> tuple[str, list[str]]:
    """Begin a new line."""
    return "", []


with gr.Blocks(title="Dictation") as demo:
    gr.Markdown("# Dictation")
    microphone = gr.Audio(sources=["microphone"], streaming=True, label="Microphone")
    separator = gr.Textbox(" ", label="Between notes")
    notes = gr.Textbox(label="Notes")
    heard = gr.State()
    microphone.stream(
        recognise,
        [microphone, separator, heard],
        [notes, heard],
        api_name="recognise",
        stream_every=0.5,
        time_limit=60,
        concurrency_limit=4,
    )
    gr.Button("New line").click(forget, None, [notes, heard], api_name="forget")

if __name__ == "__main__":
    demo.launch()
