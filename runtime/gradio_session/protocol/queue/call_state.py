"""One call: its status, the log of its events, its unread outputs and who reads them. Pure: whoever owns the call's tab holds its lock meanwhile.

Outputs stay as the bytes that came until somebody wants them. Those that a reader still needs wait
in a queue, whose size is counted in the tab's `Backlog`; what nobody can want any more is dropped
at once: outputs while only `result()` is waited
for, and those that every reader has passed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Literal

from gradio_session._log import logger
from gradio_session.errors import CallCancelledError, GradioSessionError
from gradio_session.protocol.base.json_values import is_object
from gradio_session.protocol.queue.messages import decode
from gradio_session.protocol.queue.outcome import Outcome, data_of, outcome_of

__all__ = ["OUTPUTS", "Backlog", "CallState", "Cursor", "Entry", "Status"]

OUTPUTS = frozenset({"process_generating", "process_streaming"})
_COMPLETED = "process_completed"
_KNOWN = frozenset({"estimation", "process_starts", "progress", "log"})
_UPDATE = b'"__type__"'

Status = Literal["pending", "queued", "running", "complete", "error", "cancelled"]
Waker = Callable[[], object]


class Backlog:
    """How many bytes of outputs wait unread, over all calls of a tab."""

    __slots__ = ("unread",)

    def __init__(self) -> None:
        self.unread = 0


class Entry:
    """One event of a call, decoded when first asked for.

    Attributes:
        number: Its place among the events of the call, from 0.
        msg: The name of its message; "failed" and "cancelled" are ends that happened here.
        time: When it arrived, in seconds since 1970.
        size: Bytes that it took on the wire.
        event: Room for the typed event that is made of it.
    """

    __slots__ = ("_frame", "_message", "event", "msg", "number", "size", "time")

    def __init__(self, number: int, msg: str, time: float, frame: bytes | None = None) -> None:
        self.number = number
        self.msg = msg
        self.time = time
        self.size = len(frame or b"")
        self.event: Any = None
        self._frame = frame
        self._message: Any = None

    def message(self) -> Any:
        """The decoded message. The bytes are let go before they are parsed, so that a large one is in memory twice and not three times."""
        if self._frame is not None:
            text = _text_of(self._frame)
            self._frame = None
            self._message = decode(text)
        return self._message

    def resolve(self, before: Entry | None) -> None:
        """Fill in the outputs that this message leaves as they were, from the one before it."""
        data = data_of(self.message())
        known = None if before is None else data_of(before.message())
        if data is None or known is None or len(known) != len(data):
            return
        for place, value in enumerate(data):
            if is_object(value) and value.get("__type__") == "update" and "value" not in value:
                data[place] = known[place]


class Cursor:
    """How far one reader of a call has come.

    Attributes:
        delivered: How many outputs it has handed out.
        next_output: Number of the output that it hands out next.
    """

    __slots__ = ("_all_events", "_log_place", "_state", "delivered", "next_output")

    def __init__(self, state: CallState, next_output: int, *, all_events: bool) -> None:
        self._state = state
        self._all_events = all_events
        self._log_place = 0
        self.delivered = 0
        self.next_output = next_output

    def take(self) -> Entry | None:
        """The next event, or None when there is none now; none ever comes once the call has ended."""
        state = self._state
        output = state.output_at(self.next_output)
        if self._all_events and self._log_place < len(state.log):
            logged = state.log[self._log_place]
            if output is None or logged.number < output.number:
                self._log_place += 1
                return logged
        if output is not None:
            self.next_output += 1
            self.delivered += 1
            state.release()
        return output


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
        deadline: When the call runs out of time, on the clock of whoever set it, or None.
        version: The app's Gradio.
        fn_index: The number by which `/cancel` knows the endpoint.
        silent_until: When an event that was attached to counts as unknown unless something was
            heard of it, on the clock of `deadline`.
        touched: When it was last heard of, in seconds since 1970.
        lag: Seconds from its acceptance to the first word of it, or None while there is none.
        cancelling: A request to cancel it is on its way to the server.
        abandoned: Nobody holds the call any more, so nobody can read it.
        sink: Gets every entry as it arrives, or None.
    """

    def __init__(
        self,
        api_name: str,
        *,
        history: bool = False,
        guard: AbstractContextManager[Any] | None = None,
    ) -> None:
        self.api_name = api_name
        self.event_id: str | None = None
        self.log: list[Entry] = []
        self.end: Entry | None = None
        self.deadline: float | None = None
        self.version: tuple[int, int, int] = (6, 0, 0)
        self.fn_index = -1
        self.silent_until: float | None = None
        self.touched = 0.0
        self.lag: float | None = None
        self.cancelling = False
        self.abandoned = False
        self.sink: Callable[[Entry], None] | None = None
        self.backlog = Backlog()
        self._guard: AbstractContextManager[Any] = guard if guard is not None else nullcontext()
        self._history = history
        self._started = False
        self._outcome: Outcome | None = None
        self._count = 0
        self._outputs: deque[Entry] = deque()
        self._first_output = 0
        self._latest: Entry | None = None
        self._cursors: list[Cursor] = []
        self._waiting = 0
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
        """Whether somebody waits for it or reads it."""
        return self._waiting > 0 or bool(self._cursors)

    def status(self) -> Status:
        """Its status; reads the end of the call if nobody has yet."""
        if self.end is None:
            return (
                "running" if self._started else "queued" if self.event_id is not None else "pending"
            )
        outcome = self.outcome()
        return (
            "complete"
            if outcome.error is None
            else "error"
            if outcome.cancelled is None
            else "cancelled"
        )

    def outcome(self) -> Outcome:
        """How it ended, decoded when first asked for. Only for a call that has ended; needs no lock."""
        with self._guard:
            if self._outcome is None:
                end = self.end
                assert end is not None  # noqa: S101 - only an ended call is asked
                end.resolve(self._latest)
                self._latest = None
                self._outcome = outcome_of(
                    end.message(), self.api_name, self.event_id, version=self.version
                )
            return self._outcome

    def read(self, entry: Entry) -> Any:
        """The decoded message of an entry; needs no lock."""
        with self._guard:
            return entry.message()

    def data(self, entry: Entry) -> list[Any] | None:
        """The outputs of an entry as they came over the wire, or None when it carries none; needs no lock."""
        return data_of(self.read(entry))

    def last_data(self) -> list[Any] | None:
        """The last outputs as they came over the wire, or None when none came; needs no lock."""
        if self.end is not None and (data := self.outcome().data) is not None:
            return data
        latest = self._latest
        return None if latest is None else self.data(latest)

    # What happens to it

    def accept(self, event_id: str, time: float = 0.0) -> None:
        """The server has taken the call."""
        self.event_id = event_id
        self.touched = time

    def feed(self, msg: str, frame: bytes, time: float) -> None:
        """Take one message of the queue. Nothing that comes after the end counts."""
        if self.end is not None:
            return
        if self.lag is None:
            self.lag = time - self.touched
        self.touched = time
        entry = Entry(self._count, msg, time, frame)
        if msg in OUTPUTS:
            self._started = True
            self._add_output(entry, frame)
        elif msg == _COMPLETED:
            if self._latest is not None and _UPDATE not in frame:
                self._latest = None
            self._finish(entry, self._read_end(entry) if self.cancelling else None)
        elif msg in _KNOWN:
            self._started = self._started or msg == "process_starts"
            self._add(entry)
        else:
            logger.debug("%s: a message of an unknown kind is skipped: %s", self.api_name, msg)

    def heartbeat(self, time: float) -> None:
        """The server has said that it is alive."""
        if self.end is None:
            self._add(Entry(self._count, "heartbeat", time))

    def fail(self, error: GradioSessionError, time: float) -> None:
        """The call ends here with an error, unless it has ended already."""
        if self.end is None:
            error.api_name = error.api_name or self.api_name
            error.event_id = error.event_id or self.event_id
            self._finish(Entry(self._count, "failed", time), Outcome(None, error))

    def cancel(self, time: float, *, on_server: bool, why: str = "was cancelled") -> None:
        """The call ends here as cancelled, unless it has ended already."""
        if self.end is None:
            name = f"the call {self.event_id}" if self.event_id is not None else "the call"
            error = CallCancelledError(
                f"{self.api_name}: {name} {why}.", api_name=self.api_name, event_id=self.event_id
            )
            self._finish(
                Entry(self._count, "cancelled", time), Outcome(None, error, cancelled=on_server)
            )

    def _read_end(self, entry: Entry) -> Outcome:
        """While it is being cancelled, whether it was must be known at once."""
        with self._guard:
            entry.resolve(self._latest)
            return outcome_of(entry.message(), self.api_name, self.event_id, version=self.version)

    def _add(self, entry: Entry) -> None:
        self._count += 1
        self.log.append(entry)
        if self.sink is not None:
            self.sink(entry)
        self._wake(self._event_wakers)

    def _add_output(self, entry: Entry, frame: bytes) -> None:
        if _UPDATE in frame:
            with self._guard:
                entry.resolve(self._latest)
        self._latest = entry
        if self._history:
            entry.size = 0  # it is kept on purpose and waits for nobody
        if self._cursors or (self._waiting == 0 and not self.abandoned):
            self._outputs.append(entry)
            self.backlog.unread += entry.size
        else:
            self._first_output += 1
        if self._history:
            self._add(entry)
            return
        self._count += 1
        if self.sink is not None:
            self.sink(entry)
        self._wake(self._event_wakers)

    def _finish(self, entry: Entry, outcome: Outcome | None) -> None:
        self.end = entry
        self._outcome = outcome
        self._add(entry)
        self._wake(self._end_wakers)

    # Who waits for it

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

    @staticmethod
    def _wake(wakers: list[Waker]) -> None:
        if wakers:
            woken = wakers[:]
            wakers.clear()
            for waker in woken:
                waker()

    def begin_wait(self) -> None:
        """Somebody wants the result: unless somebody reads, the outputs before it are no longer wanted."""
        self._waiting += 1
        self.drop_unread()

    def end_wait(self) -> None:
        """One who wanted the result has it, or has given up."""
        self._waiting -= 1

    # Who reads it

    def open(self, *, all_events: bool) -> Cursor:
        """A new reader. The first one sees every output that is still there, a later one those from now on.

        Args:
            all_events: Hand out every event; else outputs alone.
        """
        late = self._first_output + len(self._outputs)
        if all_events and self._history:
            return Cursor(self, -1, all_events=True)
        cursor = Cursor(
            self,
            late if self._cursors and self.end is None else self._first_output,
            all_events=all_events,
        )
        self._cursors.append(cursor)
        return cursor

    def close(self, cursor: Cursor) -> None:
        """A reader has finished."""
        if cursor in self._cursors:
            self._cursors.remove(cursor)
            self.release()
            if self._waiting:
                self.drop_unread()

    def output_at(self, number: int) -> Entry | None:
        """The unread output of that number, or None when it has not come yet."""
        place = number - self._first_output
        return self._outputs[place] if 0 <= place < len(self._outputs) else None

    def release(self) -> None:
        """Drop the outputs that every reader has passed."""
        if not self._cursors:
            return
        passed = (
            self._cursors[0].next_output
            if len(self._cursors) == 1
            else min(cursor.next_output for cursor in self._cursors)
        )
        while self._outputs and self._first_output < passed:
            self._drop_first()

    def drop_unread(self) -> None:
        """Drop the outputs that wait, unless somebody reads them."""
        if not self._cursors:
            while self._outputs:
                self._drop_first()

    def _drop_first(self) -> None:
        self.backlog.unread -= self._outputs.popleft().size
        self._first_output += 1


def _text_of(frame: bytes) -> str:
    """The text of a frame; "", which is no message, where its bytes are no text."""
    try:
        return frame.decode()
    except UnicodeDecodeError:
        return ""
