"""The nearest known names to a misspelt one, for messages that ask "did you mean"."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["did_you_mean"]

_MOST = 3


def did_you_mean(word: str, known: Iterable[str], *, otherwise: str = "") -> str:
    """Make the end of a message about a name that is not known.

    Args:
        word: What the user wrote.
        known: The names there are.
        otherwise: What to say when nothing is near.

    Returns:
        `"; did you mean 'x' or 'y'?"`, or `otherwise`.
    """
    # A door: `--help` works without the runtime.
    from gradio_session.generator_interface import closest  # noqa: PLC0415

    near = closest(word, known, _MOST)
    return "; did you mean " + " or ".join(repr(name) for name in near) + "?" if near else otherwise
