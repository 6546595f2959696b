"""Connections of both transports: which are used again, which requests are sent again, and what a
connection costs.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from gradio_session.connection.options import Options
from gradio_session.connection.sync import Connection
from gradio_session.errors import ConnectionLostError
from gradio_session.protocol.base.effects import Request
from gradio_session.protocol.operations.discovery import get
from tests.support.file_worlds import Make
from tests.support.hostile_server import Asked, HostileServer, head, reply
from tests.support.scripts import python
from tests.support.transports import ask, failure, open_stream

# Connections


def test_requests_in_a_row_share_one_connection(make: Make, server: HostileServer) -> None:
    world = make(server.url)
    for _ in range(5):
        assert ask(world, Request("GET", server.url + "/a")).body == b"hello"
        answer = ask(world, Request("POST", server.url + "/b", content=b"{}"))
        assert (answer.status, answer.body) == (200, b"hello")
    assert server.connections == 1
    assert server.asked[1].body == b"{}"


def test_a_stream_read_to_its_end_gives_its_connection_back(
    make: Make, server: HostileServer
) -> None:
    world = make(server.url)
    for _ in range(3):
        answer = ask(world, Request("GET", server.url + "/s", stream=True))
        assert (answer.status, answer.headers["content-length"]) == (200, "5")
        stream = answer.handle
        assert world.do(stream.read) == b"hello"
        assert world.do(stream.read) == b""
        assert world.do(stream.read) == b""
    assert server.connections == 1


def test_a_connection_is_dropped_after_a_server_error(make: Make, server: HostileServer) -> None:
    server.on("/broken", reply(b"oops", 500))
    world = make(server.url)
    assert ask(world, Request("POST", server.url + "/broken", content=b"x")).status == 500
    assert ask(world, Request("POST", server.url + "/fine", content=b"x")).status == 200
    assert server.connections == 2
    stream = open_stream(world, server.url + "/broken")
    while world.do(stream.read):
        pass
    ask(world, Request("GET", server.url + "/fine"))
    assert server.connections == 3


def test_an_idle_connection_is_not_used_after_three_seconds(
    make: Make, server: HostileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make(server.url)
    ask(world, Request("GET", server.url + "/a"))
    clock = time.monotonic
    for module in ("httpcore._sync.http11", "httpcore._async.http11"):
        monkeypatch.setattr(
            f"{module}.time", type("Clock", (), {"monotonic": staticmethod(lambda: clock() + 3.1)})
        )
    ask(world, Request("GET", server.url + "/a"))
    assert server.connections == 2


def resetting_after_first(server: HostileServer) -> None:
    """Serves one request of each connection, takes the next and resets."""
    served: set[int] = set()

    def handler(_: Asked) -> Iterator[bytes]:
        if server.connections in served:
            server.reset()
            return
        served.add(server.connections)
        yield head(200, {"content-length": "5"}) + b"hello"

    server.on("/", handler)


def test_a_get_is_sent_again_when_a_reused_connection_was_reset(
    make: Make, server: HostileServer
) -> None:
    resetting_after_first(server)
    world = make(server.url)
    assert ask(world, Request("GET", server.url + "/a")).body == b"hello"
    assert ask(world, Request("GET", server.url + "/b")).body == b"hello"
    assert [each.target for each in server.asked] == ["/a", "/b", "/b"]


def test_also_when_every_idle_connection_was_closed(
    make: Make, server: HostileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make(server.url)
    streams = [open_stream(world, server.url + "/s") for _ in range(4)]
    for stream in streams:
        while world.do(stream.read):
            pass
    monkeypatch.setattr("httpcore._sync.http11.HTTP11Connection.has_expired", lambda _: False)
    monkeypatch.setattr("httpcore._async.http11.AsyncHTTP11Connection.has_expired", lambda _: False)
    server.hang_up()
    time.sleep(0.1)
    assert ask(world, Request("GET", server.url + "/a")).body == b"hello"
    assert server.connections == 5


def test_a_post_whose_bytes_were_written_never_is(make: Make, server: HostileServer) -> None:
    resetting_after_first(server)
    world = make(server.url)
    ask(world, Request("GET", server.url + "/a"))
    error = failure(world, Request("POST", server.url + "/job", content=b"x" * 10))
    assert isinstance(error, ConnectionLostError)
    assert server.count("/job") == 1


def test_a_get_on_a_fresh_connection_is_not_sent_again(make: Make, server: HostileServer) -> None:
    def handler(_: Asked) -> Iterator[bytes]:
        server.reset()
        yield from ()

    server.on("/", handler)
    world = make(server.url)
    assert isinstance(failure(world, Request("GET", server.url + "/a")), ConnectionLostError)
    assert server.count("/a") == 1


def test_a_post_of_which_nothing_was_written_is_sent_again(
    make: Make, server: HostileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reset of the old connection is known, but not yet seen by the pool: the first write
    fails.
    """
    world = make(server.url)
    ask(world, Request("GET", server.url + "/a"))
    monkeypatch.setattr("httpcore._sync.http11.HTTP11Connection.has_expired", lambda _: False)
    monkeypatch.setattr("httpcore._async.http11.AsyncHTTP11Connection.has_expired", lambda _: False)
    server.reset()
    time.sleep(0.1)
    try:
        assert ask(world, Request("POST", server.url + "/job", content=b"x")).body == b"hello"
    except (
        ConnectionLostError
    ):  # where the system took the head before it noticed, nothing may be sent again
        assert server.count("/job") == 0
    else:
        assert server.count("/job") == 1


