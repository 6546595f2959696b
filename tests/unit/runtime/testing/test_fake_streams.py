"""Streams of inputs of fakes: each chunk is a call of what the test says, in both worlds."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest

from gradio_session import (
    App,
    AsyncApp,
    AsyncEndpoint,
    AsyncStream,
    CallCancelledError,
    CallTimeoutError,
    Endpoint,
    FileInput,
    Signature,
    Stream,
)
from gradio_session.testing import calls, fake, stream

R_co = TypeVar("R_co", covariant=True)


class HearSignature(
    Signature[R_co],
    api_name="/hear",
    inputs="audio textbox",
    outputs="textbox",
    input_files={0: "file"},
):
    def __call__(self, sound: FileInput, language: str = "en") -> R_co:
        return self._send(sound, language)


class HearEndpoint(HearSignature[str], Endpoint[str]):
    stream: HearSignature[Stream[str, HearSignature[None]]]


class AsyncHearEndpoint(HearSignature[Coroutine[Any, Any, str]], AsyncEndpoint[str]):
    stream: HearSignature[AsyncStream[str, HearSignature[Coroutine[Any, Any, None]]]]


class Lab(App, url="http://127.0.0.1:1", title="Lab", runtime=2):
    hear: HearEndpoint


class AsyncLab(AsyncApp, url="http://127.0.0.1:1", title="Lab", runtime=2):
    hear: AsyncHearEndpoint


def test_every_chunk_of_a_stream_is_a_call_of_the_behaviour() -> None:
    app = fake(Lab, hear=lambda sound, language: f"{language}: {len(sound)}")
    with app.hear.stream(b"1", "en") as opened:
        outputs = iter(opened)
        assert next(outputs) == "en: 1"
        opened.send(b"22", language="de")
        assert next(outputs) == "de: 2"
        opened.send(sound=b"333")
    assert [*outputs] == ["en: 3"]
    assert opened.result() == "en: 3"
    assert (opened.sent, opened.received, opened.done) == (3, 3, True)
    assert [call.parameters["sound"] for call in calls(app)] == [b"1", b"22", b"333"]


def test_the_outputs_of_a_stream_may_be_listed() -> None:
    app = fake(Lab, hear=stream(["h", "he", ValueError("no more")]))
    opened = app.hear.stream(b"")
    opened.send(b"")
    opened.send(b"")
    outputs = iter(opened)
    assert [next(outputs), next(outputs)] == ["h", "he"]
    with pytest.raises(ValueError, match="no more"):
        next(outputs)
    with pytest.raises(ValueError, match="no more"):
        opened.send(b"")


def test_an_open_stream_to_which_nothing_is_sent_ends() -> None:
    opened = fake(Lab, hear="h").hear.stream(b"")
    with pytest.raises(CallTimeoutError, match="waits for a chunk"):
        opened.result()


def test_streams_of_asynchronous_fakes() -> None:
    async def hear(sound: bytes, language: str) -> str:
        await asyncio.sleep(0)
        return f"{language}: {len(sound)}"

    async def work() -> None:
        app = fake(AsyncLab, hear=hear)
        async with app.hear.stream(b"1") as opened:
            for _ in range(40):
                await opened.send(b"22")
        assert [output async for output in opened] == ["en: 1", *["en: 2"] * 40]
        assert await opened == "en: 2"
        listed = fake(AsyncLab, hear=stream(["h", "he"])).hear.stream(b"")
        await listed.send(b"")
        listed.close()
        assert [output async for output in listed] == ["h", "he"]
        idle = app.hear.stream(b"")
        with pytest.raises(CallTimeoutError, match="waits for a chunk"):
            await idle
        left = app.hear.stream(b"")
        await left.cancel()
        with pytest.raises(CallCancelledError):
            await left

    asyncio.run(work())
