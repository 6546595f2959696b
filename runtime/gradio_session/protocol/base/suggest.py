"""Did you mean ...: the known names that are most like one that does not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["closest"]


def closest(word: object, known: Iterable[object], most: int = 1) -> tuple[str, ...]:
    """The names that are spelled most like a word, the best first; case does not count.

    Args:
        word: What was given; only a text is like another.
        known: What there is; whatever is no text is passed over.
        most: How many to return at most.
    """
    if not isinstance(word, str):
        return ()
    from difflib import get_close_matches  # noqa: PLC0415 - slow to import, and only errors need it

    folded: dict[str, str] = {}
    for name in known:
        if isinstance(name, str):
            folded.setdefault(name.casefold(), name)
    close = get_close_matches(word.casefold(), folded, n=most, cutoff=0.6)
    return tuple(folded[name] for name in close)
