"""The door to HTML: sessions, calls and results know how notebooks show them, few are shown."""

from __future__ import annotations

from typing import Any

__all__ = ["html"]


def html() -> Any:
    """The module `display.html`."""
    from gradio_session.display import html  # noqa: PLC0415 - events and HTML are for notebooks

    return html
