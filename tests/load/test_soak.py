"""Load kept up for more than a minute: nothing that a process holds may grow."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from gradio_session import AsyncSession, Session
from tests.support.environments import ROOT
from tests.support.probe import Holdings, holdings, threads_end
from tests.support.soak import grows, jobs, run_async, run_sync

ROUNDS = 10
SECONDS = 60.0
CALLS = 250
CONCURRENCY = 64
MEBIBYTE = 1024 * 1024
IDLE = 4.0
"""Seconds after which a session's next request gives its idle connections up."""


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_ten_rounds_in_both_worlds_hold_no_more_at_the_end(serve: Any) -> None:
    url = str(serve(ROOT / "tests" / "apps" / "load.py"))
    port = int(url.rstrip("/").rsplit(":", 1)[1])
    counts: list[Holdings] = []
    tasks: list[int] = []
    kept: list[int] = []

    async def rounds() -> None:
        async with AsyncSession(url, timeout=60) as asynchronous:
            with Session(url, timeout=60) as plain:
                begin = time.monotonic()
                while len(counts) < ROUNDS or time.monotonic() - begin < SECONDS:
                    work = jobs(CALLS, seed=len(counts))
                    (await asyncio.to_thread(run_sync, plain, work, CONCURRENCY)).check(work)
                    (await run_async(asynchronous, work, CONCURRENCY)).check(work)
                    await asyncio.sleep(
                        max(0.0, SECONDS / ROUNDS * (len(counts) + 1) - (time.monotonic() - begin))
                    )
                    for session in (plain, asynchronous):
                        session.calls.clear(force=True)
                    threads_end()
                    counts.append(holdings(port))
                    tasks.append(len(asyncio.all_tasks()))
                await asyncio.sleep(IDLE)
                assert await asyncio.to_thread(
                    plain.predict, "echo", ["last"]
                ) == await asynchronous.predict("echo", ["last"])
                kept.append(holdings(port).sockets)

    asyncio.run(rounds())
    assert len(counts) >= ROUNDS
    assert not grows([count.memory / MEBIBYTE for count in counts], allowed=8), [
        count.memory // MEBIBYTE for count in counts
    ]
    assert not grows([count.objects for count in counts], allowed=CALLS), [
        count.objects for count in counts
    ]
    assert all(count.threads == () for count in counts), [count.threads for count in counts]
    assert kept[0] <= 4, (
        "connections that were not given up while idle; before, "
        f"{[count.sockets for count in counts]}"
    )
    assert max(tasks) <= min(tasks) + 1, tasks
    assert holdings(port).sockets == 0


@pytest.mark.slow
def test_two_hundred_sessions_opened_and_closed_leave_nothing(serve: Any) -> None:
    url = str(serve(ROOT / "tests" / "apps" / "load.py"))
    port = int(url.rstrip("/").rsplit(":", 1)[1])
    for number in range(200):
        with Session(url) as session:
            assert session.predict("echo", [str(number)]) == str(number)
    assert threads_end() == ()
    assert holdings(port).sockets == 0


@pytest.mark.slow
async def test_two_hundred_asynchronous_sessions_opened_and_closed_leave_nothing(
    serve: Any,
) -> None:
    url = str(serve(ROOT / "tests" / "apps" / "load.py"))
    port = int(url.rstrip("/").rsplit(":", 1)[1])
    before = len(asyncio.all_tasks())
    for number in range(200):
        async with AsyncSession(url) as session:
            assert await session.predict("echo", [str(number)]) == str(number)
    await asyncio.sleep(0.05)
    assert len(asyncio.all_tasks()) == before
    assert holdings(port).threads == ()
    assert holdings(port).sockets == 0
