"""Every snippet of the documentation runs as a reader sees it, in an empty folder, against the
sample app that the page tells them to serve.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import snippets
from tests.support.checkers import CACHE
from tests.support.environments import ROOT
from tests.support.scripts import python

if TYPE_CHECKING:
    from tests.conftest import Serve

DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "runtime" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
PAGES = [
    path
    for path in DOCUMENTS
    if any(block.language in snippets.RUN for block in snippets.blocks(path.read_text("utf-8")))
]
FIRST = {ROOT / "README.md", ROOT / "runtime" / "README.md", ROOT / "docs" / "quickstart.md"}
"""What everybody reads is looked at every day."""

APP = ROOT / "examples" / "lab.py"
ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)")


def name(path: Path) -> str:
    return path.relative_to(ROOT).with_suffix("").as_posix()


@pytest.mark.parametrize(
    "page",
    [pytest.param(page, marks=[] if page in FIRST else [pytest.mark.slow]) for page in PAGES],
    ids=name,
)
def test_page(page: Path, serve: Serve, tmp_path: Path) -> None:
    arguments: list[str] = []
    text = page.read_text("utf-8")
    arguments += [f"http://127.0.0.1:{port}={serve(app)}" for port, app in snippets.apps(text)]
    for sample in snippets.samples(text):
        url = serve(APP, auth=sample.auth.split(":")) if sample.auth else serve(APP)
        arguments.append(f"http://127.0.0.1:{sample.port}={url}")
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "COLUMNS": "80",
        "MYPY_CACHE_DIR": str(CACHE),
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


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_page_says_how_to_get_its_app(page: Path) -> None:
    text = page.read_text("utf-8")
    served = {sample.port: sample.line for sample in snippets.samples(text)}
    served |= {port: 0 for port, _ in snippets.apps(text)}
    runs = [
        block
        for block in snippets.blocks(text)
        if block.language in snippets.RUN and not block.title
    ]
    for block in runs:
        for port in map(int, ADDRESS.findall(block.code)):
            assert port in served, f"line {block.line}: nothing says how to serve port {port}"
            assert served[port] < block.line + block.code.count("\n"), f"port {port} comes too late"
    if snippets.SAMPLE_PORT in served:
        assert served[snippets.SAMPLE_PORT] <= runs[0].line + 4, "the app is not the first thing"
