"""When a thread had better rest before it looks for more: outputs that come one by one, but fast, are cheaper taken several at once.

Waking a thread for an output, and two threads that want the interpreter at the same moment, cost more than the output itself. So once outputs come
faster than `PACE`, the thread that reads and the one that iterates rest for that long between two looks.
"""

from __future__ import annotations

__all__ = ["PACE", "Pace"]

PACE = 0.002
"""Seconds of a rest: by so much what follows an output may be late in each of the two threads, where outputs come faster than that."""

_RUN = 8
"""As many waits in a row must be short before it counts as fast."""

_AT_HAND = 0.0001
"""Seconds; what took less long to come was there already, and there may be more."""


_LONGEST = 6
"""No more than 2 to this power outputs between two rests that gather nothing."""


class Pace:
    """How fast something comes, from how long was waited for it."""

    __slots__ = ("_idle_rests", "_rested", "_run", "_skip")

    def __init__(self) -> None:
        self._run = 0
        self._rested = False
        self._idle_rests = 0
        self._skip = 0

    @property
    def fast(self) -> bool:
        """Whether the next is expected within `PACE`."""
        return self._run >= _RUN

    def came(self, waited: float) -> None:
        """It came.

        Args:
            waited: Seconds that were waited for it; infinity for what shall not be followed by a rest.
        """
        self._run = self._run + 1 if waited <= PACE else 0

    def came_by_wire(self, waited: float) -> bool:
        """It came, and whether there is more can only be told from how long was waited for it.

        A rest after which nothing is at hand has gathered nothing, or this machine is too slow to tell. The more such rests in a row, the
        longer until the next, so that a thread which misjudges its waits does not fall behind the stream.

        Args:
            waited: As for `came`.

        Returns:
            Whether to rest now: they come fast, and no more of them were at hand.
        """
        self.came(waited)
        rested, self._rested = self._rested, False
        if waited <= _AT_HAND:
            if rested:
                self._idle_rests = 0
            return False
        if rested:
            self._idle_rests = min(self._idle_rests + 1, _LONGEST)
            self._skip = 2**self._idle_rests - 1
        if self._skip:
            self._skip -= 1
            return False
        self._rested = self.fast
        return self._rested
