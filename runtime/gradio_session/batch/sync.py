"""`Endpoint.map` of synchronous clients: a window of calls under way, fed by at most two threads.

    caller ── outcomes() ◄── done ◄── reader of a tab (the call's own stream)
                │                         ▲
                └── room ──► helpers ── submit ── worker's tab

Helpers take inputs, start calls and write the checkpoint file; no thread waits for a single call.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from gradio_session.batch.base import BatchBase, Job, MapOptions
from gradio_session.batch.inputs import Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from gradio_session.calls.sync import Call
    from gradio_session.protocol.app_schema.config import Dependency
    from gradio_session.session.sync import Session

    SyncJob = Job[Session, Call[Any]]

__all__ = ["Job", "MapOptions", "map_calls"]

HELPERS = 2
"""Threads that start calls: a start costs a round trip, which would bound a single one."""


def map_calls(job: SyncJob, inputs: Iterable[Any], options: MapOptions) -> Iterator[Any]:
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


class _Running:
    """A call under way, for whose end no thread waits; its result alone is kept.

    Args:
        number: The number of its input.
        key: The key of its input in the checkpoint file.
        call: The call.
        tab: The tab that it runs in.
    """

    def __init__(self, number: int, key: str, call: Call[Any], tab: Session) -> None:
        self.number = number
        self.key = key
        self.call = call
        self.tab = tab
        core = call.__gradio__
        self._stream, self._state = core.source, core.state
        self._stream.want_result(self._state)

    @property
    def deadline(self) -> float | None:
        """When it must have ended, on the clock of `time.monotonic`."""
        return self._state.deadline

    def when_done(self, action: Callable[[], object]) -> None:
        """Do something once it has ended, in whatever thread that happens."""
        self._stream.on_end(self._state, action)

    def end_overdue(self) -> None:
        """End it if its deadline has passed."""
        self._stream.end_overdue(self._state)

    def value(self) -> object:
        """Its result, decoded here, in the caller's thread; or its failure."""
        try:
            return self.call.result()
        except Exception as error:  # noqa: BLE001 - whatever a call raises is its outcome
            return Failure(error)


class _Batch(BatchBase["Session", "Call[Any]"]):
    """The state of one map.

    `_changed` guards all of it but the inputs, which one helper at a time takes from. Nobody who
    holds it calls a session or a call, which have other locks.
    """

    def __init__(self, job: SyncJob, inputs: Iterable[Any], options: MapOptions) -> None:
        super().__init__(job, inputs, options)
        self._inputs = iter(inputs)
        self._taking = threading.Lock()
        self._changed = threading.Condition()
        self._making = threading.Lock()
        self._idle: list[Session] = []
        self._reserved = 0
        self._starting = 0
        self._settling = 0
        self._closed = False
        self._running: dict[int, _Running] = {}
        self._ended: deque[_Running] = deque()

    # The caller's side

    def outcomes(self) -> Iterator[tuple[int, Any]]:
        """Numbers of inputs with what came of them, in order or as they come."""
        for number in range(min(HELPERS, self.concurrency)):
            name = f"gradio-session-map-{number}"
            threading.Thread(target=self._help, name=name, daemon=True).start()
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._ended or self.ready() is not None or self.over)
                ready = self.ready()
                if ready is None and not self._ended:
                    return
                outcome = None if ready is None else self.done.pop(ready)
                self.handed_out += ready is not None
                self._changed.notify_all()
            if ready is None:
                self._settle()
            else:
                yield ready, outcome

    def close(self) -> None:
        """Cancel what runs, end the helpers, close the tabs and the checkpoint file.

        A helper that waits for the caller's iterator is not waited for.
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
        for tab in self.tabs:
            tab.close()
        self.close_checkpoint()

    # The helpers' side

    def _help(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(
                    lambda: self._ended or self._may_take() or self._nothing_left(),
                    self._patience(),
                )
                ended, takes, over = bool(self._ended), self._may_take(), self._nothing_left()
                self._reserved += takes and not ended
                self._settling += not (takes or ended or over)
                running = list(self._running.values())
            if over and not ended:
                return
            if not ended and not takes:
                self._end_overdue(running)
            elif ended:
                self._settle()
            elif (taken := self._take()) is not None:
                self._start_or_fail(*taken)

    def _patience(self) -> float | None:
        """Seconds to the next deadline of a call: no other thread looks at the clock for it."""
        deadlines = [each.deadline for each in self._running.values()]
        ends = [deadline for deadline in deadlines if deadline is not None]
        return max(0.0, min(ends) - time.monotonic()) if ends else None

    def _end_overdue(self, running: Sequence[_Running]) -> None:
        for each in running:
            each.end_overdue()
        with self._changed:
            self._settling -= 1
            self._changed.notify_all()

    def _may_take(self) -> bool:
        under_way = self._reserved + self._starting + len(self._running)
        ahead = self._reserved + self.taken - self.handed_out
        room = under_way < self.concurrency and ahead < 2 * self.concurrency
        return room and not self._closed and not self.exhausted

    def _nothing_left(self) -> bool:
        return self._closed or (self.exhausted and not self._running and not self._starting)

    def _take(self) -> tuple[int, Any] | None:
        """The next input with its number; None when there is none, or it is not wanted any more."""
        item, failure, ended = None, None, False
        with self._taking:
            try:
                item = next(self._inputs) if not self.exhausted else None
            except StopIteration:
                ended = True
            except Exception as error:  # noqa: BLE001 - the caller's iterator failed: its error is the caller's
                failure = Failure(error, fatal=True)
            with self._changed:
                self._reserved -= 1
                wanted = not (self._closed or self.exhausted or ended)
                number = self.taken
                self.exhausted = self.exhausted or ended or failure is not None
                self._changed.notify_all()
                if not wanted:
                    return None
                self.taken += 1
                if failure is not None:
                    self.done[number] = failure
                    return None
                self._starting += 1
        return number, item

    def _start_or_fail(self, number: int, item: object) -> None:
        try:
            self._start(number, item)
        except Exception as error:  # noqa: BLE001 - whatever keeps a call from starting is its outcome
            self._finish(number, Failure(error), failed=True)
        finally:
            with self._changed:
                self._starting -= 1
                self._changed.notify_all()

    def _start(self, number: int, item: object) -> None:
        key, values, recorded = self.prepared(number, item)
        if recorded is not None:
            self._finish(number, self._job.typed(self._wiring(), recorded), failed=False)
            return
        tab = self._tab()
        try:
            running = _Running(number, key, self._job.start(tab, values), tab)
        except BaseException:
            with self._changed:
                self._idle.append(tab)
            raise
        with self._changed:
            self._running[number] = running
            closed = self._closed
        if closed:
            running.call.cancel()
        running.when_done(lambda: self._end(running))

    def _end(self, running: _Running) -> None:
        """A call has ended; the next helper or caller that is free sees how."""
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
        wiring = self._wiring()
        with self._making:
            return self.tab_for_worker(wiring)

    def _wiring(self) -> Dependency | None:
        """How the endpoint is wired; reads the app's configuration if no call has yet."""
        wiring: Dependency | None = self._job.wiring()
        return wiring
