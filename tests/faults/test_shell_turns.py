"""`max_concurrency`: calls wait for their turn, and every end of a call lets the next one go."""

from __future__ import annotations

from typing import Any

import pytest

from gradio_session import CallCancelledError, CallTimeoutError, ConnectError, GradioSessionError
from tests.support.endpoints import JOIN, gated, sending
from tests.support.fake_gradio import Answer, FakeGradio, echo
from tests.support.patience import stays_so
from tests.support.world import World


def joins(fake: FakeGradio) -> list[Any]:
    """The first input of each call, in the order in which they were posted."""
    return [request.json["data"][0] for request in fake.find(JOIN)]


@pytest.mark.parametrize("limit", [1, 3])
def test_as_many_as_allowed_are_sent_and_no_more(
    world: World, fake: FakeGradio, limit: int
) -> None:
    gate = gated(fake, "slow")
    session = world.open(fake.url, max_concurrency=limit)
    calls = [world.submit(session, "slow", [str(n)]) for n in range(6)]
    assert fake.wait_for(lambda: fake.running == limit)
    assert stays_so(lambda: fake.count(JOIN) <= limit, 0.1)
    assert [call.id is not None for call in calls] == [n < limit for n in range(6)]
    gate.set()
    assert [world.result(call) for call in calls] == [str(n) for n in range(6)]
    if limit == 1:
        assert joins(fake) == [str(n) for n in range(6)]


def test_one_after_the_other_needs_no_waiting(world: World, fake: FakeGradio) -> None:
    session = world.open(fake.url, max_concurrency=1)
    assert [world.predict(session, "echo", [str(n)]) for n in range(5)] == [
        str(n) for n in range(5)
    ]


def test_whoever_comes_later_stands_behind_those_who_wait(world: World, fake: FakeGradio) -> None:
    gate = gated(fake, "slow")
    session = world.open(fake.url, max_concurrency=1)
    first = world.submit(session, "slow", ["first"])
    assert fake.wait_for(lambda: fake.running == 1)
    second, third = (world.submit(session, "slow", [text]) for text in ("second", "third"))

    def rise() -> Any:
        session.max_concurrency = 2
        return [session.submit("slow", ["fourth"])]

    fourth = world.do(rise)[0]
    assert fake.wait_for(lambda: fake.running == 2)
    assert stays_so(lambda: fake.count(JOIN) == 2, 0.1)
    gate.set()
    calls = (first, second, third, fourth)
    assert [world.result(call) for call in calls] == ["first", "second", "third", "fourth"]
    assert joins(fake)[:2] == ["first", "second"]


def test_a_lower_bound_waits_for_those_that_run(world: World, fake: FakeGradio) -> None:
    gate = gated(fake, "slow")
    session = world.open(fake.url, max_concurrency=2)
    calls = [world.submit(session, "slow", [str(n)]) for n in range(3)]
    assert fake.wait_for(lambda: fake.running == 2)

    def lower() -> None:
        session.max_concurrency = 1

    world.do(lower)
    assert stays_so(lambda: fake.count(JOIN) == 2, 0.1)
    gate.set()
    assert [world.result(call) for call in calls] == ["0", "1", "2"]


def test_a_refused_call_gives_its_turn_on(world: World, fake: FakeGradio) -> None:
    gate = gated(fake, "slow")
    fake.always(f"{JOIN}refused", Answer(422, {"detail": "no"}))
    sending(fake, "refused")
    session = world.open(fake.url, max_concurrency=1, retries=0)
    with pytest.raises(GradioSessionError):
        world.predict(session, "refused", ["at once"])
    first = world.submit(session, "slow", ["first"])
    refused = [world.submit(session, "refused", [str(n)]) for n in range(2)]
    last = world.submit(session, "echo", ["last"])
    gate.set()
    assert world.result(first) == "first"
    for call in refused:
        with pytest.raises(GradioSessionError, match="/refused"):
            world.result(call)
    assert world.result(last) == "last"


