"""Every component that a Gradio version has, in and out, through the method that was generated for
it; on 6.31, 5.50 and 4.44.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from gradio_session import RemoteFile
from tests.conftest import Serve
from tests.support.environments import ROOT, VERSIONS
from tests.support.generation import Generate
from tests.support.small_files import MP4, OBJ, PNG, TEXT, WAV, Pixels, Samples

pytestmark = pytest.mark.versions

APP = ROOT / "tests" / "apps" / "every_component.py"


def _marked() -> np.ndarray:
    picture = np.zeros((16, 16, 3), dtype=np.uint8)
    picture[4:8, 4:8] = 255
    return picture


@dataclass(frozen=True, eq=False)
class Case:
    """What goes in and what must come out, files as their bytes. `since` is the first version that
    has it, `until` the last.
    """

    name: str
    arguments: tuple[Any, ...]
    expected: Any
    since: str = "4.44.1"
    until: str = "6.31.0"

    def exists_in(self, version: str) -> bool:
        return VERSIONS.index(self.until) <= VERSIONS.index(version) <= VERSIONS.index(self.since)


def same(name: str, value: Any, **versions: str) -> Case:
    return Case(name, (value,), value, **versions)


def series(mark: str) -> dict[str, Any]:
    types = {"x": "quantitative", "y": "quantitative"}
    return {
        "columns": ["x", "y"],
        "data": [[1, 3.5], [2, 1.5], [3, 2.5]],
        "datatypes": types,
        "mark": mark,
    }


ANSWER = {
    "role": "assistant",
    "content": [{"text": "fine", "type": "text"}],
    "metadata": None,
    "options": None,
}
CHAT_6 = [
    {
        "role": "user",
        "content": [{"text": "hi", "type": "text"}],
        "metadata": None,
        "options": None,
    },
    ANSWER,
]
CHAT_5 = [{**turn, "content": turn["content"][0]["text"]} for turn in CHAT_6]
CHAT_4 = [
    {"role": turn["role"], "content": turn["content"], "metadata": {"title": None}}
    for turn in CHAT_5
]
FRAME = {"headers": ["name", "size"], "data": [["a", 1.0], ["b", 2.5]], "metadata": None}
SPANS = [{"token": "a", "class_or_confidence": "X"}, {"token": " b", "class_or_confidence": None}]
SCALES = {
    "label": "cat",
    "confidences": [{"label": "cat", "confidence": 0.75}, {"label": "dog", "confidence": 0.25}],
}
ANN = {"name": "ann", "nickname": None, "addresses": [{"street": "Here", "number": 1}]}

CASES = [
    same("textbox", 'hé\n"x" \u2028 \U0001f600'),
    same("textarea", ""),
    same("number", 2.5),
    same("whole_number", -7),
    same("slider", -0.5),
    same("checkbox", False),
    same("checkbox_group", ["red", 'it\'s "blue"']),
    same("radio", "green"),
    same("radio_numbers", 2),
    same("dropdown", 'it\'s "blue"'),
    same("dropdown_many", ["green", "red"]),
    same("dropdown_open", "azure"),
    same("dropdown_empty", "x"),
    same("color_picker", "#00ff00"),
    same("date_time", "2026-01-02 03:04:05"),
    same("code", "x = 1\ny = 2"),
    same("markdown", "*a*"),
    same("html", "<i>a</i>"),
    same("json", {"b": [1, None, {"c": "d"}]}),
    same("label", SCALES),
    same("highlighted_text", SPANS),
    Case("chatbot", ([{"role": "user", "content": [{"text": "hi"}]}],), CHAT_6, since="6.31.0"),
    Case("chatbot", ([{"role": "user", "content": "hi"}],), CHAT_5, since="5.50.0", until="5.50.0"),
    Case("chatbot", ([{"role": "user", "content": "hi"}],), CHAT_4, until="4.44.1"),
    Case(
        "chatbot_pairs",
        ([("hi", "there")],),
        [["hi", "there"], ["and you?", "fine"]],
        until="5.50.0",
    ),
    same("multimodal_textbox", {"text": "hello", "files": [TEXT, PNG]}),
    Case("image", (PNG,), PNG),
    Case("image_array", (PNG,), Pixels(PNG)),
    Case(
        "image_editor",
        ({"background": PNG, "layers": [PNG], "composite": PNG},),
        {"background": Pixels(PNG), "layers": [Pixels(PNG)], "composite": Pixels(PNG), "id": None},
    ),
    Case("sketchpad", ({"background": None, "layers": [PNG], "composite": PNG},), Pixels(PNG)),
    Case("audio", (WAV,), WAV),
    Case("audio_samples", (WAV,), Samples(WAV)),
    Case("video", (MP4,), MP4, since="6.31.0"),
    Case(
        "video",
        ({"video": MP4, "subtitles": None},),
        {"video": MP4, "subtitles": None},
        until="5.50.0",
    ),
    same("file", TEXT),
    same("files", [TEXT, PNG]),
    Case("file_bytes", (TEXT,), TEXT.decode()),
    Case(
        "gallery", ([{"image": PNG, "caption": "one"}],), [{"image": Pixels(PNG), "caption": "one"}]
    ),
    same("model3d", OBJ),
    same("file_explorer", [["one.txt"]]),
    same("upload_button", TEXT),
    same("download_button", TEXT),
    same("dataframe", FRAME),
    same("dataframe_array", FRAME),
    Case("dataset", (1,), 1),
    same("timer", 3.0),
    Case("image_slider", ((PNG, PNG),), [Pixels(PNG), Pixels(PNG)], since="5.50.0"),
    same("browser_state", {"visits": 2}, since="5.50.0"),
    Case("dialogue", ([{"speaker": "A", "text": "hi"}],), "[A] hi", since="5.50.0"),
    Case("line_plot", (), series("line")),
    Case("bar_plot", (), series("bar")),
    Case("scatter_plot", (), series("point")),
    Case("param_viewer", (), {"size": {"type": "int", "description": "How large", "default": "1"}}),
    Case("navbar", (), [["Docs", "/docs"]], since="5.50.0"),
    Case("nothing", (), None),
    Case("several", ("a", 2, True), ("A", 4, False)),
    Case("api_scalars", ("a", 1, 2.5, True), ("a", 1, 2.5, True), since="5.50.0"),
    same("api_optional", None, since="5.50.0"),
    same("api_optional", "x", since="5.50.0"),
    same("api_union", 3, since="5.50.0"),
    same("api_choice", "large", since="5.50.0"),
    Case(
        "api_lists",
        (["a", "b"], {"a": 1.5}),
        {"a": ["a", "1.5"], "b": ["b", "None"]},
        since="5.50.0",
    ),
    Case("api_pair", ((3, "abc"),), [3, 3], since="5.50.0"),
    Case("api_person", (ANN,), {**ANN, "name": "Ann"}, since="5.50.0"),
    Case("api_nothing", ("x",), None, since="5.50.0"),
]

EACH = pytest.mark.parametrize(
    ("version", "case"),
    [
        pytest.param(version, case, id=f"{version}-{case.name}")
        for version in VERSIONS
        for case in CASES
        if case.exists_in(version)
    ],
)


@pytest.fixture
def url(version: str, serve: Serve) -> str:
    return serve(APP, version)


@pytest.fixture
def module(url: str, generate: Generate) -> ModuleType:
    return generate(url)


def read(value: Any) -> Any:
    """The value with every file replaced by what it holds."""
    if isinstance(value, RemoteFile):
        return value.read()
    if isinstance(value, dict):
        return {key: read(item) for key, item in value.items()}
    if isinstance(value, list):
        return [read(item) for item in value]
    return value


async def read_async(value: Any) -> Any:
    if isinstance(value, RemoteFile):
        return await value.aread()
    if isinstance(value, dict):
        return {key: await read_async(item) for key, item in value.items()}
    if isinstance(value, list):
        return [await read_async(item) for item in value]
    return value


@pytest.fixture(scope="module")
def client_of(serve: Serve, generate: Generate) -> Iterator[Callable[[str], Any]]:
    """The client of the app on a Gradio version. Tests share it: the app has much to tell of
    itself, and a client reads that first.
    """
    with ExitStack() as opened:

        @cache
        def client_of(version: str) -> Any:
            url = serve(APP, version)
            return opened.enter_context(
                generate(url).EveryComponent(url, timeout=60, validate=True)
            )

        yield client_of


@pytest.fixture(scope="module")
def answers_of(serve: Serve, generate: Generate) -> Callable[[str], dict[Case, Any]]:
    """What the asynchronous client of the app on a Gradio version gives in each case, or the error
    that it raises; all cases are called at once.
    """

    async def ask(version: str) -> dict[Case, Any]:
        cases = [case for case in CASES if case.exists_in(version)]
        url = serve(APP, version)
        async with generate(url).AsyncEveryComponent(url, timeout=60, validate=True) as app:

            async def answer(case: Case) -> Any:
                return await read_async(await getattr(app, case.name)(*case.arguments))

            given = await asyncio.gather(*map(answer, cases), return_exceptions=True)
        return dict(zip(cases, given, strict=True))

    return cache(lambda version: asyncio.run(ask(version)))


@EACH
def test_value_goes_in_and_comes_back(
    version: str, case: Case, client_of: Callable[[str], Any]
) -> None:
    assert read(getattr(client_of(version), case.name)(*case.arguments)) == case.expected


@EACH
def test_value_goes_in_and_comes_back_async(
    version: str, case: Case, answers_of: Callable[[str], dict[Case, Any]]
) -> None:
    answer = answers_of(version)[case]
    if isinstance(answer, BaseException):
        raise answer
    assert answer == case.expected


def test_pictures_that_an_app_makes(version: str, module: ModuleType, url: str) -> None:
    with module.EveryComponent(url, timeout=60) as app:
        marked = read(app.annotated_image())
        assert marked["image"] == Pixels(_marked())
        assert [note["label"] for note in marked["annotations"]] == ["square"]
        plot = app.plot()
        assert plot["type"] == "matplotlib"
        assert plot["plot"].startswith("data:image/")


def test_defaults_of_the_signature_are_the_apps_own(
    version: str, module: ModuleType, url: str
) -> None:
    with module.EveryComponent(url, timeout=60) as app:
        assert app.textbox() == "hello"
        assert app.slider() == 0.25
        assert app.dropdown_open() == "mauve"
        assert app.dropdown_many() == ["red"]
        assert app.radio_numbers() == 1
        assert app.several("a").double == 4


def test_what_comes_out_goes_in_again(version: str, module: ModuleType, url: str) -> None:
    with module.EveryComponent(url, timeout=60) as app:
        gallery = app.gallery([{"image": PNG, "caption": "one"}])
        assert read(app.gallery(gallery)) == [{"image": Pixels(PNG), "caption": "one"}]
        assert app.image(gallery[0]["image"]).read() == gallery[0]["image"].read()
        message = app.multimodal_textbox({"text": "t", "files": [TEXT]})
        assert read(app.multimodal_textbox(message)) == {"text": "t", "files": [TEXT]}
        assert app.dataframe(app.dataframe(FRAME)) == FRAME
        history = app.chatbot(
            CHAT_6[:1] if version == "6.31.0" else [{"role": "user", "content": "hi"}]
        )
        assert len(app.chatbot(history)) == 3


def test_every_endpoint_of_the_app_has_a_case(version: str, module: ModuleType, url: str) -> None:
    endpoints = set(vars(module.EveryComponent)["__annotations__"])
    tested = {case.name for case in CASES if case.exists_in(version)} | {"annotated_image", "plot"}
    assert endpoints == tested


def test_many_at_once(version: str, module: ModuleType, url: str) -> None:
    async def run() -> list[Any]:
        async with module.AsyncEveryComponent(url, timeout=60) as app:
            return await asyncio.gather(*(app.number(float(number)) for number in range(30)))

    assert asyncio.run(run()) == [float(number) for number in range(30)]
