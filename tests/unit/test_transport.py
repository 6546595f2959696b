"""Both transports against a server that this test scripts: connections, retries, cookies, origins, streams, flows."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gradio_session.errors import CallTimeoutError, ConnectError, ConnectionLostError, ParameterError, ProtocolError
from gradio_session.protocol.effects import Blocking, Close, Gather, Once, Read, Request, Resolve, Sleep
from tests.support.file_worlds import COOKIE, SECRET, AsyncFileWorld, FileWorld, file_worlds
from tests.support.hostile_server import Asked, HostileServer, head, redirect, reply
from tests.support.tls import Authority

Make = Callable[..., FileWorld]


@pytest.fixture(params=["sync", "async"])
def make(request: Any) -> Iterator[Make]:
    yield from file_worlds(request.param)


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with HostileServer() as server:
        server.on("/", reply(b"hello"))
        yield server


def ask(world: FileWorld, *requests: Request) -> Any:
    def flow() -> Any:
        answers = []
        for request in requests:
            answer = yield request
            answers.append(answer)
        return answers

    found = world.do(lambda: world._run(flow()))
    return found[0] if len(found) == 1 else found


def failure(world: FileWorld, request: Request) -> Exception:
    with pytest.raises((ConnectError, ConnectionLostError, ProtocolError, CallTimeoutError)) as caught:
        ask(world, request)
    assert SECRET not in str(caught.value)
    return caught.value


# Connections


def test_requests_in_a_row_share_one_connection(make: Make, server: HostileServer) -> None:
    world = make(server.url)
    for _ in range(5):
        assert ask(world, Request("GET", server.url + "/a")).body == b"hello"
        answer = world.do(lambda: world.transport.post(server.url + "/b", {"content-type": "application/json"}, b"{}"))
        assert (answer.status, answer.body) == (200, b"hello")
    assert server.connections == 1
    assert server.asked[1].body == b"{}"


def test_a_stream_read_to_its_end_gives_its_connection_back(make: Make, server: HostileServer) -> None:
    world = make(server.url)
    for _ in range(3):
        stream = world.do(lambda: world.transport.open_stream(server.url + "/s", {"accept": "text/event-stream"}))
        assert (stream.status, stream.headers["content-length"]) == (200, "5")
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
    stream = world.do(lambda: world.transport.open_stream(server.url + "/broken"))
    while world.do(stream.read):
        pass
    ask(world, Request("GET", server.url + "/fine"))
    assert server.connections == 3


def test_an_idle_connection_is_not_used_after_three_seconds(make: Make, server: HostileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    world = make(server.url)
    ask(world, Request("GET", server.url + "/a"))
    clock = time.monotonic
    for module in ("httpcore._sync.http11", "httpcore._async.http11"):
        monkeypatch.setattr(f"{module}.time", type("Clock", (), {"monotonic": staticmethod(lambda: clock() + 3.1)}))
    ask(world, Request("GET", server.url + "/a"))
    assert server.connections == 2


def resetting_after_first(server: HostileServer) -> None:
    """Serves one request of each connection, takes the next and resets."""
    served: set[int] = set()

    def handler(_: Asked) -> Iterator[bytes]:
        if server.connections in served:
            for connection in list(server._open):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.close()
            return
        served.add(server.connections)
        yield head(200, {"content-length": "5"}) + b"hello"

    server.on("/", handler)


def test_a_get_is_sent_again_when_a_reused_connection_was_reset(make: Make, server: HostileServer) -> None:
    resetting_after_first(server)
    world = make(server.url)
    assert ask(world, Request("GET", server.url + "/a")).body == b"hello"
    assert ask(world, Request("GET", server.url + "/b")).body == b"hello"
    assert [each.target for each in server.asked] == ["/a", "/b", "/b"]


def test_a_post_whose_bytes_were_written_never_is(make: Make, server: HostileServer) -> None:
    resetting_after_first(server)
    world = make(server.url)
    ask(world, Request("GET", server.url + "/a"))
    error = failure(world, Request("POST", server.url + "/job", content=b"x" * 10))
    assert isinstance(error, ConnectionLostError)
    assert server.count("/job") == 1


def test_a_get_on_a_fresh_connection_is_not_sent_again(make: Make, server: HostileServer) -> None:
    def handler(_: Asked) -> Iterator[bytes]:
        for connection in list(server._open):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
        yield from ()

    server.on("/", handler)
    world = make(server.url)
    assert isinstance(failure(world, Request("GET", server.url + "/a")), ConnectionLostError)
    assert server.count("/a") == 1


def test_a_post_of_which_nothing_was_written_is_sent_again(make: Make, server: HostileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reset of the old connection is known, but not yet seen by the pool: the first write fails."""
    world = make(server.url)
    ask(world, Request("GET", server.url + "/a"))
    monkeypatch.setattr("httpcore._sync.http11.HTTP11Connection.has_expired", lambda _: False)
    monkeypatch.setattr("httpcore._async.http11.AsyncHTTP11Connection.has_expired", lambda _: False)
    for connection in list(server._open):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RDWR)
        connection.close()
    time.sleep(0.1)
    try:
        assert ask(world, Request("POST", server.url + "/job", content=b"x")).body == b"hello"
    except ConnectionLostError:  # where the system took the head before it noticed, nothing may be sent again
        assert server.count("/job") == 0
    else:
        assert server.count("/job") == 1


