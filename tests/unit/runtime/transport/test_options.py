"""Options of both transports: authorities, client certificates, proxies, pinned addresses, a user's
own httpx client.
"""

from __future__ import annotations

import socket
import ssl
import sys
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from gradio_session.errors import ConnectError, ParameterError
from gradio_session.protocol.base.effects import Request
from tests.support.file_worlds import COOKIE, SECRET, FileWorld, Make, file_worlds
from tests.support.hostile_server import HostileServer, head, redirect, reply
from tests.support.tls import Authority
from tests.support.transports import ask, failure, open_stream


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
def test_a_proxy_that_is_none(
    make: Make, monkeypatch: pytest.MonkeyPatch, proxy: Any, words: str
) -> None:
    monkeypatch.setitem(sys.modules, "socksio", None)
    with pytest.raises(ParameterError, match=r"^proxy=:") as caught:
        ask(make("http://host.test:1", proxy=proxy), Request("GET", "http://host.test:1"))
    assert words in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "proxy", ["ftp://host:1", f"http://me:{SECRET}@host:bad", "socks5://host:1"]
)
def test_a_proxy_of_the_environment_that_is_none(
    make: Make, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setitem(sys.modules, "socksio", None)
    monkeypatch.setenv("http_proxy", proxy)
    told = failure(make("http://host.test:1"), Request("GET", "http://host.test:1"))
    assert isinstance(told, ConnectError)
    assert "environment's proxy" in str(told)


@pytest.mark.parametrize(
    "option", [{"verify": "no/such/file.pem"}, {"cert": "no/such/file.pem"}, {"verify": __file__}]
)
def test_a_certificate_that_is_none(make: Make, option: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match="verify= or cert="):
        ask(make("https://host.test:1", **option), Request("GET", "https://host.test:1"))


def test_a_client_certificate(make: Make, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with TlsServer(authority.server(ask_client=True)) as url:
        assert (
            ask(
                make(url, verify=str(authority.pem), cert=str(authority.client_pem)),
                Request("GET", url),
            ).body
            == b"hello"
        )
        failure(make(url, verify=str(authority.pem)), Request("GET", url))


def test_a_tls_alert_in_the_place_of_an_answer(
    server: HostileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: Any, **__: Any) -> bytes:
        raise ssl.SSLError(
            1, "[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] tlsv13 alert certificate required"
        )

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
        headers={"x-mine": "1"},
        cookies={"mine": "2"},
        event_hooks={"request": [ahook if kind is httpx.AsyncClient else hook]},
        follow_redirects=True,
    )
    world = make(server.url, http=client)
    server.on("/away", redirect("/elsewhere"))
    assert ask(world, Request("GET", server.url + "/a")).body == b"hello"
    assert ask(world, Request("GET", server.url + "/away")).status == 302
    ask(world, Request("POST", server.url + "/b", content=b"{}"))
    stream = open_stream(world, server.url + "/c")
    assert world.do(stream.read) == b"hello"
    assert world.do(stream.read) == b""
    assert server.connections == 1
    assert len(hooked) == 4
    assert all(
        each.headers["x-mine"] == "1"
        and "mine=2" in each.headers["cookie"]
        and COOKIE in each.headers["cookie"]
        for each in server.asked
    )
    assert all(each.headers["authorization"] == f"Bearer {SECRET}" for each in server.asked)
    assert server.asked[2].body == b"{}"
    with HostileServer() as other:
        other.on("/", reply(b"x"))
        ask(world, Request("GET", other.url))
        ask(world, Request("GET", f"http://h.example.test:{other.port}", address="127.0.0.1"))
        assert all(
            not {"x-mine", "cookie", "authorization"} & each.headers.keys() for each in other.asked
        )
        assert len(hooked) == 5, "a judged address is never left to a client that may use a proxy"
    world.do(
        lambda: world.transport.aclose() if kind is httpx.AsyncClient else world.transport.close()
    )
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
        assert (
            ask(make("http://app.example.test"), Request("GET", "http://app.example.test/y")).body
            == b"through the proxy"
        )
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        assert ask(make(server.url), Request("GET", server.url)).body == b"hello"


def test_a_proxy_that_is_down_names_no_secret(make: Make) -> None:
    error = failure(
        make("http://app.example.test", proxy="http://user:pw@127.0.0.1:1"),
        Request("GET", "http://app.example.test/x"),
    )
    assert isinstance(error, ConnectError)
    assert str(error) == (
        "The proxy on the way to app.example.test refused the connection. "
        "Check proxy=... or the environment's proxy."
    )


def test_a_proxy_of_the_environment_that_is_not_known(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://user:pw@no-such-host.invalid:1")
    error = failure(make("http://app.example.test"), Request("GET", "http://app.example.test/x"))
    assert str(error) == (
        "The proxy on the way to app.example.test is not known (DNS). "
        "Check proxy=... or the environment's proxy."
    )


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
                    connection.sendall(
                        head(200, {"content-length": "5", "connection": "close"}) + b"hello"
                    )
            except OSError:
                pass
