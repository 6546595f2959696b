"""Events that were made elsewhere, detached calls, the record of calls, and processes that fork."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from gradio_session import (
    CallCancelledError,
    CallLimitError,
    CallTimeoutError,
    EventNotFoundError,
    GradioSessionError,
    ParameterError,
    ProtocolError,
)
from tests.support.endpoints import CANCEL, JOIN, STREAM, gated, sending
from tests.support.fake_gradio import STALL, Answer, Event, FakeGradio
from tests.support.patience import stays_so
from tests.support.scripts import Script
from tests.support.world import World


def post(fake: FakeGradio, name: str, *data: Any) -> str:
    """Make an event as `curl` does; its id."""
    answer = httpx.post(
        f"{fake.url}/gradio_api/call/{name}", json={"data": list(data)}, trust_env=False
    )
    return str(answer.json()["event_id"])


def attach(world: World, session: Any, *arguments: Any, **options: Any) -> Any:
    """An attached call (not awaited, though it could be)."""
    return world.do(lambda: [session.attach(*arguments, **options)])[0]


@pytest.mark.parametrize("name", ["count", ""])
def test_an_event_made_elsewhere_is_followed(world: World, fake: FakeGradio, name: str) -> None:
    sending(fake, "count", ["1"], ["2"], lambda event: event.completed("2"))
    heard: list[str] = []
    session = world.open(fake.url, on_event=lambda _, event: heard.append(type(event).__name__))
    event_id = post(fake, "count", "x")
    call = attach(world, session, event_id, name)
    assert world.outputs(call) == ["1", "2"]
    assert world.result(call) == "2"
    assert (call.id, call.api_name) == (event_id, "/count" if name else "")
    assert session.calls[event_id] is call
    assert attach(world, session, event_id) is call
    assert world.submit(session, "count", event_id=event_id) is call
    assert (len(session.calls), fake.count(STREAM)) == (1, 1)
    assert world.wait_for(lambda: heard == ["Started", "Output", "Output", "Completed"])
    assert world.predict(session, "echo", ["other calls have a stream of their own"])


def test_an_event_of_an_endpoint_that_the_app_does_not_have(world: World, fake: FakeGradio) -> None:
    session = world.open(fake.url)
    event_id = post(fake, "echo", "x")
    with pytest.raises(GradioSessionError, match="ecco"):
        world.result(attach(world, session, event_id, "ecco"))


def test_an_event_that_is_not_there(world: World, fake: FakeGradio) -> None:
    session = world.open(fake.url)
    with pytest.raises(EventNotFoundError, match="0123456789abcdef"):
        world.result(attach(world, session, "0123456789abcdef"))
    assert world.predict(session, "echo", ["after"]) == "after"


def test_an_event_of_which_nothing_is_heard_counts_as_unknown(
    world: World, fake: FakeGradio
) -> None:
    fake.endpoint("silent", silent)
    session = world.open(fake.url)
    event_id = post(fake, "silent", "x")
    call = attach(world, session, event_id, "silent")
    with pytest.raises(EventNotFoundError, match=event_id):
        world.result(call)
    assert fake.wait_for(lambda: fake.streams == 0)
    world.close(session)
    assert fake.cancelled == [], "the event may belong to another client"


def test_the_deadline_of_an_event_of_which_nothing_was_heard_cancels_nothing(
    world: World, fake: FakeGradio
) -> None:
    fake.endpoint("silent", silent)
    session = world.open(fake.url)
    call = attach(world, session, post(fake, "silent", "x"), "silent", timeout=0.4)
    with pytest.raises(CallTimeoutError):
        world.result(call)
    world.close(session)
    assert fake.cancelled == []


def test_a_detached_call_is_cancelled_at_its_deadline_read_or_not(
    world: World, fake: FakeGradio
) -> None:
    fake.heartbeat = 0.05
    session = world.open(fake.url)
    read = world.submit(session, "forever", ["x"], detached=True, timeout=0.5)
    with pytest.raises(CallTimeoutError):
        world.result(read)
    assert fake.wait_for(lambda: fake.cancelled == [read.id])
    unread = world.submit(session, "forever", ["x"], detached=True, timeout=0.3)
    assert world.wait_for(lambda: unread.id is not None)
    if not world.is_async:  # where no thread waits, none looks at the clock
        assert stays_so(lambda: not unread.done, 0.4)
        with pytest.raises(CallTimeoutError):
            world.result(unread)
    assert fake.wait_for(lambda: fake.cancelled == [read.id, unread.id])


def test_a_detached_call_takes_no_turn_once_it_is_accepted(world: World, fake: FakeGradio) -> None:
    session = world.open(fake.url, max_concurrency=1, timeout=10)
    world.submit(session, "forever", ["x"], detached=True)
    assert world.predict(session, "echo", ["next"]) == "next"


def test_a_detached_call_that_is_waited_for_before_it_is_sent_is_read(
    world: World, fake: FakeGradio
) -> None:
    gate = gated(fake, "slow")
    session = world.open(fake.url, max_concurrency=1, timeout=10)
    first = world.submit(session, "slow", ["first"])
    assert fake.wait_for(lambda: fake.running == 1)
    call = world.submit(session, "echo", ["detached"], detached=True)
    waiting = world.start(call.result)
    gate.set()
    assert waiting.result() == "detached"
    assert world.result(first) == "first"


def test_two_detached_calls_that_are_given_one_id(world: World, fake: FakeGradio) -> None:
    fake.always(JOIN, Answer(200, {"event_id": "0123456789abcdef"}, run=True))
    session = world.open(fake.url, timeout=10)
    first = world.submit(session, "forever", ["x"], detached=True)
    assert world.wait_for(lambda: first.id is not None)
    with pytest.raises(ProtocolError, match="0123456789abcdef"):
        world.result(world.submit(session, "forever", ["y"], detached=True))
    assert session.calls["0123456789abcdef"] is first


async def silent(_: Event) -> AsyncIterator[Any]:
    """Says nothing for as long as anyone listens."""
    yield STALL


def test_an_event_that_is_slow_but_heard_of_is_waited_for(world: World, fake: FakeGradio) -> None:
    """Longer than a silent one would be."""
    gate = gated(fake, "slow")
    session = world.open(fake.url)
    call = attach(world, session, post(fake, "slow", "late"), "slow")
    assert world.wait_for(lambda: call.status == "running")
    assert stays_so(lambda: not call.done, 3.5)
    gate.set()
    assert world.result(call) == "late"


def test_an_attached_call_is_cancelled_by_hand_and_by_close(world: World, fake: FakeGradio) -> None:
    session = world.open(fake.url)
    ids = [post(fake, "forever", "x") for _ in range(2)]
    by_hand, by_close = (attach(world, session, event_id, "forever") for event_id in ids)
    assert world.wait_for(lambda: by_hand.status == by_close.status == "running")
    assert world.cancel(by_hand) is True
    assert fake.cancelled == ids[:1]
    world.close(session)
    assert by_close.status == "cancelled"
    assert fake.wait_for(lambda: fake.cancelled == ids)
    assert [request.json["session_hash"] for request in fake.find(CANCEL)] == ids
    assert fake.wait_for(lambda: fake.open == 0)


def test_an_attached_call_is_cancelled_at_its_deadline(world: World, fake: FakeGradio) -> None:
    fake.heartbeat = 0.05
    session = world.open(fake.url)
    call = attach(world, session, post(fake, "forever", "x"), "forever", timeout=0.5)
    assert world.wait_for(lambda: call.done)
    assert fake.wait_for(lambda: fake.cancelled == [call.id], 1.0)


# Detached calls


def test_a_detached_call_is_read_when_somebody_waits(world: World, fake: FakeGradio) -> None:
    session = world.open(fake.url)
    call = world.submit(session, "echo", ["detached"], detached=True)
    assert world.wait_for(lambda: call.id is not None)
    assert fake.find(JOIN)[0].json.get("session_hash") is None
    assert stays_so(lambda: fake.count(STREAM) == 0, 0.1)
    assert session.calls[call.id] is call
    assert world.result(call) == "detached"
    assert world.result(call) == "detached"
    assert fake.count(STREAM) == 1


def test_a_detached_call_outlives_its_session(world: World, fake: FakeGradio) -> None:
    gate = gated(fake, "slow")
    maker, reader = world.open(fake.url), world.open(fake.url)
    call = world.submit(maker, "slow", ["detached"], detached=True)
    assert world.wait_for(lambda: call.id is not None)
    world.close(maker)
    assert (fake.cancelled, fake.running) == ([], 1)
    there = attach(world, reader, call.id, "slow")
    gate.set()
    assert world.result(there) == "detached"


def test_a_detached_call_can_be_cancelled_unread(world: World, fake: FakeGradio) -> None:
    session = world.open(fake.url)
    call = world.submit(session, "forever", ["x"], detached=True)
    assert fake.wait_for(lambda: fake.running == 1)
    assert world.wait_for(lambda: call.id is not None)
    assert world.cancel(call) is True
    assert fake.cancelled == [call.id]
    with pytest.raises(CallCancelledError):
        world.result(call)
    assert world.cancel(call) is False


# The record


def test_calls_are_found_by_their_ids_and_refused_ones_are_forgotten(
    world: World, fake: FakeGradio
) -> None:
    session = world.open(fake.url, retries=0)
    call = world.submit(session, "echo", ["x"])
    assert world.result(call) == "x"
    assert session.calls[call.id] is call
    assert attach(world, session, call.id) is call
    fake.answer(JOIN, Answer(422, {"detail": "no"}))
    with pytest.raises(GradioSessionError):
        world.predict(session, "echo", ["refused"])
    failing = world.submit(session, "forever", ["x"], timeout=0.2)
    with pytest.raises(GradioSessionError):
        world.result(failing)
    assert list(session.calls) == [call, failing]
    assert session.calls[failing.id] is failing


def test_a_full_record_sends_nothing(world: World, fake: FakeGradio) -> None:
    session = world.open(fake.url, max_calls=1, max_calls_policy="error")
    assert world.predict(session, "echo", ["x"]) == "x"
    before = len(fake.received)
    for use in (lambda: session.submit("echo", ["y"]), lambda: session.attach("0123456789abcdef")):
        with pytest.raises(CallLimitError):
            world.do(use)
    assert (len(session.calls), len(fake.received)) == (1, before)


def test_the_options_of_a_call_are_checked(world: World, fake: FakeGradio) -> None:
    session = world.open(fake.url)
    wrong: tuple[dict[str, Any], ...] = (
        {"timeout": -1},
        {"retries": -1},
        {"headers": {"bad name": "x"}},
        {"token": 5},
    )
    for options in wrong:
        with pytest.raises(ParameterError):
            world.predict(session, "echo", ["x"], **options)
    assert (fake.count(JOIN), len(session.calls)) == (0, 0)


def test_an_asynchronous_call_needs_a_loop(fake: FakeGradio) -> None:
    from gradio_session import AsyncSession

    session = AsyncSession(fake.url)
    with pytest.raises(ParameterError, match="event loop"):
        session.submit("echo", ["x"])
    assert len(session.calls) == 0


# Forks


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_begins_anew_and_the_parent_goes_on(world: World, fake: FakeGradio) -> None:
    """The calls that run are the parent's, and take no turn from the child."""
    kind = "AsyncSession" if world.is_async else "Session"
    body = f"""
    import warnings
    warnings.simplefilter("ignore", DeprecationWarning)

    class Plain:
        def do(self, step):
            return step()

    class Loop:
        def __init__(self):
            self.loop = asyncio.new_event_loop()
        def do(self, step):
            async def work():
                value = step()
                return await value if asyncio.iscoroutine(value) else value
            return self.loop.run_until_complete(work())

    world = {"Loop" if world.is_async else "Plain"}()
    heard = []
    session = {kind}(URL, max_concurrency=2, on_event=lambda call, event: heard.append(event))
    assert world.do(lambda: session.predict("echo", ["warm"])) == "warm"
    async def running(call):
        while call.status != "running":
            await asyncio.sleep(0.005)
        return [call]
    def start(name):
        if isinstance(world, Loop):
            return world.do(lambda: running(session.submit(name, ["x"])))[0]
        call = session.submit(name, ["x"])
        while call.status != "running":
            time.sleep(0.005)
        return call
    call, other = start("forever"), start("forever")
    pid = os.fork()
    if pid == 0:
        try:
            world = type(world)()
            results = [world.do(lambda: session.predict("echo", [n], timeout=5)) for n in "abc"]
            say("child", call.status, results)
            os._exit(0)
        except BaseException as error:
            say("child failed", repr(error))
            os._exit(1)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    say("parent", code, call.status)
    world.do(session.close)
    say("closed", call.status)
    """
    with Script(body, fake.url, strict=False) as script:
        ended = script.end(20)
    assert ended.out.splitlines() == [
        "child error ['a', 'b', 'c']",
        "parent 0 running",
        "closed cancelled",
    ], ended.err
    assert ended.code == 0
