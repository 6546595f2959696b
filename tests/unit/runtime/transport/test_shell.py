"""What flows leave behind on the connections of both transports."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from gradio_session.errors import CallTimeoutError, ConnectionLostError
from gradio_session.protocol.base.effects import Close, Gather, Read, Request, Sleep
from tests.support.file_worlds import Make
from tests.support.hostile_server import Asked, HostileServer, head
from tests.support.transports import open_stream


class Endless:
    """Answers `/stream` with one byte after the other until the client has gone."""

    def __init__(self, server: HostileServer) -> None:
        self.left = threading.Event()
        server.on("/stream", self._handler)

    def _handler(self, _: Asked) -> Iterator[bytes]:
        try:
            yield head(200, {"transfer-encoding": "chunked"})
            for _number in range(2000):
                yield b"1\r\nx\r\n"
                time.sleep(0.005)
        finally:
            self.left.set()


def test_an_answer_that_is_closed_early_gives_its_connection_up(
    make: Make, server: HostileServer
) -> None:
    endless = Endless(server)
    world = make(server.url)

    def flow() -> Any:
        response = yield Request("GET", server.url + "/stream", stream=True)
        assert (yield Read(response)) == b"x"
        yield Close(response)
        yield Close(response)
        with pytest.raises(ConnectionLostError):
            yield Read(response)
        assert endless.left.wait(5)
        return (yield Request("GET", server.url + "/")).body

    assert world.do(lambda: world.run(flow())) == b"hello"
    assert server.connections == 2


def test_a_body_that_breaks_off_is_held_no_longer(make: Make, server: HostileServer) -> None:
    """A transport holds the bodies that are read, to end them when it is closed."""
    broken = head(200, {"transfer-encoding": "chunked"}) + b"no number"
    server.on("/broken", lambda _: iter([broken]))
    world = make(server.url)

    def flow() -> Any:
        response = yield Request("GET", server.url + "/broken", stream=True)
        held = weakref.ref(response.handle)
        with pytest.raises(ConnectionLostError):
            yield Read(response)
        return held

    held = world.do(lambda: world.run(flow()))
    gc.collect()
    assert held() is None


def test_an_answer_is_closed_by_a_flow_whose_deadline_has_passed(
    make: Make, server: HostileServer
) -> None:
    """Cleaning up is no effect that a deadline holds back."""
    endless = Endless(server)
    world = make(server.url)

    def flow() -> Any:
        response = yield Request("GET", server.url + "/stream", stream=True)
        try:
            yield Sleep(10)
        finally:
            yield Close(response)

    deadline = time.monotonic() + 0.3
    with pytest.raises(CallTimeoutError):
        world.do(lambda: world.transport.run(flow(), deadline=deadline))
    assert endless.left.wait(5)


def test_a_body_is_sent_no_further_than_the_deadline(make: Make, server: HostileServer) -> None:
    world = make(server.url)
    deadline = time.monotonic() + 0.3
    taken: list[int] = []

    def content() -> Iterator[bytes]:
        for number in range(3):
            taken.append(number)
            yield b"x"
            while time.monotonic() < deadline:
                time.sleep(0.01)

    def flow() -> Any:
        yield Request("POST", server.url + "/", content=content)

    with pytest.raises(CallTimeoutError):
        world.do(lambda: world.transport.run(flow(), deadline=deadline))
    assert taken == [0, 1]


def test_flows_side_by_side_end_in_the_order_in_which_they_were_given(
    make: Make, server: HostileServer
) -> None:
    world = make(server.url)

    def one(number: int) -> Any:
        yield Sleep(0.05 if number == 0 else 0)
        return number

    def all_of(count: int) -> Any:
        return (yield Gather([one(number) for number in range(count)], limit=3))

    for count in (1, 2, 7):
        assert world.do(lambda count=count: world.run(all_of(count))) == list(range(count))


def test_closing_the_transport_ends_the_streams_of_the_users_own_client(
    make: Make, server: HostileServer
) -> None:
    """The client stays open, so nothing else would end them."""
    endless = Endless(server)
    probe = make(server.url)
    client: Any = httpx.Client(trust_env=False) if probe.name == "sync" else httpx.AsyncClient()
    world = make(server.url, http=client)
    stream = open_stream(world, server.url + "/stream")
    assert world.do(stream.read) == b"x"
    world.do(getattr(world.transport, "aclose", None) or world.transport.close)
    assert endless.left.wait(5)
    assert not client.is_closed
    world.do(getattr(client, "aclose", None) or client.close)
