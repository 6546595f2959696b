"""What people see while calls run: live progress in terminals and notebooks (with rich, when it is installed), and objects in notebooks.

Everything that an app says passes through `richtext` first; nothing of it is taken for markup.
"""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import time
from collections.abc import Sized
from typing import TYPE_CHECKING, Any

from gradio_session.protocol.base.text import as_html, as_text, in_seconds, plural

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import ProgressColumn
    from typing_extensions import Self

    from gradio_session.calls.aio import AsyncCall
    from gradio_session.calls.base import CallBase
    from gradio_session.calls.sync import Call
    from gradio_session.events import Event, Log, Progress, ProgressStep
    from gradio_session.session.base import SessionBase

__all__ = [
    "BatchDisplay",
    "CallDisplay",
    "call_html",
    "result_html",
    "session_html",
    "wait_shown",
    "wait_shown_async",
]

GLANCE = 0.1
"""Seconds between two looks at a call that is shown."""

SHOWN = frozenset({"estimation", "process_starts", "progress", "log"})
"""The messages whose events are shown."""

MOST_CALLS = 10
"""Calls, or events, shown of a session or a call in a notebook."""

MOST_BARS = 6
"""Bars shown for one call; an app may nest as many as it likes."""


class CallDisplay:
    """Live display of one call: its place in the queue, its progress bars, its logs. A context manager that is fed with events.

    It disappears when the call ends; logs stay. Without rich it shows nothing.

    Args:
        api_name: The endpoint, as shown.
        console: Where to show it; standard error, or the notebook, by default.
    """

    def __init__(self, api_name: str, *, console: Console | None = None) -> None:
        self._name = as_text(api_name, 60)
        self._console = console or _console()
        self._bars = _call_bars(self._console)
        self._steps: list[Any] = []
        self._head: Any = None

    def __enter__(self) -> Self:
        """Show it."""
        if self._bars is not None:
            self._bars.start()
            self._head = self._bars.add_task(self._name, total=None, note="sent")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Take it away."""
        if self._bars is not None:
            self._bars.stop()

    def update(self, event: Event[Any]) -> None:
        """Show what happened to the call."""
        if self._bars is None:
            return
        from gradio_session import events  # noqa: PLC0415 - dataclasses cost, and most programs show nothing

        match event:
            case events.Queued():
                self._note(_queue_note(event.rank, event.eta))
            case events.Started():
                self._note(
                    "running" if event.eta is None else f"running, usually {in_seconds(event.eta)}"
                )
            case events.Progress():
                self._progress(event)
            case events.Log():
                self._log(event)
            case _:
                pass

    def refresh(self) -> None:
        """Let the clock go on where it does not by itself."""
        _refresh(self._bars)

    def _note(self, note: str) -> None:
        if self._bars is not None:
            self._bars.update(self._head, note=note)

    def _progress(self, event: Progress) -> None:
        if self._bars is None:
            return
        shown = event.steps[:MOST_BARS]
        while len(self._steps) < len(shown):
            self._steps.append(self._bars.add_task("", total=None, note=""))
        while len(self._steps) > len(shown):
            self._bars.remove_task(self._steps.pop())
        for task, step in zip(self._steps, shown, strict=True):
            completed, total, note = _measure(step)
            self._bars.update(
                task,
                description="  " + as_text(step.desc or "", 40),
                completed=completed,
                total=total,
                note=note,
            )

    def _log(self, event: Log) -> None:
        if self._console is None:
            return
        from rich.text import Text  # noqa: PLC0415 - rich is optional

        style = {"warning": "yellow", "error": "red", "success": "green"}.get(event.level, "cyan")
        told = as_text(event.title or "", 80)
        title = (
            f" {told}:" if told and told.lower() != event.level else ""
        )  # Gradio's own title is the level again
        self._console.print(
            Text.assemble((f"{event.level}{title}", style), " ", as_text(event.message))
        )


class BatchDisplay:
    """Live display of a `map`: how many inputs are done, and how many failed. A context manager; it stays when the map has ended.

    Args:
        api_name: The endpoint, as shown.
        inputs: The inputs; with a length, the bar knows its end.
        enabled: False shows nothing.
        console: Where to show it; standard error, or the notebook, by default.
    """

    def __init__(
        self, api_name: str, inputs: object, *, enabled: bool, console: Console | None = None
    ) -> None:
        self._bars = _batch_bars(console or _console()) if enabled else None
        self._name = as_text(api_name, 60)
        self._total = len(inputs) if isinstance(inputs, Sized) else None
        self._task: Any = None
        self._failed = 0

    def __enter__(self) -> Self:
        """Show it."""
        if self._bars is not None:
            self._bars.start()
            self._task = self._bars.add_task(self._name, total=self._total, note="")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Leave it as it is."""
        if self._bars is not None:
            self._bars.stop()

    def advance(self, *, failed: bool) -> None:
        """One more input is done."""
        self._failed += failed
        if self._bars is not None:
            self._bars.update(
                self._task, advance=1, note=f"{self._failed:,} failed" if self._failed else ""
            )
            _refresh(self._bars)


