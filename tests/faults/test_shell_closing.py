"""Tabs, and the end of sessions: who is told, what is closed, and what a closed one does."""

from __future__ import annotations

import pytest

from gradio_session import ConnectError, GradioSessionError, SessionExistsError, sessions
from tests.support.endpoints import CONFIG, JOIN, gated
from tests.support.fake_gradio import FakeGradio
from tests.support.world import World


def test_closing_one_tab_leaves_the_others_and_closing_the_last_leaves_nothing(
    world: World, fake: FakeGradio
) -> None:
    session = world.open(fake.url)
    tab = world.do(lambda: [session.tab()])[0]
    assert [world.predict(each, "echo", ["x"]) for each in (session, tab)] == ["x", "x"]
    hashes = {request.json["session_hash"] for request in fake.find(JOIN)}
    assert (len(hashes), fake.count(CONFIG)) == (2, 1)
    running = world.submit(tab, "forever", ["x"])
    assert world.wait_for(lambda: running.status == "running")
    world.close(session)
    world.close(session)
    assert (session.closed, tab.closed, running.status, fake.cancelled) == (
        True,
        False,
        "running",
        [],
    )
    assert world.predict(tab, "echo", ["y"]) == "y"
    world.close(tab)
    assert fake.cancelled == [running.id]
    assert fake.wait_for(lambda: fake.open == 0)


def test_a_closed_session_does_nothing_more(world: World, fake: FakeGradio) -> None:
    session = world.open(fake.url)
    assert world.predict(session, "echo", ["x"]) == "x"
    world.close(session)
    before = len(fake.received)
    for use in (
        lambda: session.predict("echo", ["x"]),
        lambda: session.submit("echo", ["x"]),
        lambda: session.attach("0123456789abcdef"),
        lambda: session.login("ann", "secret"),
        lambda: session.wait_ready(1),
        lambda: session.tab(),  # noqa: PLW0108 - made where its world wants it
    ):
        with pytest.raises(ConnectError, match="closed"):
            world.do(use)
    assert len(fake.received) == before


def test_a_block_closes_its_session_whatever_happens_in_it(world: World, fake: FakeGradio) -> None:
    session = world.open(fake.url)

    def plain() -> None:
        with session as same:
            assert same is session
            session.predict("echo", ["x"])
            raise ZeroDivisionError

    async def asynchronous() -> None:
        async with session as same:
            assert same is session
            await session.predict("echo", ["x"])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        world.do(asynchronous if world.is_async else plain)
    assert session.closed
    assert fake.wait_for(lambda: fake.open == 0)


def test_closing_cancels_one_running_call_of_each_function(world: World, fake: FakeGradio) -> None:
    gated(fake, "other")
    session = world.open(fake.url)
    calls = [world.submit(session, name, ["x"]) for name in ("forever", "forever", "other")]
    assert world.wait_for(lambda: all(call.status == "running" for call in calls))
    waiting = [world.start(call.result) for call in calls]
    world.close(session)
    for each in waiting:
        with pytest.raises(GradioSessionError, match=r"session was closed|was cancelled"):
            each.result()
    assert sorted(fake.cancelled) in (
        sorted([calls[0].id, calls[2].id]),
        sorted([calls[1].id, calls[2].id]),
    )
    assert fake.wait_for(lambda: fake.streams == 0)


def test_a_session_that_takes_a_name_by_force_closes_the_one_that_had_it(
    world: World, fake: FakeGradio
) -> None:
    old = world.open(fake.url, name="lab")
    running = world.submit(old, "forever", ["x"])
    assert world.wait_for(lambda: running.status == "running")
    with pytest.raises(SessionExistsError):
        world.open(fake.url, name="lab")
    new = world.open(fake.url, name="lab", force=True)
    assert sessions["lab"] is new
    assert world.wait_for(lambda: old.closed and running.status == "cancelled")
    assert fake.wait_for(lambda: fake.cancelled == [running.id])
    assert world.predict(new, "echo", ["x"]) == "x"
