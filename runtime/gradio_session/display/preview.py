"""How a notebook shows a file: images, audio and video themselves.

What an app sends is shown, never run: an SVG stands in an `<img>`, where browsers run no scripts.
"""

from __future__ import annotations

from base64 import b64encode
from html import escape
from typing import TYPE_CHECKING

from gradio_session.errors import GradioSessionError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["LIMIT", "preview"]

LIMIT = 32 * 1024 * 1024
"""Largest file, in bytes, that is shown inline; a notebook stores what it shows."""

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
    if family not in ("image", "audio", "video") or (size or 0) > LIMIT:
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
