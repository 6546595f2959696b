"""Waiting for a call while its progress is shown; nothing is shown without rich."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from gradio_session.display.live import CallDisplay

if TYPE_CHECKING:
    from typing_extensions import Self

    from gradio_session.calls.core import CallCore

__all__ = ["wait_shown", "wait_shown_async"]

GLANCE = 0.1
"""Seconds between two looks at a call that is shown."""

SHOWN = frozenset({"estimation", "process_starts", "progress", "log"})
"""The messages whose events are shown: outputs need not be decoded for that."""


class Watch:
    """Looks at a call every now and then.

    Args:
        core: The call.
        timeout: Seconds to wait in all; None for no bound.
    """

    def __init__(self, core: CallCore, timeout: float | None) -> None:
        self._core = core
        self._display = CallDisplay(core.state.api_name, asked=True)
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
        fresh = self._core.state.log[self._seen :]
        self._seen += len(fresh)
        for entry in fresh:
            if entry.msg in SHOWN and (event := self._core.event(entry)) is not None:
                self._display.update(event)
        self._display.refresh()
        self.over = ended or (self._limit is not None and self._limit <= time.monotonic())


def wait_shown(core: CallCore, timeout: float | None) -> bool:
    """Wait until a call has ended or that many seconds have passed; whether it has ended."""
    with Watch(core, timeout) as watch:
        while not watch.over:
            watch.look(ended=core.source.wait(core.state, watch.patience))
    return core.state.ended


async def wait_shown_async(core: CallCore, timeout: float | None) -> bool:
    """The same for asynchronous code."""
    with Watch(core, timeout) as watch:
        while not watch.over:
            watch.look(ended=await core.source.wait(core.state, watch.patience))
    return core.state.ended
