"""The bars that rich draws. This module imports rich, which is optional: only `live` imports it.

In a notebook, where rich's own way needs ipywidgets, they are HTML that is replaced in its place.
"""

from __future__ import annotations

import io
import time
from importlib import import_module
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

if TYPE_CHECKING:
    from rich.progress import ProgressColumn

__all__ = ["Progress", "batch_bars", "call_bars", "print_log", "standard_error"]

WIDTH = 100
"""Columns of text."""

PAUSE = 0.1
"""Seconds between two drawings: each is a message to the browser."""

_FRAME = '<pre style="white-space:pre;overflow-x:auto;line-height:normal">{code}</pre>'
_NAME = "{task.description}"
_NOTE = "{task.fields[note]}"


def standard_error() -> Console:
    """Standard error, or the notebook."""
    return Console(stderr=True)


def call_bars(console: Console) -> Progress:
    """Bars of one call; they disappear at the end."""
    name, note = TextColumn(_NAME, markup=False), TextColumn(_NOTE, markup=False)
    return _bars(
        console, SpinnerColumn(), name, BarColumn(), note, TimeElapsedColumn(), transient=True
    )


def batch_bars(console: Console) -> Progress:
    """The bar of a `map`; it stays at the end."""
    columns = (
        TextColumn(_NAME, markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(_NOTE, markup=False, style="red"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    return _bars(console, *columns, transient=False)


def print_log(console: Console, head: str, style: str, message: str) -> None:
    """Print a message above the bars; nothing in it is taken for markup."""
    console.print(Text.assemble((head, style), " ", message))


def _bars(console: Console, *columns: ProgressColumn, transient: bool) -> Progress:
    if console.is_jupyter:
        return NotebookBars(*columns, transient=transient)
    return Progress(*columns, console=console, transient=transient)


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
