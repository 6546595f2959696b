"""Two values that stand for something no JSON value can: `DEFAULT` and `UNCHANGED`."""

from __future__ import annotations

from typing import Final, Literal, final

__all__ = ["DEFAULT", "UNCHANGED", "Default", "Unchanged"]


@final
class Default:
    """The type of `DEFAULT`, the app's own default for a parameter, looked up for each call."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "DEFAULT"

    def __reduce__(self) -> str:
        return "DEFAULT"


@final
class Unchanged:
    """The type of `UNCHANGED`: the app left a component of the result as it was (`gr.skip()`).

    It is false where a truth value is asked for.
    """

    __slots__ = ()

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNCHANGED"

    def __reduce__(self) -> str:
        return "UNCHANGED"


DEFAULT: Final = Default()
UNCHANGED: Final = Unchanged()
