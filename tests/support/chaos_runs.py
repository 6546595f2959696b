"""Code of a user that runs in a thread, with a loop of its own where it is asynchronous: what ends
or hangs that loop ends or hangs no test.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

from gradio_session import AsyncSession, Session
from tests.support.patience import patience
from tests.support.steps import HungError, stacks
from tests.support.world import World


def in_thread(work: Callable[[], Any], within: float = 5.0) -> Any:
    """What `work` returns or raises in a thread; `HungError` where it takes longer."""
    outcome: list[tuple[bool, Any]] = []

    def run() -> None:
        try:
            outcome.append((True, work()))
        except BaseException as error:  # noqa: BLE001 - handed to the test's own thread
            outcome.append((False, error))

    thread = threading.Thread(target=run, name="test-run", daemon=True)
    thread.start()
    thread.join(patience(within))
    if not outcome:
        raise HungError(f"it hung for {within} s; stacks:\n{stacks()}")
    good, value = outcome[0]
    if good:
        return value
    if isinstance(value, Exception):
        raise value
    raise AssertionError(f"{value!r} came out of it") from value


def predictions(
    world: World, url: str, calls: list[tuple[str, list[Any]]], within: float = 5.0, **options: Any
) -> list[Any]:
    """The results of calls that a session of that world makes one after the other."""

    def plain() -> list[Any]:
        with Session(url, **options) as session:
            return [session.predict(*call) for call in calls]

    async def asynchronous() -> list[Any]:
        async with AsyncSession(url, **options) as session:
            return [await session.predict(*call) for call in calls]

    return list(
        in_thread((lambda: asyncio.run(asynchronous())) if world.is_async else plain, within)
    )
