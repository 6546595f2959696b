"""How a notebook shows a file: images, audio and video themselves.

What an app sends is shown, never run: an SVG stands in an `<img>`, where browsers run no scripts.
"""

from __future__ import annotations

import sys
from asyncio import get_running_loop
from base64 import b64encode
from html import escape
from importlib import import_module
from typing import TYPE_CHECKING, Any

from gradio_session.errors import GradioSessionError

if TYPE_CHECKING:
    from asyncio import Task
    from collections.abc import Awaitable, Callable
    from pathlib import Path

__all__ = ["LIMIT", "preview", "preview_later"]

LIMIT = 32 * 1024 * 1024
"""Largest file, in bytes, that is shown inline; a notebook stores what it shows."""

_FAMILIES = ("image", "audio", "video")
_NATIVE = frozenset({"image/png", "image/jpeg", "image/gif"})


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
