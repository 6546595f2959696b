"""Requests to a transport, and failures of it that show no secret."""

from __future__ import annotations

from typing import Any

import pytest

from gradio_session.errors import CallTimeoutError, ConnectError, ConnectionLostError, ProtocolError
from gradio_session.protocol.base.effects import Request
from tests.support.file_worlds import SECRET, FileWorld


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
