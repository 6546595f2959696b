"""How fast something comes, and what follows from it.

Adaptive batching: when a thread or task had better pause before it looks for more.

Waking a thread for an output, and two threads that want the interpreter at the same moment, cost
more than the output itself, as turns of a loop do: outputs that come one by one, but fast, are
cheaper taken several at once. So once outputs come faster than `PACE` over the wire, the reader and
the threads that iterate pause for that long between two looks.
"""

from __future__ import annotations

import math

__all__ = ["PACE", "STALL", "Pacing"]

PACE = 0.004
"""Seconds of a pause.

By so much what follows an output may be late in the reader, and in a thread that iterates, where
outputs come faster than that.
"""

STALL = 0.25
"""Seconds without an answer to a POST after which the calls behind it do not wait for it."""

_STREAK = 8
"""As many waits in a row must be short before it counts as fast.

Where there were twice as many, one long wait alone does not end it.
"""

_AT_HAND = 0.0001
"""Seconds; what took less long to come was there already, and there may be more."""


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
