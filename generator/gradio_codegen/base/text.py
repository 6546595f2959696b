"""Text for people: what a terminal may show, paths as people read them, long lists cut short."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["listing", "printable", "relative_path"]

_HIDDEN = "\N{REPLACEMENT CHARACTER}"


def printable(text: str) -> str:
    """Make text that may come from an app fit for a terminal, on one line.

    Control, escape and direction characters are replaced, line ends become spaces.
    """
    return "".join(
        character if character.isprintable() else " " if character.isspace() else _HIDDEN
        for character in text
    )


def relative_path(path: Path) -> Path:
    """Return a path as people read it: relative where it lies below the current directory."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_absolute() and path.is_relative_to(here) else path


def listing(words: Iterable[str], most: int) -> str:
    """Join words with commas; of more than `most`, the rest is only counted."""
    every = list(words)
    more = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(every[:most]) + more
