"""What flows of blocking sessions share with the threads beside them."""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gradio_session.protocol.base.effects import Flow, Gather, SingleFlight
    from gradio_session.transport.base import Scope

__all__ = ["Timer", "Timers", "gathered", "single_flight"]

_WATCH = 0.5
"""Seconds between two looks at the deadline while another thread does the work."""

Run: TypeAlias = "Callable[[Flow[object], float | None, Sequence[threading.Event]], object]"
"""What runs a flow; see `SyncTransport.run`."""


def gathered(run: Run, effect: Gather, scope: Scope) -> list[object]:
    """The results of flows side by side, in order; raises what the first to fail raised.

    One runs in the calling thread, the others in threads that end with them.
    """
    results: list[object] = [None] * len(effect.flows)
    pending = deque(enumerate(effect.flows))
    failed = threading.Event()
    errors: list[BaseException] = []
    beside = (*scope.beside, failed)

    def work() -> None:
        while not failed.is_set():
            try:
                index, flow = pending.popleft()
            except IndexError:
                return
            try:
                results[index] = run(flow, scope.deadline, beside)
            except BaseException as error:  # noqa: BLE001 - raised below, in the calling thread
                errors.append(error)
                failed.set()

    threads = [
        threading.Thread(target=work, name="gradio-session-gather", daemon=True)
        for _ in range(min(effect.limit, len(effect.flows)) - 1)
    ]
    try:
        for thread in threads:
            thread.start()
        work()
        for thread in threads:
            thread.join(1 if failed.is_set() else None)
    except BaseException:
        failed.set()
        raise
    if errors:
        del errors[1:]
        raise errors.pop()  # no name is left for it: its traceback refers to this frame
    return results


class _Flight(threading.Event):
    """Work that others wait for: set once it is done; its result is there if it succeeded."""

    result: object


def single_flight(lock: threading.Lock, run: Run, effect: SingleFlight, scope: Scope) -> object:
    """Do the work, or wait for the thread that does it; when that one fails, try in its place."""
    while True:
        with lock:
            other: _Flight | None = effect.in_flight.get(effect.key)
            if other is None:
                mine = effect.in_flight[effect.key] = _Flight()
                break
        while not other.wait(_WATCH):
            scope.check()
        if hasattr(other, "result"):
            return other.result
    try:
        mine.result = run(effect.make(), scope.deadline, scope.beside)
        return mine.result
    finally:
        with lock:
            effect.in_flight.pop(effect.key, None)
        mine.set()


class Timers:
    """Does things later, in one thread that lives as long as there are any."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._due: list[Timer] = []
        self._working = False

    def later(self, seconds: float, action: Callable[[], object]) -> Timer:
        """Do something in so many seconds, unless it is cancelled; it must not block."""
        timer = Timer(self, time.monotonic() + seconds, action)
        with self._changed:
            self._due.append(timer)
            started, self._working = self._working, True
            self._changed.notify()
        if not started:
            with suppress(RuntimeError):  # the interpreter ends
                threading.Thread(target=self._work, name="gradio-session-idle", daemon=True).start()
        return timer

    def clear(self, *timers: Timer) -> None:
        """Cancel some, or all."""
        with self._changed:
            self._due = [each for each in self._due if timers and each not in timers]
            self._changed.notify()

    def _work(self) -> None:
        while True:
            with self._changed:
                if not self._due:
                    self._working = False
                    return
                timer = min(self._due, key=lambda each: each.at)
                seconds = timer.at - time.monotonic()
                if seconds > 0:
                    self._changed.wait(seconds)
                    continue
                self._due.remove(timer)
            timer.action()


class Timer:
    """What `Timers` does later."""

    def __init__(self, timers: Timers, at: float, action: Callable[[], object]) -> None:
        self.at = at
        self.action = action
        self._timers = timers

    def cancel(self) -> None:
        """Leave it undone."""
        self._timers.clear(self)
