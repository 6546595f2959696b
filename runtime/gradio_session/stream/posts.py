"""How submitted calls reach the app while their callers go on.

A thread posts one call after the other. Near the app that costs nothing, and the calls arrive in
the order in which they were submitted. From afar each would cost a round trip: there, and where one
is not answered for `STALL` seconds, the others are carried by a loop in a thread of its own, many
at once. Those may arrive in another order, whatever is done here: Gradio takes a request in several
steps, partly in threads, and of 128 that were sent strictly one after the other every fourth
overtook its neighbour.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING

from gradio_session.stream.closing import CLOSE_TIMEOUT
from gradio_session.stream.pacing import STALL
from gradio_session.stream.threads import Workers

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradio_session.connection.sync import Connection
    from gradio_session.protocol.base.effects import Flow

    Post = tuple[Flow[None], float | None]

__all__ = ["Posts"]


class Posts:
    """The calls of an app, of all its tabs, that are to be posted.

    Args:
        connection: How the app is reached.

    Attributes:
        closed: Nothing is carried any more.
    """

    def __init__(self, connection: Connection) -> None:
        self.closed = False
        self._connection = connection
        self._lock = threading.Lock()
        self._workers = Workers()
        self._due: deque[Post] = deque()
        self._at_work = False
        self._begun = 0.0
        self._watched = False
        self._afar: deque[Post] = deque()
        self._driven = False
        self._wake: Callable[[], object] | None = None

    def carry(self, flow: Flow[None], deadline: float | None) -> None:
        """Carry something out soon, in another thread.

        Args:
            flow: Posts a call, and sees to its end if that fails.
            deadline: When it must be done, on the clock of `time.monotonic`, or None.
        """
        # httpx is imported here: a fork while another thread does would leave the child without it.
        transport, far = self._connection.transport, self._connection.far
        with self._lock:
            self._due.append((flow, deadline))
            free = not self._at_work
            watch = not (free or far or self._watched)
            self._at_work = True
            self._watched = self._watched or watch
        if free:
            self._workers.run(self._work)
        elif far and self._hand_over():
            self._workers.run(self._drive)
        elif watch:
            transport.later(STALL, self._look)

    def close(self) -> None:
        """Carry nothing any more."""
        with self._lock:
            self.closed = True
            if self._wake is not None:
                self._wake()
        self._workers.join(CLOSE_TIMEOUT)

    # One after the other

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._due:
                    self._at_work = False
                    return
                post = self._due.popleft()
                self._begun = time.monotonic()
                drives = self._connection.far and bool(self._due)
                if drives:
                    self._due.appendleft(post)
            if not drives:
                self._connection.run(*post)
            elif self._hand_over():
                self._drive()
            del post  # it knows the session, which must not live on for it

    def _look(self) -> None:
        """Whether calls wait behind one that takes long."""
        with self._lock:
            stalled = bool(self._due) and time.monotonic() - self._begun >= STALL
            self._watched = bool(self._due) and not stalled
        if stalled and self._hand_over():
            self._workers.run(self._drive)
        elif self._watched:
            self._connection.transport.later(STALL, self._look)

    # Many at once

    def _hand_over(self) -> bool:
        """Let the loop carry what is due; whether the caller has to run it."""
        with self._lock:
            if not self._due:
                return False
            self._afar.extend(self._due)
            self._due.clear()
            driven, self._driven = self._driven, True
            if self._wake is not None:
                self._wake()
            return not driven

    def _drive(self) -> None:
        # A door: asyncio costs 40 ms, and most programs submit few calls at once.
        from gradio_session.stream.post_loop import drive  # noqa: PLC0415

        drive(self, self._connection)

    def driven(self, wake: Callable[[], object]) -> None:
        """The loop runs; `wake` tells it that there is more, from any thread."""
        with self._lock:
            self._wake = wake

    def take(self) -> Post | None:
        """The next one for the loop, or None."""
        with self._lock:
            return self._afar.popleft() if self._afar else None

    def leave(self) -> bool:
        """The loop wants to end; whether there is nothing left for it."""
        with self._lock:
            if self._afar and not self.closed:
                return False
            self._wake = None
            self._driven = False
            return True
