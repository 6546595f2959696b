"""Calls that both checkers accept, with the types that they must infer."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from image_lab import AsyncImageLab, ContactSheetResult, Style, GenerateResult, ImageLab, Message, TimelapseResult
from typing_extensions import assert_type

from gradio_session import AsyncCall, Call, RemoteFile, Session


def results_have_names_and_types(lab: ImageLab) -> None:
    result = assert_type(lab.generate("a cat"), GenerateResult)
    assert_type(result.image, RemoteFile)
    image, seed = result
    assert_type(image, RemoteFile)
    assert_type(seed, int)
    assert_type(lab.describe(image), str)
    assert_type(lab.count(3), int)


def every_way_to_pass_arguments(lab: ImageLab) -> None:
    lab.generate("a cat", "dpm++", 12.5, 3)
    lab.generate(prompt="a cat", scheduler="ddim", steps=1, seed=2, reference=None)
    style: Style = "poetic"
    lab.describe("cat.png", style)


def files_in_every_form(lab: ImageLab, earlier: RemoteFile) -> None:
    assert_type(lab.upscale("cat.png"), RemoteFile)
    lab.upscale(Path("cat.png"))
    lab.upscale(b"...")
    lab.upscale(io.BytesIO(b"..."))
    lab.upscale("https://example.org/cat.png")
    lab.upscale(earlier, factor=4)
    assert_type(lab.contact_sheet(["a.png", Path("b.png"), earlier]), ContactSheetResult)


def calls_are_typed(lab: ImageLab) -> None:
    call = assert_type(lab.describe.submit("cat.png"), Call[str])
    assert_type(call.result(timeout=3), str)
    assert_type(iter(call), Iterator[str])
    for frame in lab.timelapse.submit("dawn", frames=3):
        assert_type(frame, TimelapseResult)
        assert_type(frame.progress, str)


def what_a_call_returns_the_next_accepts(lab: ImageLab) -> None:
    history = assert_type(lab.chat({"text": "hello", "files": ["cat.png"]}), list[Message])
    history = lab.chat({"text": "and again"}, history)
    history = lab.chat({"text": "more"}, [*history, {"role": "user", "content": [{"text": "hi"}, {"file": Path("dog.png")}]}])
    for message in history:
        for part in message["content"]:
            if part["type"] == "file":
                assert_type(part["file"], RemoteFile)
            elif part["type"] == "text":
                assert_type(part["text"], str)
    sheet = lab.contact_sheet(["cat.png"])
    lab.contact_sheet([sheet.sheet, lab.upscale(sheet.sheet)])


def a_client_takes_options_or_a_session() -> None:
    with Session("http://127.0.0.1:7860") as session:
        assert_type(ImageLab(session=session).moderate("fine"), str)
    with ImageLab("http://127.0.0.1:7860", timeout=10, max_calls=3, token="secret") as lab:
        assert_type(lab, ImageLab)
        assert_type(lab.session, Session)


async def the_asynchronous_client_is_typed_alike(lab: AsyncImageLab) -> None:
    image, seed = assert_type(await lab.generate("a cat", scheduler="euler"), GenerateResult)
    assert_type(image, RemoteFile)
    assert_type(seed, int)
    call = assert_type(lab.describe.submit(image), AsyncCall[str])
    assert_type(await call, str)
    assert_type(call.__aiter__(), AsyncIterator[str])
    async for text in lab.describe.submit(image):
        assert_type(text, str)
