"""The nearest known names to a misspelt one, for messages that ask "did you mean"."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["did_you_mean"]


def did_you_mean(word: str, known: Iterable[str], *, otherwise: str = "") -> str:
    """Make the end of a message about a name that is not known.

    Args:
        word: What the user wrote.
        known: The names there are.
        otherwise: What to say when nothing is near.

    Returns:
        `"; did you mean 'x' or 'y'?"`, or `otherwise`.
    """
    by_fold: dict[str, str] = {}
    for name in known:
        by_fold.setdefault(name.casefold(), name)
    near = [
        by_fold[fold] for fold in get_close_matches(word.casefold(), list(by_fold), n=3, cutoff=0.6)
    ]
    return "; did you mean " + " or ".join(repr(name) for name in near) + "?" if near else otherwise
