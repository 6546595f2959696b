"""One call: its status, the log of its events, its unread outputs, and what waits for it. Pure.

The owner of the event stream holds its lock around every method, but for those that need none.

Outputs stay bytes until they are wanted. Those that a reader still needs wait in a queue, counted
in a `Backlog`; those that nobody can want any more (all while only the result is) are dropped.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Literal

from gradio_session._log import logger
from gradio_session.errors import CallCancelledError, GradioSessionError
from gradio_session.protocol.queue.messages import COMPLETED, Entry, Outcome, data_of, outcome_of

if TYPE_CHECKING:
    from gradio_session.protocol.base.json_values import JsonArray
    from gradio_session.protocol.queue.input_stream import InputStream

__all__ = ["GENERATED", "OUTPUTS", "Backlog", "CallState", "Cursor", "Entry", "Status"]

GENERATED = "process_generating"
_STREAMED = "process_streaming"
OUTPUTS = frozenset({GENERATED, _STREAMED})
_KNOWN = frozenset({"estimation", "process_starts", "progress", "log"})
_UPDATE = b'"__type__"'

Status = Literal["pending", "queued", "running", "complete", "error", "cancelled"]
Waker = Callable[[], object]


class Backlog:
    """How many bytes of outputs wait unread, over all calls of an event stream."""

    unread = 0


class Cursor:
    """How far one reader of a call has come.

    Attributes:
        all_events: It reads every event; else outputs alone.
        next_output: Number of the output that it is handed next.
        next_logged: Place in the log of what it is handed next.
        delivered: How many outputs it was handed.
    """

    __slots__ = ("all_events", "delivered", "next_logged", "next_output")

    def __init__(self, next_output: int, *, all_events: bool) -> None:
        self.all_events = all_events
        self.next_output = next_output
        self.next_logged = self.delivered = 0


class CallState:
    """A call as the wire knows it.

    Args:
        api_name: The endpoint, with its slash.
        history: Keep outputs in the log too.
        guard: Held while a message is decoded, as two threads may want the same one.

    Attributes:
        event_id: The server's id, once it has accepted the call.
        log: Every event that is no output (with `history`, outputs too), in order of arrival.
        end: The last entry of the log once the call has ended.
        deadline: When its time is up, on the clock of its owner, or None.
        version: The app's Gradio.
        fn_index: The number by which `/cancel` knows the endpoint.
        silent_until: When an event attached to counts as unknown, on the clock of `deadline`.
        last_seen: When a message of it came last, on the clock of `deadline`.
        epoch: What that clock showed in 1970: with it every event gets its stamp.
        acknowledgement_delay: Seconds from its acceptance to its first message, or None.
        posting: It is being posted, and the server may have it; `withdrawn`: it must not be posted.
        own_stream: The event stream that reads this call alone, or None.
        abandoned: Nobody holds the call any more, so nobody can read it.
        input: What goes into it, where its endpoint takes a stream of inputs; else None.
    """

    def __init__(
        self,
        api_name: str,
        *,
        history: bool = False,
        guard: AbstractContextManager[object] | None = None,
    ) -> None:
        self.api_name = api_name
        self.event_id: str | None = None
        self.log: list[Entry] = []
        self.end: Entry | None = None
        self.deadline: float | None = None
        self.version: tuple[int, int, int] = (6, 0, 0)
        self.fn_index = -1
        self.silent_until: float | None = None
        self.last_seen = self.epoch = 0.0
        self.acknowledgement_delay: float | None = None
        self.posting = self.withdrawn = self.abandoned = False
        self.own_stream: Any = None
        self.input: InputStream | None = None
        self.backlog = Backlog()
        self._guard = guard or nullcontext()
        self._history = history
        self._started = False
        self._outcome: Outcome | None = None
        self._count = self._first_output = self._waiting = 0
        self._outputs: deque[Entry] = deque()
        self._latest: Entry | None = None
        self._cursors: list[Cursor] = []
        self._listeners: list[Callable[[Entry], object]] = []
        self._end_wakers: list[Waker] = []
        self._event_wakers: list[Waker] = []

    # What is known of it

    @property
    def ended(self) -> bool:
        """Whether it has come to an end, whatever that is."""
        return self.end is not None

    @property
    def running(self) -> bool:
        """Whether its function began and has not ended."""
        return self._started and self.end is None

    @property
    def watched(self) -> bool:
        """Whether a caller waits for it or reads it."""
        return self._waiting > 0 or bool(self._cursors)

    @property
    def received(self) -> int:
        """How many outputs have come."""
        return self._first_output + len(self._outputs)

    def status(self) -> Status:
        """Its status; reads the end of the call if that was not done yet."""
        if self.end is None:
            waiting: Status = "pending" if self.event_id is None else "queued"
            return "running" if self._started else waiting
        outcome = self.outcome()
        if outcome.error is None:
            return "complete"
        return "error" if outcome.cancelled is None else "cancelled"

    def outcome(self) -> Outcome:
        """How it ended, decoded when first asked for. Only for a call that has; needs no lock."""
        with self._guard:
            if self._outcome is None:
                assert self.end is not None  # noqa: S101 - only an ended call is asked
                self._outcome = self._read_end(self.end)
                self._latest = None
            return self._outcome

    def _read_end(self, entry: Entry) -> Outcome:
        entry.resolve(self._latest)
        name, event_id = self.api_name, self.event_id
        outcome = outcome_of(entry.message(), name, event_id, version=self.version)
        if self.input is None:
            return outcome
        return self.input.end(outcome, self._latest, self.received, name, event_id)

    def read(self, entry: Entry) -> object:
        """The decoded message of an entry; needs no lock."""
        with self._guard:
            return entry.message()

    def data(self, entry: Entry) -> JsonArray | None:
        """The outputs of an entry as they came, or None when it has none; needs no lock."""
        return data_of(self.read(entry))

    def last_data(self) -> JsonArray | None:
        """The last outputs as they came, or None when none did; needs no lock."""
        if self.end is not None and (data := self.outcome().data) is not None:
            return data
        latest = self._latest
        return None if latest is None else self.data(latest)

    # What happens to it

    def accept(self, event_id: str, time: float = 0.0) -> None:
        """The server has taken the call; what was told before was the progress of its files."""
        self.event_id, self.last_seen, self.posting = event_id, time, False
        self.acknowledgement_delay = None

    def feed(self, msg: str, frame: bytes, time: float) -> None:
        """Take one message of the queue. Nothing that comes after the end counts."""
        if self.end is not None:
            return
        if self.acknowledgement_delay is None and self.event_id is not None:  # no upload of it
            self.acknowledgement_delay = time - self.last_seen
        self.last_seen = time
        entry = Entry(msg, time - self.epoch, frame)
        if msg in OUTPUTS:
            self._started = True
            self._add_output(entry, frame)
        elif msg == COMPLETED:
            self._complete(entry, frame)
        elif msg in _KNOWN:
            self._started = self._started or msg == "process_starts"
            self._add(entry)
        else:
            logger.debug("%s: a message of an unknown kind is skipped: %s", self.api_name, msg)

    def _complete(self, entry: Entry, frame: bytes) -> None:
        if self.input is not None:
            if self.input.ends_with_output(frame, self.received):
                self._add_output(Entry(_STREAMED, entry.time, frame), frame)
        elif self._latest is not None and _UPDATE not in frame:
            self._latest = None
        self._finish(entry)

    def heartbeat(self, time: float) -> None:
        """The server has said that it is alive."""
        if self.end is None:
            self._add(Entry("heartbeat", time - self.epoch))

    def fail(self, error: GradioSessionError, time: float) -> None:
        """The call ends here with an error, unless it has ended already."""
        if self.end is None:
            error.api_name = error.api_name or self.api_name
            error.event_id = error.event_id or self.event_id
            self._finish(Entry("failed", time - self.epoch), Outcome(None, error))

    def cancel(self, time: float, *, on_server: bool, why: str = "was cancelled") -> None:
        """The call ends here as cancelled, unless it has ended already."""
        if self.end is None:
            name = f"the call {self.event_id}" if self.event_id is not None else "the call"
            text = f"{self.api_name}: {name} {why}."
            error = CallCancelledError(text, api_name=self.api_name, event_id=self.event_id)
            outcome = Outcome(None, error, cancelled=on_server)
            self._finish(Entry("cancelled", time - self.epoch), outcome)

    def _add(self, entry: Entry, *, logged: bool = True) -> None:
        entry.number = self._count
        self._count += 1
        if logged:
            self.log.append(entry)
        for listener in self._listeners:
            listener(entry)
        if self._event_wakers:
            _wake(self._event_wakers)

    def _add_output(self, entry: Entry, frame: bytes) -> None:
        if _UPDATE in frame:
            with self._guard:
                entry.resolve(self._latest)
        self._latest = entry
        if self._history:
            entry.size = 0  # it is kept on purpose, and waits for no reader
        if self._cursors or (self._waiting == 0 and not self.abandoned):
            self._outputs.append(entry)
            self.backlog.unread += entry.size
        else:
            self._first_output += 1
        self._add(entry, logged=self._history)

    def _finish(self, entry: Entry, outcome: Outcome | None = None) -> None:
        self.end = entry
        self._outcome = outcome
        self._add(entry)
        if self._end_wakers:
            _wake(self._end_wakers)

    def listen(self, listener: Callable[[Entry], object]) -> None:
        """Give a listener every entry as it arrives, after those that listen already."""
        self._listeners.append(listener)

    def on_end(self, waker: Waker) -> None:
        """Call `waker` once when the call ends; at once if it has."""
        if self.end is not None:
            waker()
        else:
            self._end_wakers.append(waker)

    def on_event(self, waker: Waker) -> None:
        """Call `waker` once at the next event."""
        self._event_wakers.append(waker)

    def forget(self, waker: Waker) -> None:
        """The owner of `waker` no longer waits."""
        for wakers in (self._end_wakers, self._event_wakers):
            if waker in wakers:
                wakers.remove(waker)

    def begin_wait(self) -> None:
        """A caller waits for the result: only a reader wants the outputs before it."""
        self._waiting += 1
        self.drop_unread()

    def end_wait(self) -> None:
        """A caller that waited for the result has it, or has given up."""
        self._waiting -= 1

    # Who waits for it and who reads it

    def open(self, *, all_events: bool) -> Cursor:
        """A new reader, of all events or of outputs alone.

        The first one sees every output that is still there, a later one those from now on.
        """
        if all_events and self._history:
            return Cursor(-1, all_events=True)  # the log has the outputs, too
        first = self._first_output
        if self._cursors and self.end is None:
            first += len(self._outputs)
        cursor = Cursor(first, all_events=all_events)
        self._cursors.append(cursor)
        return cursor

    def close(self, cursor: Cursor) -> None:
        """A reader has finished."""
        if cursor in self._cursors:
            self._cursors.remove(cursor)
            if self._cursors or self._waiting:
                self.drop_unread()

    def take(self, cursor: Cursor) -> Entry | None:
        """The next event of a reader, or None when there is none now; none comes after the end."""
        place = cursor.next_output - self._first_output
        output = self._outputs[place] if 0 <= place < len(self._outputs) else None
        if cursor.all_events and cursor.next_logged < len(self.log):
            logged = self.log[cursor.next_logged]
            if output is None or logged.number < output.number:
                cursor.next_logged += 1
                return logged
        if output is not None:
            cursor.next_output += 1
            cursor.delivered += 1
            self.drop_unread()
        return output

    def drop_unread(self) -> None:
        """Drop the outputs that every reader has passed; without a reader, all."""
        passed = min([each.next_output for each in self._cursors] or [self.received])
        while self._first_output < passed:
            self.backlog.unread -= self._outputs.popleft().size
            self._first_output += 1


def _wake(wakers: list[Waker]) -> None:
    woken = wakers[:]
    wakers.clear()
    for waker in woken:
        waker()
