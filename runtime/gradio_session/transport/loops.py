"""What flows of asynchronous sessions need of the loop beside their own task."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from gradio_session.transport.pool import KEEPALIVE, Pool, expired

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["LoopTidier", "blocking"]


class LoopTidier:
    """Closes idle connections in time, by a timer of the loop that runs."""

    def __init__(self, pools: Iterable[Pool[Any]]) -> None:
        self._pools = pools
        self._timer: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Task[None]] = set()

    def begin(self) -> None:
        """A connection is idle."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(KEEPALIVE, self._work)

    def end(self) -> None:
        """There will be no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _work(self) -> None:
        loop = asyncio.get_running_loop()
        stale, seconds = expired(self._pools)
        for connection in stale:
            task = loop.create_task(connection.end())
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)
        self._timer = None if seconds is None else loop.call_later(seconds, self._work)


async def blocking(function: Callable[[], object]) -> object:
    """A function's result, from a thread.

    When the task is cancelled the function is waited for, so that cleaning up comes after it.
    """
    work = asyncio.ensure_future(asyncio.to_thread(function))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait([work])
        raise
