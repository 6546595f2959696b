"""Progress bars in a notebook: what rich draws, as HTML that is replaced in its place.

Rich's own way there needs ipywidgets.
"""

from __future__ import annotations

import io
import time
from importlib import import_module
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import Progress

if TYPE_CHECKING:
    from rich.progress import ProgressColumn

__all__ = ["NotebookBars"]

WIDTH = 100
"""Columns of text."""

PAUSE = 0.1
"""Seconds between two drawings: each is a message to the browser."""

_FRAME = '<pre style="white-space:pre;overflow-x:auto;line-height:normal">{code}</pre>'


class NotebookBars(Progress):
    """Bars that are drawn on `refresh`, at most every `PAUSE` seconds, and once more at the end.

    Args:
        columns: What each bar consists of.
        transient: Whether they disappear at the end.
    """

    def __init__(self, *columns: str | ProgressColumn, transient: bool) -> None:
        super().__init__(*columns, console=_page(), auto_refresh=False, transient=transient)
        self._transient = transient
        self._ipython: Any = import_module("IPython.display")
        self._place: Any = None
        self._drawn = 0.0

    def start(self) -> None:
        """Take a place in the output of the cell."""
        self._place = self._ipython.display(_bundle("", ""), raw=True, display_id=True)

    def stop(self) -> None:
        """Draw the end, or take everything away."""
        if self._transient:
            self._show("", "")
        else:
            self._draw()
        self._place = None

    def refresh(self) -> None:
        """Draw what has changed, unless that was done a moment ago."""
        if time.monotonic() - self._drawn >= PAUSE:
            self._draw()

    def _draw(self) -> None:
        self._drawn = time.monotonic()
        page = _page()
        page.print(self.get_renderable())
        plain = page.export_text(clear=False)
        self._show(page.export_html(code_format=_FRAME, inline_styles=True), plain)

    def _show(self, html: str, plain: str) -> None:
        if self._place is not None:
            self._place.update(_bundle(html, plain), raw=True)


def _bundle(html: str, plain: str) -> dict[str, str]:
    """What the frontend may choose from: consoles have no HTML."""
    return {"text/html": html, "text/plain": plain}


def _page() -> Console:
    return Console(
        file=io.StringIO(),
        record=True,
        width=WIDTH,
        color_system="truecolor",
        force_jupyter=False,
        force_terminal=False,
    )
