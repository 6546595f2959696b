"""A project of two configured clients, and how tests look at it and change it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command import SMALL, app, gives, project, run, save, takes

TWO = """
[tool.gradio-codegen]
output = "clients"
[tool.gradio-codegen.clients.lab]
source = "apps/lab.json"
[tool.gradio-codegen.clients.chat]
source = "apps/chat.json"
mode = "sync"
"""


CHAT = app("Chat", respond=([takes("message")], [gives()]))


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """A project of two clients whose apps are saved descriptions, generated once."""
    folder = project(tmp_path, TWO)
    save(folder / "apps" / "lab.json", SMALL)
    save(folder / "apps" / "chat.json", CHAT)
    result = run(folder, "generate")
    assert result.exit_code == 0, result.output
    return folder


def modules(folder: Path) -> list[str]:
    """Names of the files that were generated."""
    return sorted(path.name for path in (folder / "clients").rglob("*") if path.is_file())


def reconfigure(folder: Path, old: str, new: str) -> None:
    """Replace a piece of the configuration."""
    path = folder / "pyproject.toml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
