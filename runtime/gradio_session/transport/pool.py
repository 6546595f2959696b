"""The connections of one route: which are in use, and which wait to be used again. No I/O."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

from gradio_session.errors import ConnectError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["KEEPALIVE", "Loan", "Pool"]

KEEPALIVE = 3.0
"""Seconds after which an idle connection is given up: before the server does so, after five."""

LineT = TypeVar("LineT")


class Loan(Generic[LineT]):
    """A line in the hands of one request.

    Attributes:
        line: The line; nobody else has it.
    """

    __slots__ = ("_origin", "_pool", "line")

    def __init__(self, pool: Pool[LineT], line: LineT, origin: str) -> None:
        self._pool = pool
        self._origin = origin
        self.line = line

    def give_back(self, *, usable: bool) -> bool:
        """End the loan, once. False when the line is not kept for another request: the caller closes it."""
        return self._pool.give_back(self.line, self._origin, usable=usable)


class Pool(Generic[LineT]):
    """Lines: transports of httpx that hold one connection each, and serve one request at a time.

    A transport for all requests may close a connection as one that was idle for too long, although
    it has just promised it to another thread or task, whose request is then lost
    (https://github.com/encode/httpcore/issues/1110, open
    as of httpcore 1.0.9). It also looks at every idle connection for each request.

    The number of lines is not bounded, as every tab holds a stream.

    Args:
        make: Makes a line; called without a lock.
    """

    def __init__(self, make: Callable[[], LineT]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._idle: deque[tuple[LineT, str, float]] = deque()
        self._used: set[LineT] = set()
        self._closed = False

    def borrow(self, origin: str) -> Loan[LineT]:
        """The line to that origin that was given back last, or a new one.

        Raises:
            ConnectError: The pool is closed.
        """
        line: LineT | None = None
        while True:
            with self._lock:
                if self._closed:
                    raise ConnectError("The session is closed; nothing was sent.")
                line = line or self._last(origin)
                if line is not None:
                    self._used.add(line)
                    return Loan(self, line, origin)
            line = self._make()

    def give_back(self, line: LineT, origin: str, *, usable: bool) -> bool:
        """What `Loan.give_back` does."""
        with self._lock:
            self._used.discard(line)
            kept = usable and not self._closed
            if kept:
                self._idle.append((line, origin, time.monotonic()))
            return kept

    def stale(self) -> LineT | None:
        """One that has been idle for longer than `KEEPALIVE`, for the caller to close; None when there is none."""
        with self._lock:
            if self._idle and time.monotonic() - self._idle[0][2] > KEEPALIVE:
                return self._idle.popleft()[0]
        return None

    def close(self) -> tuple[list[LineT], list[LineT]]:
        """The idle lines, for the caller to close, and those in use, for it to interrupt. From now on none is kept."""
        with self._lock:
            self._closed = True
            idle = [line for line, _, _ in self._idle]
            self._idle.clear()
            return idle, list(self._used)

    def _last(self, origin: str) -> LineT | None:
        for index in range(len(self._idle) - 1, -1, -1):
            line, its, _ = self._idle[index]
            if its == origin:
                del self._idle[index]
                return line
        return None
