"""What tests of downloads share: where a file is served, what it holds, and what a folder holds."""

from __future__ import annotations

from pathlib import Path

from tests.support.file_worlds import COOKIE, SECRET
from tests.support.hostile_server import HostileServer

FILE = "/gradio_api/file="
CONTENT = bytes(range(256)) * 2000


def secrets_seen(server: HostileServer) -> list[str]:
    """Headers that a stranger must not see."""
    return [
        f"{name}: {value}"
        for asked in server.asked
        for name, value in asked.headers.items()
        if SECRET in value or COOKIE in value or name == "cookie"
    ]


def names(folder: Path) -> list[str]:
    """What a folder holds."""
    return sorted(each.name for each in folder.iterdir())
