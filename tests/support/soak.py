"""Mixed load on one session: each call knows what it must end in, and says so when it ends
otherwise.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from statistics import median
from typing import Any

from gradio_session import AppError, AsyncSession, CallCancelledError, Session
from tests.support.patience import patience


@dataclass(frozen=True)
class Job:
    """One call of the load.

    Attributes:
        number: Its place; part of what it sends, so that nobody else's result passes for its own.
        kind: "echo", "slow", "fail", "count", "count slowly", "large" or "cancel".
        wait: Seconds that a job of that kind takes, hesitates, or lets pass before it cancels.
    """

    number: int
    kind: str
    wait: float

    @property
    def text(self) -> str:
        """What it sends."""
        return f"job-{self.number}-{self.kind}"


@dataclass
class Tally:
    """What became of the jobs.

    Attributes:
        ends: How often each job ended; each must end exactly once.
        kinds: How many of each kind ended.
        wrong: Sentences about jobs that did not end as they must.
    """

    ends: Counter[int] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def note(self, job: Job, problem: str | None) -> None:
        """Record the end of a job."""
        self.ends[job.number] += 1
        self.kinds[job.kind] += 1
        if problem:
            self.wrong.append(f"{job.text}: {problem}")

    def check(self, jobs: list[Job]) -> None:
        """Fail unless each job ended once, and as it must."""
        assert not self.wrong, self.wrong[:5]
        assert self.ends == Counter({job.number: 1 for job in jobs})


WEIGHTS = {
    "echo": 46,
    "slow": 15,
    "fail": 10,
    "count": 10,
    "count slowly": 3,
    "large": 6,
    "cancel": 10,
}
LARGE = 200_000


def jobs(count: int, seed: int) -> list[Job]:
    """A mixture of jobs, the same for the same seed."""
    dice = random.Random(seed)
    kinds = dice.choices(list(WEIGHTS), list(WEIGHTS.values()), k=count)
    return [Job(number, kind, dice.uniform(0.0, 0.06)) for number, kind in enumerate(kinds)]


def arguments(job: Job) -> tuple[str, list[Any]]:
    """The endpoint of a job and what it sends there."""
    if job.kind in {"slow", "cancel"}:
        return "slow", [job.text, job.wait if job.kind == "slow" else job.wait + 0.02]
    if job.kind.startswith("count"):
        return "count", [job.text, 5]
    if job.kind == "large":
        return "large", [job.text, LARGE]
    return job.kind, [job.text]


def judge(job: Job, result: Any, error: BaseException | None, outputs: list[Any]) -> str | None:
    """What is wrong with the end of a job, or None."""
    if job.kind == "fail":
        return (
            None
            if isinstance(error, AppError) and f"no {job.text}" in str(error)
            else f"ended in {error!r} {result!r}"
        )
    if job.kind == "cancel" and isinstance(error, CallCancelledError):
        return None
    if error is not None:
        return f"failed with {error!r}"
    expected: Any = job.text
    if job.kind == "large":
        expected = job.text + "x" * LARGE
    elif job.kind.startswith("count"):
        expected = f"{job.text}-4"
        if outputs != [f"{job.text}-{step}" for step in range(5)]:
            return f"gave the outputs {outputs!r}"
    return None if result == expected else f"gave {str(result)[:80]!r}"


def run_sync(session: Session, work: list[Job], concurrency: int) -> Tally:
    """Do the jobs with that many threads."""
    tally, lock = Tally(), threading.Lock()
    queue: SimpleQueue[Job] = SimpleQueue()
    for job in work:
        queue.put(job)

    def one(job: Job) -> str | None:
        name, params = arguments(job)
        result, error, outputs = None, None, []
        try:
            call = session.submit(name, params)
            if job.kind == "cancel":
                time.sleep(job.wait)
                call.cancel()
            if job.kind.startswith("count"):
                for output in call:
                    outputs.append(output)
                    time.sleep(job.wait if job.kind.endswith("slowly") else 0)
            result = call.result()
        except Exception as caught:  # noqa: BLE001 - judged
            error = caught
        return judge(job, result, error, outputs)

    def worker() -> None:
        with contextlib.suppress(Empty):
            while True:
                job = queue.get_nowait()
                problem = one(job)
                with lock:
                    tally.note(job, problem)

    threads = [
        threading.Thread(target=worker, name=f"test-load-{number}", daemon=True)
        for number in range(concurrency)
    ]
    for thread in threads:
        thread.start()
    _join(threads)
    return tally


def _join(threads: list[threading.Thread], within: float = 120.0) -> None:
    for thread in threads:
        thread.join(patience(within))
    assert not any(thread.is_alive() for thread in threads), "calls hang"


async def run_async(session: AsyncSession, work: list[Job], concurrency: int) -> Tally:
    """Do the jobs with that many tasks at once."""
    tally = Tally()
    gate = asyncio.Semaphore(concurrency)

    async def one(job: Job) -> str | None:
        name, params = arguments(job)
        result, error, outputs = None, None, []
        try:
            call = session.submit(name, params)
            if job.kind == "cancel":
                await asyncio.sleep(job.wait)
                await call.cancel()
            if job.kind.startswith("count"):
                async for output in call:
                    outputs.append(output)
                    await asyncio.sleep(job.wait if job.kind.endswith("slowly") else 0)
            result = await call
        except Exception as caught:  # noqa: BLE001 - judged
            error = caught
        return judge(job, result, error, outputs)

    async def guarded(job: Job) -> None:
        async with gate:
            tally.note(job, await one(job))

    await asyncio.wait_for(asyncio.gather(*(guarded(job) for job in work)), patience(120))
    return tally


def grows(values: Sequence[float], allowed: float) -> bool:
    """Whether a series of rounds rises by more than `allowed` from its middle third to its last;
    the first third warms up.
    """
    third = len(values) // 3
    return median(values[-third:]) - median(values[third:-third]) > allowed
