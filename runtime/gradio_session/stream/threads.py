"""Threads that do a channel's work: started when there is some, and gone soon after there is none."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["KEEP_ALIVE", "Workers"]

KEEP_ALIVE = 0.1
"""Seconds that a thread stays for more work: starting and ending one costs more than a client's own part of a short call."""


class Workers:
    """Daemon threads, one for each piece of work that is under way; the next piece gets one that has just become idle, or a new one.

    Attributes:
        alive: The threads.
        idle: Those of them that stay for more work.
        staying: Whether they stay at all.
    """

    def __init__(self) -> None:
        self.alive: set[_Worker] = set()
        self.idle: list[_Worker] = []
        self.staying = True

    def run(self, work: Callable[[], None]) -> None:
        """Do something in a thread of its own, at once."""
        try:
            worker = self.idle.pop()
        except IndexError:
            worker = _Worker(self, work)
            self.alive.add(worker)
            worker.start()
        else:
            worker.work = work
            worker.gate.release()

    def join(self, timeout: float) -> None:
        """Let every thread end with its work, and wait for that.

        Args:
            timeout: Seconds to wait for each.
        """
        self.staying = False
        with suppress(IndexError):
            while True:
                self.idle.pop().gate.release()
        for worker in list(self.alive):
            if worker is not threading.current_thread():
                with suppress(
                    RuntimeError
                ):  # it is about to start, and will find the channel closed
                    worker.join(timeout)


class _Worker(threading.Thread):
    def __init__(self, crew: Workers, work: Callable[[], None]) -> None:
        super().__init__(name="gradio-session", daemon=True)
        self.work: Callable[[], None] | None = work
        self.gate = threading.Lock()
        self.gate.acquire()
        self._crew = crew

    def run(self) -> None:
        try:
            while self.work is not None:
                work, self.work = self.work, None
                work()
                del work  # it knows the session, which must not live on for it
                if self._crew.staying:
                    self._stay()
        finally:
            self._crew.alive.discard(self)

    def _stay(self) -> None:
        idle = self._crew.idle
        idle.append(self)
        if self.gate.acquire(timeout=KEEP_ALIVE):
            return
        try:
            idle.remove(self)
        except ValueError:  # it was just taken out, to get work or to end
            self.gate.acquire()