def test_a_call_that_fails_for_a_reason_of_its_own_gives_its_turn_on(
    world: World, fake: FakeGradio
) -> None:
    class Unreadable:
        def read(self, *_: Any) -> bytes:
            raise ZeroDivisionError("the disk is gone")

    gate = gated(fake, "slow")
    fake.endpoint("upload", echo, inputs=("file",))
    session = world.open(fake.url, max_concurrency=1)
    first = world.submit(session, "slow", ["first"])
    broken = world.submit(session, "upload", [Unreadable()])
    last = world.submit(session, "echo", ["last"])
    gate.set()
    assert world.result(first) == "first"
    with pytest.raises(GradioSessionError):
        world.result(broken)
    assert world.result(last) == "last"


def test_a_call_that_is_cancelled_while_it_waits_is_never_sent(
    world: World, fake: FakeGradio
) -> None:
    gate = gated(fake, "slow")
    session = world.open(fake.url, max_concurrency=1)
    first = world.submit(session, "slow", ["first"])
    assert fake.wait_for(lambda: fake.running == 1)
    waiting = [world.submit(session, "echo", [str(n)]) for n in range(4)]
    assert world.cancel(waiting[0]) is False
    assert world.cancel(waiting[2]) is False
    with pytest.raises(CallCancelledError):
        world.result(waiting[0])
    assert stays_so(lambda: fake.count(JOIN) <= 1, 0.1), (
        "its turn went to another although the first still runs"
    )
    gate.set()
    assert world.result(first) == "first"
    assert [world.result(waiting[n]) for n in (1, 3)] == ["1", "3"]
    assert joins(fake) == ["first", "1", "3"]
    assert world.predict(session, "echo", ["after"]) == "after"


def test_a_call_that_is_cancelled_while_it_runs_gives_its_turn_on(
    world: World, fake: FakeGradio
) -> None:
    session = world.open(fake.url, max_concurrency=1)
    first = world.submit(session, "forever", ["first"])
    assert world.wait_for(lambda: first.status == "running")
    second = world.submit(session, "echo", ["second"])
    assert world.cancel(first) is True
    assert world.result(second) == "second"


def test_a_call_that_runs_out_of_time_gives_its_turn_on(world: World, fake: FakeGradio) -> None:
    session = world.open(fake.url, max_concurrency=1)
    first = world.submit(session, "forever", ["first"], timeout=0.3)
    second = world.submit(session, "echo", ["second"])
    with pytest.raises(CallTimeoutError):
        world.result(first)
    assert world.result(second) == "second"
    assert world.predict(session, "echo", ["third"]) == "third"


def test_a_call_whose_time_passes_while_it_waits_is_never_sent(
    world: World, fake: FakeGradio
) -> None:
    """Nor is its file."""
    fake.endpoint("file", echo, inputs=("file",))
    gate = gated(fake, "slow")
    session = world.open(fake.url, max_concurrency=1)
    first = world.submit(session, "slow", ["first"])
    assert world.wait_for(lambda: first.status == "running")
    tasks = len(world.tasks())
    waiting = world.submit(session, "file", [b"content"], timeout=0.1)
    with pytest.raises(CallTimeoutError):
        world.result(waiting)
    assert world.wait_for(lambda: len(world.tasks()) <= tasks), "its task waits on"
    last = world.submit(session, "echo", ["last"])
    gate.set()
    assert [world.result(call) for call in (first, last)] == ["first", "last"]
    assert joins(fake) == ["first", "last"]
    assert fake.count("POST /gradio_api/upload") == 0


def test_closing_ends_those_who_wait_and_sends_none_of_them(world: World, fake: FakeGradio) -> None:
    session = world.open(fake.url, max_concurrency=1)
    first = world.submit(session, "forever", ["first"])
    assert world.wait_for(lambda: first.status == "running")
    waiting = [world.submit(session, "echo", [str(n)]) for n in range(2)]
    pending = [world.start(call.result) for call in (first, *waiting)]
    world.close(session)
    for each in pending:
        with pytest.raises(CallCancelledError):
            each.result()
    assert joins(fake) == ["first"]
    with pytest.raises(ConnectError, match="closed"):
        world.predict(session, "echo", ["x"])
