"""Parrot: the smallest chat worth the name, made by `gr.ChatInterface`.

Its history is kept in a `gr.State`. Run it with `python examples/chat.py`; `generated/parrot.py` is
its client.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import gradio as gr


def respond(
    message: str, history: list[dict[str, Any]], mood: str, patience: float
) -> Iterator[str]:
    """Answer a message, one word after the other."""
    said = len([turn for turn in history if turn["role"] == "user"]) + 1
    ending = {"calm": ".", "excited": "!", "unsure": "?"}[mood]
    words = f"{message} (that was message {said}){ending}".split()
    for count in range(1, len(words) + 1):
        yield " ".join(words[:count])
        time.sleep(patience)


demo = gr.ChatInterface(
    respond,
    title="Parrot",
    description="It says what you say.",
    additional_inputs=[
        gr.Radio(["calm", "excited", "unsure"], value="calm", label="Mood"),
        gr.Slider(0, 1, value=0.02, label="Patience", info="Seconds between two words."),
    ],
)

if __name__ == "__main__":
    demo.launch()
