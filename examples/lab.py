"""Image Lab: a small Gradio app with an endpoint of every kind, and no model to download.

Run it with `python examples/lab.py`; `generated/image_lab.py` is the client that gradio-codegen
makes of it.
"""

from __future__ import annotations

import hashlib
import math
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from PIL import Image, ImageDraw, ImageOps

SIZE = 256
FORBIDDEN = ("weapon", "blood")


def _colours(text: str, seed: int) -> np.random.Generator:
    """A source of randomness that depends on `text` and `seed` alone."""
    return np.random.default_rng(
        int.from_bytes(hashlib.sha256(f"{text}:{seed}".encode()).digest()[:8], "big")
    )


def _paint(prompt: str, seed: int, strokes: int) -> Image.Image:
    """Soft discs on a gradient: always the same for the same arguments."""
    random = _colours(prompt, seed)
    low, high = random.integers(0, 256, (2, 3))
    ramp = np.linspace(low, high, SIZE).astype(np.uint8)
    image = Image.fromarray(np.repeat(ramp[:, None, :], SIZE, axis=1))
    draw = ImageDraw.Draw(image, "RGBA")
    for _ in range(strokes):
        x, y = random.integers(0, SIZE, 2)
        radius = int(random.integers(8, 48))
        draw.ellipse(
            (x - radius, y - radius, x + radius, y + radius),
            fill=(*map(int, random.integers(0, 256, 3)), 96),
        )
    return image


def generate(
    prompt: str,
    scheduler: str,
    steps: int,
    seed: int,
    reference: Image.Image | None = None,
    progress: gr.Progress = gr.Progress(),
) -> tuple[Image.Image, int]:
    """Draw an image from a prompt.

    The same prompt and seed always give the same image. A reference image shines through.
    """
    if not prompt.strip():
        raise gr.Error("Say what to draw: the prompt is empty.", title="No prompt")
    if scheduler == "dpm++" and steps < 5:
        gr.Warning("dpm++ wants 5 steps or more: the image will look unfinished.")
    image = _paint(prompt, seed, 0)
    for step in progress.tqdm(range(int(steps)), desc="Sampling", unit="steps"):
        image = _paint(prompt, seed, step + 1)
    if reference is not None:
        image = Image.blend(image, reference.convert("RGB").resize(image.size), 0.4)
    return image, seed


def describe(image: Image.Image, style: str) -> Iterator[str]:
    """Describe an image, word by word."""
    red, green, blue = np.asarray(image.convert("RGB")).reshape(-1, 3).mean(axis=0)
    tint = max((red, "red"), (green, "green"), (blue, "blue"))[1]
    words = f"A {image.width} by {image.height} picture with a touch of {tint}".split()
    if style == "poetic":
        words += "as quiet as a morning that nobody has used yet".split()
    for count in range(1, len(words) + 1):
        yield " ".join(words[:count])
        time.sleep(0.02)


def timelapse(prompt: str, frames: int, interval: float) -> Iterator[tuple[Image.Image, str]]:
    """Paint a picture before your eyes, one stroke per frame."""
    for frame in range(1, int(frames) + 1):
        yield _paint(prompt, 0, frame), f"{frame}/{int(frames)}"
        time.sleep(interval)


def upscale(image: str, factor: int, progress: gr.Progress = gr.Progress()) -> str:
    """Enlarge a picture file and return it as a PNG file."""
    with Image.open(image) as picture:
        picture.load()
    width, height = picture.width * int(factor), picture.height * int(factor)
    result = Image.new("RGB", (width, height))
    tiles = [(x, y) for y in range(0, height, 128) for x in range(0, width, 128)]
    large = picture.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
    for x, y in progress.tqdm(tiles, desc="Upscaling", unit="tiles"):
        box = (x, y, min(x + 128, width), min(y + 128, height))
        result.paste(large.crop(box), box)
    target = Path(tempfile.mkdtemp()) / f"{Path(image).stem}-x{int(factor)}.png"
    result.save(target)
    return str(target)


