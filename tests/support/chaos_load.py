"""Calls of every kind for the chaos suite, and what may become of them: each ends once, in time,
with its own result or a typed error.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from gradio_session import (
    AppChangedError,
    AppError,
    AsyncSession,
    CallCancelledError,
    CallTimeoutError,
    Cancelled,
    Completed,
    ConnectError,
    ConnectionLostError,
    DownloadError,
    EventNotFoundError,
    Failed,
    ProtocolError,
    RateLimitedError,
    Session,
    UploadError,
)
from tests.support.patience import patience

CANCEL = 10.0
"""Seconds that the request to cancel a call may take."""

OUTAGE = 0.2
"""Seconds that a user pauses after a refused connection, or one outage would use up all calls."""

RAISES = 0.002
RAISED = [SystemExit, KeyboardInterrupt, GeneratorExit, ValueError]
"""How often the listener of events raises, and what."""

STEPS = 6
WEIGHTS = {
    "echo": 30,
    "slow": 12,
    "iterate": 14,
    "count": 8,
    "fail": 8,
    "file": 7,
    "cancel": 8,
    "leave": 5,
    "timeout": 4,
    "impatient": 4,
    "second": 6,
    "detached": 4,
}
TYPED = (
    ConnectError,
    ConnectionLostError,
    ProtocolError,
    RateLimitedError,
    UploadError,
    DownloadError,
)
"""What a fault on the way may end a call with. A deadline is none of them: a call that is not told
of a fault, and so waits until then, hangs.
"""

ASKED_FOR: dict[str, tuple[type[Exception], ...]] = {
    "cancel": (CallCancelledError,),
    "leave": (CallCancelledError,),
    "impatient": (CallCancelledError, asyncio.TimeoutError),
    "timeout": (CallTimeoutError,),
    "file": (AppChangedError, AppError),
    "detached": (EventNotFoundError,),
}
"""What else a call of that kind may end with; the file that one server got is not on the next."""


class Bounds:
    """Seconds that things may take on the machine as busy as it is when a run begins.

    Attributes:
        timeout: A call.
        heartbeat: A silent connection.
        slack: What the machine may add to any of these.
    """

    def __init__(self) -> None:
        self.timeout = patience(4.0)
        self.heartbeat = patience(0.5)
        self.slack = patience(2.0)

    def of(self, job: Job) -> float:
        """Seconds within which a call has ended: the sum of the bounds of its requests."""
        cancelled = CANCEL if job.kind in {"cancel", "leave", "impatient", "second"} else 0.0
        read = 3 * self.heartbeat if job.kind == "file" else 0.0
        timeout = job.wait if job.kind == "timeout" else self.timeout
        return timeout + cancelled + read + self.slack


@dataclass(frozen=True)
class Job:
    """One call: its number, its kind, and the seconds that it takes, or that pass before something
    is done to it.
    """

    number: int
    kind: str
    wait: float

    @property
    def text(self) -> str:
        """What it sends, and no other call does."""
        return f"job-{self.number}-{self.kind}"

    @property
    def outputs(self) -> list[str]:
        """What it gives where it is iterated."""
        return [f"{self.text}-{step}" for step in range(STEPS)]

    @property
    def result(self) -> Any:
        """What it gives in the end."""
        if self.kind in {"iterate", "count", "leave"}:
            return self.outputs[-1]
        return self.text.encode() if self.kind == "file" else self.text

    def request(self) -> tuple[str, list[Any], dict[str, Any]]:
        """Its endpoint, what it sends there, and its options."""
        if self.kind == "file":
            return "copied", [self.text.encode()], {}
        if self.kind in {"iterate", "count", "leave"}:
            return "count", [self.text, STEPS], {}
        if self.kind in {"echo", "fail"}:
            return self.kind, [self.text], {}
        if self.kind == "detached":
            return "echo", [self.text], {"detached": True}
        seconds = {"slow": self.wait, "timeout": 20.0}.get(self.kind, self.wait + 0.03)
        return (
            "slow",
            [self.text, seconds],
            {"timeout": self.wait} if self.kind == "timeout" else {},
        )


def jobs(count: int, seed: int) -> list[Job]:
    """A mixture of calls, the same for the same seed."""
    dice = random.Random(seed)
    kinds = dice.choices(list(WEIGHTS), list(WEIGHTS.values()), k=count)
    return [
        Job(number, kind, 0.2 if kind == "timeout" else dice.uniform(0, 0.05))
        for number, kind in enumerate(kinds)
    ]


@dataclass
class End:
    """What became of one call."""

    job: Job
    outputs: list[Any] = field(default_factory=list)
    result: Any = None
    error: BaseException | None = None
    seconds: float = 0.0

    def problem(self, bound: float) -> str | None:
        """What is wrong with it, or None; `bound` is the seconds that it may have taken."""
        job, error = self.job, self.error
        if self.seconds > bound:
            return f"took {self.seconds:.1f} s, not {bound:.1f}"
        if self.outputs != job.outputs[: len(self.outputs)]:
            return f"gave the outputs {self.outputs!r}"
        if job.kind == "fail" and error is not None and not isinstance(error, TYPED):
            own = isinstance(error, AppError) and f"no {job.text}" in str(error)
            return None if own else f"ended in {error!r}"
        if error is not None:
            expected = isinstance(error, (*TYPED, *ASKED_FOR.get(job.kind, ())))
            return None if expected else f"ended in {error!r}"
        if job.kind == "fail" or self.result != job.result:
            return f"gave {self.result!r}"
        if job.kind == "iterate" and self.outputs != job.outputs:
            return f"gave the outputs {self.outputs!r} alone"
        return None


class Tally:
    """What became of the calls of a run.

    Args:
        work: The calls.
        seconds: After so long no further call begins.
        seed: When its listener raises.
        bounds: Seconds that calls may take.

    Attributes:
        ends: The calls that have ended.
        under_way: Those that have begun and not ended.
        heard: How often each call's end was told to `on_event`.
    """

    def __init__(self, work: list[Job], seconds: float, seed: int, bounds: Bounds) -> None:
        self.ends: list[End] = []
        self.under_way: dict[int, Job] = {}
        self.heard: Counter[Any] = Counter()
        self._work = iter(work)
        self._bounds = bounds
        self._lock = threading.Lock()
        self._until = time.monotonic() + seconds
        self._dice = random.Random(seed)

    def on_event(self, call: Any, event: Any) -> None:
        """Hear of an end; raise now and then."""
        with self._lock:
            self.heard[call] += isinstance(event, (Completed, Failed, Cancelled))
            raises = self._dice.random() < RAISES
        if raises:
            raise self._dice.choice(RAISED)("of a listener")

    def take(self) -> Job | None:
        """The next call to make."""
        with self._lock:
            job = next(self._work, None) if time.monotonic() < self._until else None
            if job is not None:
                self.under_way[job.number] = job
            return job

    @contextlib.contextmanager
    def watched(self, job: Job) -> Iterator[End]:
        """One call, from its beginning to its end."""
        end, began = End(job), time.monotonic()
        try:
            yield end
        except Exception as error:  # noqa: BLE001 - judged
            end.error = error
        end.seconds = time.monotonic() - began
        with self._lock:
            del self.under_way[job.number]
            self.ends.append(end)

    def problems(self) -> list[str]:
        """What is wrong, a sentence each."""
        found = [f"{job.text} hangs" for job in self.under_way.values()]
        found += [
            f"{end.job.text}: {why}"
            for end in self.ends
            if (why := end.problem(self._bounds.of(end.job)))
        ]
        found += [
            f"{call!r} ended {count} times" for call, count in self.heard.items() if count > 1
        ]
        return found

    def kinds_of_ends(self) -> Counter[str]:
        """How many calls ended with a result, and with each kind of error."""
        return Counter(type(end.error).__name__ if end.error else "result" for end in self.ends)


def plain_worker(session: Session, tally: Tally) -> None:
    """Make one call after the other, for as long as there are some."""
    end: End | None = None
    while (job := tally.take()) is not None:
        if end is not None and isinstance(end.error, ConnectError):
            time.sleep(OUTAGE)
        with tally.watched(job) as end:
            api_name, params, options = job.request()
            call = session.submit(api_name, params, **options)
            if job.kind == "cancel":
                time.sleep(job.wait)
                call.cancel()
            elif job.kind == "second":
                second = session.submit("echo", ["dropped"])
                call.result()
                second.cancel()
            elif job.kind == "impatient":
                with contextlib.suppress(CallTimeoutError):
                    call.result(timeout=job.wait)
                call.cancel()
            elif job.kind in {"iterate", "leave"}:
                with call:
                    for output in call:
                        end.outputs.append(output)
                        if job.kind == "leave" and len(end.outputs) == 2:
                            break
            end.result = call.result()
            if job.kind == "file":
                end.result = end.result.read()


async def worker(session: AsyncSession, tally: Tally) -> None:
    """Make one call after the other, for as long as there are some."""
    end: End | None = None
    while (job := tally.take()) is not None:
        if end is not None and isinstance(end.error, ConnectError):
            await asyncio.sleep(OUTAGE)
        with tally.watched(job) as end:
            api_name, params, options = job.request()
            if job.kind == "impatient":
                end.result = await asyncio.wait_for(session.predict(api_name, params), job.wait)
                continue
            call = session.submit(api_name, params, **options)
            if job.kind == "cancel":
                await asyncio.sleep(job.wait)
                await call.cancel()
            elif job.kind == "second":
                second = session.submit("echo", ["dropped"])
                await call
                await second.cancel()
            elif job.kind in {"iterate", "leave"}:
                async with call:
                    async for output in call:
                        end.outputs.append(output)
                        if job.kind == "leave" and len(end.outputs) == 2:
                            break
            end.result = await call
            if job.kind == "file":
                end.result = await end.result.aread()
