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


class Pace:
    """How fast something comes, from how long was waited for it."""

    __slots__ = ("_rested", "_run")

    def __init__(self) -> None:
        self._run = 0
        self._rested = False

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

        Args:
            waited: As for `came`.

        Returns:
            Whether to rest now: they come fast, and no more of them seems to be at hand. The first after a rest may take longer, as the
            processor has been elsewhere.
        """
        self.came(waited)
        self._rested = self.fast and waited > (PACE / 4 if self._rested else _AT_HAND)
        return self._rested
