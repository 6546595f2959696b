"""Two thousand calls through a proxy that breaks what it can: each ends once, in time, with its own
result or a typed error, and nothing is left.

The seed is printed; `GRADIO_SESSION_CHAOS=SEED` sets it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from gradio_session import AsyncSession, GradioSessionError, Session
from tests.support.chaos_apps import Address
from tests.support.chaos_load import (
    CANCEL,
    Bounds,
    Tally,
    jobs,
    plain_worker,
    worker,
)
from tests.support.chaos_proxy import Chaos
from tests.support.environments import ROOT
from tests.support.probe import sockets_end, threads_end
from tests.support.servers import Server, Servers
from tests.support.world import stacks

COUNT = int(os.environ.get("GRADIO_SESSION_CHAOS_CALLS", "2000"))
SECONDS = 30.0
"""A run begins no call after that."""

HEARTBEAT = 0.375
"""Seconds between heartbeats of the server."""

LIMITS = [None, None, None, 1, 2, 3, 4, 5]
"""`max_concurrency` of each session."""

WORKERS = 6
ATTEMPTS = 2
"""How often a session may fail in what was under way when the faults ended."""

MOST_CALLS = 40
"""`max_calls` of each session."""


class Stage:
    """The app under test: its server is killed now and then, and another stands ready."""

    def __init__(self, servers: Servers) -> None:
        self._servers = servers
        self._starter = ThreadPoolExecutor(1)
        self.server: Server = self._start()
        self.next = self._starter.submit(self._start)

    def _start(self) -> Server:
        environment = {"GRADIO_HEARTBEAT_INTERVAL": str(HEARTBEAT)}
        return self._servers.start(ROOT / "tests" / "apps" / "chaos.py", env=environment)

    def restart(self, address: Address) -> None:
        """The server dies, nothing answers for a moment, and then one that knows nothing does."""
        successor = self.next.result()
        address.refuse()
        self.server.stop()
        time.sleep(0.2)
        address.lead_to(successor.url)
        address.listen()
        self.server = successor

    def prepare(self) -> None:
        """Have a successor started."""
        if self.next.done() and self.next.result() is self.server:
            self.next = self._starter.submit(self._start)

    def close(self) -> None:
        """End the servers."""
        self.next.result().stop()
        self.server.stop()
        self._starter.shutdown()


@pytest.fixture(scope="module")
def stage(servers: Servers) -> Iterator[Stage]:
    stage = Stage(servers)
    yield stage
    stage.close()


class Conductor(threading.Thread):
    """What happens to all connections at once, at moments of the run that the dice choose."""

    def __init__(self, stage: Stage, address: Address, tally: Tally, seed: int) -> None:
        super().__init__(name="test-conductor", daemon=True)
        dice = random.Random(seed)
        self._stage, self._address, self._tally = stage, address, tally
        self._acts = [
            *((dice.uniform(0.1, 0.9), self._cut) for _ in range(3)),
            *((dice.uniform(0.1, 0.9), self._refuse) for _ in range(3)),
            (dice.uniform(0.4, 0.6), self._restart),
        ]
        self._acts.sort(key=lambda act: act[0])
        self.over = threading.Event()

    def run(self) -> None:
        for share, act in self._acts:
            while len(self._tally.ends) < share * COUNT:
                if self.over.wait(0.02):
                    return
            act()

    def _cut(self) -> None:
        self._address.cut(rst=True)

    def _refuse(self) -> None:
        self._address.refuse()
        time.sleep(0.1)
        self._address.listen()

    def _restart(self) -> None:
        self._stage.restart(self._address)


class Run:
    """One run: its proxy, its dice and its calls."""

    def __init__(self, stage: Stage, address: Address, seed: int) -> None:
        print(f"\nGRADIO_SESSION_CHAOS={seed}")
        stage.prepare()
        self.seed, self.address = seed, address
        self.chaos = Chaos(address, seed)
        self.bounds = Bounds()
        self.tally = Tally(jobs(COUNT, seed), SECONDS, seed, self.bounds)
        self.conductor = Conductor(stage, address, self.tally, seed)
        self.conductor.start()

    @property
    def options(self) -> dict[str, Any]:
        """The options of each session."""
        return {
            "timeout": self.bounds.timeout,
            "heartbeat_timeout": self.bounds.heartbeat,
            "max_calls": MOST_CALLS,
            "on_event": self.tally.on_event,
        }

    @property
    def seconds(self) -> float:
        """Seconds within which every call has ended."""
        return SECONDS + self.bounds.timeout + CANCEL + self.bounds.slack

    def calm(self) -> None:
        """No further faults; what went wrong so far."""
        self.conductor.over.set()
        self.conductor.join(60)
        self.chaos.calm()
        print(f"{len(self.tally.ends)} calls: {dict(self.tally.kinds_of_ends())}")
        print(f"{self.chaos.drawn.total()} faults: {dict(self.chaos.drawn)}")

    def check(self, problems: list[str]) -> None:
        """Fail if anything is wrong."""
        problems = [*self.tally.problems(), *self.chaos.problems(), *problems]
        problems += [f"the thread {name} is left" for name in threads_end()]
        problems += ["sockets are left"] * (sockets_end(self.address.port) > 0)
        assert not problems, f"seed {self.seed}: {len(problems)} problems\n" + "\n".join(
            problems[:12]
        )


@pytest.fixture
def run(stage: Stage, seed: int) -> Iterator[Run]:
    with Address(stage.server.url) as address:
        yield Run(stage, address, seed)


def records(sessions: list[Any]) -> list[str]:
    """What is wrong with the records of sessions whose calls have ended."""
    calls = [call for session in sessions for call in session.calls]
    found = [f"{call!r} is in the record and has not ended" for call in calls if not call.done]
    return found + [
        f"{session!r} remembers more than it may"
        for session in sessions
        if len(session.calls) > MOST_CALLS
    ]


def slots(session: Any) -> list[str]:
    """What is sent to see whether every slot serves again: more than there are."""
    return [f"recovered {number}" for number in range((session.max_concurrency or 4) + 2)]


@pytest.mark.slow
def test_plain_sessions(run: Run) -> None:
    sessions = [Session(run.address.url, max_concurrency=limit, **run.options) for limit in LIMITS]
    threads = [
        threading.Thread(target=plain_worker, args=(session, run.tally), daemon=True)
        for session in sessions
        for _ in range(WORKERS)
    ]
    for thread in threads:
        thread.start()
    until = time.monotonic() + run.seconds
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    run.calm()
    problems = [] if not run.tally.under_way else [stacks()]

    def recovers(session: Session) -> None:
        texts = slots(session)
        calls = [session.submit("slow", [text, 0.02]) for text in texts]
        assert [call.result() for call in calls] == texts

    def recover(session: Session) -> None:
        for _ in range(ATTEMPTS):
            with contextlib.suppress(GradioSessionError):
                return recovers(session)
        return recovers(session)

    with ThreadPoolExecutor(len(sessions)) as pool:
        futures = [pool.submit(recover, session) for session in sessions]
    problems += [
        f"it does not recover: {each.exception()!r}" for each in futures if each.exception()
    ]
    problems += records(sessions)
    for session in sessions:
        session.close()
    run.check(problems)


@pytest.mark.slow
def test_asynchronous_sessions(run: Run) -> None:
    problems: list[str] = []

    async def recovers(session: AsyncSession) -> None:
        texts = slots(session)
        calls = [session.predict("slow", [text, 0.02]) for text in texts]
        assert await asyncio.gather(*calls) == texts

    async def recover(session: AsyncSession) -> None:
        for _ in range(ATTEMPTS):
            with contextlib.suppress(GradioSessionError):
                return await recovers(session)
        return await recovers(session)

    async def main() -> None:
        sessions = [
            AsyncSession(run.address.url, max_concurrency=limit, **run.options) for limit in LIMITS
        ]
        tasks = [
            asyncio.create_task(worker(session, run.tally))
            for session in sessions
            for _ in range(WORKERS)
        ]
        _, hanging = await asyncio.wait(tasks, timeout=run.seconds)
        await asyncio.to_thread(run.calm)
        problems.extend(repr(task) for task in hanging)
        recovered = await asyncio.gather(
            *(recover(session) for session in sessions), return_exceptions=True
        )
        problems.extend(f"it does not recover: {each!r}" for each in recovered if each)
        problems.extend(records(sessions))
        for session in sessions:
            await session.close()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        problems.extend(f"the task {task!r} is left" for task in left)

    asyncio.run(main())
    run.check(problems)
