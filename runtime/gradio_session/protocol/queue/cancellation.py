"""Which calls of a session a cancellation may hit, and when `/cancel` may be sent. Pure.

`/cancel` names a function, not a call: it kills every running call of that function in the session,
and a call of it that starts meanwhile is lost for ever. So the plan is:

- `cancel` looks for siblings, the other calls of the function. Where one runs, or is being posted,
  the call is given up here at once and its request is deferred; `due_cancels` asks for it when the
  siblings have ended. Where a queued sibling may just have started without our knowing, ask again.
- While a request is under way, posts of that function wait (`begin_post` of the multiplexer).
- The answer decides (`cancel_answered`): a call that completed meanwhile keeps its result.
- After `/cancel` completions come twice, or for calls that were given up here: the first end
  counts, and the ids of calls given up are remembered until their completion passes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gradio_session.protocol.queue.input_stream import ENDED_HERE
from gradio_session.protocol.queue.messages import COMPLETED

if TYPE_CHECKING:
    from gradio_session.errors import GradioSessionError
    from gradio_session.protocol.queue.call_state import CallState

__all__ = ["START_GRACE", "Cancellation"]

START_GRACE = 0.2
"""Seconds after the last message of a queued call within which it may have started unnoticed."""

_UNSEEN_GRACE = 10.0
"""The same for a call of which no message has come since it was accepted.

The server says where in the queue a call is, so the stream is late by more than usual.
"""

_Decision = Literal["send", "sent", "deferred", "wait", "over"]


class Cancellation:
    """The calls of a session that are under way or given up, and the rules for cancelling them.

    Attributes:
        dead: Why the session hash can be used no more, or None.
        alive: The calls that the server has accepted and that have not ended, by event id.
        deferred: The calls given up here whose request must wait, by function.
        next_deadline: No call alive runs out of time before that, on the clock of their deadlines.
    """

    def __init__(self) -> None:
        self.dead: GradioSessionError | None = None
        self.alive: dict[str, CallState] = {}
        self.deferred: dict[str, list[CallState]] = {}
        self.next_deadline = float("inf")
        self._posts: dict[int, str] = {}
        self._given_up: set[str | None] = set()
        self._cancelling: dict[str, CallState] = {}

    def expire(self, now: float) -> list[CallState]:
        """The calls alive whose deadline has passed, on the clock of their deadlines."""
        ends = [
            (state.deadline, state) for state in self.alive.values() if state.deadline is not None
        ]
        self.next_deadline = min((end for end, _ in ends if end > now), default=float("inf"))
        return [state for end, state in ends if end <= now]

    def cancel(self, state: CallState, time: float) -> _Decision:
        """A caller wants an accepted call cancelled.

        Returns:
            "send": `/cancel` is to be sent now, then `cancel_answered` called. "sent": another
            caller does so. "deferred": a sibling would be hit, so the call was given up here and
            `due_cancels` will ask for the request later. "wait": ask again in a moment, a sibling
            may have started without our knowing. "over": the call has ended.
        """
        if state.ended or self.dead is not None:
            return "over"
        function = state.api_name
        if state in self._cancelling.values():
            return "sent"
        blocked = self._blocked(function, time, state)
        if function in self._cancelling or blocked == float("inf"):
            state.cancel(time, on_server=False)
            self._give_up(state)
            return "deferred"
        if blocked:
            return "wait"
        self._cancelling[function] = state
        return "send"

    def give_up(self, state: CallState, error: GradioSessionError | None, time: float) -> None:
        """End a call here, at once; `due_cancels` will ask for its request.

        Args:
            state: The call.
            error: Its end; None for one that has all its outputs, as its input was a stream.
            time: Now, on a clock that is never set.
        """
        if not state.ended:
            if error is None:
                state.feed(COMPLETED, ENDED_HERE, time)
            else:
                state.fail(error, time)
            self._give_up(state)

    def due_cancels(self, time: float) -> list[CallState]:
        """The calls given up here for which `/cancel` is to be sent now.

        For each of them `cancel_answered` must be called. Of each function there is one at a time:
        what starts in its place must not be hit by the next.
        """
        due: list[CallState] = []
        for function in list(self.deferred):
            waiting = [
                state for state in self.deferred.pop(function) if state.event_id in self._given_up
            ]
            if waiting and function not in self._cancelling and not self._blocked(function, time):
                due.append(waiting.pop(0))
                self._cancelling[function] = due[-1]
            if waiting:
                self.deferred[function] = waiting
        return due

    def next_cancel(self, time: float) -> float:
        """Seconds after which time alone makes another request due, after `due_cancels`.

        Infinity where that takes an answer or a message.
        """
        waiting = self.deferred.keys() - self._cancelling.keys()
        return min((self._blocked(each, time) for each in waiting), default=float("inf"))

    def cancel_answered(self, state: CallState, time: float, *, reached: bool) -> bool:
        """The answer to `/cancel` has come, or never will.

        Args:
            state: The call.
            time: Now, on a clock that is never set.
            reached: The server has taken the request.

        Returns:
            Whether the server cancelled the call; False when the call had completed already, and
            its result stands.
        """
        self._cancelling.pop(state.api_name, None)  # one attached to may have got its name since
        for sibling in self.alive.values():
            if sibling.api_name == state.api_name and sibling is not state:
                sibling.last_seen = time  # it may start now, in the place of the one cancelled
        if state.ended:
            return state.event_id in self._given_up or state.outcome().cancelled is True
        state.cancel(time, on_server=reached)
        self._give_up(state, defer=False)
        return reached

    def cancel_targets(self) -> list[CallState]:
        """The calls to name in `/cancel` when everything ends: one of each function ends all.

        One that runs is taken if there is one.
        """
        by_function: dict[str, CallState] = {}
        for state in self.alive.values():
            if state.running or state.api_name not in by_function:
                by_function[state.api_name] = state
        return list(by_function.values())

    def _give_up(self, state: CallState, *, defer: bool = True) -> None:
        if self.alive.pop(state.event_id or "", None) is not None:
            self._forsake(state, defer=defer)

    def _forsake(self, state: CallState, *, defer: bool) -> None:
        """Nobody wants an accepted call any more; its id is remembered."""
        self._given_up.add(state.event_id)
        if defer:
            self.deferred.setdefault(state.api_name, []).append(state)

    def _blocked(self, function: str, time: float, apart_from: CallState | None = None) -> float:
        """Seconds in which `/cancel` would hit a call of the function that nobody wants cancelled.

        It is hit if it runs or is being posted, which may take for ever, or may just have started.
        """
        siblings = [
            state
            for state in self.alive.values()
            if state.api_name == function and state is not apart_from
        ]
        if function in self._posts.values() or any(state.running for state in siblings):
            return float("inf")
        return max([0.0, *(state.last_seen + _grace(state) - time for state in siblings)])


def _grace(state: CallState) -> float:
    """Seconds after the last message of a queued call within which it may have started unnoticed.

    There are more where messages take longer.
    """
    delay = state.acknowledgement_delay
    return _UNSEEN_GRACE if delay is None else max(START_GRACE, 3 * delay)
