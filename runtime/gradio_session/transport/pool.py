"""The connections of one route: which are in use, which wait to be used again, and how long."""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from gradio_session.transport.errors import not_sent_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["KEEPALIVE", "Pool", "ThreadTidier", "expired"]

KEEPALIVE = 2.5
"""Seconds after which an idle connection is closed: before the server does so, after five.

One that is left to the server stays half open for as long as nobody looks at it.
"""

ConnectionT = TypeVar("ConnectionT")


class Pool(Generic[ConnectionT]):
    """Connections: transports of httpx that hold one each, and serve one request at a time.

    A transport for all requests may close a connection as one that was idle for too long, although
    it has just promised it to another thread or task, whose request is then lost
    (https://github.com/encode/httpcore/issues/1110, open as of httpcore 1.0.9). It also looks at
    every idle connection for each request.

    The number of connections is not bounded, as every tab holds a stream.

    Args:
        make: Makes a connection; called without a lock.
        idle: Called without a lock when a connection is put back: `expire` is to be called in time.
    """

    def __init__(self, make: Callable[[], ConnectionT], idle: Callable[[], object]) -> None:
        self._make = make
        self._tell_idle = idle
        self._lock = threading.Lock()
        self._idle: deque[tuple[ConnectionT, str, float]] = deque()
        self._used: set[ConnectionT] = set()
        self._closed = False

    def acquire(self, origin: str) -> tuple[ConnectionT, list[ConnectionT]]:
        """Lease a connection, until `release`.

        Args:
            origin: Host and port that it is to lead to.

        Returns:
            The connection to that origin that was released last, or a new one; and those that were
            idle for longer than `KEEPALIVE`, for the caller to close.

        Raises:
            ConnectError: The pool is closed.
        """
        stale: list[ConnectionT] = []
        made: ConnectionT | None = None
        while True:
            with self._lock:
                if self._closed:
                    raise not_sent_error()
                idle = self._idle
                self._drop_stale(stale)
                if made is None:
                    for index in range(len(idle) - 1, -1, -1):
                        if idle[index][1] == origin:
                            made = idle[index][0]
                            del idle[index]
                            break
                if made is not None:
                    self._used.add(made)
                    return made, stale
            made = self._make()

    def release(self, connection: ConnectionT, origin: str, *, usable: bool) -> bool:
        """End a lease, once. False when the connection is not kept: the caller closes it."""
        with self._lock:
            self._used.discard(connection)
            kept = usable and not self._closed
            if kept:
                self._idle.append((connection, origin, time.monotonic()))
        if kept:
            self._tell_idle()
        return kept

    def expire(self) -> tuple[list[ConnectionT], float | None]:
        """Keep none that was idle for too long.

        Returns:
            The connections for the caller to close, and seconds until it should look again; None
            where no connection is idle.
        """
        stale: list[ConnectionT] = []
        with self._lock:
            self._drop_stale(stale)
            if not self._idle:
                return stale, None
            return stale, self._idle[0][2] + KEEPALIVE - time.monotonic()

    def _drop_stale(self, stale: list[ConnectionT]) -> None:
        while self._idle and time.monotonic() - self._idle[0][2] >= KEEPALIVE:
            stale.append(self._idle.popleft()[0])

    def close(self) -> tuple[list[ConnectionT], list[ConnectionT]]:
        """Keep none from now on.

        Returns:
            The idle connections, for the caller to close, and those in use, for it to interrupt.
        """
        with self._lock:
            self._closed = True
            idle = [connection for connection, _, _ in self._idle]
            self._idle.clear()
            return idle, list(self._used)


def expired(
    pools: Iterable[Pool[ConnectionT]],
) -> tuple[list[ConnectionT], float | None]:
    """What was idle for too long in any pool, and seconds until the next look, as of `expire`."""
    looks = [pool.expire() for pool in list(pools)]
    waits = [wait for _, wait in looks if wait is not None]
    return [each for stale, _ in looks for each in stale], min(waits, default=None)


class ThreadTidier:
    """Closes idle connections in time, and does what else is due later.

    Its thread lives as long as there is any of that.

    Args:
        pools: Where the connections are.
    """

    def __init__(self, pools: Iterable[Pool[Any]]) -> None:
        self._pools = pools
        self._changed = threading.Condition()
        self._later: list[tuple[float, Callable[[], object]]] = []
        self._at_work = False
        self._ended = False

    def begin(self) -> None:
        """A connection is idle."""
        with self._changed:
            started, self._at_work = self._at_work, True
        if not started:
            with suppress(RuntimeError):  # the interpreter ends
                threading.Thread(target=self._work, name="gradio-session-idle", daemon=True).start()

    def later(self, seconds: float, action: Callable[[], object]) -> None:
        """Do something in so many seconds; it must not block."""
        with self._changed:
            self._later.append((time.monotonic() + seconds, action))
            self._changed.notify()
        self.begin()

    def end(self) -> None:
        """There will be no more."""
        with self._changed:
            self._ended = True
            self._changed.notify()

    def _work(self) -> None:
        while True:
            with self._changed:
                now = time.monotonic()
                stale, seconds = expired(self._pools)
                due = [action for at, action in self._later if at <= now]
                self._later = [each for each in self._later if each[0] > now]
                waits = [at - now for at, _ in self._later]
                waits += [] if seconds is None else [max(0.0, seconds)]
                if not (due or stale):
                    if self._ended or not waits:
                        self._at_work = False
                        return
                    self._changed.wait(min(waits))
            for action in due:
                action()
            for connection in stale:
                connection.end()
