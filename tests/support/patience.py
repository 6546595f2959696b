"""How long tests wait for what must come.

A wait ends when what it waits for comes; its bound matters only when that never comes. So bounds
are wide, and the wider the busier the machine is: a test that is right passes on any machine, and
one that hangs is ended.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

MARGIN = 3.0
"""How much longer than an idle machine needs is waited at least."""
LOAD = Path("/proc/loadavg")


def patience(seconds: float) -> float:
    """The bound of a wait that takes less than `seconds` on an idle machine."""
    return seconds * MARGIN * max(1.0, _waiting() / (os.cpu_count() or 1))


def wait_for(condition: Callable[[], object], within: float = 5.0) -> bool:
    """Whether a condition comes true, within the patience for so many seconds."""
    begin = time.monotonic()
    while not condition():
        if time.monotonic() - begin > patience(within):
            return bool(condition())
        time.sleep(0.01)
    return True


def stays_so(condition: Callable[[], object], seconds: float = 0.2) -> bool:
    """Whether a condition holds for so many seconds, on any machine."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not condition():
            return False
        time.sleep(0.01)
    return bool(condition())


async def opened(gate: threading.Event) -> None:
    """Wait for an event of threads on a loop."""
    while not gate.is_set():  # noqa: ASYNC110 - set from another thread
        await asyncio.sleep(0.002)


def _waiting() -> float:
    """How many processes want a processor: now, or on average in the last minute."""
    try:
        now = int(LOAD.read_text(encoding="ascii").split()[3].partition("/")[0])
    except (OSError, ValueError, IndexError):
        now = 0
    return max(float(now), os.getloadavg()[0])
