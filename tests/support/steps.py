"""Steps of tests, each in a thread of its own, so that one that hangs does not stop the run."""

from __future__ import annotations

import faulthandler
import tempfile
import threading
from collections.abc import Callable
from typing import Any

from tests.support.patience import patience


class HungError(AssertionError):
    """A step did not come back in time."""


class Step:
    """A step that runs beside the test."""

    def __init__(self, step: Callable[[], Any]) -> None:
        self._outcome: list[tuple[bool, Any]] = []

        def work() -> None:
            try:
                self._outcome.append((True, step()))
            except BaseException as error:  # noqa: BLE001 - handed to the test's own thread
                self._outcome.append((False, error))

        self._thread = threading.Thread(target=work, name="test-step", daemon=True)
        self._thread.start()

    def done(self) -> bool:
        """Whether it has ended."""
        return bool(self._outcome)

    def result(self, within: float = 20.0) -> Any:
        """What it returned; raises what it raised, and `HungError` if it does not end in time."""
        self._thread.join(patience(within))
        if not self._outcome:
            raise HungError(f"a step hung for {within} s; stacks:\n{stacks()}")
        good, value = self._outcome[0]
        if good:
            return value
        raise value


def stacks() -> str:
    """The stacks of all threads."""
    with tempfile.TemporaryFile() as file:
        faulthandler.dump_traceback(file, all_threads=True)
        file.seek(0)
        return file.read().decode(errors="replace")
