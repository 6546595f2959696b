"""Waiting for a call while its progress is shown; nothing is shown without rich."""

from __future__ import annotations

import math
import time
from contextlib import closing
from typing import TYPE_CHECKING

from gradio_session.display.live import CallDisplay

if TYPE_CHECKING:
    from collections.abc import Generator

    from gradio_session.calls.core import CallCore

__all__ = ["wait_shown", "wait_shown_async"]

GLANCE = 0.1
"""Seconds between two looks at a call that is shown."""

SHOWN = frozenset({"estimation", "process_starts", "progress", "log"})
"""The messages whose events are shown: outputs need not be decoded for that."""


def wait_shown(core: CallCore, timeout: float | None) -> bool:
    """Wait until a call has ended or that many seconds have passed; whether it has ended."""
    with closing(_looks(core, timeout)) as looks:
        for patience in looks:
            core.source.wait(core.state, patience)
    return core.state.ended


async def wait_shown_async(core: CallCore, timeout: float | None) -> bool:
    """The same for asynchronous code."""
    with closing(_looks(core, timeout)) as looks:
        for patience in looks:
            await core.source.wait(core.state, patience)
    return core.state.ended


def _looks(core: CallCore, timeout: float | None) -> Generator[float, None, None]:
    """Show what happens to a call; gives the seconds to wait for it until the next look."""
    limit = math.inf if timeout is None else time.monotonic() + timeout
    seen, over = 0, False
    with CallDisplay(core.state.api_name, asked=True) as display:
        while not over:
            yield max(0.0, min(GLANCE, limit - time.monotonic()))
            over = core.state.ended or limit <= time.monotonic()
            fresh = core.state.log[seen:]
            seen += len(fresh)
            for entry in fresh:
                if entry.msg in SHOWN and (event := core.event(entry)) is not None:
                    display.update(event)
            display.refresh()
