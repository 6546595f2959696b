"""Every snippet of the documentation runs, against the example app."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import snippets
from tests.support.environments import ROOT
from tests.support.scripts import python

if TYPE_CHECKING:
    from tests.conftest import Serve

PAGES = sorted(
    path
    for path in (ROOT / "docs").rglob("*.md")
    if any(block.language in snippets.RUN for block in snippets.blocks(path.read_text()))
)
PLACE = "http://127.0.0.1:7860"
"""The address of the example app, as the pages write it."""

LOGIN_PLACE = "http://127.0.0.1:7861"
"""The same app behind a login."""

STREAM_PLACE = "http://127.0.0.1:7862"
"""The example app whose input is a stream."""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page(page: Path, serve: Serve, tmp_path: Path) -> None:
    app = ROOT / "examples" / "lab.py"
    arguments = [f"{PLACE}={serve(app)}"]
    if LOGIN_PLACE in page.read_text():
        arguments.append(f"{LOGIN_PLACE}={serve(app, auth=['ada', 'lovelace'])}")
    if STREAM_PLACE in page.read_text():
        arguments.append(f"{STREAM_PLACE}={serve(ROOT / 'examples' / 'dictation.py')}")
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "myapp"\nversion = "1"\n')
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "COLUMNS": "120",
    }
    environment.pop("HF_TOKEN", None)
    python(
        str(Path(snippets.__file__)),
        str(page),
        str(tmp_path),
        *arguments,
        env=environment,
        within=150,
    )


def test_blocks_that_are_not_run_say_why_and_are_few() -> None:
    skipped = [
        (path.name, block.line, block.not_run)
        for path in PAGES
        for block in snippets.blocks(path.read_text())
        if block.not_run
    ]
    assert all(len(reason) > 5 for _, _, reason in skipped)
    assert len(skipped) <= 8, skipped
