"""`Endpoint.map` of synchronous clients: a window of calls under way, fed by one thread.

    caller ── outcomes() ◄── done ◄── reader of a tab (the call's own stream)
                │                         ▲
                └── room ──► feeder ── submit ── worker's tab

The feeder takes inputs, starts calls and writes the checkpoint file; no thread waits for a single
call, nor for the answer of a POST.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

from gradio_session.batch.base import BatchBase, Job, MapOptions
from gradio_session.batch.inputs import Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gradio_session.calls.core import CallCore
    from gradio_session.calls.sync import Call
    from gradio_session.protocol.app_schema.config import Dependency
    from gradio_session.session.sync import Session

    SyncJob = Job[Session, Call[Any]]

__all__ = ["Job", "MapOptions", "map_calls"]


def map_calls(job: SyncJob, inputs: Iterable[object], options: MapOptions) -> Iterator[Any]:
    """Call an endpoint for every input; what `Endpoint.map` documents.

    Yields:
        Typed results (and, with `errors="return"`, exceptions in their place).

    Raises:
        GradioSessionError: The first error of a call, with `errors="raise"`; a file of `journal=`
            that is refused.
    """
    batch = _Batch(job, inputs, options)
    try:
        with batch.display:
            for number, outcome in batch.outcomes():
                value = outcome.value() if isinstance(outcome, _Running) else outcome
                yield batch.handed(number, value)
    finally:
        batch.close()


class _Running(NamedTuple):
    """A call under way, for whose end no thread waits; its result alone is kept.

    Attributes:
        number: The number of its input.
        key: The key of its input in the checkpoint file.
        call: The call.
        tab: The tab that it runs in.
    """

    number: int
    key: str
    call: Call[Any]
    tab: Session

    @property
    def core(self) -> CallCore:
        """The call inside the package."""
        return self.call.__gradio__

    def value(self) -> object:
        """Its result, decoded here, in the caller's thread; or its failure."""
        try:
            return self.call.result()
        except Exception as error:  # noqa: BLE001 - whatever a call raises is its outcome
            return Failure(error)


