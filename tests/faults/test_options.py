"""Options of the connection against the real thing: proxies, certificates, a user's own httpx
client.
"""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from gradio_session import (
    AuthenticationError,
    ConnectError,
    ConnectionLostError,
    GradioSessionError,
)
from tests.support.fake_gradio import Event, FakeGradio
from tests.support.forward_proxy import ForwardProxy
from tests.support.tls import Authority
from tests.support.world import World


@pytest.fixture
def secure(authority: Authority) -> Iterator[FakeGradio]:
    with FakeGradio(tls=authority.server()) as fake:
        yield fake


def test_own_context_trusts_an_own_authority(
    world: World, secure: FakeGradio, authority: Authority
) -> None:
    session = world.open(secure.url, verify=authority.client())
    assert world.predict(session, "echo", ["x"]) == "x"


def test_verify_takes_the_file_of_an_authority(
    world: World, secure: FakeGradio, authority: Authority
) -> None:
    session = world.open(secure.url, verify=str(authority.pem))
    assert world.predict(session, "echo", ["x"]) == "x"


def test_verify_false_checks_nothing(world: World, secure: FakeGradio) -> None:
    session = world.open(secure.url, verify=False)
    assert world.predict(session, "echo", ["x"]) == "x"


def test_environment_names_an_authority(
    world: World, secure: FakeGradio, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.pem))
    session = world.open(secure.url)
    assert world.predict(session, "echo", ["x"]) == "x"


def test_client_certificate(world: World, authority: Authority) -> None:
    with FakeGradio(tls=authority.server(ask_client=True)) as fake:
        session = world.open(fake.url, verify=str(authority.pem), cert=str(authority.client_pem))
        assert world.predict(session, "echo", ["x"]) == "x"


def test_missing_client_certificate_is_refused(world: World, authority: Authority) -> None:
    with FakeGradio(tls=authority.server(ask_client=True)) as fake:
        session = world.open(fake.url, verify=str(authority.pem), retries=0)
        with pytest.raises((ConnectError, ConnectionLostError)):
            world.predict(session, "echo", ["x"])
        assert fake.received == []


def test_uploads_and_downloads_use_the_same_certificates(
    world: World, secure: FakeGradio, authority: Authority
) -> None:
    async def back(event: Event) -> AsyncIterator[Any]:
        yield event.completed(
            {"path": "/tmp/a.txt", "orig_name": "a.txt", "meta": {"_type": "gradio.FileData"}}
        )

    secure.endpoint("file", back, inputs=("file",), outputs=("file",))
    secure.files["/tmp/a.txt"] = b"content"
    session = world.open(secure.url, verify=authority.client())
    file = world.predict(session, "file", {"value": b"bytes"})
    assert world.read(file) == b"content"
    assert secure.count("POST /gradio_api/upload") == 1


def test_proxy_carries_every_request(world: World, fake: FakeGradio) -> None:
    with ForwardProxy() as proxy:
        session = world.open(fake.url, proxy=proxy.url)
        assert world.predict(session, "echo", ["x"]) == "x"
        world.close(session)
        lines = "\n".join(proxy.asked)
        for path in ("/config", "/gradio_api/call/echo", "/gradio_api/queue/data"):
            assert f"{fake.url}{path}" in lines


def test_proxy_with_a_password(world: World, fake: FakeGradio) -> None:
    with ForwardProxy("Basic " + base64.b64encode(b"user:pass-secret").decode()) as proxy:
        session = world.open(fake.url, proxy=proxy.url.replace("//", "//user:pass-secret@"))
        assert world.predict(session, "echo", ["x"]) == "x"
        assert "pass-secret" not in repr(session)


def test_proxy_that_refuses(world: World, fake: FakeGradio, authority: Authority) -> None:
    with FakeGradio(tls=authority.server()) as secure, ForwardProxy("Basic nobody") as proxy:
        for app in (fake, secure):
            session = world.open(app.url, proxy=proxy.url, verify=False, retries=0)
            with pytest.raises(GradioSessionError) as caught:
                world.predict(session, "echo", ["x"])
            assert "407" in str(caught.value) or "proxy" in str(caught.value).lower()


