"""`submit` waits for nothing of the network: what a held answer may hold up, and what it may not.

The proxy holds answers until as many requests have come as a test wants: a design that sends one
after the other never gets there.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gradio_session import (
    CallCancelledError,
    CallTimeoutError,
    ConnectError,
    EndpointNotFoundError,
    ParameterError,
    Session,
    UploadError,
)
from gradio_session.connection import base
from gradio_session.session.sync import Wire
from gradio_session.stream import post_loop, posts
from tests.support.fake_gradio import Event, FakeGradio, echo
from tests.support.fault_proxy import FaultProxy, delay, held_until
from tests.support.patience import wait_for
from tests.support.probe import threads_end
from tests.support.scripts import Script
from tests.support.world import World

POST = "POST /gradio_api/call/"
MANY = 24


@pytest.fixture
def proxy(fake: FakeGradio) -> Iterator[FaultProxy]:
    with FaultProxy(fake.url) as proxy:
        yield proxy


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine, the app counts as near and quick."""
    monkeypatch.setattr(posts, "STALL", 600.0)
    monkeypatch.setattr(base, "FAR", 600.0)


def warm(world: World, proxy: FaultProxy, **options: Any) -> Any:
    session = world.open(proxy.url, **options)
    assert world.predict(session, "echo", ["warm"]) == "warm"
    proxy.requests.clear()
    return session


def hold(proxy: FaultProxy, request: str) -> threading.Event:
    """Hold the answers of such requests until the event is set."""
    go = threading.Event()
    proxy.down(request, held_until(go.is_set))
    return go


def sent(fake: FakeGradio) -> list[Any]:
    """The first value of every call, in the order of their arrival."""
    bodies = [json.loads(each.body) for each in fake.find(POST)]
    return [body["data"][0] for body in bodies]


