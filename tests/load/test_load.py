"""A thousand calls through one session of a real app: each ends once, with its own result."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from gradio_session import AsyncSession, Session
from tests.support.environments import ROOT
from tests.support.patience import patience
from tests.support.probe import sockets_end, threads_end
from tests.support.soak import jobs, run_async, run_sync

COUNT = 1000
CONCURRENCY = 128


@pytest.fixture(scope="module")
def url(serve: Any) -> str:
    return str(serve(ROOT / "tests" / "apps" / "load.py"))


def port_of(url: str) -> int:
    return int(url.rstrip("/").rsplit(":", 1)[1])


@pytest.mark.slow
def test_a_thousand_calls_from_many_threads(url: str) -> None:
    work = jobs(COUNT, seed=1)
    with Session(url, max_calls=10_000) as session:
        run_sync(session, work, CONCURRENCY).check(work)
        assert len(session.calls) == COUNT
        assert {call.status for call in session.calls} <= {"complete", "error", "cancelled"}
    assert threads_end() == ()
    assert sockets_end(port_of(url)) == 0


@pytest.mark.slow
async def test_a_thousand_calls_from_many_tasks(url: str) -> None:
    work = jobs(COUNT, seed=2)
    before = threading.active_count()
    async with AsyncSession(url, max_calls=10_000) as session:
        tally = await run_async(session, work, CONCURRENCY)
        tally.check(work)
        assert len(session.calls) == COUNT
        assert {call.status for call in session.calls} <= {"complete", "error", "cancelled"}
    assert threading.active_count() <= before + 1
    assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []
    assert sockets_end(port_of(url)) == 0


async def test_users_of_a_web_server_each_have_a_tab(url: str) -> None:
    async with AsyncSession(url) as session:
        tabs = [session.tab() for _ in range(20)]

        async def user(number: int) -> str:
            seen = ""
            for step in range(3):
                seen = await tabs[number].predict("add", [f"{number}.{step}"])
            return seen

        states = await asyncio.gather(*(user(number) for number in range(20)))
        assert states == [f"{number}.0,{number}.1,{number}.2" for number in range(20)]


def test_calls_of_many_sessions_do_not_mix(url: str) -> None:
    found: dict[int, list[Any]] = {}

    def user(number: int) -> None:
        with Session(url) as session:
            found[number] = [session.predict("echo", [f"{number}.{step}"]) for step in range(5)]

    threads = [
        threading.Thread(target=user, args=(number,), name=f"test-user-{number}")
        for number in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(patience(60))
    assert found == {number: [f"{number}.{step}" for step in range(5)] for number in range(16)}
    assert threads_end() == ()
