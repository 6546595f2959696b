"""The connections of one route: which are in use, which wait to be used again, and how long."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from gradio_session.transport.errors import not_sent_error

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["KEEPALIVE", "Pool", "Timer"]

KEEPALIVE = 2.5
"""Seconds after which an idle connection is closed: before the server does so, after five.

One that is left to the server stays half open for as long as nobody looks at it.
"""

ConnectionT = TypeVar("ConnectionT")


class Timer(Protocol):
    """What is done later, unless it is cancelled."""

    def cancel(self) -> None:
        """Leave it undone."""


class Pool(Generic[ConnectionT]):
    """Connections: transports of httpx that hold one each, and serve one request at a time.

    A transport for all requests may close a connection as one that was idle for too long, although
    it has just promised it to another thread or task, whose request is then lost
    (https://github.com/encode/httpcore/issues/1110, open as of httpcore 1.0.9). It also looks at
    every idle connection for each request.

    The number of connections is not bounded, as every tab holds a stream.

    Args:
        make: Makes a connection; called without a lock.
        later: Calls a function in so many seconds, unless what it returns is cancelled.
        end: Closes a connection that was idle for too long.
    """

    def __init__(
        self,
        make: Callable[[], ConnectionT],
        later: Callable[[float, Callable[[], object]], Timer],
        end: Callable[[ConnectionT], object],
    ) -> None:
        self._make = make
        self._later = later
        self._end = end
        self._lock = threading.Lock()
        self._idle: deque[tuple[ConnectionT, str, float]] = deque()
        self._used: set[ConnectionT] = set()
        self._timer: Timer | None = None
        self._closed = False

    def acquire(self, origin: str) -> ConnectionT:
        """Lease a connection, until `release`.

        Args:
            origin: Host and port that it is to lead to.

        Returns:
            The connection to that origin that was released last, unless it was idle for longer than
            `KEEPALIVE`; else a new one.

        Raises:
            ConnectError: The pool is closed.
        """
        with self._lock:
            oldest = time.monotonic() - KEEPALIVE
            for index in range(len(self._idle) - 1, -1, -1):
                connection, leads_to, since = self._idle[index]
                if leads_to == origin and since > oldest:
                    del self._idle[index]
                    self._used.add(connection)
                    return connection
        connection = self._make()
        with self._lock:
            if self._closed:
                raise not_sent_error()
            self._used.add(connection)
        return connection

    def release(self, connection: ConnectionT, origin: str, *, usable: bool) -> bool:
        """End a lease, once. False when the connection is not kept: the caller closes it."""
        with self._lock:
            self._used.discard(connection)
            kept = usable and not self._closed
            if kept:
                self._idle.append((connection, origin, time.monotonic()))
                self._timer = self._timer or self._later(KEEPALIVE, self._expire)
        return kept

    def _expire(self) -> None:
        """Close what was idle for too long, and come back for the rest."""
        stale: list[ConnectionT] = []
        with self._lock:
            now = time.monotonic()
            while self._idle and now - self._idle[0][2] >= KEEPALIVE:
                stale.append(self._idle.popleft()[0])
            rest = self._idle[0][2] + KEEPALIVE - now if self._idle else None
            self._timer = None if rest is None else self._later(rest, self._expire)
        for connection in stale:
            self._end(connection)

    def close(self) -> tuple[list[ConnectionT], list[ConnectionT]]:
        """Keep none from now on.

        Returns:
            The idle connections, for the caller to close, and those in use, for it to interrupt.
        """
        with self._lock:
            self._closed = True
            idle = [connection for connection, _, _ in self._idle]
            self._idle.clear()
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            return idle, list(self._used)
