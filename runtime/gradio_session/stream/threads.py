"""Threads that do the work of an event stream: started for it, and gone soon after."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["KEEP_ALIVE", "Workers", "one_shot_lock"]

KEEP_ALIVE = 0.1
"""Seconds that a thread stays for more work.

Starting and ending one costs more than a client's own part of a short call.
"""


class Workers:
    """Daemon threads, one for each piece of work that is under way.

    The next piece gets a thread that has just become idle, or a new one.

    Attributes:
        alive: The threads.
        idle: Those of them that stay for more work.
        keep_alive: Whether they stay at all.
    """

    def __init__(self) -> None:
        self.alive: set[_Worker] = set()
        self.idle: list[_Worker] = []
        self.keep_alive = True

    def run(self, work: Callable[[], object]) -> None:
        """Do something in a thread of its own, at once."""
        try:
            worker = self.idle.pop()
        except IndexError:
            worker = _Worker(self, work)
            self.alive.add(worker)
            worker.start()
        else:
            worker.work = work
            worker.wake.release()

    def join(self, timeout: float) -> None:
        """Let every thread end with its work, and wait for that.

        Args:
            timeout: Seconds to wait for each.
        """
        self.keep_alive = False
        with suppress(IndexError):
            while True:
                self.idle.pop().wake.release()
        for worker in list(self.alive):
            if worker is not threading.current_thread():
                with suppress(RuntimeError):  # it is about to start, and will find all closed
                    worker.join(timeout)


class _Worker(threading.Thread):
    def __init__(self, workers: Workers, work: Callable[[], object]) -> None:
        super().__init__(name="gradio-session", daemon=True)
        self.work: Callable[[], object] | None = work
        self.wake = threading.Lock()
        self.wake.acquire()
        self._workers = workers

    def run(self) -> None:
        try:
            while self.work is not None:
                work, self.work = self.work, None
                work()
                del work  # it knows the session, which must not live on for it
                if self._workers.keep_alive:
                    self._wait_for_work()
        finally:
            self._workers.alive.discard(self)

    def _wait_for_work(self) -> None:
        # Whoever takes this thread out of `idle` releases `wake`, once. So a thread that finds
        # itself taken out when its time is up waits for that, or it would lose the work.
        idle = self._workers.idle
        idle.append(self)
        if self.wake.acquire(timeout=KEEP_ALIVE):
            return
        try:
            idle.remove(self)
        except ValueError:
            self.wake.acquire()


def one_shot_lock() -> threading.Lock:
    """A lock to wait at: its owner acquires it again once another thread has released it."""
    lock = threading.Lock()
    lock.acquire()
    return lock
