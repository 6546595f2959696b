"""An app that cannot be reached, or does not answer."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from gradio_session import CallCancelledError, CallTimeoutError, ConnectError, ConnectionLostError
from tests.support.chaos_streams import CONFIG
from tests.support.fake_gradio import Answer, FakeGradio
from tests.support.fault_proxy import FaultProxy, Link
from tests.support.steps import Step
from tests.support.tls import Authority
from tests.support.world import World


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture
def unanswered() -> Iterator[str]:
    """An address whose connection attempts hang: its backlog is full."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    fillers: list[socket.socket] = []
    for _ in range(4):
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex(listener.getsockname())
        fillers.append(filler)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    for each in (*fillers, listener):
        each.close()


def test_refused_connection_names_the_address(world: World) -> None:
    port = free_port()
    session = world.open(f"http://127.0.0.1:{port}", retries=0)
    with pytest.raises(ConnectError, match=str(port)):
        world.predict(session, "echo", ["x"])


def test_refused_connection_is_tried_again_and_works_once_the_app_is_there(world: World) -> None:
    with FakeGradio() as fake:
        url = fake.url
        session = world.open(url)
        assert world.predict(session, "echo", ["before"]) == "before"
    with pytest.raises((ConnectError, ConnectionLostError)):
        world.predict(session, "echo", ["gone"], retries=0)


def test_unknown_host(world: World) -> None:
    session = world.open("http://no-such-host.invalid", retries=0)
    with pytest.raises(ConnectError, match=r"no-such-host\.invalid"):
        world.predict(session, "echo", ["x"])


def test_certificate_of_an_unknown_authority(world: World, authority: Authority) -> None:
    with FakeGradio(tls=authority.server()) as fake:
        session = world.open(fake.url, retries=0)
        with pytest.raises(ConnectError, match=r"(?i)certificate"):
            world.predict(session, "echo", ["x"])
        assert fake.received == []


def test_certificate_of_another_host(world: World, authority: Authority) -> None:
    with FakeGradio(tls=authority.server("elsewhere.example")) as fake:
        session = world.open(fake.url, verify=authority.client(), retries=0)
        with pytest.raises(ConnectError, match=r"(?i)certificate"):
            world.predict(session, "echo", ["x"])


def test_https_spoken_to_a_plain_port(world: World, fake: FakeGradio) -> None:
    session = world.open(fake.url.replace("http:", "https:"), verify=False, retries=0)
    with pytest.raises(ConnectError):
        world.predict(session, "echo", ["x"])


def test_connection_attempt_that_hangs_ends_at_the_deadline(world: World, unanswered: str) -> None:
    session = world.open(unanswered, timeout=0.6)
    with pytest.raises((CallTimeoutError, ConnectError)):
        world.predict(session, "echo", ["x"])


@pytest.mark.parametrize(
    "line", ["GET /config", "POST /gradio_api/call/echo", "GET /gradio_api/queue/data"]
)
def test_answer_that_never_comes_ends_at_the_deadline(
    world: World, fake: FakeGradio, line: str
) -> None:
    fake.always(line, Answer(None, wait=3600))
    session = world.open(fake.url, timeout=0.6)
    with pytest.raises(CallTimeoutError, match="echo"):
        world.predict(session, "echo", ["x"])
    assert fake.count("POST /gradio_api/call/echo") <= 1


def test_other_calls_go_on_while_one_answer_never_comes(world: World, fake: FakeGradio) -> None:
    session = world.open(fake.url)
    assert world.predict(session, "echo", ["first"]) == "first"
    fake.answer("POST /gradio_api/call/echo", Answer(None, wait=3600))
    stuck = world.start(lambda: session.predict("echo", ["stuck"], timeout=1.0))
    assert fake.wait_for(lambda: fake.count("POST /gradio_api/call/echo") == 2)
    assert world.predict(session, "echo", ["second"]) == "second"
    with pytest.raises(CallTimeoutError):
        stuck.result()


@pytest.mark.parametrize(
    "line", ["GET /config", "POST /gradio_api/call/echo", "GET /gradio_api/queue/data"]
)
def test_closing_a_session_ends_calls_that_wait_for_an_answer(
    world: World, fake: FakeGradio, line: str
) -> None:
    session = world.open(fake.url, retries=0)
    fake.answer(line, Answer(None, then="close", wait=3600))
    pending = world.start(lambda: session.predict("echo", ["x"]))
    assert fake.wait_for(lambda: fake.count(line) == 1)
    world.close(session)
    with pytest.raises((ConnectionLostError, CallCancelledError), match=r"closed|cancelled"):
        pending.result()


def test_a_deadline_ends_no_sibling_that_waits_for_the_same_configuration(
    world: World, fake: FakeGradio
) -> None:
    released = threading.Event()

    async def hold(link: Link, data: bytes) -> bytes:
        while not released.is_set():  # noqa: ASYNC110 - set from another thread
            await asyncio.sleep(0.002)
        return data

    def attached(**options: Any) -> Any:
        event_id = httpx.post(
            f"{fake.url}/gradio_api/call/echo", json={"data": ["x"]}, trust_env=False
        ).json()["event_id"]
        return world.result(world.do(lambda: [session.attach(event_id, "echo", **options)])[0])

    with FaultProxy(fake.url) as proxy:
        proxy.down(CONFIG, hold)
        session = world.open(proxy.url)
        hurried = Step(lambda: attached(timeout=0.3))
        assert world.wait_for(lambda: proxy.count(CONFIG) == 1)
        patient = Step(attached)
        with pytest.raises(CallTimeoutError, match="/echo"):
            hurried.result()
        released.set()
        assert patient.result() == "x"
