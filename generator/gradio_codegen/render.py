"""Modules as text: templates, formatting, checks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gradio_codegen.plan import Module

__all__ = ["render"]


def render(modules: Sequence[Module], templates: Path | None = None) -> list[str]:
    """Render modules.

    Args:
        modules: What to render.
        templates: A directory whose templates go before ours.

    Returns:
        The text of each module, formatted, parsed and checked, in the order of `modules`.

    Raises:
        CommandError: A template of the user's does not render or gives no valid Python.
    """
    raise NotImplementedError
