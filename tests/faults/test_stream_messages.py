"""What can be wrong with the bytes and the messages of an event stream."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gradio_session import AppError, ConnectionLostError, ProtocolError, ResponseError
from tests.support.endpoints import STREAM, saying
from tests.support.fake_gradio import END, Event, FakeGradio, frame
from tests.support.fault_proxy import FaultProxy, split
from tests.support.world import World


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
