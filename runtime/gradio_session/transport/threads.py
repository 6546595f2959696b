"""What flows of blocking sessions share with the threads beside them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradio_session.protocol.base.effects import Flow, Gather, SingleFlight
    from gradio_session.transport.base import Scope

__all__ = ["Gathering", "single_flight"]

_WATCH = 0.5
"""Seconds between two looks at the deadline while another thread does the work."""


class Run(Protocol):
    """What runs a flow; see `SyncTransport.run`."""

    def __call__(
        self, flow: Flow[object], *, deadline: float | None, beside: Sequence[threading.Event]
    ) -> object: ...


class Gathering:
    """Flows side by side: one in the calling thread, the others in threads that end with them."""

    def __init__(self, run: Run, effect: Gather, scope: Scope) -> None:
        self._run = run
        self._pending = iter(list(enumerate(effect.flows)))
        self._results: list[object] = [None] * len(effect.flows)
        self._workers = min(effect.limit, len(effect.flows))
        self._lock = threading.Lock()
        self._failed = threading.Event()
        self._error: BaseException | None = None
        self._deadline = scope.deadline
        self._beside = (*scope.beside, self._failed)

    def results(self) -> list[object]:
        """The results in order; raises what the first flow to fail raised."""
        threads = [
            threading.Thread(target=self._work, name="gradio-session-gather", daemon=True)
            for _ in range(self._workers - 1)
        ]
        try:
            for thread in threads:
                thread.start()
            self._work()
            for thread in threads:
                thread.join(1 if self._failed.is_set() else None)
        except BaseException:
            self._failed.set()
            raise
        error, self._error = self._error, None
        if error is not None:
            raise error
        return self._results

    def _work(self) -> None:
        while not self._failed.is_set():
            with self._lock:
                index, flow = next(self._pending, (-1, None))
            if flow is None:
                return
            try:
                self._results[index] = self._run(flow, deadline=self._deadline, beside=self._beside)
            except BaseException as error:  # noqa: BLE001 - `results` raises it, where it is called
                with self._lock:
                    self._error = self._error or error
                self._failed.set()


class _Flight:
    """Work that others wait for."""

    def __init__(self) -> None:
        self.landed = threading.Event()
        self.succeeded = False
        self.result: object = None


def single_flight(lock: threading.Lock, run: Run, effect: SingleFlight, scope: Scope) -> object:
    """Do the work, or wait for the thread that does it; when that one fails, try in its place."""
    while True:
        with lock:
            other: _Flight | None = effect.in_flight.get(effect.key)
            if other is None:
                mine = effect.in_flight[effect.key] = _Flight()
                break
        while not other.landed.wait(_WATCH):
            scope.check()
        if other.succeeded:
            return other.result
    try:
        mine.result = run(effect.make(), deadline=scope.deadline, beside=scope.beside)
        mine.succeeded = True
        return mine.result
    finally:
        with lock:
            effect.in_flight.pop(effect.key, None)
        mine.landed.set()
