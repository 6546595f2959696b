"""How fast something comes, and what follows from it.

Adaptive batching: when a thread or task had better pause before it looks for more.

Waking a thread for an output, and two threads that want the interpreter at the same moment, cost
more than the output itself, as turns of a loop do: outputs that come one by one, but fast, are
cheaper taken several at once. So once outputs come faster than `PACE` over the wire, the reader and
the threads that iterate pause for that long between two looks.
"""

from __future__ import annotations

import math

__all__ = ["PACE", "POSTS_AT_ONCE", "POSTS_FROM_AFAR", "STALL", "Pacing", "posts_at_once"]

PACE = 0.004
"""Seconds of a pause.

By so much what follows an output may be late in the reader, and in a thread that iterates, where
outputs come faster than that.
"""

POSTS_AT_ONCE = 16
"""Posts under way at once: more would only open more connections."""

POSTS_FROM_AFAR = 64
"""The same where a POST spends its time on the network, or is not answered."""

_POSTS_A_SECOND = 640
"""As many keep an app busy.

Calls that come faster only make its queue long, and it tells each of them its place there again and
again: 1,000 calls from 20 ms away brought 14 MB of that.
"""

STALL = 0.25
"""Seconds without an answer to a POST after which the calls behind it do not wait for it."""

_STREAK = 8
"""As many waits in a row must be short before it counts as fast.

Where there were twice as many, one long wait alone does not end it.
"""

_AT_HAND = 0.0001
"""Seconds; what took less long to come was there already, and there may be more."""


def posts_at_once(seconds: float) -> int:
    """How many posts to have under way where one takes so many seconds, on the network."""
    return min(POSTS_FROM_AFAR, max(POSTS_AT_ONCE, round(seconds * _POSTS_A_SECOND)))


class Pacing:
    """How fast something comes, from how long was waited for it.

    Attributes:
        fast: Whether the next is expected within `PACE`.
        streak: How many short waits there were in a row, as far as it matters.
    """

    __slots__ = ("_paused", "fast", "streak")

    def __init__(self) -> None:
        self.fast = False
        self.streak = 0
        self._paused = False

    def arrived(self, waited: float) -> bool:
        """One has come.

        Args:
            waited: Seconds that were waited for it; infinity for what shall not be followed by a
                pause.

        Returns:
            Whether to pause now: they come fast, and no more of them seems to be at hand. The first
            after a pause may take longer, as the processor has been elsewhere.
        """
        if waited <= PACE:
            self.streak = min(self.streak + 1, 2 * _STREAK)
        else:
            self.streak = self.streak // 2 if waited < math.inf else 0
        self.fast = self.streak >= _STREAK
        self._paused = self.fast and waited > (PACE / 4 if self._paused else _AT_HAND)
        return self._paused
