"""Both transports against servers that fail: what is said of it, and that no secret leaves the
app's origin.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from gradio_session.errors import ConnectError, ConnectionLostError, ProtocolError
from gradio_session.protocol.base.credentials import Credentials
from gradio_session.protocol.base.effects import Request
from tests.support.file_worlds import COOKIE, SECRET, Make
from tests.support.hostile_server import Asked, HostileServer, head, redirect, reply
from tests.support.transports import ask, failure

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
    error = failure(
        make(server.url, heartbeat_timeout=0.3), Request("POST", server.url + "/job", content=b"x")
    )
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
    ("name", "value"),
    [
        ("x-a", f"{SECRET}\r\nx-b: 1"),
        ("x-a", f"{SECRET}\0"),
        ("x-a", f"{SECRET}ü"),
        ("x a", SECRET),
        ("", SECRET),
    ],
)
def test_headers_that_http_does_not_allow_are_refused_without_showing_them(
    make: Make, server: HostileServer, name: str, value: str
) -> None:
    with pytest.raises(ValueError, match="header") as caught:
        make(server.url, headers={name: value})
    assert SECRET not in str(caught.value)
    world = make(server.url)
    with pytest.raises(ValueError, match="header") as caught:
        ask(world, Request("GET", server.url, headers={name: value}))
    assert SECRET not in str(caught.value)
    assert not server.asked


def test_a_bomb_in_a_short_answer(
    make: Make, server: HostileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    import gzip

    monkeypatch.setattr("gradio_session.transport.bodies.MAX_BODY", 100_000)
    server.on(
        "/bomb", reply(gzip.compress(b"\0" * 1_000_000), headers={"content-encoding": "gzip"})
    )
    server.on("/fine", reply(gzip.compress(b"fine"), headers={"content-encoding": "gzip"}))
    server.on("/other", reply(b"x", headers={"content-encoding": "br"}))
    server.on("/cut", reply(gzip.compress(b"fine")[:-5], headers={"content-encoding": "gzip"}))
    world = make(server.url)
    for path in ("/bomb", "/other", "/cut"):
        assert isinstance(failure(world, Request("GET", server.url + path)), ProtocolError)
    assert ask(world, Request("GET", server.url + "/fine")).body == b"fine"


def test_an_answer_without_end_is_given_up(
    make: Make, server: HostileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.support.hostile_server import endless

    monkeypatch.setattr("gradio_session.transport.bodies.MAX_BODY", 1_000_000)
    server.on("/config", endless())
    assert isinstance(
        failure(make(server.url), Request("GET", server.url + "/config")), ProtocolError
    )


# Secrets


def test_secrets_stay_on_the_apps_origin(make: Make, server: HostileServer) -> None:
    with HostileServer() as other:
        other.on("/", reply(b"x", headers={"set-cookie": "theirs=1"}))
        server.on("/", reply(b"x", headers={"set-cookie": "ours=1"}))
        world = make(server.url, headers={"Authorization": f"Bearer {SECRET}", "X-Own": "1"})
        ask(
            world,
            Request("GET", other.url),
            Request("GET", server.url),
            Request("GET", server.url),
            Request("GET", other.url),
        )
        assert all(
            "authorization" not in each.headers
            and "cookie" not in each.headers
            and "x-own" not in each.headers
            for each in other.asked
        )
        assert server.asked[0].headers["authorization"] == f"Bearer {SECRET}"
        assert "theirs" not in server.asked[1].headers["cookie"]
        assert "ours=1" in server.asked[1].headers["cookie"]
        assert COOKIE in server.asked[1].headers["cookie"]


def test_a_request_without_credentials_sends_and_keeps_none(
    make: Make, server: HostileServer
) -> None:
    server.on("/set", reply(b"x", headers={"set-cookie": "a=1"}))
    world = make(server.url)
    ask(
        world,
        Request("GET", server.url + "/set", credentials=False),
        Request("GET", server.url + "/b"),
    )
    assert "authorization" not in server.asked[0].headers
    assert "cookie" not in server.asked[0].headers
    assert "a=1" not in server.asked[1].headers["cookie"]


def test_a_header_can_be_taken_away_for_one_request(make: Make, server: HostileServer) -> None:
    world = make(server.url)
    ask(
        world,
        Request("GET", server.url, headers={"Authorization": None}),
        Request("GET", server.url, headers={"authorization": "Bearer other"}),
    )
    assert "authorization" not in server.asked[0].headers
    assert server.asked[1].headers["authorization"] == "Bearer other"


def test_the_origin_can_become_known_later(make: Make, server: HostileServer) -> None:
    world = make("http://nobody.invalid", headers={"authorization": SECRET})
    ask(world, Request("GET", server.url))
    there = Credentials(server.url, headers={"authorization": SECRET})
    world.transport.moved(server.url, there)
    ask(world, Request("GET", server.url))
    assert ["authorization" in each.headers for each in server.asked] == [False, True]


def test_redirects_are_not_followed(make: Make, server: HostileServer) -> None:
    server.on("/away", redirect("http://nobody.invalid/"))
    answer = ask(make(server.url), Request("GET", server.url + "/away"))
    assert (answer.status, answer.headers["location"]) == (302, "http://nobody.invalid/")
