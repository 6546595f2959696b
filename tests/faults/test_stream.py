"""How an event stream can end, fall silent or fail while calls wait on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gradio_session import AuthenticationError, CallTimeoutError, ConnectionLostError, ProtocolError
from tests.support.endpoints import STREAM, after_two_outputs, saying
from tests.support.fake_gradio import CUT, END, RESET, STALL, Answer, Event, FakeGradio
from tests.support.fault_proxy import FaultProxy, buffer_until_end, cut_at, delay, stall_at
from tests.support.world import World

ENDS = {"FIN": CUT, "RST": RESET, "proper end": END}


@pytest.mark.parametrize("end", ENDS)
def test_stream_that_ends_before_the_first_message(
    world: World, fake: FakeGradio, end: str
) -> None:
    fake.endpoint("broken", saying(ENDS[end]))
    session = world.open(fake.url, retries=0)
    with pytest.raises(ConnectionLostError) as caught:
        world.predict(session, "broken", ["x"])
    assert caught.value.api_name == "/broken"
    assert caught.value.event_id
    assert fake.count("POST /gradio_api/call/broken") == 1
    assert world.predict(session, "echo", ["after"]) == "after"


@pytest.mark.parametrize("end", ENDS)
def test_stream_that_ends_between_messages(world: World, fake: FakeGradio, end: str) -> None:
    fake.endpoint("broken", after_two_outputs(ENDS[end]))
    session = world.open(fake.url)
    call = world.submit(session, "broken", ["x"])
    with pytest.raises(ConnectionLostError, match="/broken"):
        world.result(call)
    assert call.status == "error"
    assert isinstance(call.error, ConnectionLostError)
    assert world.predict(session, "echo", ["after"]) == "after"


@pytest.mark.parametrize("end", ENDS)
def test_outputs_come_and_then_the_error_when_the_stream_ends(
    world: World, fake: FakeGradio, end: str
) -> None:
    fake.endpoint("broken", after_two_outputs(ENDS[end]))
    session = world.open(fake.url)
    found: list[Any] = []
    with pytest.raises(ConnectionLostError):
        world.outputs(world.submit(session, "broken", ["x"]), found)
    assert found == ["one", "two"]


@pytest.mark.parametrize("rst", [False, True])
@pytest.mark.parametrize("marker", [b'"process_completed"', b"data: {", b"HTTP/1.1 200"])
def test_proxy_cuts_the_stream(world: World, fake: FakeGradio, marker: bytes, rst: bool) -> None:
    with FaultProxy(fake.url) as proxy:
        proxy.down(STREAM, cut_at(marker, rst=rst, keep=5))
        session = world.open(proxy.url)
        with pytest.raises(ConnectionLostError):
            world.predict(session, "echo", ["x"])
        assert proxy.count("POST /gradio_api/call/echo") == 1
        proxy.clear()
        assert world.predict(session, "echo", ["after"]) == "after"


def test_every_call_of_the_stream_fails_and_later_ones_work(world: World, fake: FakeGradio) -> None:
    with FaultProxy(fake.url) as proxy:
        session = world.open(proxy.url)
        calls = [world.submit(session, "forever", [str(n)]) for n in range(5)]
        assert fake.wait_for(lambda: fake.streams == 1)
        assert world.wait_for(lambda: all(call.status == "running" for call in calls))
        proxy.cut(rst=True)
        for call in calls:
            with pytest.raises(ConnectionLostError):
                world.result(call)
        assert world.predict(session, "echo", ["after"]) == "after"


def test_a_call_takes_a_new_session_hash_after_a_lost_stream(
    world: World, fake: FakeGradio
) -> None:
    fake.endpoint("broken", saying(Event.starts, CUT))
    session = world.open(fake.url)
    with pytest.raises(ConnectionLostError):
        world.predict(session, "broken", ["x"])
    world.predict(session, "echo", ["after"])
    first, second = (
        request.json["session_hash"] for request in fake.find("POST /gradio_api/call/")
    )
    assert first != second


def test_heartbeats_that_stop(world: World, fake: FakeGradio) -> None:
    fake.endpoint("silent", after_two_outputs(STALL))
    session = world.open(fake.url, heartbeat_timeout=1.5)
    with pytest.raises(ConnectionLostError):
        world.predict(session, "silent", ["x"])
    assert world.predict(session, "echo", ["after"]) == "after"


def test_packets_that_are_dropped_without_a_word(world: World, fake: FakeGradio) -> None:
    fake.heartbeat = 0.1
    with FaultProxy(fake.url) as proxy:
        proxy.down(STREAM, stall_at(b"process_starts"))
        session = world.open(proxy.url, heartbeat_timeout=1.5)
        with pytest.raises(ConnectionLostError):
            world.outputs(world.submit(session, "forever", ["x"]))
        proxy.clear()
        assert world.predict(session, "echo", ["after"]) == "after"


def test_silence_shorter_than_the_limit_is_no_fault(world: World, fake: FakeGradio) -> None:
    async def slow(event: Event) -> AsyncIterator[Any]:
        await asyncio.sleep(0.4)
        yield event.completed("late")

    fake.endpoint("slow", slow)
    session = world.open(fake.url, heartbeat_timeout=8)
    assert world.predict(session, "slow", ["x"]) == "late"


def test_heartbeats_for_ever_end_at_the_deadline_and_cancel(world: World, fake: FakeGradio) -> None:
    fake.heartbeat = 0.05
    session = world.open(fake.url, timeout=0.7)
    call = world.submit(session, "forever", ["x"])
    with pytest.raises(CallTimeoutError, match="/forever"):
        world.result(call)
    assert fake.wait_for(lambda: fake.cancelled == [call.id])


def test_proxy_that_buffers_delays_but_loses_nothing(world: World, fake: FakeGradio) -> None:
    fake.endpoint(
        "many",
        saying(
            Event.starts,
            *[lambda e, n=n: e.generating(n) for n in range(20)],
            lambda e: e.completed(19),
        ),
    )
    with FaultProxy(fake.url) as proxy:
        proxy.down(STREAM, buffer_until_end())
        session = world.open(proxy.url)
        assert world.outputs(world.submit(session, "many", ["x"])) == list(range(20))


def test_slow_line(world: World, fake: FakeGradio) -> None:
    with FaultProxy(fake.url) as proxy:
        proxy.down("", delay(0.03))
        session = world.open(proxy.url)
        calls = [world.submit(session, "echo", [str(n)]) for n in range(20)]
        assert [world.result(call) for call in calls] == [str(n) for n in range(20)]


@pytest.mark.parametrize(
    "message",
    ["404: Not Found", "404: Session not found.", "Server stopped unexpectedly.", "anything else"],
)
def test_unexpected_error_inside_a_good_answer(
    world: World, fake: FakeGradio, message: str
) -> None:
    word = {"msg": "unexpected_error", "event_id": None, "message": message, "success": False}
    fake.endpoint("broken", saying(Event.starts, word, CUT))
    session = world.open(fake.url)
    with pytest.raises(ConnectionLostError) as caught:
        world.predict(session, "broken", ["x"])
    assert message in str(caught.value)
    assert world.predict(session, "echo", ["after"]) == "after"


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, b"<html>Log in to the hotel's network</html>", {"content-type": "text/html"}),
        Answer(403, {"detail": "no"}),
        Answer(500, b"Internal Server Error", {"content-type": "text/plain"}),
        Answer(200, b"", {"content-type": "text/event-stream"}),
        Answer(raw=b"\x00\x01garbage\r\n\r\n", then="close"),
    ],
    ids=["HTML", "403", "500", "nothing", "no HTTP"],
)
def test_stream_that_cannot_be_opened(world: World, fake: FakeGradio, answer: Answer) -> None:
    fake.always(STREAM, answer)
    session = world.open(fake.url)
    with pytest.raises((ProtocolError, ConnectionLostError, AuthenticationError), match="/echo"):
        world.predict(session, "echo", ["x"])
    assert fake.count("POST /gradio_api/call/echo") == 1
