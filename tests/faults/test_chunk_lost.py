"""The connection of a chunk breaks: one that arrived counts, one that did not ends the stream."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest

from gradio_session import ConnectionLostError
from tests.conftest import Serve
from tests.support.chunks import sound
from tests.support.environments import ROOT
from tests.support.fault_proxy import FaultProxy, Link, once
from tests.support.world import World

APP = ROOT / "tests" / "apps" / "streamed.py"
CHUNK = "POST /gradio_api/stream/"


async def broken(link: Link, chunk: bytes) -> bytes:
    link.reset()
    return b""


async def broken_when_written(link: Link, chunk: bytes) -> bytes:
    """Reset once the request is written whole: what is cut short is sent again, as it can be."""
    link.memory["written"] = written = link.memory.get("written", b"") + chunk
    head, end, body = written.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    if end and length is not None and len(body) >= int(length[1]):
        link.reset()
    return b""


def streamed(world: World, url: str, language: str) -> Any:
    session = world.open(url)
    stream = world.do(lambda: [session.stream("transcribe", [sound(1), language])])[0]
    world.do(lambda: stream.send(sound(2), language))
    world.do(lambda: stream.send(sound(3), language))
    world.do(stream.close)
    return stream


def test_an_answer_that_is_lost_costs_nothing_once_the_output_comes(
    world: World, serve: Serve
) -> None:
    language = uuid.uuid4().hex
    with FaultProxy(serve(APP)) as proxy:
        proxy.down(CHUNK, once(broken))
        stream = streamed(world, proxy.url, language)
        assert world.outputs(stream)[-1] == f"{language}: [1, 2, 3]"
        assert (stream.sent, stream.received) == (3, 3)


def test_a_chunk_that_is_lost_ends_the_stream_and_is_not_sent_again(
    world: World, serve: Serve
) -> None:
    language = uuid.uuid4().hex
    with FaultProxy(serve(APP)) as proxy:
        proxy.up(CHUNK, once(broken_when_written))
        stream = streamed(world, proxy.url, language)
        outputs: list[Any] = []
        with pytest.raises(ConnectionLostError, match="was not sent again"):
            world.outputs(stream, outputs)
        assert outputs == [f"{language}: [1]"]
        assert stream.unsent == 0
