"""Files in and out of every component that takes or gives them. Runs under Gradio 4.44, 5.50 and
6.31.
"""

import hashlib
import subprocess
import tempfile
import wave
from pathlib import Path

import gradio as gr
import numpy as np
import pandas as pd

MAJOR = int(gr.__version__.split(".", maxsplit=1)[0])
FOLDER = Path(tempfile.mkdtemp())


def same(value):
    """Give back what came in."""
    return value


def digest(path):
    """What the app sees of a file: its name, length and hash."""
    with Path(path).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return f"{Path(path).name} {Path(path).stat().st_size} {digest}"


def made(size, name):
    """A file of that many bytes."""
    path = Path(tempfile.mkdtemp(dir=FOLDER)) / name
    block = bytes(range(256)) * 4096
    with path.open("wb") as file:
        left = int(size)
        while left > 0:
            file.write(block[:left])
            left -= len(block)
    return str(path)


def plot():
    from matplotlib.figure import Figure

    figure = Figure()
    figure.subplots().plot([1, 2, 3])
    return figure


def table(value, file):
    """A table, and the file that came with it as another."""
    return value, pd.read_csv(file), file


def answer(history):
    """Answer a chat with the file of its last message."""
    last = history[-1]
    content = last["content"] if isinstance(last, dict) else last[0]
    part = content[-1] if isinstance(content, list) else content
    held = part.get("file", part) if isinstance(part, dict) else part
    path = (
        held["path"]
        if isinstance(held, dict)
        else getattr(held, "path", held if isinstance(held, str) else held[0])
    )
    if MAJOR == 4:
        return [*history, (None, (path,))]
    return [*history, {"role": "assistant", "content": {"path": path}}]


def message(value):
    """Give back a message, its text in capitals."""
    return {"text": value["text"].upper(), "files": value["files"]}


def rogue():
    """A text where a file belongs."""
    return "~/.ssh/id_rsa"


def beep(number):
    path = FOLDER / f"beep-{number}.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(
            (np.sin(np.arange(8000) / (4 + number)) * 20000).astype(np.int16).tobytes()
        )
    return str(path)


def sound():
    for number in range(3):
        yield beep(number)


def film():
    for number in range(2):
        path = FOLDER / f"film-{number}.ts"
        source = [
            "-f",
            "lavfi",
            "-i",
            "testsrc=duration=1:size=64x48:rate=10",
            "-f",
            "lavfi",
            "-i",
            "sine=duration=1",
        ]
        subprocess.run(
            [
                "ffmpeg",
                "-y",
                "-loglevel",
                "error",
                *source,
                "-c:v",
                "libx264",
                "-c:a",
                "aac",
                str(path),
            ],
            check=True,
        )
        yield str(path)


CHAT = {} if MAJOR in (4, 6) else {"type": "messages"}

with gr.Blocks() as demo:
    for name, component in (
        ("image", lambda: gr.Image(type="filepath", format="png")),
        ("audio", lambda: gr.Audio(type="filepath")),
        ("video", lambda: gr.Video(format=None)),
        ("file", gr.File),
        ("files", lambda: gr.File(file_count="multiple")),
        ("gallery", lambda: gr.Gallery(type="filepath")),
    ):
        gr.Button().click(same, component(), component(), api_name=name, concurrency_limit=None)
    text, number = gr.Textbox(), gr.Number()
    gr.Button().click(digest, gr.File(), text, api_name="digest", concurrency_limit=None)
    gr.Button().click(made, [number, text], gr.File(), api_name="made", concurrency_limit=None)
    gr.Button().click(plot, None, gr.Plot(), api_name="plot")
    gr.Button().click(
        table,
        [gr.Dataframe(), gr.File()],
        [gr.Dataframe(), gr.Dataframe(), gr.File()],
        api_name="table",
    )
    gr.Button().click(answer, gr.Chatbot(**CHAT), gr.Chatbot(**CHAT), api_name="chat")
    gr.Button().click(message, gr.MultimodalTextbox(), gr.MultimodalTextbox(), api_name="message")
    gr.Button().click(sound, None, gr.Audio(streaming=True, autoplay=True), api_name="sound")
    if MAJOR > 4:  # earlier, videos are not streamed
        gr.Button().click(film, None, gr.Video(streaming=True, autoplay=True), api_name="film")

demo.queue(default_concurrency_limit=None)
