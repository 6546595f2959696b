"""Live progress of calls in terminals and notebooks, with rich when it is installed.

Everything that an app says passes through `as_text` first; nothing of it is taken for markup.
"""

from __future__ import annotations

import warnings
from collections.abc import Sized
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from gradio_session import events
from gradio_session.protocol.base.text import as_text, in_seconds, plural

if TYPE_CHECKING:
    from types import ModuleType

    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import TaskID
    from typing_extensions import Self

__all__ = ["BatchDisplay", "CallDisplay", "event_note"]

MOST_BARS = 6
"""Bars shown for one call; an app may nest as many as it likes."""

_STYLES = {"warning": "yellow", "error": "red", "success": "green"}


class _Display:
    """Bars that are shown while a block runs. Without rich it shows nothing.

    Args:
        api_name: The endpoint, as shown.
        console: Where to show it; standard error, or the notebook, by default.
        asked: Whether the user asked for it, who is warned then if there is no rich.
        enabled: False shows nothing.
    """

    _kind: ClassVar[str]
    """What makes the bars, in `bars`."""

    _note = ""
    _total: int | None = None
    _head: TaskID

    def __init__(
        self,
        api_name: str,
        *,
        console: Console | None = None,
        asked: bool = False,
        enabled: bool = True,
    ) -> None:
        self._name = as_text(api_name, 60)
        self._bars: Bars | None = None
        self._steps: list[TaskID] = []
        if enabled and (rich := _rich(asked=asked)) is not None:
            self._rich = rich
            self._console = console or rich.standard_error()
            self._bars = getattr(rich, self._kind)(self._console)

    def __enter__(self) -> Self:
        """Show it."""
        if self._bars is not None:
            self._bars.start()
            self._head = self._bars.add_task(self._name, total=self._total, note=self._note)
        return self

    def __exit__(self, *_: object) -> None:
        """Take it away, or leave it as it is."""
        if self._bars is not None:
            self._bars.stop()

    def refresh(self) -> None:
        """Draw again where nothing does so by itself."""
        if self._bars is not None and not self._bars.live.auto_refresh:
            self._bars.refresh()


class CallDisplay(_Display):
    """Live display of one call: its place in the queue, its progress bars, its logs.

    A context manager that is fed with events. It disappears when the call ends; logs stay.
    """

    _kind = "call_bars"
    _note = "sent"

    def update(self, event: events.Event[Any]) -> None:
        """Show what happened to the call."""
        if self._bars is None:
            return
        match event:
            case events.Queued():
                self._bars.update(self._head, note=event_note(event))
            case events.Started():
                usual = "" if event.eta is None else f", usually {in_seconds(event.eta)}"
                self._bars.update(self._head, note=f"running{usual}")
            case events.Progress():
                self._progress(self._bars, event.steps[:MOST_BARS])
            case events.Log():
                self._log(event)
            case _:
                pass

    def _progress(self, bars: Bars, shown: tuple[events.ProgressStep, ...]) -> None:
        while len(self._steps) < len(shown):
            self._steps.append(bars.add_task("", total=None, note=""))
        while len(self._steps) > len(shown):
            bars.remove_task(self._steps.pop())
        for task, step in zip(self._steps, shown, strict=True):
            completed, total, note = _measure(step)
            name = "  " + as_text(step.desc or "", 40)
            bars.update(task, description=name, completed=completed, total=total, note=note)

    def _log(self, event: events.Log) -> None:
        title = as_text(event.title or "", 80)
        # Gradio's own title is the level again.
        head = f"{event.level} {title}:" if title and title.lower() != event.level else event.level
        style = _STYLES.get(event.level, "cyan")
        self._rich.print_log(self._console, head, style, as_text(event.message))


class BatchDisplay(_Display):
    """Live display of a `map`: how many inputs are done, and how many failed.

    A context manager; it stays when the map has ended.

    Args:
        api_name: The endpoint, as shown.
        inputs: The inputs; with a length, the bar knows its end.
        enabled: False shows nothing.
        console: Where to show it; standard error, or the notebook, by default.
    """

    _kind = "batch_bars"

    def __init__(
        self, api_name: str, inputs: object, *, enabled: bool, console: Console | None = None
    ) -> None:
        super().__init__(api_name, console=console, asked=True, enabled=enabled)
        self._total = len(inputs) if isinstance(inputs, Sized) else None
        self._failed = 0

    def advance(self, *, failed: bool) -> None:
        """One more input is done."""
        self._failed += failed
        if self._bars is not None:
            note = f"{self._failed:,} failed" if self._failed else ""
            self._bars.update(self._head, advance=1, note=note)
            self.refresh()


def event_note(event: events.Event[Any]) -> str:
    """What an event says of a call, in words; nothing if its name says all."""
    match event:
        case events.Queued():
            before = plural(event.rank, "call")
            place = f"in the queue, {before} before it" if event.rank > 0 else "next in the queue"
            return place if event.eta is None else f"{place}, about {in_seconds(event.eta)}"
        case events.Progress():
            steps = event.steps[:MOST_BARS]
            return ", ".join(f"{step.desc or ''} {_measure(step)[2]}".strip() for step in steps)
        case events.Log():
            return f"{event.level}: {event.message}"
        case events.Completed():
            return "" if event.duration is None else f"after {in_seconds(event.duration)}"
        case _:
            return ""


def _measure(step: events.ProgressStep) -> tuple[float, float | None, str]:
    """Steps done, steps in all, and both in words."""
    unit = as_text(step.unit or "", 20)
    if step.index is not None and step.length:
        return step.index, step.length, f"{step.index:,g}/{step.length:,g} {unit}".rstrip()
    if step.progress is not None:
        share = min(max(step.progress, 0.0), 1.0)
        return share, 1.0, f"{share:.0%}"
    return 0.0, None, "" if step.index is None else f"{step.index:,g} {unit}".rstrip()


def _rich(*, asked: bool) -> ModuleType | None:
    """What draws with rich; None without rich, and a warning for those who asked for it."""
    try:
        return import_module(f"{__package__}.bars")
    except ImportError:
        if asked:
            warnings.warn(
                "progress=True shows nothing, as rich is not installed: "
                "pip install 'gradio-session[progress]'",
                stacklevel=2,
            )
        return None