class _Batch(BatchBase["Session", "Call[Any]"]):
    """The state of one map.

    `_changed` guards all of it but the inputs, which are the feeder's. Nobody who holds it calls a
    session or a call, which have other locks.
    """

    def __init__(self, job: SyncJob, inputs: Iterable[object], options: MapOptions) -> None:
        super().__init__(job, inputs, options)
        self._inputs = iter(inputs)
        self._changed = threading.Condition()
        self._idle: list[Session] = []
        self._starting = False
        self._settling = 0
        self._closed = False
        self._running: dict[int, _Running] = {}
        self._ended: deque[_Running] = deque()

    # The caller's side

    def outcomes(self) -> Iterator[tuple[int, object]]:
        """Numbers of inputs with what came of them, in order or as they come."""
        threading.Thread(target=self._feed, name="gradio-session-map", daemon=True).start()
        while True:
            with self._changed:
                self._await(lambda: self.ready() is not None or self.over)
                ready = self.ready()
                over = ready is None and self.over
                outcome = None if ready is None else self.done.pop(ready)
                self.handed_out += ready is not None
                self._changed.notify_all()
            if over:
                return
            if ready is not None:
                yield ready, outcome
            elif not self._settle():
                self._end_overdue()

    def close(self) -> None:
        """Cancel what runs, end the feeder, close the tabs and the checkpoint file.

        A feeder that waits for the caller's iterator is not waited for.
        """
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            running = list(self._running.values())
        for each in running:
            each.call.cancel()
        with self._changed:
            self._changed.wait_for(lambda: not self._starting and not self._settling)
        while self._settle():
            pass
        # Each waits until the app has heard of it. While Python ends, no thread would start.
        here = len(self.tabs) if sys.is_finalizing() else 1
        closers = [
            threading.Thread(target=tab.close, name="gradio-session-map", daemon=True)
            for tab in self.tabs[here:]
        ]
        for closer in closers:
            closer.start()
        for tab in self.tabs[:here]:
            tab.close()
        for closer in closers:
            closer.join()
        self.close_checkpoint()

    # The feeder's side

    def _feed(self) -> None:
        while True:
            with self._changed:
                self._await(lambda: self._may_take() or self._nothing_left())
                ended, takes, over = bool(self._ended), self._may_take(), self._nothing_left()
            if ended:
                self._settle()
            elif over:
                return
            elif not takes:
                self._end_overdue()
            elif (taken := self._take()) is not None:
                self._start_or_fail(*taken)

    # Both

    def _await(self, condition: Callable[[], bool]) -> None:
        """Wait for that, for a call that has ended, or for the next deadline of one.

        No other thread looks at the clock for it.
        """
        while not (self._ended or condition()):
            deadlines = [each.core.state.deadline for each in self._running.values()]
            ends = [deadline for deadline in deadlines if deadline is not None]
            patience = min(ends) - time.monotonic() if ends else None
            if patience is not None and patience <= 0:
                return
            self._changed.wait(patience)

    def _end_overdue(self) -> None:
        with self._changed:
            self._settling += 1
            running = list(self._running.values())
        for each in running:
            each.core.source.end_overdue(each.core.state)
        with self._changed:
            self._settling -= 1
            self._changed.notify_all()

    def _may_take(self) -> bool:
        room = len(self._running) < self.concurrency
        ahead = self.taken - self.handed_out < 2 * self.concurrency
        return room and ahead and not self._closed and not self.exhausted

    def _nothing_left(self) -> bool:
        return self._closed or (self.exhausted and not self._running)

    def _take(self) -> tuple[int, object] | None:
        """The next input with its number; None when there is none, or it is not wanted any more."""
        item, failure, ended = None, None, False
        try:
            item = next(self._inputs)
        except StopIteration:
            ended = True
        except Exception as error:  # noqa: BLE001 - the caller's iterator failed: its error is the caller's
            failure = Failure(error, fatal=True)
        with self._changed:
            wanted = not (self._closed or self.exhausted or ended)
            number = self.taken
            self.exhausted = self.exhausted or ended or failure is not None
            self.taken += wanted
            if wanted and failure is not None:
                self.done[number] = failure
            self._starting = wanted and failure is None
            self._changed.notify_all()
            return (number, item) if self._starting else None

    def _start_or_fail(self, number: int, item: object) -> None:
        try:
            self._start(number, item)
        except Exception as error:  # noqa: BLE001 - whatever keeps a call from starting is its outcome
            self._finish(number, Failure(error), failed=True)
        finally:
            with self._changed:
                self._starting = False
                self._changed.notify_all()

    def _start(self, number: int, item: object) -> None:
        key, values, recorded = self.prepared(number, item)
        if recorded is not None:
            self._finish(number, self._job.typed(self._wiring(), recorded), failed=False)
            return
        tab = self._tab()
        try:
            running = _Running(number, key, self._job.start(tab, values), tab)
            core = running.core
            core.source.want_result(core.state)
        except BaseException:
            with self._changed:
                self._idle.append(tab)
            raise
        with self._changed:
            self._running[number] = running
            closed = self._closed
        if closed:
            running.call.cancel()
        core.source.on_end(core.state, lambda: self._end(running))

    def _end(self, running: _Running) -> None:
        """A call has ended; the feeder or the caller sees how."""
        with self._changed:
            del self._running[running.number]
            self._idle.append(running.tab)
            self._ended.append(running)
            self._changed.notify_all()

    def _settle(self) -> bool:
        """See how a call ended and write it into the checkpoint file; whether there was one."""
        with self._changed:
            if not self._ended:
                return False
            running = self._ended.popleft()
            self._settling += 1
        try:
            failed = running.call.status != "complete"
            fatal = None if failed else self.record(running.key, running.call.data)
            self._finish(running.number, fatal or running, failed=failed)
        finally:
            with self._changed:
                self._settling -= 1
                self._changed.notify_all()
        return True

    def _finish(self, number: int, outcome: object, *, failed: bool) -> None:
        with self._changed:
            self.finish(number, outcome, failed=failed)
            self._changed.notify_all()

    def _tab(self) -> Session:
        with self._changed:
            tab = self._idle.pop() if self._idle else None
        if tab is not None:
            tab.calls.clear()
            return tab
        return self.tab_for_worker(self._wiring())

    def _wiring(self) -> Dependency | None:
        """How the endpoint is wired; reads the app's configuration if no call has yet."""
        wiring: Dependency | None = self._job.wiring()
        return wiring
