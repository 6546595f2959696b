"""How notebooks show sessions, calls and results, as HTML tables, and files: themselves.

What an app sends is shown, never run: an SVG stands in an `<img>`, where browsers run no scripts.
"""

from __future__ import annotations

import sys
from asyncio import get_running_loop
from base64 import b64encode
from html import escape
from importlib import import_module
from typing import TYPE_CHECKING, Any

from gradio_session.display.live import event_note
from gradio_session.errors import GradioSessionError
from gradio_session.protocol.base.text import as_html

if TYPE_CHECKING:
    from asyncio import Task
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

    from gradio_session import events

__all__ = ["call_html", "preview", "preview_later", "result_html", "session_html", "table"]

MOST_ROWS = 10
"""Calls of a session, or events of a call, that are shown."""

LIMIT = 32 * 1024 * 1024
"""Largest file, in bytes, that is shown inline; a notebook stores what it shows."""

_FAMILIES = ("image", "audio", "video")
_NATIVE = ("image/png", "image/jpeg", "image/gif")

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
    kind = next((kind for kind in _NATIVE if kind in bundle), None)
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


def preview(
    name: str, mime_type: str | None, size: int | None, load: Callable[[], Path]
) -> dict[str, str]:
    """What a notebook may show of a file, by MIME type; empty where its `repr` must do.

    Args:
        name: The file's name.
        mime_type: Its type, if known.
        size: Its length in bytes, if known.
        load: Brings it here, and gives its path; called for an image, a sound or a film.
    """
    kind = mime_type or ""
    family = kind.partition("/")[0]
    if family not in _FAMILIES or (size or 0) > LIMIT:
        return {}
    try:
        path = load()
        if path.stat().st_size > LIMIT:
            return {}
        content = b64encode(path.read_bytes()).decode("ascii")
    except (GradioSessionError, OSError):
        return {}
    address = f"data:{escape(kind)};base64,{content}"
    if kind in _NATIVE:
        return {kind: content}
    if family == "image":
        return {"text/html": f'<img src="{address}" alt="{escape(name)}">'}
    return {"text/html": f'<{family} controls src="{address}"></{family}>'}


_fetching: set[Task[None]] = set()


def preview_later(
    mime_type: str | None,
    fetch: Callable[[], Awaitable[Path]],
    bundle: Callable[[], dict[str, str]],
) -> None:
    """Take a place in the output of a notebook's cell, and show a file there once it is fetched.

    Nothing happens outside of notebooks, or for a file that a notebook cannot show.

    Args:
        mime_type: The file's type, if known.
        fetch: Brings it here, on the running event loop.
        bundle: What to show then, by MIME type.
    """
    if "ipykernel" not in sys.modules or (mime_type or "").partition("/")[0] not in _FAMILIES:
        return
    ipython: Any = import_module("IPython.display")
    try:
        loop = get_running_loop()
    except RuntimeError:
        return  # a thread of the user's
    place: Any = ipython.display({"text/plain": ""}, raw=True, display_id=True)

    async def show() -> None:
        try:
            await fetch()
        except (GradioSessionError, OSError):
            return
        place.update(bundle(), raw=True)

    task = loop.create_task(show())
    _fetching.add(task)  # a loop forgets the tasks that nobody holds
    task.add_done_callback(_fetching.discard)
