"""One session hash on the wire: its posts, its calls, its one stream, and whom a cancellation may hit. Pure: no clock, no locks, no I/O.

A shell owns a `StreamMultiplexer`, holds one lock around every method (or calls them all on one event loop) and
does what they say. The rules, and the race that each ends:

- Messages overtake the answer of their POST, and a call can even be complete before it: frames of
  unknown events are kept while any POST is under way, and are claimed by its answer before a stream
  is opened for it (`begin_post`, `accept`).
- The server ends a stream whenever it has nothing pending, also just as a call is posted: the end
  of a stream is normal. With calls alive it is opened again, else its reader ends; a POST under way
  does not count, as its answer decides
  (`end_of_stream`, `accept`).
- There is one reader: two streams of one session rob each other (`reading`).
- A stream that breaks takes the server's record of the session with it: all calls alive fail and
  the tab is dead; whoever owns it goes on with a new one and a new hash (`lose`).
- `/cancel` names a function and kills every running call of it, and a call that starts meanwhile is
  lost for ever: with a sibling that runs or is being posted the request is held back, and while one
  is under way posts of that function wait
  (`cancel`, `due_cancels`, `begin_post`).
- After `/cancel` completions come twice, or for calls that were given up here: the first end
  counts, and the ids of calls given up are remembered until their completion passes (`feed`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from gradio_session.protocol.base.json_values import object_of
from gradio_session.protocol.base.text import one_line
from gradio_session.protocol.queue.call_state import OUTPUTS, Backlog, CallState
from gradio_session.protocol.queue.messages import decode, head_of

if TYPE_CHECKING:
    from gradio_session.errors import GradioSessionError

__all__ = ["FRESH", "UNREAD_LIMIT", "StreamBrokenError", "StreamMultiplexer"]

UNREAD_LIMIT = 64 * 1024 * 1024
"""Bytes of unread outputs past which the stream is read no further until somebody reads."""

FRESH = 0.2
"""Seconds after the last word of a queued call within which it may have started without our knowing."""

UNHEARD = 10.0
"""The same for a call of which not a word has come since it was accepted, although the server says where in the queue it is."""

_EMPTY_STREAMS = 5
_REMEMBERED = (
    64  # calls whose end has passed: one that was cancelled as it started may still be heard of
)
_COMPLETED = "process_completed"
Waker = Callable[[], object]


class StreamBrokenError(Exception):
    """The server says that the stream is worth nothing any more; the argument says why."""


class StreamMultiplexer:
    """The state of one session hash.

    Args:
        session_hash: The name that the server knows the session by.

    Attributes:
        reading: A reader is at work on the stream.
        closing: The server has said that it is about to end the stream.
        dead: Why the tab can be used no more, or None.
        backlog: The bytes of outputs that wait unread.
        next_deadline: No call alive runs out of time before that, on the clock of their deadlines.
    """

    def __init__(self, session_hash: str) -> None:
        self.session_hash = session_hash
        self.reading = False
        self.closing = False
        self.dead: GradioSessionError | None = None
        self.backlog = Backlog()
        self.next_deadline = float("inf")
        self.alive: dict[str, CallState] = {}
        self._posts: dict[int, str] = {}
        self._newest = 0
        self._early: deque[tuple[int, str, str, bytes]] = deque()
        self._given_up: dict[str, CallState] = {}
        self._orphans: deque[CallState] = deque()
        self._ended: deque[str] = deque(maxlen=_REMEMBERED)
        self._held: dict[str, list[CallState]] = {}
        self._cancelling: dict[str, int] = {}
        self._post_wakers: list[Waker] = []
        self._frames_seen = False
        self._empty_streams = 0

    # Posting

    def begin_post(self, function: str) -> int | None:
        """A POST that starts a call of `function` is about to be sent.

        Returns:
            The number of the POST; None when it must wait until `on_postable` says otherwise, as a
            cancellation of that function is under way.
        """
        if function in self._cancelling:
            return None
        self._newest += 1
        self._posts[self._newest] = function
        return self._newest

    def on_postable(self, waker: Waker) -> None:
        """Call `waker` once when `begin_post` is worth another try."""
        self._post_wakers.append(waker)

    def accept(self, number: int, event_id: str, state: CallState, time: float) -> bool:
        """The answer to a POST has come.

        Args:
            number: The number of the POST.
            event_id: The id that the server gave the call.
            state: The call.
            time: Now, in seconds since 1970.

        Returns:
            Whether a reader must be started; it counts as started then.
        """
        state.accept(event_id, time)
        state.backlog = self.backlog
        if self.dead is not None:
            state.fail(_lost(self.dead, state), time)
        if state.ended:
            self._given_up[event_id] = state
            if self.dead is None:
                self._held.setdefault(state.api_name, []).append(state)
        else:
            self._add(event_id, state)
        self._claim(event_id, time)
        self._answered(number)
        return self._must_read()

    def reject(self, number: int) -> None:
        """A POST came to nothing."""
        self._answered(number)

    def interrupted(self, number: int, state: CallState) -> bool:
        """Nobody waits for the answer of a POST any more, whose bytes the server may have: what turns up unclaimed is its event, and is cancelled.

        Args:
            number: The number of the POST.
            state: The call that it was for.

        Returns:
            Whether nothing else is going on, so that dropping the whole tab on the server ends the
            call for sure.
        """
        alone = not self.alive and not self.reading and len(self._posts) == 1
        if not alone:
            self._orphans.append(state)
        self._answered(number)
        return alone

    def _answered(self, number: int) -> None:
        self._posts.pop(number, None)
        oldest = next(iter(self._posts), self._newest + 1)
        while self._early and self._early[0][0] < oldest:
            _, msg, event_id, _ = self._early.popleft()
            self._adopt(msg, event_id)

    def _adopt(self, msg: str, event_id: str) -> None:
        """An event that no POST claims: that of one that was interrupted, if there was one."""
        if (
            self._orphans
            and msg != _COMPLETED
            and event_id not in self._given_up
            and event_id not in self._ended
        ):
            state = self._orphans.popleft()
            state.accept(event_id)
            self._given_up[event_id] = state
            self._held.setdefault(state.api_name, []).append(state)

    def _claim(self, event_id: str, time: float) -> None:
        mine = [each for each in self._early if each[2] == event_id]
        if mine:
            self._early = deque(each for each in self._early if each[2] != event_id)
            for _, msg, _, frame in mine:
                self._route(msg, event_id, frame, time)

    # Reading

    def attach(self, event_id: str, state: CallState) -> bool:
        """Follow an event that exists already. Returns whether a reader must be started, like `accept`."""
        state.accept(event_id)
        state.backlog = self.backlog
        self._add(event_id, state)
        return self._must_read()

    def _add(self, event_id: str, state: CallState) -> None:
        self.alive[event_id] = state
        if state.deadline is not None:
            self.next_deadline = min(self.next_deadline, state.deadline)

    def _must_read(self) -> bool:
        if self.reading or not self.alive or self.dead is not None:
            return False
        self.reading = True
        self.closing = False
        return True

    def feed(self, frame: bytes, time: float) -> bool:
        """Take one frame of the stream.

        Args:
            frame: The payload of the frame.
            time: Now, in seconds since 1970.

        Returns:
            Whether it was an output of a call.

        Raises:
            StreamBrokenError: The server has lost the session, or stops.
        """
        head = head_of(frame)
        self._frames_seen = True
        if head is None:
            return False
        if head.msg == "unexpected_error":
            said = one_line(object_of(decode(frame)).get("message"))
            raise StreamBrokenError(f'the server ended the stream with "{said}"')
        if head.event_id is not None:
            self._route(head.msg, head.event_id, frame, time)
        elif head.msg == "heartbeat":
            for state in list(self.alive.values()):
                state.heartbeat(time)
        elif head.msg == "close_stream":
            self.closing = True
        return head.msg in OUTPUTS

    def _route(self, msg: str, event_id: str, frame: bytes, time: float) -> None:
        state = self.alive.get(event_id)
        if state is not None:
            state.feed(msg, frame, time)
            if state.ended:
                del self.alive[event_id]
                self._ended.append(event_id)
        elif event_id in self._given_up:
            if msg == _COMPLETED:
                del self._given_up[event_id]
                self._ended.append(event_id)
        elif self._posts:
            self._early.append((self._newest, msg, event_id, frame))
        else:
            self._adopt(msg, event_id)

    def end_of_stream(self) -> bool:
        """The stream came to its end, as it does whenever the server has nothing pending.

        Returns:
            Whether the reader must open it again; else the reader has ended.

        Raises:
            StreamBrokenError: The server ends one stream after the other without a word, although
                calls are alive.
        """
        self._empty_streams = 0 if self._frames_seen else self._empty_streams + 1
        self._frames_seen = False
        self.closing = False
        if self.alive and self._empty_streams >= _EMPTY_STREAMS:
            raise StreamBrokenError("the server ended the stream again and again without a message")
        self.reading = bool(self.alive)
        if not self.reading:  # the server has nothing pending: no completion comes any more, but for those whose request is still held back
            self._orphans.clear()
            waiting = {state.event_id for states in self._held.values() for state in states}
            self._given_up = {
                event_id: state for event_id, state in self._given_up.items() if event_id in waiting
            }
        return self.reading

    @property
    def settling(self) -> bool:
        """Whether the stream is about to end by itself: a POST that waits for that a moment finds its connection free."""
        return self.reading and not self.alive and not self._posts and not self._given_up

    @property
    def paused(self) -> bool:
        """Whether too much waits unread to read on."""
        if self.backlog.unread <= UNREAD_LIMIT:
            return False
        for state in list(self.alive.values()):
            if state.abandoned:
                state.drop_unread()
        return self.backlog.unread > UNREAD_LIMIT

    def lose(self, error: GradioSessionError, time: float) -> None:
        """The stream broke: every call alive fails, and the tab is dead.

        Args:
            error: Why; each call gets an error of the same kind and words that names it.
            time: Now, in seconds since 1970.
        """
        self.dead = error
        self.reading = False
        for state in list(self.alive.values()):
            state.fail(_lost(error, state), time)
        self.alive.clear()
        self._early.clear()
        self._held.clear()

    # Cancelling

    def cancel(self, state: CallState, time: float) -> Literal["send", "held", "wait", "over"]:
        """Somebody wants an accepted call cancelled.

        Returns:
            "send": `/cancel` is to be sent now, then `cancel_answered` called. "held": a sibling
            would be hit, so the call was given up here and `due_cancels` will ask for the request
            later. "wait": ask again in a moment, a sibling
            may have started without our knowing. "over": the call has ended, or is being cancelled
            already.
        """
        if state.ended or state.cancelling or self.dead is not None:
            return "over"
        if state.api_name in self._cancelling or self._blocked(state.api_name, float("inf"), state):
            state.cancel(time, on_server=False)
            self._give_up(state)
            return "held"
        if self._blocked(state.api_name, time, state):
            return "wait"
        self._begin_cancel(state)
        return "send"

    def give_up(self, state: CallState, error: GradioSessionError, time: float) -> None:
        """End a call here with an error, at once; `due_cancels` will ask for the request to cancel it."""
        if not state.ended:
            state.fail(error, time)
            self._give_up(state)

    def due_cancels(self, time: float) -> list[CallState]:
        """The calls given up here for which `/cancel` is to be sent now; for each of them `cancel_answered` must be called.

        Of each function one at a time: what starts in its place must not be hit by the next.
        """
        due: list[CallState] = []
        for function in list(self._held):
            waiting = [
                state for state in self._held.pop(function) if state.event_id in self._given_up
            ]
            if waiting and function not in self._cancelling and not self._blocked(function, time):
                due.append(waiting.pop(0))
                self._begin_cancel(due[-1])
            if waiting:
                self._held[function] = waiting
        return due

    @property
    def holds_cancels(self) -> bool:
        """Whether `due_cancels` may have something."""
        return bool(self._held)

    def cancel_answered(self, state: CallState, time: float, *, reached: bool) -> bool:
        """The answer to `/cancel` has come, or never will.

        Args:
            state: The call.
            time: Now, in seconds since 1970.
            reached: The server has taken the request.

        Returns:
            Whether the server cancelled the call; False when the call had completed already, and
            its result stands.
        """
        self._end_cancel(state)
        state.cancelling = False
        for sibling in self.alive.values():
            if sibling.api_name == state.api_name and sibling is not state:
                sibling.touched = time  # it may start now, in the place of the one cancelled
        if state.ended:
            return state.event_id in self._given_up or state.outcome().cancelled is True
        state.cancel(time, on_server=reached)
        self._give_up(state, held=False)
        return reached

    def _begin_cancel(self, state: CallState) -> None:
        state.cancelling = True
        self._cancelling[state.api_name] = self._cancelling.get(state.api_name, 0) + 1

    def _end_cancel(self, state: CallState) -> None:
        left = self._cancelling.get(state.api_name, 0) - 1
        if left > 0:
            self._cancelling[state.api_name] = left
            return
        self._cancelling.pop(state.api_name, None)
        wakers, self._post_wakers = self._post_wakers, []
        for waker in wakers:
            waker()

    def _give_up(self, state: CallState, *, held: bool = True) -> None:
        event_id = state.event_id
        if event_id is not None and self.alive.pop(event_id, None) is not None:
            self._given_up[event_id] = state
            if held:
                self._held.setdefault(state.api_name, []).append(state)

    def _blocked(self, function: str, time: float, apart_from: CallState | None = None) -> bool:
        """Whether a call of that function that nobody wants cancelled would be hit: it runs, is being posted, or may just have started."""
        if function in self._posts.values():
            return True
        siblings = [
            state
            for state in self.alive.values()
            if state.api_name == function and state is not apart_from
        ]
        return any(state.running or time - state.touched < _window(state) for state in siblings)

    def expire(self, now: float) -> list[CallState]:
        """The calls alive whose deadline has passed, on the clock of their deadlines."""
        late = [
            state
            for state in self.alive.values()
            if state.deadline is not None and state.deadline <= now
        ]
        later = (
            state.deadline
            for state in self.alive.values()
            if state.deadline is not None and state.deadline > now
        )
        self.next_deadline = min(later, default=float("inf"))
        return late


def _window(state: CallState) -> float:
    """Seconds after the last word of a queued call within which it may have started without our knowing: more where words take longer."""
    return UNHEARD if state.lag is None else max(FRESH, 3 * state.lag)


def _lost(error: GradioSessionError, state: CallState) -> GradioSessionError:
    """A copy for one call, which names that call."""
    mine = type(error)(f"{state.api_name}: {error.message}" if state.api_name else error.message)
    for name, value in vars(error).items():
        if name not in {"message", "api_name", "event_id"}:
            setattr(mine, name, value)
    return mine