def wait_shown(call: Call[Any], timeout: float | None) -> bool:
    """Wait until a call has ended, and show it live; nothing is shown without rich.

    Args:
        call: The call.
        timeout: Seconds to wait; None for no bound.

    Returns:
        Whether it has ended.
    """
    with CallDisplay(call.api_name) as display:
        watch = _Watch(call, display, timeout)
        while not watch.over:
            watch.look(ended=call._channel.wait(call._state, watch.patience))
    return call.done


async def wait_shown_async(call: AsyncCall[Any], timeout: float | None) -> bool:
    """The same for asynchronous code."""
    with CallDisplay(call.api_name) as display:
        watch = _Watch(call, display, timeout)
        while not watch.over:
            watch.look(ended=await call._channel.wait(call._state, watch.patience))
    return call.done


class _Watch:
    """Looks at a call every now and then: its outputs need not be decoded for that."""

    def __init__(self, call: CallBase[Any], display: CallDisplay, timeout: float | None) -> None:
        self._call = call
        self._display = display
        self._seen = 0
        self._limit = None if timeout is None else time.monotonic() + timeout
        self.over = False

    @property
    def patience(self) -> float:
        """Seconds to wait until the next look."""
        return (
            GLANCE if self._limit is None else max(0.0, min(GLANCE, self._limit - time.monotonic()))
        )

    def look(self, *, ended: bool) -> None:
        """Show what happened since the last look."""
        fresh = self._call._state.log[self._seen :]
        self._seen += len(fresh)
        for entry in fresh:
            if entry.msg in SHOWN and (event := self._call._event(entry)) is not None:
                self._display.update(event)
        self._display.refresh()
        self.over = ended or (self._limit is not None and self._limit <= time.monotonic())


def _queue_note(rank: int, eta: float | None) -> str:
    place = "next in the queue" if rank <= 0 else f"in the queue, {plural(rank, 'call')} before it"
    return place if eta is None else f"{place}, about {in_seconds(eta)}"


def _measure(step: ProgressStep) -> tuple[float, float | None, str]:
    """Steps done, steps in all, and both in words."""
    unit = as_text(step.unit or "", 20)
    if step.index is not None and step.length:
        return step.index, step.length, f"{step.index:,g}/{step.length:,g} {unit}".rstrip()
    if step.progress is not None:
        share = min(max(step.progress, 0.0), 1.0)
        return share, 1.0, f"{share:.0%}"
    return 0.0, None, "" if step.index is None else f"{step.index:,g} {unit}".rstrip()


def _console() -> Console | None:
    """Standard error or the notebook; None without rich."""
    try:
        from rich.console import Console  # noqa: PLC0415 - rich is optional
    except ImportError:
        return None
    return Console(stderr=True)


def _call_bars(console: Console | None) -> Bars | None:
    if console is None:
        return None
    from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415 - rich is optional

    told = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[note]}", markup=False),
    )
    return _bars(console, SpinnerColumn(), *told, TimeElapsedColumn(), transient=True)


