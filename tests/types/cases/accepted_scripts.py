"""A dozen scripts as users write them: none needs a cast."""

from __future__ import annotations

import asyncio
import csv
import math
import shutil
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar
from unittest.mock import Mock

from image_lab import (
    AsyncImageLab,
    ChatHistory,
    Gallery,
    GalleryItem,
    GenerateEndpoint,
    GenerateResult,
    ImageLab,
    Message,
    Scheduler,
)
from parrot import Parrot
from PIL import Image
from table_desk import DataframeData, ReadingsResult, TableDesk
from typing_extensions import assert_type

from gradio_session import AsyncCall, AsyncEndpoint, Bound, Call, Endpoint, GradioSessionError, RemoteFile, Session
from gradio_session.testing import calls, fake, file

T = TypeVar("T")


def a_conversation_that_keeps_its_history(lab: ImageLab, questions: Iterable[str]) -> ChatHistory:
    history: ChatHistory = []
    for question in questions:
        history = lab.chat({"text": question}, history)
    last: Message = history[-1]
    for part in last["content"]:
        if part["type"] == "text":
            print(part["text"])
    return history


def a_data_frame_in_and_out(desk: TableDesk, path: Path) -> DataframeData:
    with path.open(encoding="utf-8") as source:
        header, *rows = list(csv.reader(source))
    result = desk.summarise({"headers": header, "data": rows}, by="day")
    table: DataframeData = result.groups
    readings = assert_type(desk.readings(["roof"], days=3), ReadingsResult)
    desk.summarise(readings.readings)
    return table


def a_gallery_saved_to_disk(lab: ImageLab, folder: Path) -> list[Path]:
    pictures: Gallery = lab.contact_sheet(["a.png", "b.png"]).pictures
    return [saved(item, folder / str(number)) for number, item in enumerate(pictures)]


def saved(item: GalleryItem, folder: Path) -> Path:
    found = item["image"] if "image" in item else item["video"]
    return found.download(folder)


def a_picture_of_pillow(lab: ImageLab, picture: Image.Image, path: Path) -> Image.Image:
    picture.save(path)
    result = lab.generate("a cat", reference=path)
    with result.image.open() as opened:
        return Image.open(opened).copy()


def a_batch_that_goes_on_after_errors(lab: ImageLab, prompts: list[str]) -> list[Path]:
    inputs: list[Bound[GenerateResult]] = [lab.generate.bind(text, steps=5) for text in prompts]
    done: list[Path] = []
    for prompt, result in zip(prompts, lab.generate.map(inputs, errors="return"), strict=True):
        if isinstance(result, Exception):
            print(prompt, result)
        else:
            done.append(Path(result.image))
    for each in lab.generate.map(inputs, concurrency=2):
        assert_type(each, GenerateResult)
    return done


def a_stream_shown_as_it_comes(bird: Parrot) -> str:
    text = ""
    with bird.respond.submit("hello", mood="excited") as call:
        for text in call:
            print(text, end="\r")
    return text


def retried(action: Callable[[], T], times: int = 3) -> T:
    for _ in range(times - 1):
        try:
            return action()
        except GradioSessionError as error:
            print(error)
    return action()


def mapped(endpoint: Endpoint[T], inputs: Iterable[Bound[T]]) -> Iterator[T]:
    return endpoint.map(inputs, progress=True)


def draft(endpoint: GenerateEndpoint, prompt: str) -> GenerateResult:
    return endpoint(prompt, steps=5)


def first(endpoint: Endpoint[str], value: str) -> str:
    return endpoint(value)


async def first_of_many(endpoint: AsyncEndpoint[str], value: str) -> str:
    return await endpoint(value)


async def endpoints_are_parameters(lab: ImageLab, other: AsyncImageLab) -> None:
    assert_type(draft(lab.generate, "a cat"), GenerateResult)
    assert_type(first(lab.describe, "cat.png"), str)
    assert_type(await first_of_many(other.describe, "cat.png"), str)


def wrappers_keep_types(lab: ImageLab) -> None:
    assert_type(retried(lambda: lab.describe("cat.png")), str)
    for result in mapped(lab.generate, [lab.generate.bind("a cat")]):
        assert_type(result, GenerateResult)


def poster(lab: ImageLab, prompt: str, scheduler: Scheduler = "euler") -> str:
    return lab.generate(prompt, scheduler).image.name


def stand_ins_for_tests() -> None:
    lab = fake(ImageLab, generate=GenerateResult(file("cat.png"), 7))
    assert poster(lab, "a cat") == "cat.png"
    assert calls(lab)[0].endpoint == "generate"
    mock = Mock(spec=ImageLab)
    mock.generate.return_value = GenerateResult(file("dog.png"), 7)
    poster(mock, "a dog")


class Studio(ImageLab):
    """A client of one's own on top of a generated one."""

    def __init__(self, app_url: str | None = None) -> None:
        super().__init__(app_url, download_path="out")
        self.generate = self.generate.with_options(timeout=60)

    def portrait(self, name: str, steps: int = 30) -> RemoteFile:
        return self.generate(f"a portrait of {name}", steps=steps).image


async def many_at_once(lab: AsyncImageLab, prompts: list[str]) -> list[GenerateResult]:
    first: AsyncCall[GenerateResult] = lab.generate.submit("first")
    task = asyncio.create_task(lab.generate("second"))
    results = await asyncio.gather(*(lab.generate(prompt) for prompt in prompts))
    async for result in lab.generate.map(lab.generate.bind(prompt) for prompt in prompts):
        results.append(result)
    async for outcome in lab.generate.map(prompts, errors="return"):
        if not isinstance(outcome, Exception):
            results.append(outcome)
    return [await first, await task, *results]


def options_for_a_while(lab: ImageLab, session: Session) -> None:
    patient = assert_type(lab.with_options(timeout=math.inf, headers={"X-Run": "night"}), ImageLab)
    assert_type(patient.describe("cat.png"), str)
    other = ImageLab(session=session).with_options(token="public")
    call: Call[str] = other.describe.with_options(retries=0).submit("cat.png")
    assert_type(call.result(), str)


def files_that_come_back(lab: ImageLab, target: Path) -> None:
    result = lab.contact_sheet([Path("a.png"), b"..."])
    shutil.copy(result.zip_file, target)
    with ThreadPoolExecutor() as pool:
        for content in pool.map(RemoteFile.read, [result.sheet, lab.upscale(result.sheet)]):
            print(len(content))