def test_a_post_whose_body_could_not_be_written_is_sent_again(
    make: Make, server: HostileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server closes an idle connection just as it is taken: the system still takes the head."""
    world = make(server.url)
    ask(world, Request("GET", server.url + "/a"))
    monkeypatch.setattr("httpcore._sync.http11.HTTP11Connection.has_expired", lambda _: False)
    monkeypatch.setattr("httpcore._async.http11.AsyncHTTP11Connection.has_expired", lambda _: False)
    server.hang_up()
    time.sleep(0.1)
    assert ask(world, Request("POST", server.url + "/job", content=b"x")).body == b"hello"
    assert server.count("/job") == 1


# What it costs


def test_plain_http_loads_no_certificates_and_https_loads_them_once() -> None:
    code = """
import ssl
loaded = []
real = ssl.create_default_context
ssl.create_default_context = lambda *a, **k: loaded.append(1) or real(*a, **k)
from types import SimpleNamespace
from gradio_session.protocol.base.credentials import Credentials
from gradio_session.protocol.base.effects import Request
from gradio_session.transport.sync import SyncTransport

def transport(url):
    return SyncTransport(
        SimpleNamespace(
            heartbeat_timeout=1.0, proxy=None, verify=True, cert=None, http=None
        ),
        url,
        Credentials(url),
    )

def ask(url):
    try:
        yield Request("GET", url)
    except Exception:
        pass

for url in ("http://127.0.0.1:1", "http://127.0.0.1:2"):
    transport(url).run(ask(url))
print(len(loaded))
for url in ("https://127.0.0.1:1", "https://127.0.0.1:2"):
    transport(url).run(ask(url))
print(len(loaded))
"""
    done = python("-c", code)
    assert done.stdout.split() == ["0", "1"]


def test_the_plain_transport_does_without_asyncio() -> None:
    code = (
        "import sys, gradio_session.transport.sync; "
        "print('asyncio' in sys.modules, 'anyio' in sys.modules)"
    )
    done = python("-c", code)
    assert done.stdout.split() == ["False", "False"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_process_makes_its_own_connections(server: HostileServer) -> None:
    connection = Connection(server.url, Options())

    def asked() -> bytes:
        return connection.run(get(server.url)).body

    asked()
    child = os.fork()
    if child == 0:
        try:
            connection.after_fork()
            good = asked() == b"hello"
        except BaseException:  # noqa: BLE001 - the child must not go on as the test
            good = False
        os._exit(0 if good else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert asked() == b"hello"
    assert server.connections == 2
    connection.close()
