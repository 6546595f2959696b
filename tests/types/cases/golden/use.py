"""The golden modules in use: what one call returns goes into the next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from typing_extensions import assert_type

from gradio_session import DEFAULT, AsyncCall, AsyncStream, Call, RemoteFile, Stream
from image_lab import AsyncImageLab, GenerateResult, ImageLab
from structures import (
    EditorData,
    EverythingStructured,
    LabelData,
    Message,
    MultimodalData,
    PlotData,
)
from traps import AsyncCall_, Call_


def pictures(lab: ImageLab) -> None:
    image, seed = lab.generate("a cat", scheduler="ddim", steps=10, reference="cat.png")
    assert_type(image, RemoteFile)
    assert_type(seed, int)
    assert_type(lab.generate.submit("a cat", reference=Path("cat.png")), Call[GenerateResult])
    bigger = lab.upscale(image, factor=4)
    lab.upscale(bigger)
    lab.upscale(lab.generate("a cat", reference=bigger).image)
    assert_type(lab.describe(b"..."), str)
    lab.reset()
    lab.generate("a cat", scheduler="lms", reference=image)  # rejected
    lab.generate("a cat", reference=7)  # rejected
    lab.generate("a cat")  # rejected
    lab.generate(promt="a cat", reference=image)  # rejected
    lab.upscale(image, factor=3)  # rejected


async def later(lab: AsyncImageLab) -> None:
    assert_type(await lab.generate("a cat", reference="cat.png"), GenerateResult)
    assert_type(lab.describe.submit("cat.png"), AsyncCall[str])
    await lab.generate("a cat", 3, reference="cat.png")  # rejected


def conversation(app: EverythingStructured) -> None:
    history, message = app.chat({"text": "hi", "files": ["cat.png", b"..."]})
    assert_type(history, list[Message])
    assert_type(message, MultimodalData)
    history, message = app.chat(message, history)
    app.chat(
        message,
        [*history, {"role": "user", "content": [{"text": "more"}, {"file": Path("a.png")}]}],
    )
    for part in history[0]["content"]:
        if part["type"] == "file":
            assert_type(part["file"], RemoteFile)
    app.chat(DEFAULT, [{"role": "user", "content": []}])
    app.chat({"txt": "hi"})  # rejected
    app.chat({"text": "hi", "files": "cat.png", "more": 1})  # rejected
    app.chat(message, [{"role": "user", "content": [{"file": 7}]}])  # rejected
    app.chat(message, [{"content": []}])  # rejected


def structured(app: EverythingStructured) -> None:
    picture: EditorData
    scores: LabelData
    plot: PlotData
    picture, gallery, table, marks, scores, clip, model, plot = app.edit(
        {"background": "a.png"},
        pictures=[{"image": "a.png"}, {"video": "a.mp4"}],
        marks=[{"token": "x"}],
        scores={},
        clip="a.mp4",
        model="a.glb",
    )
    app.edit(picture, pictures=gallery, table=table, marks=marks, scores=scores, clip=clip, model=model)
    plot["plot"].upper()
    point, more = app.measure({"x": 1, "y": 0.5}, [{"x": 1, "y": 2}], "far", None, ("a", 2))
    app.measure(point, [point])
    assert_type(more, dict[str, Any])
    app.attach({"any": [1]}, ["a.txt"], "a.mp3", "my own model", ["r"])
    app.attach(None, [], "a.mp3", param_4=["purple"])  # rejected
    app.measure({"x": "1", "y": 0.5}, [])  # rejected
    app.measure(point, [point], "near", None, ("a", None))  # rejected


def odd(app: Call_) -> None:
    app.names("", "", "", имя="", lambda_="", mangled="", l=1, with_space="")
    app.defaults(free="free text", after="", many=["r", "anything"], file=b"")
    app.structures(
        {"type": "a", "with-dash": "", "class": 1, "_type": "x"},
        {"name": ""},
        ["text", Path("file")],
    )
    app.session_()
    app.cached_property()
    app.structures({"type": "c", "with-dash": ""}, {"name": ""}, [])  # rejected
    app.lambda_11("v")  # rejected


def chunks(app: Call_) -> None:
    with app.listen.stream(b"...") as stream:
        assert_type(stream.send(Path("a.wav")), None)
        stream.send(chunk="b.wav")
        stream.send()  # rejected
        stream.send(chunks="b.wav")  # rejected
        assert_type([output for output in stream], list[None])
        anything: Stream[None] = stream
        anything.send(1, a=2)
    app.listen.stream(7)  # rejected
    app.listen.stream(b"...").snd(b"...")  # rejected
    app.names.stream(b"...")  # rejected


async def chunks_later(app: AsyncCall_) -> None:
    async with app.listen.stream(b"...") as stream:
        await stream.send("b.wav")
        await stream.send(7)  # rejected
        async for output in stream:
            assert_type(output, None)
        anything: AsyncStream[None] = stream
        await anything.send(1)
