"""How a notebook shows a file: images, audio and video themselves, anything else by its `repr`.

What an app sends is shown, never run: an SVG stands in an `<img>`, where browsers run no scripts.
"""

from __future__ import annotations

from base64 import b64encode
from html import escape
from typing import TYPE_CHECKING

from gradio_session.errors import GradioSessionError

if TYPE_CHECKING:
    from gradio_session.files.remote_file import RemoteFile

__all__ = ["LIMIT", "mime_bundle"]

LIMIT = 32 * 1024 * 1024
"""Largest file, in bytes, that is shown inline; a notebook stores what it shows."""

_NATIVE = frozenset({"image/png", "image/jpeg", "image/gif"})


def mime_bundle(file: RemoteFile) -> dict[str, str]:
    """What a notebook may choose from, by MIME type. Fetches the file if it is an image, a sound or a film."""
    bundle = {"text/plain": repr(file)}
    kind = file.mime_type or ""
    family = kind.partition("/")[0]
    if family not in ("image", "audio", "video") or (file.size or 0) > LIMIT:
        return bundle
    try:
        path = file.path
        if path.stat().st_size > LIMIT:
            return bundle
        content = b64encode(path.read_bytes()).decode("ascii")
    except (GradioSessionError, OSError):
        return bundle
    bundle["text/plain"] = repr(file)
    address = f"data:{escape(kind)};base64,{content}"
    if kind in _NATIVE:
        bundle[kind] = content
    elif family == "image":
        bundle["text/html"] = f'<img src="{address}" alt="{escape(file.name)}">'
    else:
        bundle["text/html"] = f'<{family} controls src="{address}"></{family}>'
    return bundle
