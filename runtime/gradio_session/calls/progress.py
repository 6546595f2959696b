"""Waiting for a call while its progress is shown; nothing is shown without rich."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from gradio_session.display.live import CallDisplay

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from typing_extensions import Self

    from gradio_session.events import Event
    from gradio_session.protocol.queue.call_state import Entry

__all__ = ["Watch", "wait_shown", "wait_shown_async"]

GLANCE = 0.1
"""Seconds between two looks at a call that is shown."""

SHOWN = frozenset({"estimation", "process_starts", "progress", "log"})
"""The messages whose events are shown: outputs need not be decoded for that."""


class Watch:
    """Looks at a call every now and then.

    Args:
        api_name: The endpoint, as shown.
        log: The entries of the call, which grows.
        event: Makes the event of an entry.
        timeout: Seconds to wait in all; None for no bound.
    """

    def __init__(
        self,
        api_name: str,
        log: Sequence[Entry],
        event: Callable[[Entry], Event[Any] | None],
        timeout: float | None,
    ) -> None:
        self._display = CallDisplay(api_name, asked=True)
        self._log = log
        self._event = event
        self._seen = 0
        self._limit = None if timeout is None else time.monotonic() + timeout
        self.over = False

    def __enter__(self) -> Self:
        self._display.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._display.__exit__(*error)

    @property
    def patience(self) -> float:
        """Seconds to wait until the next look."""
        if self._limit is None:
            return GLANCE
        return max(0.0, min(GLANCE, self._limit - time.monotonic()))

    def look(self, *, ended: bool) -> None:
        """Show what happened since the last look."""
        fresh = self._log[self._seen :]
        self._seen += len(fresh)
        for entry in fresh:
            if entry.msg in SHOWN and (event := self._event(entry)) is not None:
                self._display.update(event)
        self._display.refresh()
        self.over = ended or (self._limit is not None and self._limit <= time.monotonic())


def wait_shown(watch: Watch, wait: Callable[[float], bool]) -> None:
    """Wait until a call has ended or the time of its watch has passed.

    Args:
        watch: What shows the call.
        wait: Waits at most so many seconds; whether the call has ended.
    """
    with watch:
        while not watch.over:
            watch.look(ended=wait(watch.patience))


async def wait_shown_async(watch: Watch, wait: Callable[[float], Awaitable[bool]]) -> None:
    """The same for asynchronous code."""
    with watch:
        while not watch.over:
            watch.look(ended=await wait(watch.patience))
