"""`Endpoint.map` of synchronous clients: a window of calls under way, fed by at most two threads.

    caller ── outcomes() ◄── done ◄── reader of a tab (the call's own stream)
                │                         ▲
                └── room ──► helpers ── submit ── worker's tab

Helpers take inputs, start calls and write the journal; no thread waits for a single call.
"""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import inspect
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from gradio_session.batch.inputs import (
    Failure,
    arguments,
    journal_key,
    numbered,
    on_tab,
    open_journal,
    tab_count,
    worker_count,
)

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Sequence

    from gradio_session.batch.checkpoint import Journal
    from gradio_session.batch.inputs import Errors
    from gradio_session.calls.sync import Call
    from gradio_session.client.app import Endpoint
    from gradio_session.protocol.app_schema.config import Dependency
    from gradio_session.session.sync import Session

__all__ = ["map_calls"]

T = TypeVar("T")

HELPERS = 2
"""Threads that start calls: a start costs a round trip, so one alone would be the limit over slow networks."""


def map_calls(
    endpoint: Endpoint[T],
    inputs: Iterable[Any],
    *,
    concurrency: int,
    ordered: bool,
    errors: Errors,
    journal: str | os.PathLike[str] | None,
    progress: bool,
) -> Iterator[T]:
    """Call an endpoint for every input; what `Endpoint.map` documents.

    Yields:
        Typed results (and, with `errors="return"`, exceptions in their place).

    Raises:
        GradioSessionError: The first error of a call, with `errors="raise"`; a journal that is
            refused.
    """
    batch = _Batch(
        endpoint,
        inputs,
        concurrency,
        open_journal(journal, endpoint),
        stop_at_error=errors == "raise",
    )
    from gradio_session.display.live import BatchDisplay  # noqa: PLC0415 - only a map shows one

    try:
        with BatchDisplay(endpoint.spec.api_name, inputs, enabled=progress) as display:
            for number, outcome in batch.outcomes(ordered=ordered):
                value = _value(outcome)
                failed = isinstance(value, Failure)
                display.advance(failed=failed)
                if not failed:
                    yield value
                elif value.fatal or errors == "raise":
                    raise numbered(value.error, number)
                else:
                    yield cast("T", value.error)
    finally:
        batch.close()


def _value(outcome: Any) -> Any:
    """The result of a call that is done; decoded here, in the caller's thread."""
    if not isinstance(outcome, _Done):
        return outcome
    try:
        return outcome.call.result()
    except Exception as error:  # noqa: BLE001 - whatever a call raises is its outcome
        return Failure(error)


class _Done:
    """A call that has ended, its result not yet decoded."""

    def __init__(self, call: Call[Any]) -> None:
        self.call = call


def _want_only_the_result(call: Call[Any]) -> None:
    """Outputs before the result are not kept, as nobody will read them; a detached call is read from now on."""
    with call._channel._lock:
        call._state.begin_wait()
    call._channel.follow()


