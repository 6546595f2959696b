"""Streams and flows of both transports: how they end, and that they clean up."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from gradio_session.errors import CallTimeoutError, ConnectError, ConnectionLostError
from gradio_session.protocol.base.effects import (
    Blocking,
    Close,
    Gather,
    Read,
    Request,
    Resolve,
    SingleFlight,
    Sleep,
)
from tests.support.file_worlds import AsyncFileWorld, Make
from tests.support.hostile_server import Asked, HostileServer, head
from tests.support.transports import failure, open_stream, post

# Streams


def trickling(server: HostileServer) -> threading.Event:
    """Serves one byte, and the end when the event is set."""
    go_on = threading.Event()

    def handler(_: Asked) -> Iterator[bytes]:
        yield head(200, {"transfer-encoding": "chunked"}) + b"1\r\nx\r\n"
        go_on.wait(10)
        yield b"0\r\n\r\n"

    server.on("/stream", handler)
    return go_on


def test_closing_a_stream_wakes_whoever_reads(make: Make, server: HostileServer) -> None:
    go_on = trickling(server)
    world = make(server.url)
    stream = open_stream(world, server.url + "/stream")
    assert world.do(stream.read) == b"x"
    if isinstance(world, AsyncFileWorld):

        async def both() -> Any:
            reading = asyncio.create_task(stream.read())
            await asyncio.sleep(0.1)
            await stream.close()
            return await reading

        with pytest.raises(ConnectionLostError):
            world.do(both)
    else:
        threading.Timer(0.1, stream.close).start()
        with pytest.raises(ConnectionLostError):
            world.do(stream.read)
    with pytest.raises(ConnectionLostError):
        world.do(stream.read)
    go_on.set()


def test_closing_the_transport_closes_its_streams(make: Make, server: HostileServer) -> None:
    go_on = trickling(server)
    world = make(server.url)
    stream = open_stream(world, server.url + "/stream")
    world.do(stream.read)
    world.do(getattr(world.transport, "aclose", None) or world.transport.close)
    with pytest.raises(ConnectionLostError):
        world.do(stream.read)
    assert isinstance(failure(world, Request("GET", server.url)), ConnectError)
    go_on.set()


def test_a_silent_stream_counts_as_lost(make: Make, server: HostileServer) -> None:
    go_on = trickling(server)
    world = make(server.url, heartbeat_timeout=0.3)
    stream = open_stream(world, server.url + "/stream")
    world.do(stream.read)
    with pytest.raises(ConnectionLostError, match=r"0\.3 s"):
        world.do(stream.read)
    go_on.set()


# Flows


def test_a_flow_gets_its_errors_and_cleans_up(make: Make, server: HostileServer) -> None:
    seen: list[str] = []

    def flow() -> Any:
        response = yield Request("GET", server.url, stream=True)
        try:
            assert (yield Read(response)) == b"hello"
            assert (yield Read(response)) == b""
            yield Request("GET", "http://nobody.invalid")
        except ConnectError:
            seen.append("error")
        finally:
            yield Close(response)
            seen.append("closed")
        yield Sleep(0.01)
        assert "127.0.0.1" in (yield Resolve("127.0.0.1", 80))
        return (yield Blocking(lambda: 7))

    world = make(server.url)
    assert world.do(lambda: world.run(flow())) == 7
    assert seen == ["error", "closed"]


def test_flows_side_by_side(make: Make, server: HostileServer) -> None:
    running: list[int] = []
    most: list[int] = []

    def one(number: int) -> Any:
        running.append(number)
        most.append(len(running))
        yield Sleep(0.05)
        running.remove(number)
        return number

    def flow() -> Any:
        return (yield Gather([one(number) for number in range(6)], limit=3))

    world = make(server.url)
    assert world.do(lambda: world.run(flow())) == list(range(6))
    assert max(most) == 3


def test_the_first_failure_ends_the_others(make: Make, server: HostileServer) -> None:
    ended: list[str] = []

    def slow() -> Any:
        try:
            for _ in range(100):
                yield Sleep(0.05)
        finally:
            ended.append("slow")

    def bad() -> Any:
        yield Sleep(0.05)
        raise KeyError("first")

    def flow() -> Any:
        yield Gather([slow(), bad(), slow()])

    world = make(server.url)
    with pytest.raises(KeyError, match="first"):
        world.do(lambda: world.run(flow()))
    assert ended == ["slow", "slow"]


def test_a_deadline_ends_a_flow_inside_itself(make: Make, server: HostileServer) -> None:
    closed: list[bool] = []

    def flow() -> Any:
        try:
            for _ in range(1000):
                yield Sleep(0.02)
        finally:
            closed.append(True)

    world = make(server.url)
    started = time.monotonic()
    with pytest.raises(CallTimeoutError):
        world.do(lambda: world.transport.run(flow(), deadline=time.monotonic() + 0.2))
    assert time.monotonic() - started > 0.15
    assert closed == [True]


def test_what_is_to_be_done_once_is_done_once_and_a_failure_is_not_shared(
    make: Make, server: HostileServer
) -> None:
    done: list[int] = []
    in_flight: dict[Any, Any] = {}

    def work() -> Any:
        done.append(1)
        yield Sleep(0.1)
        if len(done) == 1:
            raise KeyError("the first fails")
        return "result"

    def one() -> Any:
        try:
            return (yield SingleFlight(in_flight, "key", work))
        except KeyError:
            return "failed"

    def flow() -> Any:
        return (yield Gather([one(), one(), one()], limit=3))

    world = make(server.url)
    assert sorted(world.do(lambda: world.run(flow()))) == ["failed", "result", "result"]
    assert len(done) == 2
    assert in_flight == {}


def test_a_cancelled_task_lets_its_flow_clean_up(server: HostileServer) -> None:
    go_on = trickling(server)
    world = AsyncFileWorld(server.url)
    seen: list[str] = []

    def flow() -> Any:
        response = yield Request("GET", server.url + "/stream", stream=True)
        try:
            while True:
                yield Read(response)
        finally:
            yield Close(response)
            seen.append("closed")

    async def cancelled() -> None:
        task = asyncio.create_task(world.run(flow()))
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    world.do(cancelled)
    assert seen == ["closed"]
    go_on.set()
    world.close()


def test_an_asynchronous_transport_serves_one_loop_after_another(server: HostileServer) -> None:
    world = AsyncFileWorld(server.url)

    async def use() -> bytes:
        return (await post(world, server.url, b"x")).body

    assert asyncio.run(use()) == b"hello"
    assert asyncio.run(use()) == b"hello"
    world.close()
