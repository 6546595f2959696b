"""`Endpoint.map` of synchronous clients: a window of calls under way, fed by one thread.

    caller ── outcomes() ◄── done ◄── reader of a tab (the call's own stream)
                │                         ▲
                └── room ──► feeder ── submit ── worker's tab

The feeder takes inputs and starts calls; the thread that learns of a call's end writes the
checkpoint file. No thread waits for a single call, nor for the answer of a POST.
"""

from __future__ import annotations

import sys
import threading
import time
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any

from gradio_session.batch.base import END, BatchBase, Job, MapOptions
from gradio_session.batch.inputs import Failure
from gradio_session.calls.sync import Call

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gradio_session.session.sync import Session

    SyncJob = Job[Session]

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
    with ExitStack() as ends:
        ends.callback(batch.close)
        ends.enter_context(batch.display)
        try:
            for number, outcome in batch.outcomes():
                value = _result(outcome) if isinstance(outcome, Call) else outcome
                yield batch.handed(number, value)
        finally:
            # While Python ends, other threads stand still and may hold locks: nothing is waited
            # for. The app drops what it was asked for when the connections break.
            if sys.is_finalizing():
                ends.pop_all()


def _result(call: Any) -> object:
    """The result of a call, decoded here, in the caller's thread; or its failure."""
    try:
        return call.result()
    except Exception as error:  # noqa: BLE001 - whatever a call raises is its outcome
        return Failure(error)


class _Batch(BatchBase["Session"]):
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
        self._closed = False
        self._running: dict[int, Call[Any]] = {}

    # The caller's side

    def outcomes(self) -> Iterator[tuple[int, object]]:
        """Numbers of inputs with what came of them, in order or as they come."""
        threading.Thread(target=self._feed, name="gradio-session-map", daemon=True).start()
        while True:
            with self._changed:
                self._await(lambda: self.ready() is not None or self.over)
                ready = self.ready()
                over = self.over
                outcome = None if ready is None else self.done.pop(ready)
                self.handed_out += ready is not None
                self._changed.notify_all()
            if ready is not None:
                yield ready, outcome
            elif over:
                return
            else:
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
            each.cancel()
        with self._changed:
            self._changed.wait_for(lambda: not self._starting)
        # Each waits until the app has heard of it.
        closers = [
            threading.Thread(target=tab.close, name="gradio-session-map", daemon=True)
            for tab in self.tabs[1:]
        ]
        for closer in closers:
            closer.start()
        for tab in self.tabs[:1]:
            tab.close()
        for closer in closers:
            closer.join()
        self.close_checkpoint()

    # The feeder's side

    def _feed(self) -> None:
        while True:
            with self._changed:
                self._await(lambda: self._may_take() or self._nothing_left())
                takes, over = self._may_take(), self._nothing_left()
            if over:
                return
            if not takes:
                self._end_overdue()
            elif (taken := self._take()) is not None:
                self._start_or_fail(*taken)

    # Both

    def _await(self, condition: Callable[[], bool]) -> None:
        """Wait for that, or for the next deadline of a call.

        No other thread looks at the clock for it.
        """
        while not condition():
            deadlines = [each.__gradio__.state.deadline for each in self._running.values()]
            ends = [deadline for deadline in deadlines if deadline is not None]
            patience = min(ends) - time.monotonic() if ends else None
            if patience is not None and patience <= 0:
                return
            self._changed.wait(patience)

    def _end_overdue(self) -> None:
        with self._changed:
            cores = [each.__gradio__ for each in self._running.values()]
        for core in cores:
            core.source.end_overdue(core.state)

    def _may_take(self) -> bool:
        room = len(self._running) < self.concurrency
        ahead = self.taken - self.handed_out < 2 * self.concurrency
        return room and ahead and not self._closed and not self.exhausted

    def _nothing_left(self) -> bool:
        return self._closed or (self.exhausted and not self._running)

    def _take(self) -> tuple[int, object] | None:
        """The next input with its number; None when there is none, or it is not wanted any more."""
        try:
            item = next(self._inputs, END)
        except Exception as error:  # noqa: BLE001 - the caller's iterator failed: its error is the caller's
            item = Failure(error, fatal=True)
        with self._changed:
            taken = None if self._closed else self.take(item)
            self._starting = taken is not None
            self._changed.notify_all()
        return taken

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
            self._finish(number, self.typed(self.wiring(), recorded), failed=False)
            return
        tab = self._tab()
        try:
            call: Call[Any] = self.start(tab, values)
            core = call.__gradio__
            core.source.want_result(core.state)
        except BaseException:
            with self._changed:
                self._idle.append(tab)
            raise
        with self._changed:
            self._running[number] = call
            closed = self._closed
        if closed:
            call.cancel()
        core.source.on_end(core.state, partial(self._end, number, key, call, tab))

    def _end(self, number: int, key: str, call: Call[Any], tab: Session) -> None:
        """A call has ended: write it into the checkpoint file; its result alone is kept."""
        failed = call.status != "complete"
        fatal = None if failed else self.record(key, call)
        with self._changed:
            del self._running[number]
            self._idle.append(tab)
        self._finish(number, fatal or call, failed=failed)

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
        return self.tab_for_worker(self.wiring())