# Failures and their words


def test_a_refused_connection(make: Make, server: HostileServer) -> None:
    world = make(server.url)
    server.stop()
    error = failure(world, Request("POST", server.url + "/job?secret=1", content=b"x"))
    assert isinstance(error, ConnectError)
    assert f"127.0.0.1:{server.port} refused the connection" in str(error)
    assert "secret" not in str(error)


def test_an_unknown_host(make: Make) -> None:
    error = failure(make("http://nobody.invalid"), Request("GET", "http://nobody.invalid/x"))
    assert isinstance(error, ConnectError)
    assert "'nobody.invalid' is not known (DNS)" in str(error)


def test_a_host_that_takes_no_connection(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    full = socket.create_server(("127.0.0.1", 0), backlog=0)
    fillers = []
    for _ in range(8):
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex(full.getsockname())
        fillers.append(filler)
    time.sleep(0.1)
    url = f"http://127.0.0.1:{full.getsockname()[1]}"
    error = failure(make(url, heartbeat_timeout=0.3), Request("GET", url))
    assert isinstance(error, ConnectError)
    assert "did not accept a connection within 0.3 s" in str(error)
    for each in (*fillers, full):
        each.close()


def test_a_server_that_does_not_speak_tls(make: Make) -> None:
    plain = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = plain.accept()
        with connection:
            connection.sendall(head(400, {"content-length": "0"}))
            connection.recv(65536)

    threading.Thread(target=serve, name="test-plain", daemon=True).start()
    url = f"https://127.0.0.1:{plain.getsockname()[1]}"
    error = failure(make(url), Request("GET", url))
    plain.close()
    assert isinstance(error, ConnectError)
    assert "TLS" in str(error)


def test_a_server_that_says_nothing(make: Make, server: HostileServer) -> None:
    def silent(_: Asked) -> Iterator[bytes]:
        time.sleep(5)
        yield b""

    server.on("/", silent)
    error = failure(make(server.url, heartbeat_timeout=0.3), Request("POST", server.url + "/job", content=b"x"))
    assert isinstance(error, ConnectionLostError)
    assert "not a byte came for 0.3 s" in str(error)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\nconnection: close\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_broken_answers(make: Make, server: HostileServer, answer: bytes) -> None:
    def broken(_: Asked) -> Iterator[bytes]:
        yield answer

    server.on("/", broken)
    error = failure(make(server.url), Request("POST", server.url + "/job", content=b"x"))
    assert isinstance(error, ConnectionLostError)


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/x", "http://", "http://[broken/", "nothing"])
def test_what_is_no_address(make: Make, server: HostileServer, url: str) -> None:
    assert isinstance(failure(make(server.url), Request("GET", url)), ConnectError)


@pytest.mark.parametrize(
    ("name", "value"), [("x-a", f"{SECRET}\r\nx-b: 1"), ("x-a", f"{SECRET}\0"), ("x-a", f"{SECRET}ü"), ("x a", SECRET), ("", SECRET)]
)
def test_headers_that_http_does_not_allow_are_refused_without_showing_them(make: Make, server: HostileServer, name: str, value: str) -> None:
    with pytest.raises(ValueError, match="header") as caught:
        make(server.url, headers={name: value})
    assert SECRET not in str(caught.value)
    world = make(server.url)
    with pytest.raises(ValueError, match="header") as caught:
        ask(world, Request("GET", server.url, headers={name: value}))
    assert SECRET not in str(caught.value)
    assert not server.asked


def test_a_bomb_in_a_short_answer(make: Make, server: HostileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    import gzip

    monkeypatch.setattr("gradio_session.transport.base.MAX_BODY", 100_000)
    server.on("/bomb", reply(gzip.compress(b"\0" * 1_000_000), headers={"content-encoding": "gzip"}))
    server.on("/fine", reply(gzip.compress(b"fine"), headers={"content-encoding": "gzip"}))
    server.on("/other", reply(b"x", headers={"content-encoding": "br"}))
    server.on("/cut", reply(gzip.compress(b"fine")[:-5], headers={"content-encoding": "gzip"}))
    world = make(server.url)
    for path in ("/bomb", "/other", "/cut"):
        assert isinstance(failure(world, Request("GET", server.url + path)), ProtocolError)
    assert ask(world, Request("GET", server.url + "/fine")).body == b"fine"


def test_an_answer_without_end_is_given_up(make: Make, server: HostileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.support.hostile_server import endless

    for module in ("sync", "aio"):
        monkeypatch.setattr(f"gradio_session.transport.{module}.MAX_BODY", 1_000_000)
    server.on("/config", endless())
    assert isinstance(failure(make(server.url), Request("GET", server.url + "/config")), ProtocolError)


# Secrets


def test_secrets_stay_on_the_apps_origin(make: Make, server: HostileServer) -> None:
    with HostileServer() as other:
        other.on("/", reply(b"x", headers={"set-cookie": "theirs=1"}))
        server.on("/", reply(b"x", headers={"set-cookie": "ours=1"}))
        world = make(server.url, headers={"Authorization": f"Bearer {SECRET}", "X-Own": "1"})
        ask(world, Request("GET", other.url), Request("GET", server.url), Request("GET", server.url), Request("GET", other.url))
        assert all("authorization" not in each.headers and "cookie" not in each.headers and "x-own" not in each.headers for each in other.asked)
        assert server.asked[0].headers["authorization"] == f"Bearer {SECRET}"
        assert "theirs" not in server.asked[1].headers["cookie"]
        assert "ours=1" in server.asked[1].headers["cookie"]
        assert COOKIE in server.asked[1].headers["cookie"]


def test_a_request_without_credentials_sends_and_keeps_none(make: Make, server: HostileServer) -> None:
    server.on("/set", reply(b"x", headers={"set-cookie": "a=1"}))
    world = make(server.url)
    ask(world, Request("GET", server.url + "/set", credentials=False), Request("GET", server.url + "/b"))
    assert "authorization" not in server.asked[0].headers
    assert "cookie" not in server.asked[0].headers
    assert "a=1" not in server.asked[1].headers["cookie"]


def test_a_header_can_be_taken_away_for_one_request(make: Make, server: HostileServer) -> None:
    world = make(server.url)
    ask(world, Request("GET", server.url, headers={"Authorization": None}), Request("GET", server.url, headers={"authorization": "Bearer other"}))
    assert "authorization" not in server.asked[0].headers
    assert server.asked[1].headers["authorization"] == "Bearer other"


def test_the_origin_can_become_known_later(make: Make, server: HostileServer) -> None:
    world = make("http://nobody.invalid", headers={"authorization": SECRET})
    ask(world, Request("GET", server.url))
    world.transport.base_url = server.url
    ask(world, Request("GET", server.url))
    assert ["authorization" in each.headers for each in server.asked] == [False, True]


def test_redirects_are_not_followed(make: Make, server: HostileServer) -> None:
    server.on("/away", redirect("http://nobody.invalid/"))
    answer = ask(make(server.url), Request("GET", server.url + "/away"))
    assert (answer.status, answer.headers["location"]) == (302, "http://nobody.invalid/")


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
    stream = world.do(lambda: world.transport.open_stream(server.url + "/stream"))
    assert world.do(stream.read) == b"x"
    started = time.monotonic()
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
    assert time.monotonic() - started < 2
    with pytest.raises(ConnectionLostError):
        world.do(stream.read)
    go_on.set()


def test_closing_the_transport_closes_its_streams(make: Make, server: HostileServer) -> None:
    go_on = trickling(server)
    world = make(server.url)
    stream = world.do(lambda: world.transport.open_stream(server.url + "/stream"))
    world.do(stream.read)
    world.do(getattr(world.transport, "aclose", None) or world.transport.close)
    with pytest.raises(ConnectionLostError):
        world.do(stream.read)
    assert isinstance(failure(world, Request("GET", server.url)), ConnectError)
    go_on.set()


def test_a_silent_stream_counts_as_lost(make: Make, server: HostileServer) -> None:
    go_on = trickling(server)
    world = make(server.url, heartbeat_timeout=0.3)
    stream = world.do(lambda: world.transport.open_stream(server.url + "/stream"))
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
    assert world.do(lambda: world._run(flow())) == 7
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
    assert world.do(lambda: world._run(flow())) == list(range(6))
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
    started = time.monotonic()
    with pytest.raises(KeyError, match="first"):
        world.do(lambda: world._run(flow()))
    assert time.monotonic() - started < 2
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
    assert 0.15 < time.monotonic() - started < 2
    assert closed == [True]


def test_what_is_to_be_done_once_is_done_once_and_a_failure_is_not_shared(make: Make, server: HostileServer) -> None:
    done: list[int] = []
    flights: dict[Any, Any] = {}

    def work() -> Any:
        done.append(1)
        yield Sleep(0.1)
        if len(done) == 1:
            raise KeyError("the first fails")
        return "result"

    def one() -> Any:
        try:
            return (yield Once(flights, "key", work))
        except KeyError:
            return "failed"

    def flow() -> Any:
        return (yield Gather([one(), one(), one()], limit=3))

    world = make(server.url)
    assert sorted(world.do(lambda: world._run(flow()))) == ["failed", "result", "result"]
    assert len(done) == 2
    assert flights == {}


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
        task = asyncio.create_task(world._run(flow()))
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
    transport = world.transport

    async def use() -> bytes:
        return (await transport.post(server.url, None, b"x")).body

    assert asyncio.run(use()) == b"hello"
    assert asyncio.run(use()) == b"hello"
    world.close()


# The options of the user


def test_an_authority_of_ones_own(make: Make, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with TlsServer(authority.server()) as url:
        assert isinstance(failure(make(url), Request("GET", url)), ConnectError)
        assert "certificate" in str(failure(make(url), Request("GET", url)))
        for verify in (authority.client(), str(authority.pem), False):
            assert ask(make(url, verify=verify), Request("GET", url)).body == b"hello"


@pytest.mark.parametrize(
    ("proxy", "words"),
    [
        ("garbage", "no address of a proxy"),
        ("ftp://host:1", "no address of a proxy"),
        ("http://", "no address of a proxy"),
        (f"http://me:{SECRET}@host:bad", "no address of a proxy"),
        (5, "no address of a proxy"),
        ("socks5://host:1", "httpx[socks]"),
    ],
)
def test_a_proxy_that_is_none(make: Make, monkeypatch: pytest.MonkeyPatch, proxy: Any, words: str) -> None:
    monkeypatch.setitem(sys.modules, "socksio", None)
    with pytest.raises(ParameterError, match=r"^proxy=:") as caught:
        ask(make("http://host.test:1", proxy=proxy), Request("GET", "http://host.test:1"))
    assert words in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("proxy", ["ftp://host:1", f"http://me:{SECRET}@host:bad", "socks5://host:1"])
def test_a_proxy_of_the_environment_that_is_none(make: Make, monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setitem(sys.modules, "socksio", None)
    monkeypatch.setenv("http_proxy", proxy)
    told = failure(make("http://host.test:1"), Request("GET", "http://host.test:1"))
    assert isinstance(told, ConnectError)
    assert "environment's proxy" in str(told)


@pytest.mark.parametrize("option", [{"verify": "no/such/file.pem"}, {"cert": "no/such/file.pem"}, {"verify": __file__}])
def test_a_certificate_that_is_none(make: Make, option: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match="verify= or cert="):
        ask(make("https://host.test:1", **option), Request("GET", "https://host.test:1"))


def test_a_client_certificate(make: Make, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with TlsServer(authority.server(ask_client=True)) as url:
        assert ask(make(url, verify=str(authority.pem), cert=str(authority.client_pem)), Request("GET", url)).body == b"hello"
        failure(make(url, verify=str(authority.pem)), Request("GET", url))


def test_a_tls_alert_in_the_place_of_an_answer(server: HostileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*_: Any, **__: Any) -> bytes:
        raise ssl.SSLError(1, "[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] tlsv13 alert certificate required")

    monkeypatch.setattr("httpcore._backends.anyio.AnyIOStream.read", refuse)
    for make in file_worlds("async"):
        assert "certificate required" in str(failure(make(server.url), Request("GET", server.url)))


def test_a_pinned_address_keeps_the_name_for_tls(make: Make, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with TlsServer(authority.server("files.example.test")) as url:
        port = url.rpartition(":")[2]
        world = make("http://127.0.0.1:1", verify=str(authority.pem))
        there = f"https://files.example.test:{port}/x"
        assert ask(world, Request("GET", there, address="127.0.0.1")).body == b"hello"
        wrong = f"https://other.example.test:{port}/x"
        assert "certificate" in str(failure(world, Request("GET", wrong, address="127.0.0.1")))


def test_a_client_of_the_users_own(make: Make, server: HostileServer) -> None:
    hooked: list[str] = []
    kind: Any = httpx.AsyncClient if make(server.url).name == "async" else httpx.Client

    async def ahook(request: httpx.Request) -> None:
        hooked.append(str(request.url))

    def hook(request: httpx.Request) -> None:
        hooked.append(str(request.url))

    client = kind(
        headers={"x-mine": "1"}, cookies={"mine": "2"}, event_hooks={"request": [ahook if kind is httpx.AsyncClient else hook]}, follow_redirects=True
    )
    world = make(server.url, http=client)
    server.on("/away", redirect("/elsewhere"))
    assert ask(world, Request("GET", server.url + "/a")).body == b"hello"
    assert ask(world, Request("GET", server.url + "/away")).status == 302
    world.do(lambda: world.transport.post(server.url + "/b", {"content-type": "application/json"}, b"{}"))
    stream = world.do(lambda: world.transport.open_stream(server.url + "/c"))
    assert world.do(stream.read) == b"hello"
    assert world.do(stream.read) == b""
    assert server.connections == 1
    assert len(hooked) == 4
    assert all(each.headers["x-mine"] == "1" and "mine=2" in each.headers["cookie"] and COOKIE in each.headers["cookie"] for each in server.asked)
    assert all(each.headers["authorization"] == f"Bearer {SECRET}" for each in server.asked)
    assert server.asked[2].body == b"{}"
    with HostileServer() as other:
        other.on("/", reply(b"x"))
        ask(world, Request("GET", other.url))
        ask(world, Request("GET", f"http://h.example.test:{other.port}", address="127.0.0.1"))
        assert all(not {"x-mine", "cookie", "authorization"} & each.headers.keys() for each in other.asked)
        assert len(hooked) == 5, "a judged address is never left to a client that may use a proxy"
    world.do(lambda: world.transport.aclose() if kind is httpx.AsyncClient else world.transport.close())
    assert not client.is_closed


def test_a_closed_client_of_the_users_own_is_an_error(server: HostileServer) -> None:
    client = httpx.Client()
    client.close()
    world = FileWorld(server.url, http=client)
    assert "closed" in str(failure(world, Request("GET", server.url)))
    world.close()


def test_a_proxy(make: Make, server: HostileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with HostileServer() as proxy:
        proxy.on("http://", reply(b"through the proxy"))
        world = make("http://app.example.test", proxy=proxy.url)
        assert ask(world, Request("GET", "http://app.example.test/x")).body == b"through the proxy"
        assert proxy.asked[0].target == "http://app.example.test/x"
        monkeypatch.setenv("http_proxy", proxy.url)
        assert ask(make("http://app.example.test"), Request("GET", "http://app.example.test/y")).body == b"through the proxy"
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        assert ask(make(server.url), Request("GET", server.url)).body == b"hello"


def test_a_proxy_that_is_down_names_no_secret(make: Make) -> None:
    error = failure(make("http://app.example.test", proxy="http://user:pw@127.0.0.1:1"), Request("GET", "http://app.example.test/x"))
    assert isinstance(error, ConnectError)
    assert "pw" not in str(error)


# What it costs


def test_plain_http_loads_no_certificates_and_https_loads_them_once() -> None:
    code = """
import ssl
loaded = []
real = ssl.create_default_context
ssl.create_default_context = lambda *a, **k: loaded.append(1) or real(*a, **k)
from types import SimpleNamespace
from gradio_session.protocol.effects import Request
from gradio_session.transport.sync import SyncTransport

def transport(url):
    return SyncTransport(SimpleNamespace(base_url=url, heartbeat_timeout=1.0, proxy=None, verify=True, cert=None, http=None, headers={}, cookies={}))

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
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["0", "1"]


def test_the_plain_transport_does_without_asyncio() -> None:
    code = "import sys, gradio_session.transport.sync; print('asyncio' in sys.modules, 'anyio' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["False", "False"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_process_makes_its_own_connections(server: HostileServer) -> None:
    world = FileWorld(server.url)
    ask(world, Request("GET", server.url))
    child = os.fork()
    if child == 0:
        try:
            good = world.transport.post(server.url, None, b"child").body == b"hello"
        except BaseException:  # noqa: BLE001 - the child must not go on as the test
            good = False
        os._exit(0 if good else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert ask(world, Request("GET", server.url)).body == b"hello"
    assert server.connections == 2
    world.close()


class TlsServer:
    """Says hello over TLS to one connection after another."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self._socket = socket.create_server(("127.0.0.1", 0))

    def __enter__(self) -> str:
        threading.Thread(target=self._serve, name="test-tls", daemon=True).start()
        return f"https://127.0.0.1:{self._socket.getsockname()[1]}"

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                raw, _ = self._socket.accept()
            except OSError:
                return
            try:
                with self._context.wrap_socket(raw, server_side=True) as connection:
                    connection.recv(65536)
                    connection.sendall(head(200, {"content-length": "5", "connection": "close"}) + b"hello")
            except OSError:
                pass
