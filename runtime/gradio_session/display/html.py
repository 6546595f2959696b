"""Sessions, calls and results as HTML tables, and files themselves, for notebooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradio_session.display.live import event_note
from gradio_session.display.preview import preview, preview_later
from gradio_session.protocol.base.text import as_html

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradio_session import events

__all__ = ["call_html", "preview", "preview_later", "result_html", "session_html", "table"]

MOST_ROWS = 10
"""Calls of a session, or events of a call, that are shown."""

_IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")

Row = tuple[str, object]


def session_html(title: str, facts: Sequence[Row], calls: Sequence[Row]) -> str:
    """A session as a table: what is known of it, and its latest calls.

    Args:
        title: What stands above the table.
        facts: Names with what is known. No secret may be among them.
        calls: Event ids with a line about the call, oldest first.
    """
    hidden = len(calls) - MOST_ROWS
    more = [("...", f"and {hidden} before these")] if hidden > 0 else []
    return table(title, [*facts, *more, *calls[-MOST_ROWS:]])


def call_html(title: str, facts: Sequence[Row], happened: Sequence[events.Event[Any]]) -> str:
    """A call as a table: what is known of it, and its latest events.

    Args:
        title: What stands above the table.
        facts: Names with what is known.
        happened: The events of the call, oldest first.
    """
    rows = [(type(event).__name__, event_note(event)) for event in happened[-MOST_ROWS:]]
    return table(title, [*facts, *((name, text) for name, text in rows if text)])


def result_html(result: tuple[Any, ...]) -> str:
    """A result of several values (a `NamedTuple`) as a table; files show themselves."""
    names: tuple[str, ...] = getattr(result, "_fields", tuple(map(str, range(len(result)))))
    cells = [_row(name, _value_html(value)) for name, value in zip(names, result, strict=True)]
    return _framed(type(result).__name__, cells)


def _value_html(value: Any) -> str:
    bundle: dict[str, str] = {}
    if hasattr(value, "_repr_mimebundle_"):
        bundle = value._repr_mimebundle_()
    kind = next((kind for kind in _IMAGES if kind in bundle), None)
    if kind is not None:
        source = f"data:{kind};base64,{as_html(bundle[kind], 1 << 30)}"
        return f'<img alt="{as_html(value.name)}" style="max-height:16em" src="{source}">'
    return bundle.get("text/html") or as_html(repr(value))


def table(title: str, rows: Sequence[Row]) -> str:
    """Names with what is known of each; nothing of it is taken for HTML."""
    return _framed(title, [_row(name, as_html(value)) for name, value in rows])


def _row(name: str, cell: str) -> str:
    left = 'style="text-align:left"'
    return f"<tr><th {left}>{as_html(name)}</th><td {left}>{cell}</td></tr>"


def _framed(title: str, rows: Sequence[str]) -> str:
    caption = f'<caption style="text-align:left"><b>{as_html(title)}</b></caption>'
    return f"<table>{caption}{''.join(rows)}</table>"
