"""The calls of a session and their two limits: how many it remembers, how many are under way."""

from __future__ import annotations

import os
import sys
import threading
import warnings
from collections import deque
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from gradio_session.errors import CallLimitError, CallLimitWarning, GradioSessionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from types import FrameType

    from gradio_session.calls.base import CallBase
    from gradio_session.connection.checks import CallsPolicy
    from gradio_session.protocol.queue.call_state import CallState

__all__ = ["CallRecord", "Turns"]

CallT = TypeVar("CallT", bound="CallBase[Any]")

# As text, since it is compared with the file names that code objects carry.
_PACKAGE = os.path.dirname(os.path.dirname(__file__)) + os.sep  # noqa: PTH120


class CallRecord(Generic[CallT]):
    """The calls of one session, oldest first, finished or not. Safe to use from several threads.

    `calls["id"]` is the call of that event id; `in` takes an id or a call. The record only finds
    calls: one that it forgets goes on, and can be used where it is held.
    """

    def __init__(self, limit: int, policy: CallsPolicy) -> None:
        self.limit = limit
        self.policy: CallsPolicy = policy
        self._lock = threading.RLock()
        self._calls: dict[int, CallT] = {}

    def __getitem__(self, event_id: str) -> CallT:
        """The call of that event id.

        Raises:
            KeyError: The record has none.
        """
        call = self.get(event_id)
        if call is None:
            raise KeyError(event_id)
        return call

    def get(self, event_id: str) -> CallT | None:
        """The call of that event id, or None."""
        with self._lock:
            return next((call for call in self._calls.values() if call.id == event_id), None)

    def __iter__(self) -> Iterator[CallT]:
        with self._lock:
            return iter(list(self._calls.values()))

    def __len__(self) -> int:
        return len(self._calls)

    def __contains__(self, call: object) -> bool:
        if isinstance(call, str):
            return self.get(call) is not None
        return id(call) in self._calls

    def remove(self, event_id: str, force: bool = False) -> None:
        """Forget a call.

        Args:
            event_id: Its id.
            force: Forget it although it has not ended; it goes on where it is held.

        Raises:
            KeyError: The record has no such call.
            GradioSessionError: The call has not ended, and `force` is not set.
        """
        with self._lock:
            call = self[event_id]
            if not force and not call.done:
                raise GradioSessionError(
                    f"The call {event_id} of {call.api_name} has not ended. Wait for it, cancel "
                    "it, or pass force=True: it goes on then.",
                    api_name=call.api_name,
                    event_id=event_id,
                )
            del self._calls[id(call)]

    def clear(self, force: bool = False) -> None:
        """Forget every call that has ended.

        Args:
            force: Forget the others too; they go on.
        """
        with self._lock:
            going = {} if force else {id(call): call for call in self if not call.done}
            self._calls = going

    def __repr__(self) -> str:
        return f"<{len(self)} calls, at most {self.limit} ({self.policy})>"

    # For the session

    def check(self) -> None:
        """Refuse a call that the limit forbids, before anything of it is looked at.

        Raises:
            CallLimitError: The record is full and the policy is "error".
        """
        with self._lock:
            count = len(self._calls)
            if self.policy == "error" and count >= self.limit:
                text = (
                    f"The session holds {count} calls and max_calls is {self.limit}: nothing was "
                    "sent. Forget finished calls with session.calls.clear(), raise max_calls, or "
                    'set max_calls_policy to "remove".'
                )
                raise CallLimitError(text, count=count, limit=self.limit)

    def add(self, call: CallT) -> None:
        """Take in a call that is about to be sent.

        Raises:
            CallLimitError: The record is full and the policy is "error".
        """
        with self._lock:
            self.check()
            policy = self.policy
            surplus = len(self._calls) - self.limit + 1
            if surplus > 0 and policy == "remove":
                for old in list(self._calls)[:surplus]:
                    del self._calls[old]
            self._calls[id(call)] = call
            count = len(self._calls)
        if surplus > 0 and policy == "warning":
            text = (
                f"The session holds {count} calls, more than max_calls={self.limit}. Raise "
                "max_calls, or forget calls with session.calls.clear()."
            )
            warnings.warn(text, CallLimitWarning, stacklevel=_users_level())

    def discard(self, call: CallT) -> None:
        """The call was never sent."""
        with self._lock:
            self._calls.pop(id(call), None)

    def after_fork(self) -> None:
        """In a child process the lock may be held by a thread that is not here."""
        self._lock = threading.RLock()


class Turns:
    """Which calls of a session are under way; where there is a limit, the others wait, in order.

    Args:
        limit: How many may be under way at once; None for no bound.
        lock: Guards this. The lock of an event stream may be held meanwhile, so no other lock is
            taken inside.
    """

    def __init__(self, limit: int | None, lock: AbstractContextManager[object]) -> None:
        self.limit = limit
        self._lock = lock
        self._under_way: set[CallState] = set()
        self._waiting: deque[tuple[CallState, Callable[[], object]]] = deque()

    def take(self, state: CallState, go: Callable[[], object]) -> bool:
        """Ask for a turn. The caller has seen to it that `end` is called when the call ends.

        Args:
            state: The call.
            go: Called when its turn comes, perhaps in another thread and while the lock of an event
                stream is held. A call that has ended by then is left out.

        Returns:
            Whether it is its turn at once; then `go` is not called.
        """
        with self._lock:
            limit = self.limit
            if limit is not None and (self._waiting or len(self._under_way) >= limit):
                self._waiting.append((state, go))
                return False
            if state.end is None:
                self._under_way.add(state)
        return True

    def end(self, state: CallState) -> None:
        """A call has ended: others may have their turn."""
        with self._lock:
            self._under_way.discard(state)
        self._go_on()

    def resize(self, limit: int | None) -> None:
        """Change the limit: a higher one lets others have their turn."""
        self.limit = limit
        self._go_on()

    def _go_on(self) -> None:
        """Tell those whose turn comes, without the lock."""
        due: list[Callable[[], object]] = []
        with self._lock:
            while self._waiting and (self.limit is None or len(self._under_way) < self.limit):
                following, go = self._waiting.popleft()
                if following.end is None:
                    self._under_way.add(following)
                    due.append(go)
        for go in due:
            go()

    def clear(self) -> list[CallState]:
        """Let no call wait any longer; those that did, and those not accepted by the server yet."""
        with self._lock:
            pending = [state for state, _ in self._waiting]
            pending += [state for state in self._under_way if state.event_id is None]
            self._waiting.clear()
        return pending

    def after_fork(self, lock: AbstractContextManager[object]) -> list[CallState]:
        """In a child process: forget all calls, as of `clear`."""
        self._lock = lock
        pending = self.clear()
        self._under_way.clear()
        return pending


def _users_level() -> int:
    """The `stacklevel` that points at the user's own line.

    That is past this package and past generated clients.
    """
    level = 1
    frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
    while frame.f_back is not None and _ours(frame):
        frame = frame.f_back
        level += 1
    return level


def _ours(frame: FrameType) -> bool:
    """Whether a frame is of this package, or of a generated `__call__`, which only passes on."""
    generated = frame.f_code.co_name == "__call__" and hasattr(frame.f_locals.get("self"), "_send")
    return generated or frame.f_code.co_filename.startswith(_PACKAGE)
