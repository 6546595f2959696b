"""Apps that take each other's place at one address, and a clock that a test moves."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.fault_proxy import FaultProxy
from tests.support.probe import THREADS
from tests.support.world import World


class Address(FaultProxy):
    """An address that leads to one app, and then to another."""

    def lead_to(self, url: str) -> None:
        """From now on it leads there; connections to the app before end."""
        self.turn_to(url)
        self.cut()

    def turn_to(self, url: str) -> None:
        """From now on it leads there; connections to the app before stay."""
        self._target = urlsplit(url)


class Clock:
    """The monotonic clock or the clock of the wall, which may be moved; it goes on by itself, too.

    Args:
        monkeypatch: Undoes everything at the end of the test.
        name: The function of `time` that is replaced.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        self._moved = 0.0
        self._true: Callable[[], float] = getattr(time, name)
        monkeypatch.setattr(time, name, self.now)

    def now(self) -> float:
        """What it shows."""
        return self._true() + self._moved

    def move(self, seconds: float) -> None:
        """Set it forward, or back."""
        self._moved += seconds


def settle(world: World, within: float = 5.0) -> None:
    """Wait until the product does nothing: it has no thread and no task while no call runs."""

    def resting() -> bool:
        names = {each.name for each in threading.enumerate() if each.name.startswith(THREADS)}
        threads = names - {"gradio-session-idle"}  # it closes idle connections, as time goes by
        return not threads and not world.tasks()

    world.wait_for(resting, within)


def client(world: World, module: Any, name: str, url: str) -> Any:
    """A generated client of that world, and the session that it makes calls by."""
    session = world.open(url, timeout=None)
    kind = getattr(module, f"Async{name}" if world.is_async else name)
    return world.do(lambda: kind(session=session))
