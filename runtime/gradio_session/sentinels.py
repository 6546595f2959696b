"""Two values that stand for something no JSON value can: `DEFAULT` and `UNCHANGED`."""

from __future__ import annotations

from typing import Final, final

__all__ = ["DEFAULT", "UNCHANGED", "Default", "Unchanged"]


@final
class Default:
    """The type of `DEFAULT`, the app's own default for a parameter; it is looked up when the call is sent."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "DEFAULT"

    def __reduce__(self) -> str:
        return "DEFAULT"


@final
class Unchanged:
    """The type of `UNCHANGED`, which stands in a result where the app left a component as it was (`gr.skip()`, an update without a value)."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNCHANGED"

    def __reduce__(self) -> str:
        return "UNCHANGED"


DEFAULT: Final = Default()
UNCHANGED: Final = Unchanged()
