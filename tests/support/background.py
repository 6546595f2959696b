"""An asyncio loop in a thread of its own, for servers that serve plain and asynchronous tests
alike.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from tests.support.patience import patience

T = TypeVar("T")


class Background:
    """A running event loop in a daemon thread.

    Args:
        name: Name of the thread, so that counters of threads can tell it from the product's own.
    """

    def __init__(self, name: str) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._main, name=name, daemon=True)
        self.thread.start()

    def _main(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def run(self, work: Coroutine[Any, Any, T], within: float = 30.0) -> T:
        """The result of a coroutine that runs on the loop; a time-out error when the patience for
        `within` seconds is at its end (then it is cancelled).
        """
        future = asyncio.run_coroutine_threadsafe(work, self.loop)
        try:
            return future.result(patience(within))
        except BaseException:
            future.cancel()
            raise

    def stop(self) -> None:
        """Cancel what still runs and end the thread."""

        async def drain() -> None:
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
            await self.loop.shutdown_asyncgens()

        self.run(drain())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(patience(5))
        self.loop.close()
