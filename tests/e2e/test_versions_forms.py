"""Values in the form of another Gradio, and functions that share a name; on 6.31, 5.50 and 4.44."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import ModuleType
from typing import Any

import httpx
import pytest

from gradio_session import AsyncSession, ParameterError, RemoteFile, Session
from tests.conftest import Serve
from tests.support.environments import ROOT, VERSIONS
from tests.support.generation import Generate
from tests.support.golden import build, document

pytestmark = [pytest.mark.versions, pytest.mark.parametrize("version", VERSIONS)]

APPS = ROOT / "tests" / "apps"
Predict = Callable[[str, list[Any]], Any]


@pytest.fixture
def url(version: str, serve: Serve) -> str:
    return serve(APPS / "every_component.py", version)


@pytest.fixture(params=["sync", "async"])
def predict(request: pytest.FixtureRequest, url: str) -> Predict:
    """One call with a session of its own, of either world."""

    def plain(name: str, values: list[Any]) -> Any:
        with Session(url, timeout=60) as session:
            return session.predict(name, values)

    async def over_a_loop(name: str, values: list[Any]) -> Any:
        async with AsyncSession(url, timeout=60) as session:
            return await session.predict(name, values)

    if request.param == "sync":
        return plain
    return lambda name, values: asyncio.run(over_a_loop(name, values))


def test_a_video_is_a_plain_file(version: str, predict: Predict) -> None:
    video = predict("video", [b"not really a video"])
    file = video if version == "6.31.0" else video["video"]
    assert isinstance(file, RemoteFile)


def test_a_message_is_plain_text(version: str, predict: Predict) -> None:
    history = predict("chatbot", [[{"role": "user", "content": "hi"}]])
    content = history[0]["content"]
    assert (content[0]["text"] if version == "6.31.0" else content) == "hi"


def test_generated_signatures_take_them(version: str, url: str, generate: Generate) -> None:
    module: ModuleType = generate(url)
    with module.EveryComponent(url, timeout=60) as app:
        assert app.video(b"not really a video") is not None
        assert len(app.chatbot([{"role": "user", "content": "hi"}])) == 2
        if version != "6.31.0":
            assert app.chatbot_pairs([["hi", "there"]])[0] == ["hi", "there"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("files", "cat.png"), ("multimodal_textbox", {"text": "", "files": "a.png"})],
)
def test_text_is_no_list_of_files(version: str, predict: Predict, name: str, value: Any) -> None:
    with pytest.raises(ParameterError, match=f"/{name}: .*list"):
        predict(name, [value])


def test_of_functions_of_one_name_the_described_one_is_called(
    version: str, serve: Serve, generate: Generate
) -> None:
    url = serve(APPS / "namesakes.py", version)
    config = httpx.get(f"{url}/config").json()
    names = [dependency["api_name"] for dependency in config["dependencies"]]
    assert names == ["same", "same_1", "same_1"]
    info = httpx.get(f"{url}{config.get('api_prefix', '')}/info").json()
    _, warnings = build(document(info, config))
    assert [(w.where, w.what[:11]) for w in warnings] == [("/same_1", "2 functions")]
    with Session(url, timeout=60) as session:
        assert session.predict("same_1", ["hi"]) == "hi!"
    with generate(url).Namesakes(url, timeout=60) as app:
        assert app.same_1("hi") == "hi!"
        assert app.same(True) is False
