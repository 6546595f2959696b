"""Answers to the request for the stream that are no stream: those that say that nothing was read
yet are asked again, the others say what they are.
"""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from gradio_session import ConnectionLostError, GradioSessionError, ProtocolError, RateLimitedError
from tests.support.chaos_streams import CLOSE, JOIN, STREAM
from tests.support.fake_gradio import Answer, FakeGradio
from tests.support.world import World

HTML = {"content-type": "text/html"}
PAGE = b"<html><title>502 Bad Gateway</title><h1>nginx</h1></html>"
REFUSALS = {
    "502": Answer(502, PAGE, HTML),
    "503": Answer(503, b"no upstream", {"content-type": "text/plain"}),
    "503 with Retry-After": Answer(503, PAGE, {**HTML, "retry-after": "1"}),
    "429 with Retry-After": Answer(429, b"slow down", {"retry-after": "1"}),
    "502 and a connection that ends": Answer(502, PAGE, HTML, then="close"),
}
NO_STREAMS = {
    "a page": (Answer(200, PAGE, HTML), "HTML"),
    "a page of a captive portal, large": (Answer(200, PAGE * 5000, HTML), "HTML"),
    "gzip": (
        Answer(
            200,
            gzip.compress(CLOSE * 20),
            {"content-type": "text/event-stream", "content-encoding": "gzip"},
        ),
        "gzip",
    ),
    "JSON": (Answer(200, {"detail": "no"}, {"content-type": "application/json"}), "JSON|json"),
}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_single_refusal_is_asked_again(world: World, fake: FakeGradio, refusal: str) -> None:
    fake.answer(STREAM, REFUSALS[refusal])
    session = world.open(fake.url, timeout=8)
    assert world.predict(session, "echo", ["x"]) == "x"
    first, second = fake.find(STREAM)
    if "retry-after" in REFUSALS[refusal].headers:
        assert second.at - first.at > 0.9
    assert fake.count(JOIN) == 1


@pytest.mark.parametrize(("status", "error"), [(502, ProtocolError), (429, RateLimitedError)])
def test_refusals_without_end_end_the_call(
    world: World, fake: FakeGradio, status: int, error: type[GradioSessionError]
) -> None:
    fake.always(STREAM, Answer(status, PAGE, HTML))
    session = world.open(fake.url, timeout=8)
    with pytest.raises((error, ConnectionLostError), match=f"/echo.*{status}|{status}.*/echo"):
        world.predict(session, "echo", ["x"])
    assert 2 <= fake.count(STREAM) <= 6


def test_a_long_retry_after_is_the_callers_decision(world: World, fake: FakeGradio) -> None:
    fake.always(STREAM, Answer(429, b"slow down", {"retry-after": "300"}))
    session = world.open(fake.url, timeout=8)
    with pytest.raises(RateLimitedError) as caught:
        world.predict(session, "echo", ["x"])
    assert caught.value.retry_after == 300
    assert fake.count(STREAM) == 1


@pytest.mark.parametrize("answer", NO_STREAMS)
def test_an_answer_that_is_no_stream_says_what_it_is(
    world: World, fake: FakeGradio, answer: str
) -> None:
    kind, words = NO_STREAMS[answer]
    fake.always(STREAM, kind)
    session = world.open(fake.url, timeout=8)
    with pytest.raises(ProtocolError, match=words) as caught:
        world.predict(session, "echo", ["x"])
    assert "/echo" in str(caught.value)
    assert fake.count(STREAM) == 1


def test_calls_after_a_refusal_go_on(world: World, fake: FakeGradio) -> None:
    fake.answer(STREAM, REFUSALS["502"])
    session = world.open(fake.url, timeout=8)
    calls: list[Any] = [world.submit(session, "echo", [str(n)]) for n in range(4)]
    assert [world.result(call) for call in calls] == ["0", "1", "2", "3"]
    assert world.predict(session, "echo", ["after"]) == "after"
