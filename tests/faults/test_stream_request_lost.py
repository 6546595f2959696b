"""The request for the stream was sent, and its connection breaks: the server may have dropped what
it held for the session, so the request is not sent again and the calls end.
"""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from gradio_session import ConnectionLostError
from tests.conftest import Serve
from tests.support.chaos_streams import (
    CLOSE,
    HEAD,
    HEARTBEAT,
    JOIN,
    STREAM,
    closing,
    cut_after_sending,
    ended_after_sending,
    ended_stream,
)
from tests.support.environments import ROOT
from tests.support.fake_gradio import Answer, FakeGradio
from tests.support.fault_proxy import Fault, FaultProxy, Link, once
from tests.support.world import World

BREAKS = {
    "RST before the answer": Answer(None, then="reset"),
    "FIN before the answer": Answer(None, then="close"),
    "half a head": Answer(raw=HEAD[:40], then="close"),
    "a head alone": Answer(raw=HEAD, then="close"),
    "an end without close_stream": ended_stream(),
    "a heartbeat and an end without close_stream": ended_stream(HEARTBEAT),
}
CUTS: dict[str, Fault] = {
    "RST at once": cut_after_sending(0, rst=True),
    "FIN at once": cut_after_sending(0, rst=False),
    "RST after 3 ms": cut_after_sending(0.003, rst=True),
    "FIN after 3 ms": cut_after_sending(0.003, rst=False),
    "an end without close_stream": ended_after_sending(0.2),
}


@pytest.fixture(scope="module")
def url(serve: Serve) -> str:
    return serve(ROOT / "tests" / "apps" / "load.py")


def lost(world: World, session: Any) -> None:
    """A call that never ends by itself is lost, long before its deadline."""
    call = world.submit(session, "forever", ["x"])
    with pytest.raises(ConnectionLostError, match="/forever"):
        world.result(call)
    assert call.status == "error"


@pytest.mark.parametrize("end", BREAKS)
def test_a_request_that_was_sent_is_not_sent_again(
    world: World, fake: FakeGradio, end: str
) -> None:
    """It goes out on the connection of the join, which is kept alive."""
    fake.answer(STREAM, BREAKS[end])
    session = world.open(fake.url, timeout=3)
    lost(world, session)
    assert fake.count(STREAM) == 1
    assert world.predict(session, "echo", ["after"]) == "after"


@pytest.mark.parametrize("then", ["reset", "close"])
def test_nor_is_one_on_a_fresh_connection(world: World, fake: FakeGradio, then: str) -> None:
    fake.answer(STREAM, Answer(None, then=then))
    with FaultProxy(fake.url) as proxy:
        proxy.down(JOIN, closing())
        session = world.open(proxy.url, timeout=3)
        lost(world, session)
        assert fake.count(STREAM) == 1


def test_nor_is_one_that_is_not_answered_in_time(world: World, fake: FakeGradio) -> None:
    fake.answer(STREAM, Answer(None, wait=2.0))
    session = world.open(fake.url, timeout=4, heartbeat_timeout=0.5)
    fake.heartbeat = 0.1
    lost(world, session)
    assert fake.count(STREAM) == 1
    assert world.predict(session, "echo", ["after"]) == "after"


def test_nor_is_a_later_one(world: World, fake: FakeGradio) -> None:
    fake.answer(STREAM, ended_stream(CLOSE), Answer(None, then="close"))
    session = world.open(fake.url, timeout=3)
    lost(world, session)
    assert fake.count(STREAM) == 2


def test_every_call_of_the_session_ends(world: World, fake: FakeGradio) -> None:
    fake.answer(STREAM, Answer(None, then="close", wait=0.2))
    session = world.open(fake.url, timeout=3)
    calls = [world.submit(session, "forever", [str(n)]) for n in range(4)]
    for call in calls:
        with pytest.raises(ConnectionLostError):
            world.result(call)
    hashes = {request.json["session_hash"] for request in fake.find(JOIN)}
    assert world.predict(session, "echo", ["after"]) == "after"
    assert fake.find(JOIN)[-1].json["session_hash"] not in hashes


@pytest.mark.parametrize("cut", CUTS)
def test_a_real_server_has_forgotten_the_call(world: World, url: str, cut: str) -> None:
    with FaultProxy(url) as proxy:
        proxy.up(STREAM, once(CUTS[cut]))
        session = world.open(proxy.url, timeout=4)
        with pytest.raises(ConnectionLostError, match="/slow"):
            world.predict(session, "slow", ["x", 0.5])
        assert proxy.count(STREAM) == 1
        assert world.predict(session, "echo", ["after"]) == "after"


def test_a_connection_that_is_refused_is_tried_again(world: World, fake: FakeGradio) -> None:
    """Nothing was sent, so nothing is lost."""
    joined, refused = threading.Event(), threading.Event()

    async def hold(link: Link, data: bytes) -> bytes:
        joined.set()
        while not refused.is_set():  # noqa: ASYNC110 - set from another thread
            await asyncio.sleep(0.002)
        return await closing()(link, data)

    with FaultProxy(fake.url) as proxy:
        proxy.down(JOIN, hold)
        session = world.open(proxy.url, timeout=10)
        waiting = world.start(lambda: session.predict("echo", ["late"]))
        assert joined.wait(10)
        proxy.refuse()
        refused.set()
        threading.Timer(0.15, proxy.listen).start()
        assert waiting.result() == "late"
