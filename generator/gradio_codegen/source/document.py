"""What was read from an app, before it is interpreted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Document"]


@dataclass(frozen=True)
class Document:
    """The two descriptions that a Gradio app gives of itself, and where they came from.

    Attributes:
        info: What `GET /info` (or `/gradio_api/info`) answered, decoded.
        config: What `GET /config` answered, decoded; None if it was not read. It adds the title,
            which endpoints stream, free choices.
        origin: How the user named the app: a URL, a Space id, a file, `module:attribute`. Shown in
            messages and in the module's header.
        url: The address that the client connects to unless told otherwise; None if the source has
            none.
        name: What to call the module and its class when the app has no title, for
            example the stem of a file.
    """

    info: dict[str, Any]
    config: dict[str, Any] | None
    origin: str
    url: str | None
    name: str
