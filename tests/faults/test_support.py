"""The tools of these tests do what they say, seen by bare httpx."""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.support.fake_gradio import CUT, RESET, Answer, Event, FakeGradio
from tests.support.fault_proxy import FaultProxy, cut_at, delay, split
from tests.support.forward_proxy import ForwardProxy
from tests.support.tls import Authority


def call(client: httpx.Client, url: str, name: str, value: Any) -> list[dict[str, Any]]:
    joined = client.post(
        f"{url}/gradio_api/call/{name}", json={"data": [value], "session_hash": "s"}
    )
    joined.raise_for_status()
    with client.stream(
        "GET", f"{url}/gradio_api/queue/data", params={"session_hash": "s"}, timeout=3
    ) as response:
        text = b"".join(response.iter_raw()).decode()
    return [json.loads(block.removeprefix("data: ")) for block in text.split("\n\n") if block]


def test_fake_behaves(fake: FakeGradio) -> None:
    with httpx.Client() as client:
        config = client.get(f"{fake.url}/config").json()
        assert config["version"] == "6.31.0"
        messages = call(client, fake.url, "echo", "x")
    assert [message["msg"] for message in messages] == [
        "estimation",
        "process_starts",
        "process_completed",
        "close_stream",
    ]
    assert messages[2]["output"]["data"] == ["x"]
    assert fake.count("POST /gradio_api/call/echo") == 1


@pytest.mark.parametrize("end", [CUT, RESET])
def test_fake_breaks(fake: FakeGradio, end: object) -> None:
    async def broken(event: Event) -> AsyncIterator[Any]:
        yield event.starts()
        yield end

    fake.endpoint("broken", broken)
    with httpx.Client() as client, pytest.raises(httpx.TransportError):
        call(client, fake.url, "broken", "x")


def test_fake_forgets_a_session_whose_stream_is_dropped(fake: FakeGradio) -> None:
    with httpx.Client() as client:
        client.post(
            f"{fake.url}/gradio_api/call/forever", json={"data": ["x"], "session_hash": "s"}
        )
        with client.stream("GET", f"{fake.url}/gradio_api/queue/data?session_hash=s"):
            assert fake.running == 1
        assert fake.wait_for(lambda: fake.running == 0)
        with pytest.raises(httpx.RemoteProtocolError):
            client.get(f"{fake.url}/gradio_api/queue/data?session_hash=s")


def test_fake_answers_as_told(fake: FakeGradio) -> None:
    fake.answer("GET /config", Answer(503, {"detail": "no"}), Answer(None, then="reset"))
    with httpx.Client() as client:
        assert client.get(f"{fake.url}/config").status_code == 503
        with pytest.raises(httpx.TransportError):
            client.get(f"{fake.url}/config")
        assert client.get(f"{fake.url}/config").status_code == 200


def test_fake_wants_a_login() -> None:
    with FakeGradio(auth=("ada", "secret")) as fake, httpx.Client() as client:
        assert client.get(f"{fake.url}/config").status_code == 401
        assert (
            client.post(
                f"{fake.url}/login", data={"username": "ada", "password": "secret"}
            ).status_code
            == 200
        )
        assert client.get(f"{fake.url}/config").status_code == 200
        fake.forget_logins()
        assert client.get(f"{fake.url}/config").status_code == 401


def test_proxy_passes_cuts_and_refuses(fake: FakeGradio) -> None:
    with FaultProxy(fake.url) as proxy, httpx.Client() as client:
        assert call(client, proxy.url, "echo", "grüße")[2]["output"]["data"] == ["grüße"]
        proxy.down("GET /gradio_api/queue/data", split(1))
        proxy.down("", delay(0.001))
        assert call(client, proxy.url, "echo", "grüße")[2]["output"]["data"] == ["grüße"]
        proxy.clear()
        proxy.down("GET /gradio_api/queue/data", cut_at(b"process_completed", rst=True))
        with pytest.raises(httpx.TransportError):
            call(client, proxy.url, "echo", "x")
        proxy.clear()
        proxy.refuse()
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{proxy.url}/config")
        proxy.listen()
        assert client.get(f"{proxy.url}/config").status_code == 200


def test_certificates(authority: Authority) -> None:
    with FakeGradio(tls=authority.server()) as fake:
        assert httpx.get(f"{fake.url}/config", verify=authority.client()).status_code == 200
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{fake.url}/config")


def test_forward_proxy(authority: Authority, fake: FakeGradio) -> None:
    with FakeGradio(tls=authority.server()) as secure, ForwardProxy() as proxy:
        with httpx.Client(proxy=proxy.url, verify=authority.client()) as client:
            assert client.get(f"{fake.url}/config").status_code == 200
            assert client.get(f"{secure.url}/config").status_code == 200
        assert [line.split(" ")[0] for line in proxy.asked] == ["GET", "CONNECT"]


def test_fake_gives_its_port_back() -> None:
    with FakeGradio() as fake:
        port = fake.port
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
