"""Every end of a stream of inputs, against real servers: whoever sends or waits is told why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gradio_session import (
    AppError,
    CallCancelledError,
    CallTimeoutError,
    ConnectionLostError,
    GradioSessionError,
)
from gradio_session.calls.input_sender import UNSENT_LIMIT
from tests.conftest import Start
from tests.support.chunks import sound
from tests.support.streamed import APP, STREAMING, name, opened, send, url
from tests.support.world import World

__all__ = ["url"]


@pytest.mark.versions
def test_a_block_left_by_an_error_cancels_its_stream(world: World, url: str) -> None:
    session, kept = world.open(url), []

    def plain() -> None:
        with session.stream("transcribe", [sound(1), name()]) as stream:
            kept.append(stream)
            raise ZeroDivisionError

    async def on_loop() -> None:
        async with session.stream("transcribe", [sound(1), name()]) as stream:
            kept.append(stream)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        world.do(on_loop if world.is_async else plain)
    with pytest.raises(CallCancelledError):
        world.result(kept[0])


@pytest.mark.versions
def test_a_function_that_raises_ends_the_stream(world: World, url: str) -> None:
    session, language = world.open(url), name()
    stream = opened(world, session, "transcribe", sound(1), language)
    send(world, stream, sound(666), language)
    outputs: list[Any] = []
    with pytest.raises(AppError, match="unlucky"):
        world.outputs(stream, outputs)
    assert outputs == [f"{language}: [1]"]
    with pytest.raises(AppError, match="unlucky"):
        send(world, stream, sound(2), language)
    assert (stream.sent, stream.received) == (2, 1)


@pytest.mark.versions
def test_the_time_limit_of_the_app_ends_the_stream(world: World, url: str) -> None:
    """Two runs of 0.3 s are past the limit of 0.5 s; the output of the second still comes."""
    session = world.open(url)
    stream = opened(world, session, "limited", sound(1))
    send(world, stream, sound(2))
    send(world, stream, sound(3))
    outputs: list[Any] = []
    with pytest.raises(CallTimeoutError, match=r"its time limit was over.*2 outputs received"):
        world.outputs(stream, outputs)
    assert outputs == [1, 2]
    with pytest.raises(CallTimeoutError):
        world.result(stream)
    with pytest.raises(CallTimeoutError):
        send(world, stream, sound(4))


@pytest.mark.versions
def test_cancelling_ends_a_stream_and_whoever_waits(world: World, url: str, tmp_path: Path) -> None:
    session, gate = world.open(url), str(tmp_path / "gate")
    stream = opened(world, session, "held", sound(1), gate)
    for _ in range(UNSENT_LIMIT):
        send(world, stream, sound(1), gate)
    late = world.start(lambda: stream.send(sound(1), gate))
    assert world.wait_for(lambda: stream.call.status == "running")
    world.cancel(stream)
    Path(gate).touch()
    with pytest.raises(CallCancelledError):
        late.result()
    with pytest.raises(CallCancelledError):
        world.result(stream)
    assert stream.unsent == 0


@pytest.mark.versions
def test_the_deadline_of_the_stream_ends_it_and_whoever_waits(
    world: World, url: str, tmp_path: Path
) -> None:
    session, gate = world.open(url), tmp_path / "gate"
    stream = opened(world, session, "held", sound(1), str(gate), timeout=2)
    try:
        for _ in range(UNSENT_LIMIT):
            send(world, stream, sound(1), str(gate))
        with pytest.raises(CallTimeoutError):
            send(world, stream, sound(1), str(gate))
        with pytest.raises(CallTimeoutError):
            world.result(stream)
    finally:
        gate.touch()


@pytest.mark.parametrize("version", STREAMING)
def test_an_app_that_dies_ends_the_stream(
    world: World, start_server: Start, version: str, tmp_path: Path
) -> None:
    server = start_server(APP, version)
    session, gate = world.open(server.url), str(tmp_path / "gate")
    stream = opened(world, session, "held", sound(1), gate)
    send(world, stream, sound(2), gate)
    assert world.wait_for(lambda: stream.call.status == "running")
    server.stop()
    with pytest.raises(ConnectionLostError):
        world.result(stream)
    with pytest.raises(ConnectionLostError):
        send(world, stream, sound(3), gate)
    assert stream.unsent == 0


def test_an_app_that_is_replaced_ends_the_stream(
    world: World, start_server: Start, tmp_path: Path
) -> None:
    server = start_server(APP)
    session, gate = world.open(server.url), str(tmp_path / "gate")
    stream = opened(world, session, "held", sound(1), gate)
    assert world.wait_for(lambda: stream.call.status == "running")
    server.stop()
    start_server(APP, port=server.port)
    with pytest.raises(ConnectionLostError):
        world.result(stream)
    with pytest.raises(ConnectionLostError):
        send(world, stream, sound(2), gate)
    (tmp_path / "gate").touch()
    another = opened(world, session, "held", sound(3), gate)
    world.do(another.close)
    assert world.result(another) is not None


@pytest.mark.versions
def test_closing_the_session_ends_its_streams(world: World, url: str) -> None:
    session = world.open(url)
    stream = opened(world, session, "transcribe", sound(1), name())
    assert world.first_output(stream)
    world.close(session)
    with pytest.raises(CallCancelledError):
        world.result(stream)
    with pytest.raises(GradioSessionError):
        send(world, stream, sound(2), name())
