"""The bars that rich draws. This module imports rich, which is optional: only `live` imports it."""

from __future__ import annotations

from typing import TYPE_CHECKING

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

from gradio_session.display.notebook import NotebookBars

if TYPE_CHECKING:
    from rich.progress import ProgressColumn

__all__ = ["Progress", "batch_bars", "call_bars", "print_log", "standard_error"]

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