def _batch_bars(console: Console | None) -> Bars | None:
    if console is None:
        return None
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    failed = TextColumn("{task.fields[note]}", markup=False, style="red")
    told = TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), failed
    return _bars(console, *told, TimeElapsedColumn(), TimeRemainingColumn(), transient=False)


def _bars(console: Console, *columns: ProgressColumn, transient: bool) -> Bars:
    if console.is_jupyter:
        from gradio_session.display.notebook import NotebookBars  # noqa: PLC0415 - only notebooks

        return NotebookBars(*columns, transient=transient)
    from rich.progress import Progress  # noqa: PLC0415 - rich is optional

    return Progress(*columns, console=console, transient=transient)


def _refresh(bars: Bars | None) -> None:
    if bars is not None and not bars.live.auto_refresh:
        bars.refresh()


def session_html(session: SessionBase[Any]) -> str:
    """A session as a table, for notebooks: where it is, who is logged in, its latest calls. No secret is in it."""
    calls = list(session.calls)
    facts = [
        ("App", session.app_url),
        (
            "State",
            "closed"
            if session.closed
            else f"{plural(len(calls), 'call')}, {plural(len(session.uploads), 'upload')}",
        ),
    ]
    if session.user:
        facts.append(("User", session.user))
    rows = [(call.id or "", f"{call.api_name}: {call.status}") for call in calls[-MOST_CALLS:]]
    hidden = (
        [] if len(calls) <= MOST_CALLS else [("...", f"and {len(calls) - MOST_CALLS} before these")]
    )
    return _table(f"{type(session).__name__} {session.name}", [*facts, *hidden, *rows])


def call_html(call: CallBase[Any]) -> str:
    """A call as a table, for notebooks: its status, its latest events, its error."""
    facts: list[tuple[str, object]] = [("Status", call.status)]
    if call.id is not None:
        facts.append(("Event", call.id))
    if call.error is not None:
        facts.append(("Error", call.error))
    events = [(type(event).__name__, _event_text(event)) for event in call.events[-MOST_CALLS:]]
    return _table(
        f"{type(call).__name__} of {call.api_name or 'an event'}",
        [*facts, *((name, text) for name, text in events if text)],
    )


def result_html(result: tuple[Any, ...]) -> str:
    """A result of several values (a `NamedTuple`) as a table, for notebooks; files with what they show of themselves."""
    names: tuple[str, ...] = getattr(result, "_fields", tuple(map(str, range(len(result)))))
    cells = "".join(
        _row(name, _value_html(value)) for name, value in zip(names, result, strict=True)
    )
    return _framed(type(result).__name__, cells)


def _event_text(event: Any) -> str:
    from gradio_session import events  # noqa: PLC0415 - as above

    match event:
        case events.Queued():
            return _queue_note(event.rank, event.eta)
        case events.Progress():
            return ", ".join(
                f"{step.desc or ''} {_measure(step)[2]}".strip() for step in event.steps[:MOST_BARS]
            )
        case events.Log():
            return f"{event.level}: {event.message}"
        case events.Completed():
            return "" if event.duration is None else f"after {in_seconds(event.duration)}"
        case _:
            return ""


def _value_html(value: Any) -> str:
    bundle: dict[str, str] = (
        value._repr_mimebundle_() if hasattr(value, "_repr_mimebundle_") else {}
    )
    for kind in ("image/png", "image/jpeg", "image/gif", "image/webp"):
        if kind in bundle:
            return f'<img alt="{as_html(value.name)}" style="max-height:16em" src="data:{kind};base64,{as_html(bundle[kind], 1 << 30)}">'
    return bundle.get("text/html") or as_html(repr(value))


def _table(title: str, rows: Sequence[tuple[str, object]]) -> str:
    return _framed(title, "".join(_row(name, as_html(value)) for name, value in rows))


def _row(name: str, cell: str) -> str:
    return f'<tr><th style="text-align:left">{as_html(name)}</th><td style="text-align:left">{cell}</td></tr>'


def _framed(title: str, rows: str) -> str:
    return (
        f'<table><caption style="text-align:left"><b>{as_html(title)}</b></caption>{rows}</table>'
    )
