"""Requests to a transport, and failures of it that show no secret."""

from __future__ import annotations

from typing import Any

import pytest

from gradio_session.errors import CallTimeoutError, ConnectError, ConnectionLostError, ProtocolError
from gradio_session.protocol.base.effects import Request
from tests.support.file_worlds import SECRET, FileWorld


def send(world: FileWorld, request: Request) -> Any:
    """What gives the answer to a request: the answer, or in the asynchronous world a coroutine."""

    def flow() -> Any:
        return (yield request)

    return world.run(flow())


def post(world: FileWorld, url: str, content: bytes) -> Any:
    """A POST; see `send`."""
    return send(world, Request("POST", url, content=content))


def open_stream(world: FileWorld, url: str) -> Any:
    """An answer that is read bit by bit."""
    return world.do(lambda: send(world, Request("GET", url, stream=True))).handle


def ask(world: FileWorld, *requests: Request) -> Any:
    """The answer to a request, or the answers to several in a row."""

    def flow() -> Any:
        answers = []
        for request in requests:
            answer = yield request
            answers.append(answer)
        return answers

    found = world.do(lambda: world.run(flow()))
    return found[0] if len(found) == 1 else found


def failure(world: FileWorld, request: Request) -> Exception:
    """What a request fails with; it shows no secret."""
    with pytest.raises(
        (ConnectError, ConnectionLostError, ProtocolError, CallTimeoutError)
    ) as caught:
        ask(world, request)
    assert SECRET not in str(caught.value)
    return caught.value