def contact_sheet(
    images: list[str], columns: int
) -> tuple[Image.Image, list[tuple[str, str]], str]:
    """Lay out pictures on one sheet; also returns them as a gallery and as a zip file."""
    if not images:
        raise gr.Error("A contact sheet needs one picture at least.")
    edge, columns = 96, int(columns)
    sheet = Image.new("RGB", (edge * columns, edge * math.ceil(len(images) / columns)), "white")
    for number, path in enumerate(images):
        with Image.open(path) as picture:
            sheet.paste(
                ImageOps.fit(picture.convert("RGB"), (edge, edge)),
                (number % columns * edge, number // columns * edge),
            )
    bundle = Path(tempfile.mkdtemp()) / "pictures.zip"
    with zipfile.ZipFile(bundle, "w") as archive:
        for number, path in enumerate(images):
            archive.write(path, f"{number}-{Path(path).name}")
    return sheet, [(path, Path(path).stem) for path in images], str(bundle)


def chat(message: dict[str, Any], history: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Talk about pictures. Attach some, and the answer has them in black and white."""
    history = [
        *history,
        *({"role": "user", "content": {"path": path}} for path in message["files"]),
    ]
    if message["text"]:
        history.append({"role": "user", "content": message["text"]})
    turns = sum(turn["role"] == "user" for turn in history)
    answer = f"You said: {message['text'] or 'nothing'}. That makes {turns} from you."
    words = answer.split()
    for count in range(1, len(words) + 1):
        yield [*history, {"role": "assistant", "content": " ".join(words[:count])}]
        time.sleep(0.02)
    history.append({"role": "assistant", "content": answer})
    for path in message["files"]:
        target = Path(tempfile.mkdtemp()) / f"{Path(path).stem}-grey.png"
        with Image.open(path) as picture:
            picture.convert("L").save(target)
        history.append({"role": "assistant", "content": {"path": str(target)}})
    yield history


def count(step: int, total: int) -> tuple[int, int]:
    """Count: every session has a total of its own."""
    return total + step, total + step


def moderate(prompt: str) -> str:
    """Refuse prompts that nobody should draw."""
    for word in FORBIDDEN:
        if word in prompt.lower():
            raise gr.Error(f'The word "{word}" is not allowed here.', title="Moderation")
    gr.Info("The prompt is fine.")
    return prompt.strip()


with gr.Blocks(title="Image Lab") as demo:
    gr.Markdown("# Image Lab\nPictures made of nothing but numbers.")
    with gr.Tab("Generate"), gr.Row():
        with gr.Column():
            prompt = gr.Textbox(label="Prompt", placeholder="a cat on the moon")
            scheduler = gr.Dropdown(["ddim", "euler", "dpm++"], value="euler", label="Scheduler")
            steps = gr.Slider(1, 50, value=25, step=1, label="Steps")
            seed = gr.Number(7, label="Seed", precision=0)
            reference = gr.Image(label="Reference image", type="pil")
            run = gr.Button("Generate", variant="primary")
        with gr.Column():
            image = gr.Image(label="Image", type="pil", format="png")
            used = gr.Number(label="Seed used", precision=0)
    run.click(
        generate, [prompt, scheduler, steps, seed, reference], [image, used], api_name="generate"
    )

    with gr.Tab("Describe"):
        picture = gr.Image(label="Picture", type="pil")
        style = gr.Radio(["plain", "poetic"], value="plain", label="Style")
        text = gr.Textbox(label="Description")
        gr.Button("Describe").click(describe, [picture, style], text, api_name="describe")

    with gr.Tab("Time-lapse"):
        film_prompt = gr.Textbox("sunrise", label="Prompt")
        frames = gr.Slider(1, 200, value=10, step=1, label="Frames")
        interval = gr.Number(0.1, label="Seconds between frames")
        frame, counter = gr.Image(label="Frame", format="png"), gr.Textbox(label="Progress")
        gr.Button("Paint").click(
            timelapse, [film_prompt, frames, interval], [frame, counter], api_name="timelapse"
        )

    with gr.Tab("Files"):
        source, factor, enlarged = (
            gr.File(label="Picture file"),
            gr.Slider(2, 8, value=2, step=1, label="Factor"),
            gr.File(label="Enlarged"),
        )
        gr.Button("Upscale").click(upscale, [source, factor], enlarged, api_name="upscale")
        files, columns = (
            gr.File(label="Pictures", file_count="multiple"),
            gr.Slider(1, 8, value=3, step=1, label="Columns"),
        )
        sheet, gallery, bundle = (
            gr.Image(label="Sheet", format="png"),
            gr.Gallery(label="Pictures"),
            gr.File(label="Zip file"),
        )
        gr.Button("Make a contact sheet").click(
            contact_sheet, [files, columns], [sheet, gallery, bundle], api_name="contact_sheet"
        )

    with gr.Tab("Chat"):
        chatbot = gr.Chatbot(label="Conversation")
        message = gr.MultimodalTextbox(label="Message", file_count="multiple", file_types=["image"])
        message.submit(chat, [message, chatbot], chatbot, api_name="chat")

    with gr.Tab("Session"):
        total, step, shown = (
            gr.State(0),
            gr.Number(1, label="Step", precision=0),
            gr.Number(label="Total", precision=0),
        )
        gr.Button("Count").click(count, [step, total], [shown, total], api_name="count")
        words, checked = gr.Textbox(label="Prompt"), gr.Textbox(label="Checked prompt")
        gr.Button("Check").click(moderate, words, checked, api_name="moderate")

demo.queue(default_concurrency_limit=8)

if __name__ == "__main__":
    demo.launch()
