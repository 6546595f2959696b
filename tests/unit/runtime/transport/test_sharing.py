"""What requests beside each other do to each other's connections: nothing."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from httpcore._async.http11 import AsyncHTTP11Connection
from httpcore._sync.http11 import HTTP11Connection

from gradio_session.errors import ConnectionLostError
from tests.support.file_worlds import AsyncFileWorld, FileWorld, Make
from tests.support.hostile_server import Asked, HostileServer, head
from tests.support.transports import open_stream, post

PATIENCE = 5.0


class Held:
    """Holds the request to /first where it has been given a connection, but has not begun to use
    it.

    Meanwhile that connection counts as idle for too long. Whoever wants to close it may do so once
    the request is on its way.
    """

    def __init__(self, server: HostileServer, monkeypatch: pytest.MonkeyPatch) -> None:
        self.given = threading.Event()
        self.go_on = threading.Event()
        self.arrived = threading.Event()
        self.closed: list[Any] = []
        self._held: Any = None
        self._monkeypatch = monkeypatch
        server.on("/first", self._handler)
        self._hook(HTTP11Connection, "handle_request", self._begin)
        self._hook(HTTP11Connection, "close", self._close)
        self._hook_async("handle_async_request", self._begin)
        self._hook_async("aclose", self._close)

    def _handler(self, _: Asked) -> Iterator[bytes]:
        self.arrived.set()
        time.sleep(0.2)
        yield head(200, {"content-length": "5"}) + b"first"

    def _begin(self, connection: Any, *rest: Any) -> Iterator[threading.Event]:
        if rest and rest[0].url.target == b"/first":
            self._held = connection
            self._age()
            self.given.set()
            yield self.go_on

    def _close(self, connection: Any, *_: Any) -> Iterator[threading.Event]:
        if connection is self._held and not self.arrived.is_set():
            self.closed.append(connection)
            self.go_on.set()
            yield self.arrived

    def _age(self) -> None:
        clock = type("Clock", (), {"monotonic": staticmethod(lambda: time.monotonic() + 3.1)})
        for module in ("httpcore._sync.http11", "httpcore._async.http11"):
            self._monkeypatch.setattr(f"{module}.time", clock)

    def _hook(
        self, kind: type, name: str, before: Callable[..., Iterator[threading.Event]]
    ) -> None:
        real = getattr(kind, name)

        def hooked(*args: Any) -> Any:
            for event in before(*args):
                event.wait(PATIENCE)
            return real(*args)

        self._monkeypatch.setattr(kind, name, hooked)

    def _hook_async(self, name: str, before: Callable[..., Iterator[threading.Event]]) -> None:
        real = getattr(AsyncHTTP11Connection, name)

        async def hooked(*args: Any) -> Any:
            for event in before(*args):
                await asyncio.to_thread(event.wait, PATIENCE)
            return await real(*args)

        self._monkeypatch.setattr(AsyncHTTP11Connection, name, hooked)


def beside(world: FileWorld, held: Held, url: str) -> list[bytes]:
    """The answers to /first, which is held, and to a second request meanwhile."""
    if isinstance(world, AsyncFileWorld):

        async def both() -> list[bytes]:
            first = asyncio.create_task(post(world, url + "/first", b"1"))
            await asyncio.to_thread(held.given.wait, PATIENCE)
            second = await post(world, url + "/second", b"2")
            held.go_on.set()
            return [(await first).body, second.body]

        return world.do(both)  # type: ignore[no-any-return]
    answers: list[bytes] = []
    thread = threading.Thread(
        target=lambda: answers.append(post(world, url + "/first", b"1").body),
        name="test-first",
        daemon=True,
    )
    thread.start()
    held.given.wait(PATIENCE)
    second = world.do(lambda: post(world, url + "/second", b"2"))
    held.go_on.set()
    thread.join(PATIENCE)
    return [*answers, second.body]


def test_a_connection_that_was_given_out_is_not_closed_by_another_request(
    make: Make, server: HostileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make(server.url)
    world.do(lambda: post(world, server.url + "/", b"0"))
    held = Held(server, monkeypatch)
    assert beside(world, held, server.url) == [b"first", b"hello"]
    assert not held.closed


def test_a_late_close_of_a_stream_leaves_its_connection_to_the_next_request(
    server: HostileServer,
) -> None:
    """Another thread may have found the stream still being read, and come to shut it down when it
    was at its end.
    """
    world = FileWorld(server.url)
    stream = open_stream(world, server.url + "/s")
    while stream.read():
        pass
    stream.shut_down()
    assert post(world, server.url + "/a", b"x").body == b"hello"
    assert server.connections == 1
    world.close()


def test_a_stream_knows_whether_more_is_at_hand(server: HostileServer) -> None:
    sent, go_on = threading.Event(), threading.Event()

    def handler(_: Asked) -> Iterator[bytes]:
        yield head(200, {"transfer-encoding": "chunked"}) + b"1\r\nx\r\n"
        go_on.wait(PATIENCE)
        yield b"1\r\ny\r\n"
        sent.set()
        go_on.clear()
        go_on.wait(PATIENCE)

    server.on("/stream", handler)
    world = FileWorld(server.url)
    stream = open_stream(world, server.url + "/stream")
    assert stream.read() == b"x"
    assert not stream.at_hand
    go_on.set()
    assert sent.wait(PATIENCE)
    assert stream.at_hand
    assert stream.read() == b"y"
    assert not stream.at_hand
    go_on.set()
    world.close()


@pytest.mark.parametrize("warm", [False, True], ids=["new connection", "used connection"])
def test_closing_the_transport_wakes_a_request_that_waits_for_its_answer(
    make: Make, server: HostileServer, warm: bool
) -> None:
    arrived, go_on = threading.Event(), threading.Event()

    def handler(_: Asked) -> Iterator[bytes]:
        arrived.set()
        go_on.wait(PATIENCE)
        yield head(200, {"content-length": "5"}) + b"later"

    server.on("/slow", handler)
    world = make(server.url)
    if warm:
        world.do(lambda: post(world, server.url + "/", b"0"))
    errors: list[BaseException] = []

    def work() -> None:
        with pytest.raises(ConnectionLostError) as caught:
            world.do(lambda: post(world, server.url + "/slow", b"1"))
        errors.append(caught.value)

    thread = threading.Thread(target=work, name="test-waiting", daemon=True)
    thread.start()
    assert arrived.wait(PATIENCE)
    world.do(getattr(world.transport, "aclose", None) or world.transport.close)
    thread.join(PATIENCE / 2)
    assert ["closed here" in str(error) for error in errors] == [True]
    go_on.set()