def test_proxy_to_an_app_with_tls(world: World, secure: FakeGradio, authority: Authority) -> None:
    with ForwardProxy() as proxy:
        session = world.open(secure.url, proxy=proxy.url, verify=authority.client())
        assert world.predict(session, "echo", ["x"]) == "x"
        assert any(line.startswith(f"CONNECT 127.0.0.1:{secure.port}") for line in proxy.asked)


def test_proxy_that_is_not_there(world: World, fake: FakeGradio) -> None:
    with ForwardProxy() as proxy:
        gone = proxy.url
    session = world.open(fake.url, proxy=gone, retries=0)
    with pytest.raises(ConnectError):
        world.predict(session, "echo", ["x"])
    assert fake.received == []


def own_client(world: World, **options: Any) -> Any:
    return world.do(lambda: (httpx.AsyncClient if world.is_async else httpx.Client)(**options))


def close_client(world: World, client: Any) -> None:
    world.do(client.aclose if world.is_async else client.close)


def test_own_client_sends_everything(world: World, fake: FakeGradio) -> None:
    seen: list[str] = []

    def note(request: httpx.Request) -> None:
        seen.append(f"{request.method} {request.url.path}")

    async def note_async(request: httpx.Request) -> None:
        note(request)

    client = own_client(
        world,
        headers={"x-of-mine": "yes"},
        event_hooks={"request": [note_async if world.is_async else note]},
    )
    session = world.open(fake.url, http=client)
    assert world.predict(session, "echo", ["x"]) == "x"
    world.close(session)
    assert not client.is_closed
    close_client(world, client)
    assert {"GET /config", "POST /gradio_api/call/echo", "GET /gradio_api/queue/data"} <= set(seen)
    assert all(request.headers.get("x-of-mine") == "yes" for request in fake.received)


def test_own_client_with_own_certificates(
    world: World, secure: FakeGradio, authority: Authority
) -> None:
    client = own_client(world, verify=authority.client())
    session = world.open(secure.url, http=client)
    assert world.predict(session, "echo", ["x"]) == "x"
    world.close(session)
    close_client(world, client)


def test_short_timeout_of_an_own_client_does_not_kill_a_slow_call(
    world: World, fake: FakeGradio
) -> None:
    """A client made for quick requests must not end a stream that is quiet between heartbeats."""
    import asyncio

    async def slow(event: Event) -> AsyncIterator[Any]:
        await asyncio.sleep(0.6)
        yield event.completed("late")

    fake.endpoint("slow", slow)
    client = own_client(world, timeout=0.3)
    session = world.open(fake.url, http=client, heartbeat_timeout=5)
    assert world.predict(session, "slow", ["x"]) == "late"
    world.close(session)
    close_client(world, client)


def test_own_client_with_a_login(world: World) -> None:
    with FakeGradio(auth=("ada", "secret")) as fake:
        client = own_client(world)
        session = world.open(fake.url, http=client, auth=("ada", "secret"))
        assert world.predict(session, "echo", ["x"]) == "x"
        world.close(session)
        close_client(world, client)


def test_client_of_the_other_world_is_refused(world: World, fake: FakeGradio) -> None:
    other = httpx.Client() if world.is_async else httpx.AsyncClient()
    with pytest.raises((TypeError, ValueError, AuthenticationError, GradioSessionError)):
        world.predict(world.open(fake.url, http=other), "echo", ["x"])


def test_plain_addresses_load_no_certificates(
    fake: FakeGradio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Loading the authorities takes 20 to 30 ms, which a plain address does not need."""
    import ssl

    loads: list[Any] = []
    original = ssl.SSLContext.load_verify_locations
    monkeypatch.setattr(
        ssl.SSLContext,
        "load_verify_locations",
        lambda self, *a, **k: (loads.append(a), original(self, *a, **k)),
    )
    world = World()
    session = world.open(fake.url)
    assert world.predict(session, "echo", ["x"]) == "x"
    world.finish()
    assert loads == []
