"""Answers that are not the ones hoped for, and what is sent again."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from gradio_session import (
    AppError,
    ConnectionLostError,
    GradioSessionError,
    InputValidationError,
    ProtocolError,
    QueueFullError,
    RateLimitedError,
    UnsupportedVersionError,
    UploadError,
)
from tests.support.fake_gradio import Answer, Event, FakeGradio
from tests.support.world import World

JOIN = "POST /gradio_api/call/echo"
FULL = {"detail": "Queue is full. Max size is 2 and size is 2."}


@pytest.mark.parametrize("status", [429, 503])
def test_refused_join_is_sent_again(world: World, fake: FakeGradio, status: int) -> None:
    session = world.open(fake.url, retries=2)
    fake.answer(
        JOIN,
        Answer(status, b"busy", {"content-type": "text/plain"}),
        Answer(status, b"busy", {"content-type": "text/plain"}),
    )
    assert world.predict(session, "echo", ["x"]) == "x"
    assert fake.count(JOIN) == 3


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_in_seconds_is_waited_for(world: World, fake: FakeGradio, status: int) -> None:
    session = world.open(fake.url, retries=1)
    fake.answer(JOIN, Answer(status, b"", {"retry-after": "1"}))
    assert world.predict(session, "echo", ["x"]) == "x"
    first, second = fake.find(JOIN)
    assert 1.0 <= second.at - first.at < 2.5


def test_retry_after_as_a_date_is_counted_from_the_servers_clock(
    world: World, fake: FakeGradio
) -> None:
    now = datetime(2020, 5, 17, 12, 0, tzinfo=timezone.utc)
    headers = {
        "date": format_datetime(now, usegmt=True),
        "retry-after": format_datetime(now + timedelta(seconds=1), usegmt=True),
    }
    session = world.open(fake.url, retries=1)
    fake.answer(JOIN, Answer(429, b"", headers))
    assert world.predict(session, "echo", ["x"]) == "x"
    first, second = fake.find(JOIN)
    assert 1.0 <= second.at - first.at < 2.5


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({"retry-after": "1"}, 1.0), ({}, None), ({"retry-after": "soon"}, None)],
)
def test_rate_limit_without_retries_tells_when_to_come_back(
    world: World, fake: FakeGradio, headers: dict[str, str], seconds: float | None
) -> None:
    session = world.open(fake.url, retries=0)
    fake.always(JOIN, Answer(429, b"", headers))
    with pytest.raises(RateLimitedError) as caught:
        world.predict(session, "echo", ["x"])
    assert caught.value.retry_after == seconds
    assert caught.value.status == 429
    assert fake.count(JOIN) == 1


def test_a_wait_longer_than_the_deadline_is_not_begun(world: World, fake: FakeGradio) -> None:
    session = world.open(fake.url, retries=2, timeout=2)
    fake.always(JOIN, Answer(429, b"", {"retry-after": "3600"}))
    with pytest.raises(GradioSessionError) as caught:
        world.predict(session, "echo", ["x"])
    assert isinstance(caught.value, (RateLimitedError, TimeoutError))


def test_a_cancelled_wait_ends_at_once_and_sends_nothing(world: World, fake: FakeGradio) -> None:
    session = world.open(fake.url, retries=2)
    world.predict(session, "echo", ["warm"])
    fake.answer(JOIN, Answer(429, b"", {"retry-after": "3600"}))
    waiting = world.start(lambda: session.predict("echo", ["x"]))
    assert fake.wait_for(lambda: fake.count(JOIN) == 2)
    world.close(session)
    with pytest.raises(GradioSessionError):
        waiting.result()
    time.sleep(0.1)
    assert fake.count(JOIN) == 2


def test_full_queue(world: World, fake: FakeGradio) -> None:
    session = world.open(fake.url, retries=0)
    fake.always(JOIN, Answer(503, FULL))
    with pytest.raises(QueueFullError, match="/echo"):
        world.predict(session, "echo", ["x"])
    assert fake.running == 0


def test_full_queue_is_tried_again(world: World, fake: FakeGradio) -> None:
    session = world.open(fake.url, retries=2)
    fake.answer(JOIN, Answer(503, FULL))
    assert world.predict(session, "echo", ["x"]) == "x"


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_join_that_may_have_run_is_not_sent_again(
    world: World, fake: FakeGradio, status: int
) -> None:
    session = world.open(fake.url, retries=5)
    fake.answer(
        JOIN,
        Answer(
            status, b"<html><title>Bad</title></html>", {"content-type": "text/html"}, then="close"
        ),
    )
    with pytest.raises(GradioSessionError, match="/echo"):
        world.predict(session, "echo", ["x"])
    assert fake.count(JOIN) == 1
    assert world.predict(session, "echo", ["after"]) == "after"


def test_connection_closed_unannounced_after_a_500_harms_no_later_call(
    world: World, fake: FakeGradio
) -> None:
    session = world.open(fake.url, retries=0)
    for round_ in range(5):
        fake.answer(
            JOIN,
            Answer(500, b"Internal Server Error", {"content-type": "text/plain"}, then="close"),
        )
        with pytest.raises(GradioSessionError):
            world.predict(session, "echo", ["x"])
        assert world.predict(session, "echo", [str(round_)]) == str(round_)


@pytest.mark.parametrize("then", ["close", "reset"])
def test_join_whose_answer_is_lost_is_never_sent_twice(
    world: World, fake: FakeGradio, then: str
) -> None:
    session = world.open(fake.url, retries=5)
    assert world.predict(session, "echo", ["before"]) == "before"
    fake.answer(JOIN, Answer(None, run=True, then=then))
    with pytest.raises(ConnectionLostError, match="may have run") as caught:
        world.predict(session, "echo", ["x"])
    assert caught.value.api_name == "/echo"
    assert fake.count(JOIN) == 2
    assert world.predict(session, "echo", ["after"]) == "after"


def test_read_on_a_connection_that_served_before_is_sent_again(
    world: World, fake: FakeGradio
) -> None:
    """The server may have given the connection up just then; nothing is started by a read."""
    session = world.open(fake.url, retries=0)
    assert world.predict(session, "echo", ["x"]) == "x"
    world.do(lambda: session.wait_ready(5))  # which leaves a connection to be used again
    fake.answer("GET /gradio_api/info", Answer(None, then="close"))
    assert world.predict(session, "echo", {"value": "by name"}) == "by name"
    assert fake.count("GET /gradio_api/info") == 2


def test_stream_whose_request_broke_after_it_was_sent_is_not_asked_for_again(
    world: World, fake: FakeGradio
) -> None:
    """The server may have begun to send, and forgets what it held when the reader is gone."""
    fake.answer("GET /gradio_api/queue/data", Answer(None, then="reset"))
    session = world.open(fake.url, retries=2)
    with pytest.raises(ConnectionLostError, match="not sent again"):
        world.predict(session, "echo", ["x"])
    assert fake.count(JOIN) == 1
    assert fake.count("GET /gradio_api/queue/data") == 1


def test_connection_that_the_server_closed_while_idle_is_not_used(world: World) -> None:
    with FakeGradio(idle_timeout=0.2) as fake:
        session = world.open(fake.url, retries=0)
        for number in range(4):
            assert world.predict(session, "echo", [str(number)]) == str(number)
            assert fake.wait_for(lambda: fake.open == 0)


@pytest.mark.parametrize("path", ["POST /gradio_api/call/echo", "GET /config"])
@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, b"<html><title>Hotel</title></html>", {"content-type": "text/html"}),
        Answer(200, b"{broken"),
        Answer(200, b""),
        Answer(200, []),
        Answer(200, {"event_id": 7}),
        Answer(200, {}),
        Answer(418, b"short and stout"),
        Answer(raw=b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{", then="close"),
        Answer(raw=b"SSH-2.0-OpenSSH_9.6\r\n", then="close"),
        Answer(200, b"\x1f\x8b not gzip", {"content-encoding": "gzip"}),
    ],
    ids=[
        "HTML",
        "broken JSON",
        "empty",
        "list",
        "number",
        "no id",
        "418",
        "short body",
        "no HTTP",
        "bad gzip",
    ],
)
def test_answer_that_gradio_does_not_give(
    world: World, fake: FakeGradio, path: str, answer: Answer
) -> None:
    fake.always(path, answer)
    session = world.open(fake.url, retries=0)
    with pytest.raises((ProtocolError, ConnectionLostError)) as caught:
        world.predict(session, "echo", ["x"])
    assert str(caught.value)
    assert fake.count(JOIN) <= 1


def test_refusal_by_the_apps_validators(world: World, fake: FakeGradio) -> None:
    problems = [
        {
            "__type__": "validate",
            "is_valid": False,
            "message": "too long",
            "parameter_name": "value",
        }
    ]
    fake.answer(JOIN, Answer(422, {"detail": problems}))
    session = world.open(fake.url)
    with pytest.raises(InputValidationError, match="too long") as caught:
        world.predict(session, "echo", ["x"])
    assert caught.value.problems == {"value": "too long"}
    assert fake.count(JOIN) == 1


def test_body_that_is_too_large(world: World, fake: FakeGradio) -> None:
    fake.always(JOIN, Answer(413, b"Request Entity Too Large", {"content-type": "text/plain"}))
    session = world.open(fake.url)
    with pytest.raises((ProtocolError, AppError)) as caught:
        world.predict(session, "echo", ["x"])
    assert "413" in str(caught.value)
    assert fake.count(JOIN) == 1


def test_file_that_is_too_large(world: World, fake: FakeGradio, tmp_path: Path) -> None:
    fake.endpoint("file", _first, inputs=("file",))
    fake.always(
        "POST /gradio_api/upload",
        Answer(
            413,
            b"File size exceeded maximum allowed size of 10 bytes.",
            {"content-type": "text/plain"},
        ),
    )
    path = tmp_path / "big.bin"
    path.write_bytes(b"x" * 100)
    session = world.open(fake.url)
    with pytest.raises(UploadError, match=r"big\.bin"):
        world.predict(session, "file", {"value": path})
    assert fake.count("POST /gradio_api/call") == 0


async def _first(event: Event) -> AsyncIterator[Any]:
    yield event.completed("got it")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirect_to_another_origin_gets_no_credentials(
    world: World, fake: FakeGradio, status: int
) -> None:
    with FakeGradio() as stranger:
        fake.always("GET /config", Answer(status, b"", {"location": f"{stranger.url}/config"}))
        session = world.open(
            fake.url,
            token="hf_secret",
            headers={"x-api-key": "key-secret"},
            cookies={"sticky": "cookie-secret"},
            retries=0,
        )
        with contextlib.suppress(GradioSessionError):
            world.predict(session, "echo", ["x"])
        assert fake.count("GET /config") >= 1
        assert "secret" in str(fake.received[0].headers)
        for request in stranger.received:
            assert "secret" not in str(request.headers)


@pytest.mark.parametrize("line", ["POST /gradio_api/call/echo", "GET /gradio_api/queue/data"])
def test_redirect_of_a_call_is_not_followed_with_credentials(
    world: World, fake: FakeGradio, line: str
) -> None:
    with FakeGradio() as stranger:
        fake.always(line, Answer(307, b"", {"location": stranger.url + line.split(" ")[1]}))
        session = world.open(
            fake.url, token="hf_secret", cookies={"sticky": "cookie-secret"}, retries=0
        )
        with pytest.raises(GradioSessionError):
            world.predict(session, "echo", ["x"])
        for request in stranger.received:
            assert "secret" not in str(request.headers)


@pytest.mark.parametrize(
    ("version", "config"),
    [
        ("4.19.2", {"protocol": "sse_v2"}),
        ("3.50.2", {"protocol": ...}),
        ("4.21.0", {"protocol": "sse_v2.1"}),
        ("4.2.0", {"protocol": "sse"}),
    ],
)
def test_app_older_than_the_protocol_is_refused_at_once(
    world: World, version: str, config: dict[str, Any]
) -> None:
    with FakeGradio(version=version) as fake:
        fake.config.update(config)
        session = world.open(fake.url)
        with pytest.raises(UnsupportedVersionError, match=version):
            world.predict(session, "echo", ["x"])
        assert fake.count("POST") == 0
