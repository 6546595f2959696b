"""Files that an app sends as `data:` addresses: what is broken is an error, not an empty file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from gradio_session import DownloadError
from tests.support.fake_gradio import Event, FakeGradio
from tests.support.world import World


def returned(world: World, fake: FakeGradio, url: str) -> Any:
    """A file that an app returns at that address."""

    async def script(event: Event) -> AsyncIterator[Any]:
        meta = {"_type": "gradio.FileData"}
        yield event.completed({"path": None, "url": url, "orig_name": "a.bin", "meta": meta})

    fake.endpoint("file", script, outputs=("file",))
    return world.predict(world.open(fake.url), "file", ["x"])


@pytest.mark.parametrize("content", ["!!!", "aGVs*bG8=", "a", "aGVsbG8=aGVsbG8="])
def test_broken_base64_is_an_error(world: World, fake: FakeGradio, content: str) -> None:
    with pytest.raises(DownloadError, match="base64"):
        world.read(returned(world, fake, f"data:;base64,{content}"))


@pytest.mark.parametrize(
    "url",
    [
        "data:;base64,aGVsbG8=",
        "data:;base64,aGVsbG8",
        "data:text/plain;base64,aGVs%0AbG8%3D",
        "data:,hello",
        "data:text/plain,hel%6Co",
    ],
)
def test_what_is_right_is_read(world: World, fake: FakeGradio, url: str) -> None:
    assert world.read(returned(world, fake, url)) == b"hello"


def test_nothing_is_an_empty_file(world: World, fake: FakeGradio) -> None:
    assert world.read(returned(world, fake, "data:;base64,")) == b""
