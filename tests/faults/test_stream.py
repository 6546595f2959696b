"""What can happen to the event stream while calls wait on it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gradio_session import (
    AppError,
    AuthenticationError,
    CallTimeoutError,
    ConnectionLostError,
    ProtocolError,
    ResponseError,
)
from tests.support.fake_gradio import (
    CUT,
    END,
    RESET,
    STALL,
    Answer,
    Event,
    FakeGradio,
    Script,
    frame,
)
from tests.support.fault_proxy import FaultProxy, buffer_until_end, cut_at, delay, split, stall_at
from tests.support.world import World

STREAM = "GET /gradio_api/queue/data"
ENDS = {"FIN": CUT, "RST": RESET, "proper end": END}


def saying(*items: Any) -> Script:
    """An endpoint that sends these; functions among them get the event."""

    async def script(event: Event) -> AsyncIterator[Any]:
        for item in items:
            yield item(event) if callable(item) else item

    return script


def after_two_outputs(*items: Any) -> Script:
    return saying(
        Event.estimation,
        Event.starts,
        lambda e: e.generating("one"),
        lambda e: e.generating("two"),
        *items,
    )


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


@pytest.mark.parametrize(
    "text",
    [
        "grüße 🎈 日本",
        "a\u2028b\u2029c\u0085d\x1ee",
        'q"\\\n\r\t',
        '{"msg":"process_completed","event_id":"x"}',
    ],
)
@pytest.mark.parametrize("size", [1, 7])
def test_bytes_in_small_packets(world: World, fake: FakeGradio, text: str, size: int) -> None:
    with FaultProxy(fake.url) as proxy:
        proxy.down(STREAM, split(size))
        session = world.open(proxy.url)
        assert world.predict(session, "echo", [text]) == text


def test_half_a_character_waits_for_its_other_half(world: World, fake: FakeGradio) -> None:
    async def script(event: Event) -> AsyncIterator[Any]:
        whole = frame(event.completed("für"))
        place = whole.index("ü".encode()) + 1
        yield whole[:place]
        await asyncio.sleep(0.05)
        yield whole[place:]
        yield END

    fake.endpoint("halves", script)
    session = world.open(fake.url)
    assert world.predict(session, "halves", ["x"]) == "für"


def test_bytes_that_are_no_text_are_a_protocol_error(world: World, fake: FakeGradio) -> None:
    fake.endpoint(
        "binary", saying(lambda e: frame(e.completed("für")).replace("ü".encode(), b"\xff"), END)
    )
    session = world.open(fake.url)
    with pytest.raises((ProtocolError, ConnectionLostError)):
        world.predict(session, "binary", ["x"])


@pytest.mark.parametrize(
    "grammar",
    [
        lambda raw: b": a comment\n\n" + raw,
        lambda raw: raw.replace(b"\n", b"\r\n"),
        lambda raw: b"event: message\nid: 7\nretry: 10\n" + raw,
        lambda raw: raw.replace(b"data: ", b"data:"),
        lambda raw: b"\n\n\n" + raw,
        lambda raw: raw.replace(b',"output"', b'\ndata: ,"output"'),
        lambda raw: b"\xef\xbb\xbf" + raw,
    ],
    ids=[
        "comment",
        "CRLF",
        "other fields",
        "no space",
        "empty lines",
        "data on two lines",
        "byte order mark",
    ],
)
def test_whole_grammar_of_event_streams(world: World, fake: FakeGradio, grammar: Any) -> None:
    fake.endpoint("odd", saying(lambda e: grammar(frame(e.completed("right"))), END))
    session = world.open(fake.url)
    assert world.predict(session, "odd", ["x"]) == "right"


@pytest.mark.slow
def test_message_of_a_hundred_megabytes(world: World, fake: FakeGradio) -> None:
    text = "0123456789abcdef" * (100 * 1024 * 1024 // 16)
    fake.endpoint("huge", saying(lambda e: e.completed(text)))
    session = world.open(fake.url)
    assert world.predict(session, "huge", ["x"], within=60) == text


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
    "garbage",
    [b"data: {not json\n\n", b"data: [1, 2]\n\n", b"data: \n\n", b"<html>oops</html>\n\n"],
)
def test_garbage_on_the_stream_ends_in_a_typed_error_or_is_skipped(
    world: World, fake: FakeGradio, garbage: bytes
) -> None:
    fake.endpoint("garbage", saying(Event.starts, garbage, lambda e: e.completed("right")))
    session = world.open(fake.url)
    try:
        assert world.predict(session, "garbage", ["x"]) == "right"
    except ProtocolError as error:
        assert "/garbage" in str(error)  # noqa: PT017 - either end is right
    assert world.predict(session, "echo", ["after"]) == "after"


def test_broken_json_in_a_message_of_the_call_is_its_error(world: World, fake: FakeGradio) -> None:
    fake.endpoint("garbage", saying(lambda e: frame(e.completed("right"))[:-5] + b"\n\n", END))
    session = world.open(fake.url)
    with pytest.raises(ProtocolError, match="/garbage"):
        world.predict(session, "garbage", ["x"])
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


def test_unknown_messages_are_skipped_and_logged(
    world: World, fake: FakeGradio, caplog: pytest.LogCaptureFixture
) -> None:
    fake.endpoint(
        "future",
        saying(lambda e: e.message("process_dreaming", depth=3), lambda e: e.completed("right")),
    )
    session = world.open(fake.url)
    with caplog.at_level(logging.DEBUG, logger="gradio_session"):
        assert world.predict(session, "future", ["x"]) == "right"
    assert "process_dreaming" in caplog.text


def test_messages_for_a_call_nobody_knows_are_dropped(world: World, fake: FakeGradio) -> None:
    stranger = Event("", "echo", [])
    fake.endpoint(
        "mixed",
        saying(
            stranger.starts(),
            frame(stranger.completed("not yours")),
            Event.starts,
            lambda e: e.completed("mine"),
        ),
    )
    session = world.open(fake.url)
    assert world.predict(session, "mixed", ["x"]) == "mine"
    assert len(session.calls) == 1


def test_completion_that_comes_twice(world: World, fake: FakeGradio) -> None:
    fake.endpoint(
        "twice", saying(lambda e: frame(e.completed("first")), lambda e: e.completed("second"))
    )
    session = world.open(fake.url)
    call = world.submit(session, "twice", ["x"])
    assert world.result(call) == "first"
    assert world.predict(session, "echo", ["after"]) == "after"
    assert world.result(call) == "first"


@pytest.mark.parametrize("outputs", [(), ("a", "b"), ("a", "b", "c")])
def test_wrong_number_of_outputs_still_hands_over_the_data(
    world: World, fake: FakeGradio, outputs: tuple[str, ...]
) -> None:
    fake.endpoint("odd", saying(lambda e: e.completed(*outputs)))
    session = world.open(fake.url)
    with pytest.raises(ResponseError, match="/odd") as caught:
        world.predict(session, "odd", ["x"])
    assert caught.value.data == list(outputs)


@pytest.mark.parametrize(
    "output", [None, [], "text", {"data": "no list"}, {"data": 7}, {"data": {"0": 1}}]
)
def test_completion_of_another_shape_is_a_typed_error(
    world: World, fake: FakeGradio, output: Any
) -> None:
    fake.endpoint(
        "odd", saying(lambda e: e.message("process_completed", output=output, success=True))
    )
    session = world.open(fake.url)
    with pytest.raises((ResponseError, ProtocolError), match="/odd"):
        world.predict(session, "odd", ["x"])


@pytest.mark.parametrize("output", [{"error": None}, {}, None, {"error": {"deep": 1}}, "text"])
def test_failure_without_words(world: World, fake: FakeGradio, output: Any) -> None:
    fake.endpoint(
        "fails", saying(lambda e: e.message("process_completed", output=output, success=False))
    )
    session = world.open(fake.url)
    with pytest.raises((AppError, ProtocolError), match="/fails"):
        world.predict(session, "fails", ["x"])


@pytest.mark.parametrize(
    "msg", ["estimation", "process_starts", "progress", "log", "process_generating"]
)
def test_messages_without_their_fields_do_no_harm(world: World, fake: FakeGradio, msg: str) -> None:
    fake.endpoint("bare", saying(lambda e: e.message(msg), lambda e: e.completed("right")))
    session = world.open(fake.url)
    call = world.submit(session, "bare", ["x"])
    try:
        world.events(call)
    except (ProtocolError, ResponseError):
        return
    assert world.result(call) == "right"
