"""What tests of downloads share: where a file is served, what it holds, and what a folder holds."""

from __future__ import annotations

from pathlib import Path

FILE = "/gradio_api/file="
CONTENT = bytes(range(256)) * 2000


def names(folder: Path) -> list[str]:
    """What a folder holds."""
    return sorted(each.name for each in folder.iterdir())