def test_calls_are_posted_while_no_answer_comes(world: World, proxy: FaultProxy) -> None:
    session = warm(world, proxy)
    proxy.down(POST, held_until(lambda: proxy.count(POST) >= MANY // 2))
    calls = [world.submit(session, "echo", [str(n)]) for n in range(MANY)]
    assert [world.result(call) for call in calls] == [str(n) for n in range(MANY)]
    assert proxy.count(POST) == MANY


def test_the_first_calls_wait_for_nothing(world: World, proxy: FaultProxy) -> None:
    go = hold(proxy, "GET /config")
    session = world.open(proxy.url)
    calls = [world.submit(session, "echo", {"value": str(n)}) for n in range(3)]
    calls.append(world.submit(session, "nope", ["x"]))
    assert [(call.id, call.status) for call in calls] == [(None, "pending")] * 4
    go.set()
    assert [world.result(call) for call in calls[:3]] == ["0", "1", "2"]
    with pytest.raises(EndpointNotFoundError):
        world.result(calls[3])
    assert all(session.calls[call.id] is call for call in calls[:3])
    assert len(session.calls) == 3, "what was never sent is not in the record"


def test_an_app_that_is_not_there_ends_every_call(world: World, proxy: FaultProxy) -> None:
    proxy.refuse()
    session = world.open(proxy.url, retries=0)
    calls = [world.submit(session, "echo", [str(n)]) for n in range(5)]
    for call in calls:
        with pytest.raises(ConnectError):
            world.result(call)


def test_attaching_waits_for_nothing(world: World, proxy: FaultProxy, fake: FakeGradio) -> None:
    made = httpx.post(f"{fake.url}/gradio_api/call/echo", json={"data": ["x"]}).json()["event_id"]
    go = hold(proxy, "GET /config")
    session = world.open(proxy.url)
    call = world.submit(session, "echo", event_id=made)
    assert call.id == made
    assert not call.done
    go.set()
    assert world.result(call) == "x"


def test_attaching_to_nothing_says_so(world: World, proxy: FaultProxy) -> None:
    session = world.open(proxy.url)
    call = world.submit(session, "nope", event_id="0" * 32)
    with pytest.raises(EndpointNotFoundError):
        world.result(call)


@pytest.mark.usefixtures("one_by_one")
def test_near_the_app_calls_arrive_in_order(fake: FakeGradio) -> None:
    with Session(fake.url) as session:
        session.predict("echo", ["warm"])
        texts = [str(n) for n in range(60)]
        calls = [session.submit("echo", [text]) for text in texts]
        last = session.predict("echo", ["last"])  # it does not overtake those before it
        assert [call.result() for call in calls] == texts
    assert last == "last"
    assert sent(fake) == ["warm", *texts, "last"]


def test_what_waits_for_its_result_is_sent_by_its_own_thread(
    fake: FakeGradio, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Session(fake.url) as session:
        monkeypatch.setattr(Wire, "carry", None)
        assert session.predict("echo", ["a"]) == "a"
        with pytest.raises(TypeError):
            session.submit("echo", ["b"])
        session.calls.clear(force=True)


def test_what_is_known_to_be_wrong_is_raised_at_once(fake: FakeGradio, tmp_path: Path) -> None:
    fake.endpoint("any", echo, inputs=("json",))
    fake.endpoint("take", echo_file, inputs=("file",))
    with Session(fake.url) as session:
        session.predict("echo", ["warm"])
        with pytest.raises(ParameterError):
            session.submit("echo", ["a", "b"])
        with pytest.raises(ParameterError, match="which is no JSON value"):
            session.submit("any", [object()])
        with pytest.raises(EndpointNotFoundError):
            session.submit("nope", ["a"])
        with pytest.raises(UploadError):
            session.submit("take", [tmp_path / "nothing.txt"])
        session.__gradio__.app.last_checked -= 60  # the app may be another one by now
        with pytest.raises(ParameterError):
            session.submit("echo", ["a", "b"])
        assert len(session.calls) == 1
    assert sent(fake) == ["warm"]


async def echo_file(event: Event) -> AsyncIterator[Any]:
    yield event.completed("taken")


def test_values_count_as_they_were_when_submitted(proxy: FaultProxy, fake: FakeGradio) -> None:
    fake.endpoint("any", echo, inputs=("json",), outputs=("json",))
    with Session(proxy.url) as session:
        session.predict("echo", ["warm"])
        go = hold(proxy, POST)
        given = [["a"]]
        calls = [session.submit("any", given) for _ in range(2)]
        given[0].append("b")
        given.append(["c"])
        go.set()
        assert [call.result() for call in calls] == [["a"], ["a"]]


@pytest.mark.usefixtures("one_by_one")
def test_a_call_cancelled_before_it_was_posted_never_is(proxy: FaultProxy) -> None:
    with Session(proxy.url) as session:
        session.predict("echo", ["warm"])
        go = hold(proxy, POST)
        first, second = session.submit("echo", ["a"]), session.submit("echo", ["b"])
        assert second.cancel() is False
        assert second.status == "cancelled"
        go.set()
        assert first.result() == "a"
        with pytest.raises(CallCancelledError):
            second.result()
        assert session.predict("echo", ["c"]) == "c"
    assert proxy.count(POST) == 3


def test_a_call_cancelled_while_it_is_posted_is_cancelled_on_the_server(
    world: World, proxy: FaultProxy, fake: FakeGradio
) -> None:
    session = warm(world, proxy)
    go = hold(proxy, POST)
    call = world.submit(session, "forever", ["x"])
    assert wait_for(lambda: proxy.count(POST) == 1)
    cancelling = world.start(call.cancel)
    assert wait_for(lambda: fake.count(POST) == 2)
    go.set()
    assert cancelling.result(20) is True
    assert call.status == "cancelled"
    assert fake.wait_for(lambda: fake.running == 0)


def test_a_session_that_closes_posts_nothing_more(
    world: World, proxy: FaultProxy, fake: FakeGradio
) -> None:
    session = warm(world, proxy)
    held = hold(proxy, POST)
    calls = [world.submit(session, "forever", [str(n)]) for n in range(3)]
    assert wait_for(lambda: proxy.count(POST) >= 1)
    closing = world.start(session.close)
    assert wait_for(lambda: session.closed)
    held.set()
    closing.result(30)
    assert [call.status for call in calls] == ["cancelled"] * 3, [call.error for call in calls]
    assert fake.wait_for(lambda: fake.running == 0)
    assert threads_end() == ()


@pytest.mark.usefixtures("one_by_one")
def test_a_call_behind_another_keeps_its_deadline(world: World, proxy: FaultProxy) -> None:
    session = warm(world, proxy)
    go = hold(proxy, POST)
    first = world.submit(session, "echo", ["a"])
    second = world.submit(session, "echo", ["b"], timeout=0.2)
    with pytest.raises(CallTimeoutError):
        world.result(second)
    go.set()
    assert world.result(first) == "a"


def test_turns_are_kept_while_no_answer_comes(world: World, proxy: FaultProxy) -> None:
    session = warm(world, proxy, max_concurrency=3)
    proxy.down(POST, held_until(lambda: proxy.count(POST) >= 3))
    calls = [world.submit(session, "echo", [str(n)]) for n in range(9)]
    assert [world.result(call) for call in calls] == [str(n) for n in range(9)]


def test_detached_calls_are_posted_at_once(world: World, proxy: FaultProxy) -> None:
    session = warm(world, proxy)
    proxy.down(POST, held_until(lambda: proxy.count(POST) >= 4))
    calls = [world.submit(session, "echo", [str(n)], detached=True) for n in range(4)]
    assert world.wait_for(lambda: all(call.id is not None for call in calls))
    other = world.open(proxy.url)
    read = [world.submit(other, "echo", event_id=call.id) for call in calls]
    assert [world.result(call) for call in read] == ["0", "1", "2", "3"]


def test_a_client_of_the_users_own_posts_at_once_too(proxy: FaultProxy) -> None:
    with httpx.Client() as http, Session(proxy.url, http=http) as session:
        session.predict("echo", ["warm"])
        proxy.requests.clear()
        proxy.down(POST, held_until(lambda: proxy.count(POST) >= 8))
        calls = [session.submit("echo", [str(n)]) for n in range(12)]
        assert [call.result() for call in calls] == [str(n) for n in range(12)]


def test_no_more_posts_are_under_way_than_the_distance_asks_for(
    proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More would only make the queue of the app long."""
    monkeypatch.setattr(post_loop, "posts_at_once", lambda _seconds: 3)
    proxy.down(POST, delay(0.05))
    with Session(proxy.url) as session:
        assert [session.predict("echo", [str(n)]) for n in range(4)] == ["0", "1", "2", "3"]
        calls = [session.submit("echo", [str(n)]) for n in range(MANY)]
        assert [call.result() for call in calls] == [str(n) for n in range(MANY)]
    assert proxy.made <= 3 + 3, "those of the loop, and the session's own"


def test_cookies_and_headers_go_with_every_post(fake: FakeGradio) -> None:
    options: dict[str, Any] = {"headers": {"x-mine": "1"}, "cookies": {"sticky": "2"}}
    with FaultProxy(fake.url) as proxy, Session(proxy.url, **options) as session:
        session.predict("echo", ["warm"])
        proxy.requests.clear()
        proxy.down(POST, held_until(lambda: proxy.count(POST) >= 6))
        calls = [session.submit("echo", [str(n)], token="t") for n in range(6)]
        assert [call.result() for call in calls] == [str(n) for n in range(6)]
    for each in fake.find(POST)[1:]:
        assert each.headers["x-mine"] == "1"
        assert each.headers["authorization"] == "Bearer t"
        assert "sticky=2" in each.headers["cookie"]


def test_few_threads_carry_many_posts_and_none_stays(proxy: FaultProxy) -> None:
    with Session(proxy.url) as session:
        session.predict("echo", ["warm"])
        proxy.requests.clear()
        proxy.down(POST, held_until(lambda: proxy.count(POST) >= 60))
        before = threading.active_count()
        calls = [session.submit("echo", [str(n)]) for n in range(60)]
        assert wait_for(lambda: proxy.count(POST) >= 60)
        assert threading.active_count() - before <= 4
        assert [call.result() for call in calls] == [str(n) for n in range(60)]
        assert threads_end() == ()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_in_a_forked_child_calls_that_were_not_posted_end(proxy: FaultProxy) -> None:
    body = """
    import warnings
    warnings.simplefilter("ignore", DeprecationWarning)
    session = Session(URL, max_concurrency=3)
    calls = [session.submit("echo", [str(n)]) for n in range(4)]
    pid = os.fork()
    if pid == 0:
        for call in calls:
            try:
                call.result(timeout=60)
            except Exception as error:
                say(type(error).__name__)
        say("child", session.predict("echo", ["child"], timeout=60))
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    say("parent", code, [call.result() for call in calls])
    session.close()
    """
    go = threading.Event()
    proxy.down("GET /config", held_until(lambda: go.is_set() or proxy.count("GET /config") > 1))
    with Script(body, proxy.url) as script:
        ended = script.end(40)
    assert ended.out.count("ConnectionLostError") == 4
    assert "child child" in ended.out
    assert "parent 0 ['0', '1', '2', '3']" in ended.out
    assert (ended.code, ended.err) == (0, "")
