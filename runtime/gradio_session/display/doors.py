"""The door to HTML: sessions, calls, results and files know how notebooks show them."""

from __future__ import annotations

from typing import Any

__all__ = ["html"]


def html() -> Any:
    """The module `display.html`."""
    from gradio_session.display import html  # noqa: PLC0415 - HTML is for notebooks, few programs run in one

    return html