class _Batch(Generic[T]):
    """The state of one map.

    `_changed` guards all of it but the inputs, which one helper at a time takes from. Nobody who
    holds it calls a session or a call, which have locks of their own.
    """

    def __init__(
        self,
        endpoint: Endpoint[T],
        inputs: Iterable[Any],
        concurrency: int,
        journal: Journal | None,
        *,
        stop_at_error: bool,
    ) -> None:
        self._endpoint = endpoint
        self._signature = inspect.signature(endpoint.submit)
        self._inputs = iter(inputs)
        self._taking = threading.Lock()
        self._changed = threading.Condition()
        self._concurrency = worker_count(concurrency, endpoint.session)
        self._journal = journal
        self._stop_at_error = stop_at_error
        self._making = threading.Lock()
        self._tabs: list[Session] = []
        self._workers = 0
        self._idle: list[Endpoint[T]] = []
        self._reserved = 0
        self._starting = 0
        self._settling = 0
        self._taken = 0
        self._handed_out = 0
        self._exhausted = False
        self._closed = False
        self._running: dict[int, Call[T]] = {}
        self._ended: deque[tuple[int, str, Call[T]]] = deque()
        self._done: dict[int, Any] = {}

    # The caller's side

    def outcomes(self, *, ordered: bool) -> Iterator[tuple[int, Any]]:
        """Numbers of inputs with what came of them, in order or as they come."""
        for number in range(min(HELPERS, self._concurrency)):
            threading.Thread(
                target=self._help, name=f"gradio-session-map-{number}", daemon=True
            ).start()
        while True:
            with self._changed:
                self._changed.wait_for(
                    lambda: self._ended or self._next(ordered=ordered) is not None or self._over()
                )
                ready = self._next(ordered=ordered)
                if ready is None and not self._ended:
                    return
                outcome = None if ready is None else self._done.pop(ready)
                self._handed_out += ready is not None
                self._changed.notify_all()
            if ready is None:
                self._settle()
            else:
                yield ready, outcome

    def _next(self, *, ordered: bool) -> int | None:
        if ordered:
            return self._handed_out if self._handed_out in self._done else None
        return next(iter(self._done), None)

    def _over(self) -> bool:
        return self._exhausted and self._handed_out == self._taken

    def close(self) -> None:
        """Cancel what runs, end the helpers, close the tabs and the journal. A helper that waits for the caller's iterator is not waited for."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            running = list(self._running.values())
        for call in running:
            call.cancel()
        with self._changed:
            self._changed.wait_for(lambda: not self._starting and not self._settling)
        while self._settle():
            pass
        for tab in self._tabs:
            tab.close()
        if self._journal is not None:
            self._journal.close()

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
        """Seconds to the next deadline of a call: nobody else waits for these calls, and looks at the clock for them."""
        deadlines = [call._state.deadline for call in self._running.values()]
        ends = [deadline for deadline in deadlines if deadline is not None]
        return max(0.0, min(ends) - time.monotonic()) if ends else None

    def _end_overdue(self, calls: Sequence[Call[T]]) -> None:
        """End the calls whose deadline has passed."""
        for call in calls:
            call._channel.end_overdue(call._state)
        with self._changed:
            self._settling -= 1
            self._changed.notify_all()

    def _may_take(self) -> bool:
        under_way = self._reserved + self._starting + len(self._running)
        ahead = self._reserved + self._taken - self._handed_out
        return (
            not self._closed
            and not self._exhausted
            and under_way < self._concurrency
            and ahead < 2 * self._concurrency
        )

    def _nothing_left(self) -> bool:
        return self._closed or (self._exhausted and not self._running and not self._starting)

    def _take(self) -> tuple[int, Any] | None:
        """The next input with its number; None when there is none, or nobody wants it any more."""
        item, failure, ended = None, None, False
        with self._taking:
            try:
                item = next(self._inputs) if not self._exhausted else None
            except StopIteration:
                ended = True
            except Exception as error:  # noqa: BLE001 - the caller's iterator failed: its error is the caller's
                failure = Failure(error, fatal=True)
            with self._changed:
                self._reserved -= 1
                wanted = not (self._closed or self._exhausted or ended)
                number = self._taken
                self._exhausted = self._exhausted or ended or failure is not None
                self._changed.notify_all()
                if not wanted:
                    return None
                self._taken += 1
                if failure is not None:
                    self._done[number] = failure
                    return None
                self._starting += 1
        return number, item

    def _start_or_fail(self, number: int, item: Any) -> None:
        try:
            self._start(number, item)
        except Exception as error:  # noqa: BLE001 - whatever keeps a call from starting is its outcome
            self._finish(number, Failure(error), failed=True)
        finally:
            with self._changed:
                self._starting -= 1
                self._changed.notify_all()

    def _start(self, number: int, item: Any) -> None:
        spec = self._endpoint.spec
        values = arguments(self._signature, item, api_name=spec.api_name, number=number)
        key = ""
        if self._journal is not None:
            key = journal_key(self._endpoint, values)
            recorded = self._journal.take(key)
            if recorded is not None:
                self._finish(
                    number, self._endpoint.session._typed(spec, self._dependency(), recorded, None)
                )
                return
        worker = self._worker()
        try:
            call = worker._submit(*values)
        except BaseException:
            with self._changed:
                self._idle.append(worker)
            raise
        _want_only_the_result(call)
        with self._changed:
            self._running[number] = call
            closed = self._closed
        if closed:
            call.cancel()
        call._when_done(lambda: self._end(number, key, call, worker))

    def _end(self, number: int, key: str, call: Call[T], worker: Endpoint[T]) -> None:
        """A call has ended; whoever is free will see how."""
        with self._changed:
            del self._running[number]
            self._idle.append(worker)
            self._ended.append((number, key, call))
            self._changed.notify_all()

    def _settle(self) -> bool:
        """See how a call ended and write it into the journal; whether there was one."""
        with self._changed:
            if not self._ended:
                return False
            number, key, call = self._ended.popleft()
            self._settling += 1
        try:
            outcome: Any = _Done(call)
            failed = call.status != "complete"
            if self._journal is not None and not failed:
                try:
                    self._journal.add(key, call.data or [])
                except OSError as error:
                    outcome = Failure(error, fatal=True)
            self._finish(number, outcome, failed=failed)
        finally:
            with self._changed:
                self._settling -= 1
                self._changed.notify_all()
        return True

    def _finish(self, number: int, outcome: Any, *, failed: bool = False) -> None:
        with self._changed:
            self._done[number] = outcome
            self._exhausted = self._exhausted or (failed and self._stop_at_error)
            self._changed.notify_all()

    def _worker(self) -> Endpoint[T]:
        with self._changed:
            worker = self._idle.pop() if self._idle else None
        if worker is not None:
            worker.session.calls.clear()
            return worker
        tabs = tab_count(self._concurrency, self._dependency())
        with self._making:
            if len(self._tabs) < tabs:
                self._tabs.append(self._endpoint.session.tab())
            self._workers += 1
            return on_tab(self._endpoint, self._tabs[(self._workers - 1) % len(self._tabs)])

    def _dependency(self) -> Dependency:
        """How the endpoint is wired; reads the app's configuration if no call has yet."""
        return self._endpoint.session._connection.ready().dependency(self._endpoint.spec.api_name)
